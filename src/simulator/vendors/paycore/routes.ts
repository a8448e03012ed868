import { type Context, Hono, type MiddlewareHandler } from 'hono';
import { minorFromDecimal } from '../../decimal.ts';
import type { SimulatorParts } from '../../parts.ts';
import type { PaycorePartner } from '../../options.ts';
import { checkHmac } from './hmac.ts';
import type { PaycorePayments } from './payments.ts';
import {
  fillTemplate,
  preTransactionJson,
  preTransactionListItem,
  templateValues,
  transactionJson,
  transactionUrl,
} from './replies.ts';
import { parsePreTransaction } from './requests.ts';
import { jsonOf } from '../../problem.ts';
import type { PaymentRow } from '../../records.ts';
import { calledUrl, type VendorEnv } from '../../recording.ts';
import { disturbed, type ForcedAnswers } from '../../request-faults.ts';
import type { FindWalletPayment } from '../../page/wallet.tsx';

interface Parts extends SimulatorParts {
  payments: PaycorePayments;
  partner: PaycorePartner;
}
type Refusal = 400 | 401 | 403 | 404 | 409 | 429 | 503;

/** Longer than the allowed drift to both sides: a nonce older than this fails by its time anyway. */
const NONCE_KEPT_MS = 25 * 60_000;

const FORCED: ForcedAnswers = {
  unavailable: (c) => refuse(c, 503, 'Unavailable (TEST).'),
  refused: (c) => refuse(c, 400, 'Refused (TEST).'),
  conflict: (c) => refuse(c, 409, 'In conflict with another request (TEST).'),
  unauthorized: (c) => refuse(c, 401, 'The signature is not right.'),
  rateLimited: (c, waitSeconds) => {
    c.header('retry-after', String(waitSeconds));
    return refuse(c, 429, 'Too many requests (TEST).');
  },
};

/** Stand-in of LINK NEXT Paycore's API. */
export function paycoreRoutes(parts: Parts): Hono<VendorEnv> {
  const app = new Hono<VendorEnv>();
  const read = (act: (c: Context<VendorEnv>) => Response) => disturbed(parts, 'read', FORCED, act);
  app.use(signedBy(parts));
  app.post(
    '/pre-transactions',
    disturbed(parts, 'reserve', FORCED, (c) => reserve(parts, c)),
  );
  app.get(
    '/pre-transactions',
    read((c) => list(parts, c)),
  );
  app.get(
    '/pre-transactions/ref/:partnerId/:referenceId',
    read((c) => preTransaction(parts, c, parts.payments.byReference(c.req.param('referenceId') ?? ''))),
  );
  app.get(
    '/pre-transactions/:partnerId/:id',
    read((c) => preTransaction(parts, c, parts.payments.row(c.req.param('id') ?? ''))),
  );
  app.get(
    '/transactions',
    read((c) => findTransaction(parts, c)),
  );
  app.get(
    '/transactions/:partnerId/:id',
    read((c) => transaction(parts, c)),
  );
  app.put(
    '/transactions/:partnerId/:id/capture',
    disturbed(
      parts,
      'capture',
      { ...FORCED, releaseEarly: (c) => parts.payments.release(c.req.param('id') ?? '') },
      (c) => capture(parts, c),
    ),
  );
  app.all('*', (c) => refuse(c, 404, 'No such call at this stand-in.'));
  return app;
}

/** Every call is signed, with a nonce never used before, also across a restart. */
function signedBy(parts: Parts): MiddlewareHandler<VendorEnv> {
  return async (c, next) => {
    const { store, clock, partner } = parts;
    const request = {
      method: c.req.method,
      url: calledUrl(parts.baseUrl(), c),
      body: await c.req.text(),
      authorization: c.req.header('authorization'),
    };
    const wallMs = clock.wallMs();
    const check = checkHmac(request, partner, wallMs);
    if (!check.ok) return refuse(c, 401, check.why);
    store.forgetNonces(wallMs - NONCE_KEPT_MS);
    if (store.nonces.has(check.nonce)) return refuse(c, 401, 'The nonce was used before.');
    store.commit({ table: 'nonce', put: { id: check.nonce, usedAtMs: wallMs } });
    await next();
    return undefined;
  };
}

