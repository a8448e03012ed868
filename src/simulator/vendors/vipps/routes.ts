import { Hono } from 'hono';
import type { VippsSalesUnit } from '../../options.ts';
import type { VendorEnv } from '../../recording.ts';
import { authorized, tokenRoutes } from './access.ts';
import { answer } from './answers.ts';
import { epaymentRoutes, type EpaymentParts } from './epayment.ts';
import { problemAnswer } from './errors.ts';
import { orderRoutes } from './orders.ts';
import { webhookRoutes } from './webhooks.ts';

export interface VippsParts extends EpaymentParts {
  salesUnit: VippsSalesUnit;
}

/** Stand-in of Vipps MobilePay: access token, ePayment, webhooks and Order Management of one sales unit. */
export function vippsRoutes(parts: VippsParts): Hono<VendorEnv> {
  const app = new Hono<VendorEnv>();
  tokenRoutes(app, parts);
  app.use(authorized(parts));
  epaymentRoutes(app, parts);
  webhookRoutes(app, parts);
  orderRoutes(app, parts);
  app.all('*', (c) => answer(c, problemAnswer(404, 'Resource Not Found', c.req.path)));
  return app;
}
