/** What the command line asks of the process beside it, all of it: whoever knows the token of the note in DATA_DIR. */
import { Hono } from 'hono';
import type { Logger } from '../../ports/logger.ts';
import type { ProviderWebhookStore } from '../../ports/provider-webhook-store.ts';
import type { PartnerSettingsDeps } from '../../app/partners/partner-settings.ts';
import type { ActionDeps } from '../../app/actions/request-action.ts';
import { partnerRoutes } from './partners.ts';
import { proofRoutes, type ProofRoutesDeps } from './proofs.ts';
import { providerWebhookRoutes } from './provider-webhooks.ts';
import { sessionRoutes } from './sessions.ts';

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
