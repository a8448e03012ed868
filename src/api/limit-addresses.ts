/** What one address may do, put before the routes. */
import type { Context, Hono } from 'hono';
import { except } from 'hono/combine';
import type { ApiDeps } from './api-deps.ts';
import { clientAddresses } from './middleware/client-address.ts';
import { TokenBuckets, limitRate, limitWrong } from './middleware/limit-rate.ts';
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

  // Outside the views: a wrong link costs its address no view.
  const links = limitWrong({
    buckets: buckets(limits.wrongLinksPerMinute),
    addressOf,
    wrongStatus: 404,
    refuse: tooManyPage,
  });
  const views = limitRate({
    buckets: buckets(limits.pageViewsPerMinute),
    addressOf,
    freeStatus: 404,
    refuse: tooManyPage,
  });
  for (const path of PAGES) app.use(path, links, except(isStopRequest, views));

  for (const path of ['/p/:token', '/p/:token/stop']) {
    const opens = limitRate({
      buckets: buckets(limits.opensPerMinute),
      addressOf: () => '',
      keyOf: (c) => c.req.param('token') ?? '',
      refuse: tooManyPage,
    });
    app.post(path, opens);
  }

  const logins = limitWrong({
    buckets: buckets(limits.failedLoginsPerMinute),
    addressOf,
    wrongStatus: 401,
  });
  for (const path of WITH_CREDENTIALS) app.use(path, logins);

  const callbacks = limitRate({
    buckets: buckets(limits.callbacksPerMinute),
    addressOf,
    keyOf: (c) => c.req.param('provider') ?? '',
    freeStatus: 401,
  });
  app.use('/webhooks/payments/:provider', callbacks);
}

/** Counted by its link alone: customers who share an address with many others must still be able to end a use. */
function isStopRequest(c: Context): boolean {
  return c.req.method === 'POST' && /^\/p\/[^/]+\/stop$/.test(c.req.path);
}

/** How often one address may do something, per minute. */
export interface HttpLimits {
  /** views of payment and receipt pages; many customers of one mobile network share an address */
  pageViewsPerMinute: number;
  /** links that lead to nothing: guesses */
  wrongLinksPerMinute: number;
  /** requests of one payment link, whatever the address */
  opensPerMinute: number;
  /** webhook and REST calls with wrong credentials */
  failedLoginsPerMinute: number;
  /** payment callbacks, per provider */
  callbacksPerMinute: number;
}