async function reserve(parts: Parts, c: Context<VendorEnv>): Promise<Response> {
  const body = await jsonOf(c);
  if (body === undefined) return refuse(c, 400, 'The body is not JSON, or not declared as application/json.');
  const parsed = parsePreTransaction(body);
  if (!parsed.ok) return refuse(c, 400, parsed.why);
  if (parsed.request.partnerId !== parts.partner.partnerId) return refuse(c, 403, 'Not your partnerId.');
  const created = parts.payments.create(parsed.request);
  if (!created.ok) return refuse(c, created.status, created.why);
  const { id, partnerId } = created.payment;
  return c.body(null, 204, {
    location: `${parts.baseUrl()}/paycore/api/pre-transactions/${partnerId}/${id}`,
  });
}

function list(parts: Parts, c: Context<VendorEnv>): Response {
  const correlationId = c.req.query('correlationId');
  if (c.req.query('partnerId') !== parts.partner.partnerId) return refuse(c, 403, 'Not your partnerId.');
  if (correlationId === undefined) return refuse(c, 400, 'correlationId is missing.');
  const skip = Number(c.req.query('$skip') ?? 0);
  const top = Number(c.req.query('$top') ?? 100);
  if (!Number.isSafeInteger(skip) || !Number.isSafeInteger(top) || skip < 0 || top < 0) {
    return refuse(c, 400, '$skip and $top must be whole numbers.');
  }
  const found = parts.payments.rows().filter((payment) => payment.correlationId === correlationId);
  const items = found.slice(skip, skip + top).map(preTransactionListItem);
  return json(c, `[${items.join(',')}]`);
}

function preTransaction(parts: Parts, c: Context<VendorEnv>, payment: PaymentRow | null): Response {
  if (c.req.param('partnerId') !== parts.partner.partnerId) return refuse(c, 403, 'Not your partnerId.');
  if (payment === null) return refuse(c, 404, 'No such pre-transaction.');
  return json(c, preTransactionJson(parts.baseUrl(), payment));
}

/** Answers with the address of the transaction, as the older public client expects. */
function findTransaction(parts: Parts, c: Context<VendorEnv>): Response {
  const referenceId = c.req.query('referenceId');
  if (c.req.query('partnerId') !== parts.partner.partnerId) return refuse(c, 403, 'Not your partnerId.');
  if (referenceId === undefined || referenceId === '') return refuse(c, 400, 'referenceId is missing.');
  const payment = parts.payments.byReference(referenceId);
  if (payment === null) return refuse(c, 404, 'No such transaction.');
  return c.redirect(transactionUrl(parts.baseUrl(), payment), 302);
}

function transaction(parts: Parts, c: Context<VendorEnv>): Response {
  if (c.req.param('partnerId') !== parts.partner.partnerId) return refuse(c, 403, 'Not your partnerId.');
  const payment = parts.payments.row(c.req.param('id') ?? '');
  return payment === null ? refuse(c, 404, 'No such transaction.') : json(c, transactionJson(payment));
}

function capture(parts: Parts, c: Context<VendorEnv>): Response {
  if (c.req.param('partnerId') !== parts.partner.partnerId) return refuse(c, 403, 'Not your partnerId.');
  const amount = c.req.query('amount');
  const amountMinor = amount === undefined ? null : minorFromDecimal(amount);
  if (amount !== undefined && amountMinor === null) {
    return refuse(c, 400, 'The amount must be a decimal with two places.');
  }
  const captured = parts.payments.capture(c.req.param('id') ?? '', amountMinor);
  return captured.ok ? json(c, transactionJson(captured.payment)) : refuse(c, captured.status, captured.why);
}

function json(c: Context<VendorEnv>, body: string): Response {
  return c.body(body, 200, { 'content-type': 'application/json; charset=utf-8' });
}

function refuse(c: Context<VendorEnv>, status: Refusal, message: string): Response {
  return c.json({ message }, status);
}

/** The landing page and the wallet behind it. */
export function paycoreWallet({ payments, baseUrl }: Pick<Parts, 'payments' | 'baseUrl'>): FindWalletPayment {
  return (c) => {
    const payment = payments.row(c.req.param('id') ?? '');
    if (payment === null || payment.partnerId !== c.req.param('partnerId')) return null;
    return {
      payment,
      decide: (decision) => {
        if (!payments.decide(payment.id, decision).ok) return { kind: 'processed' };
        const { returnUrl } = payment;
        const values = templateValues(baseUrl(), payments.row(payment.id) ?? payment);
        return {
          kind: 'back',
          returnUrl: returnUrl === null ? null : fillTemplate(returnUrl, values, encodeURIComponent),
        };
      },
    };
  };
}
