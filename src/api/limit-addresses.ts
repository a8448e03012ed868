/** What one address may do, put before the routes. */
import type { Hono } from 'hono';
import type { ApiDeps } from './api-deps.ts';
import { clientAddresses } from './limits/client-address.ts';
import { TokenBuckets } from './limits/token-buckets.ts';
import { limitFailedLogins, limitRate, limitWrongLinks } from './middleware/limit-rate.ts';
import { tooManyPage } from './pages/message-page.tsx';

const PAGES = ['/p/*', '/r/*'];
const WITH_CREDENTIALS = ['/webhooks/*', '/api/*'];

export function limitAddresses(
  app: Hono,
  deps: Pick<ApiDeps, 'limits' | 'trustedProxies' | 'monotonicMs'>,
): void {
  const { limits, trustedProxies, monotonicMs = () => performance.now() } = deps;
  const addressOf = clientAddresses(trustedProxies);
  const buckets = (perMinute: number): TokenBuckets => new TokenBuckets({ perMinute }, monotonicMs);

  const views = limitRate({ buckets: buckets(limits.pageViewsPerMinute), addressOf, refuse: tooManyPage });
  const links = limitWrongLinks({
    buckets: buckets(limits.wrongLinksPerMinute),
    addressOf,
    refuse: tooManyPage,
  });
  for (const path of PAGES) app.use(path, views, links);

  const opens = limitRate({
    buckets: buckets(limits.opensPerMinute),
    addressOf: () => '',
    keyOf: (c) => c.req.param('token') ?? '',
    refuse: tooManyPage,
  });
  app.post('/p/:token', opens);

  const callbacks = limitRate({
    buckets: buckets(limits.callbacksPerMinute),
    addressOf,
    keyOf: (c) => c.req.param('provider') ?? '',
  });
  app.use('/webhooks/payments/:provider', callbacks);

  const logins = limitFailedLogins({ buckets: buckets(limits.failedLoginsPerMinute), addressOf });
  for (const path of WITH_CREDENTIALS) app.use(path, logins);
}
