/** The HTTP surface, put together. Listens nowhere: main does, and tests call `app.request()`. */
import { Hono, type Context, type MiddlewareHandler } from 'hono';
import { except } from 'hono/combine';
import { HTTPException } from 'hono/http-exception';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import { assetRoutes } from '../ui/assets.ts';
import { StoreUnavailable } from '../ports/stores.ts';
import type { ApiDeps, AppDeps } from './api-deps.ts';
import { errorFields } from '../app/error-fields.ts';
import { healthRoutes } from './health.ts';
import { limitAddresses } from './limit-addresses.ts';
import { limitBody } from './middleware/body-limit.ts';
import { cleanLinks } from './middleware/clean-links.ts';
import { requestLog } from './middleware/request-log.ts';
import { failedPage, notFoundPage, unavailablePage, wantsHtml } from './pages/message-page.tsx';
import { knowScheme } from './pages/page-request.ts';
import { paymentPages } from './pages/payment-routes.tsx';
import { receiptPages } from './pages/receipt-routes.tsx';
import { PaymentHints } from '../app/sessions/payment-hints.ts';
import { notFoundProblem, problem, unavailable } from './problem.ts';
import { paymentWebhooks } from './webhooks/payments.ts';
import { smsWebhooks } from './webhooks/sms.ts';
import { within } from '../ports/bounded.ts';

export type { AppDeps } from './api-deps.ts';

/** A page that only reads; opening a payment has a time of its own. */
const PAGE_MS = 4_000;

const headers = (referrerPolicy: 'no-referrer' | false): MiddlewareHandler =>
  secureHeaders({ referrerPolicy, strictTransportSecurity: 'max-age=15552000' });

/** Everything under one address: webhooks, pages, health, assets, and what main adds. */
export function createApp(given: AppDeps): Hono {
  const deps: ApiDeps = { ...given, hints: new PaymentHints(given) };
  const app = new Hono();
  // A request id from outside is not used: it would be logged, and could be anything.
  app.use(requestId({ headerName: '' }));
  app.use(requestLog(deps.log, deps.wallNow ?? (() => performance.now())));
  app.use(except('/sim/*', headers('no-referrer')));
  app.use(knowScheme(deps.publicUrl));
  // Without a referrer the simulator's forms would not show their origin.
  app.use('/sim/*', headers(false));
  // The simulator's own limit is its own affair; it is no part of an installation. The others read no body of an unauthenticated sender.
  app.use(except(['/sim/*', '/webhooks/*', '/api/*'], limitBody()));
  for (const path of ['/p/*', '/r/*']) app.use(path, cleanLinks());
  limitAddresses(app, deps);
  app.get('/p/*', answerInTime(PAGE_MS, unavailablePage));
  app.get('/r/*', answerInTime(PAGE_MS, unavailablePage));

  app.route('/', healthRoutes(deps));
  app.route('/', assetRoutes());
  app.route('/', smsWebhooks(deps));
  app.route('/', paymentWebhooks(deps));
  app.route('/', paymentPages(deps));
  app.route('/', receiptPages(deps));
  if (deps.extraRoutes) app.route('/', deps.extraRoutes);

  app.notFound((c) => (wantsHtml(c) ? notFoundPage(c) : notFoundProblem(c)));
  app.onError((error, c) => onError(deps, error, c));
  return app;
}

/** The answer never carries the error's text; the log does, under the same request id. */
function onError(deps: ApiDeps, error: Error, c: Context): Response | Promise<Response> {
  if (error instanceof HTTPException && error.status < 500)
    return problem(c, { status: 400, title: 'Bad Request', detail: 'The request could not be read.' });
  deps.log.error(
    { event: 'requestFailed', requestId: c.get('requestId'), ...errorFields(error) },
    'a request failed',
  );
  if (error instanceof StoreUnavailable)
    return wantsHtml(c) ? unavailablePage(c) : unavailable(c, 'The database does not answer.');
  if (wantsHtml(c)) return failedPage(c);
  return problem(c, {
    status: 500,
    title: 'Internal Server Error',
    detail: 'Something went wrong on our side.',
  });
}

/** Answers with `late` when the routes have not within `ms` (wall time). What they still do changes nothing: for reads. */
function answerInTime(ms: number, late: (c: Context) => Response | Promise<Response>): MiddlewareHandler {
  return async (c, next) => {
    const answered = await within(next(), ms);
    return answered.late ? late(c) : undefined;
  };
}
