/** What the command line asks of the process beside it, all of it: whoever knows the token of the note in DATA_DIR. */
import type { Logger } from '../../ports/logger.ts';
import type { PartnerSettingsDeps } from '../../app/partners/partner-settings.ts';
import type { ActionDeps } from '../../app/actions/request-action.ts';
import { partnerRoutes } from './partners.ts';
import { proofRoutes, type ProofRoutesDeps } from './proofs.ts';
import { sessionRoutes } from './sessions.ts';
import { Hono } from 'hono';
import type { ProviderWebhookStore } from '../../ports/webhooks.ts';
import { bearer } from './bearer.ts';

export function adminRoutes(
  deps: PartnerSettingsDeps &
    ActionDeps &
    ProofRoutesDeps &
    Parameters<typeof sessionRoutes>[0] & {
      providerWebhooks: Pick<ProviderWebhookStore, 'list'>;
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

export function providerWebhookRoutes(deps: {
  providerWebhooks: Pick<ProviderWebhookStore, 'list'>;
  adminToken: string;
}): Hono {
  const routes = new Hono().basePath('/api/v1/provider-webhooks');
  routes.use(bearer(deps.adminToken));
  routes.get('/:provider', async (c) => {
    const kept = await deps.providerWebhooks.list(c.req.param('provider'));
    return c.json({ items: kept.map(({ webhookId, url }) => ({ webhookId, url })) });
  });
  return routes;
}
