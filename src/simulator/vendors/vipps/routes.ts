import { Hono } from 'hono';
import type { VippsSalesUnit } from '../../options.ts';
import type { VendorEnv } from '../../recording.ts';
import { authorized, tokenRoutes } from './access.ts';
import { answer } from './answers.ts';
import { epaymentRoutes, type EpaymentParts } from './epayment.ts';
import { problemAnswer } from './errors.ts';
import { orderRoutes } from './orders.ts';
import { webhookRoutes } from './webhooks.ts';
import type { FindWalletPayment } from '../../page/wallet.tsx';
import type { VippsPayments } from './payments.ts';

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

/** The landing page and the app behind it; the token is the only credential. */
export function vippsWallet(payments: VippsPayments): FindWalletPayment {
  return (c) => {
    const row = payments.byToken(c.req.param('token') ?? '');
    const payment = row === null ? null : payments.byId(row.id);
    if (row === null || payment === null) return null;
    return {
      payment,
      decide: (decision) => {
        const decided = payments.decide(row.id, decision);
        if (decided.ok) return { kind: 'back', returnUrl: row.returnUrl };
        const now = payments.byId(row.id);
        return now?.status === 'pending' ? { kind: 'again', why: decided.why } : { kind: 'processed' };
      },
    };
  };
}
