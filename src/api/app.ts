/** The HTTP surface, put together. Listens nowhere: main does, and tests call `app.request()`. */
import { Hono, type Context } from 'hono';
import { HTTPException } from 'hono/http-exception';
import { requestId } from 'hono/request-id';
import { secureHeaders } from 'hono/secure-headers';
import { assetRoutes } from '../ui/asset-routes.ts';
import type { ApiDeps } from './api-deps.ts';
import { errorFields } from './error-fields.ts';
import { healthRoutes } from './health.ts';
import { limitBody } from './middleware/body-limit.ts';
import { requestLog } from './middleware/request-log.ts';
import { failedPage, notFoundPage, wantsHtml } from './pages/message-page.tsx';
import { paymentPages } from './pages/payment-routes.tsx';
import { receiptPages } from './pages/receipt-routes.tsx';
import { notFoundProblem, problem } from './problem.ts';
import { paymentWebhooks } from './webhooks/payments.ts';
import { smsWebhooks } from './webhooks/sms.ts';

export type { ApiDeps } from './api-deps.ts';

/** Everything under one address: webhooks, pages, health, assets, and what main adds. */
export function createApp(deps: ApiDeps): Hono {
  const app = new Hono();
  // A request id from outside is not taken over: it would be logged, and could be anything.
  app.use(requestId({ headerName: '' }));
  app.use(requestLog(deps.log, deps.wallNow ?? (() => performance.now())));
  app.use(secureHeaders({ referrerPolicy: 'no-referrer', strictTransportSecurity: 'max-age=15552000' }));
  app.use('/webhooks/*', limitBody());
  app.use('/p/*', limitBody());

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
  if (wantsHtml(c)) return failedPage(c);
  return problem(c, {
    status: 500,
    title: 'Internal Server Error',
    detail: 'Something went wrong on our side.',
  });
}
