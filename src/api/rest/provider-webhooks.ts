/** For which registrations at providers this installation keeps the secret, without the secret: bearer token, JSON. */
import { Hono } from 'hono';
import type { ProviderWebhookStore } from '../../ports/provider-webhook-store.ts';
import { bearer } from './bearer.ts';

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
