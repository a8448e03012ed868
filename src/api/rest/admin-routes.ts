/** What the command line asks of the process beside it, all of it: for every caller with the token of the note in DATA_DIR. */
import type { Logger } from '../../ports/logger.ts';
import type { PartnerSettingsDeps } from '../../app/partners/partner-settings.ts';
import type { ActionDeps } from '../../app/actions/request-action.ts';
import { partnerRoutes } from './partners.ts';
import { proofRoutes, type ProofRoutesDeps } from './proofs.ts';
import { sessionRoutes } from './sessions.ts';
import { Hono } from 'hono';
import type { ProviderWebhookStore } from '../../ports/webhooks.ts';
import { ProviderFault } from '../../ports/payment-provider.ts';
import { problem } from '../problem.ts';
import { bearer } from './bearer.ts';

export function adminRoutes(
  deps: PartnerSettingsDeps &
    ActionDeps &
    ProofRoutesDeps &
    ProviderWebhookDeps &
    Parameters<typeof sessionRoutes>[0] & {
      publicUrl: () => string;
      log: Logger;
      adminToken: string;
    },
): Hono {
  return new Hono()
    .route('/', partnerRoutes(deps))
    .route('/', providerWebhookRoutes(deps))
    .route('/', sessionRoutes(deps))
    .route('/', proofRoutes(deps));
}

/** `superfluous`: ids of other registrations of our address. */
export interface EnsuredRegistration {
  id: string;
  isNew: boolean;
  superfluous: string[];
}

export interface ProviderWebhookDeps {
  providerWebhooks: Pick<ProviderWebhookStore, 'list'>;
  /** Registers our callback address at the provider unless it is registered; null: it has no registrations. */
  ensureWebhook(provider: string): Promise<EnsuredRegistration | null>;
}

export function providerWebhookRoutes(deps: ProviderWebhookDeps & { adminToken: string }): Hono {
  const routes = new Hono().basePath('/api/v1/provider-webhooks');
  routes.use(bearer(deps.adminToken));
  routes.get('/:provider', async (c) => {
    const kept = await deps.providerWebhooks.list(c.req.param('provider'));
    return c.json({ items: kept.map(({ webhookId, url }) => ({ webhookId, url })) });
  });
  routes.post('/:provider', async (c) => {
    try {
      const ensured = await deps.ensureWebhook(c.req.param('provider'));
      if (ensured !== null) return c.json(ensured);
      const detail = 'This provider has no registrations.';
      return problem(c, { status: 404, title: 'Not Found', detail });
    } catch (error) {
      if (!(error instanceof ProviderFault)) throw error;
      return problem(c, { status: 502, title: 'Bad Gateway', detail: error.message });
    }
  });
  return routes;
}
