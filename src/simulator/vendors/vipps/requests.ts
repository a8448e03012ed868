import { z } from 'zod';
import { type FieldProblem, type VippsError } from './errors.ts';
import type { NewPayment } from './payment-rules.ts';

// Fields and limits of the ePayment API (specs: vipps-epayment.v1.yml, with the drift of facts: payments.md A1).
// Unknown fields are refused: the live API does so too.

const MAX_MINOR = 65_000_000;
const MIN_NOK_MINOR = 100;
const SALES_UNIT_CURRENCY = 'NOK';
const METADATA_LIMITS = { pairs: 5, keyLength: 100, valueLength: 500 };

const amount = z.strictObject({
  currency: z.enum(['NOK', 'DKK', 'EUR']),
  value: z.int().min(0).max(MAX_MINOR),
});
const reference = z.string().regex(/^[a-zA-Z0-9-]{8,64}$/, 'must match ^[a-zA-Z0-9-]{8,64}$');
const customer = z
  .strictObject({
    phoneNumber: z.string().optional(),
    personalQr: z.string().min(5).max(255).optional(),
    customerToken: z.string().optional(),
  })
  .refine((given) => Object.keys(given).length === 1, 'must have exactly one member');
const legalLinks = z.strictObject({
  termsOfSaleUrl: z.string().optional(),
  privacyPolicyUrl: z.string().optional(),
});

const createRequest = z.strictObject({
  amount,
  customer: customer.optional(),
  customerInteraction: z.enum(['CUSTOMER_PRESENT', 'CUSTOMER_NOT_PRESENT']).optional(),
  expiresAt: z.iso.datetime({ offset: true }).nullish(),
  industryData: z.looseObject({}).optional(),
  merchantLegalLinks: legalLinks.optional(),
  metadata: z.record(z.string(), z.string()).nullish(),
  minimumUserAge: z.int().min(0).nullish(),
  paymentDescription: z.string().min(3).max(100).optional(),
  paymentMethod: z.strictObject({ type: z.enum(['WALLET', 'CARD', 'CARD_PASSTHROUGH']) }),
  profile: z.strictObject({ scope: z.string().optional() }).optional(),
  qrFormat: z
    .strictObject({
      format: z.enum(['TEXT/TARGETURL', 'IMAGE/SVG+XML', 'IMAGE/PNG']),
      size: z.int().min(100).max(2_000).nullish(),
    })
    .nullish(),
  receipt: z.looseObject({}).optional(),
  receiptUrl: z.string().nullish(),
  reference,
  returnUrl: z.string().optional(),
  userFlow: z.enum(['PUSH_MESSAGE', 'NATIVE_REDIRECT', 'WEB_REDIRECT', 'QR']),
});
type CreateRequest = z.infer<typeof createRequest>;

export type Checked<T> =
  { ok: true; value: T } | { ok: false; code: VippsError } | { ok: false; fields: FieldProblem[] };

export function checkCreate(body: unknown): Checked<NewPayment> {
  const parsed = createRequest.safeParse(body);
  if (!parsed.success) return { ok: false, fields: fieldProblems(parsed.error) };
  const request = parsed.data;
  const code = createRefusal(request);
  if (code !== null) return { ok: false, code };
  return {
    ok: true,
    value: {
      reference: request.reference,
      amountMinor: request.amount.value,
      currency: request.amount.currency,
      description: request.paymentDescription ?? '',
      returnUrl: request.returnUrl ?? null,
      metadata: request.metadata ?? null,
    },
  };
}

function createRefusal(request: CreateRequest): VippsError | null {
  return (
    amountRefusal(request.amount) ??
    flowRefusal(request) ??
    linkRefusal(request) ??
    metadataRefusal(request.metadata ?? {}) ??
    expiryRefusal(request)
  );
}

function amountRefusal({ currency, value }: CreateRequest['amount']): VippsError | null {
  if (currency !== SALES_UNIT_CURRENCY) return 'wrongCurrency';
  return value < MIN_NOK_MINOR ? 'amountTooSmall' : null;
}

function flowRefusal(request: CreateRequest): VippsError | null {
  const { userFlow, paymentMethod, returnUrl } = request;
  // Cards are not to be had in the vendor's test environment, and passing cards through is for providers of cards.
  if (paymentMethod.type !== 'WALLET') return 'cannotCreate';
  const phone = request.customer?.phoneNumber;
  if (phone !== undefined && !/^\d{9,15}$/.test(phone)) return 'invalidPhone';
  if (userFlow === 'PUSH_MESSAGE')
    return request.customer === undefined ? 'missingParameter' : 'noPushMessage';
  return userFlow !== 'QR' && returnUrl === undefined ? 'missingParameter' : null;
}

function linkRefusal({ returnUrl, receiptUrl, merchantLegalLinks }: CreateRequest): VippsError | null {
  const links = [returnUrl, receiptUrl, merchantLegalLinks?.termsOfSaleUrl];
  const given = [...links, merchantLegalLinks?.privacyPolicyUrl].filter((url) => url != null);
  return given.every((url) => isHttpsOrLocal(url) || isAppLink(url)) ? null : 'invalidUrl';
}

function isAppLink(url: string): boolean {
  return URL.canParse(url) && /^(?!https?:|javascript:|data:|file:)[a-z][a-z0-9+.-]*:\/\//i.test(url);
}

function metadataRefusal(metadata: Record<string, string>): VippsError | null {
  const pairs = Object.entries(metadata);
  if (pairs.length > METADATA_LIMITS.pairs) return 'tooMuchMetadata';
  if (pairs.some(([key]) => key.length > METADATA_LIMITS.keyLength)) return 'metadataKeyTooLong';
  return pairs.some(([, value]) => value.length > METADATA_LIMITS.valueLength)
    ? 'metadataValueTooLong'
    : null;
}

/** This sales unit is not approved for payments that live longer. */
function expiryRefusal({ expiresAt, receipt }: CreateRequest): VippsError | null {
  if (expiresAt == null) return null;
  return receipt === undefined ? 'receiptRequired' : 'noLongLivingPayment';
}

const modificationRequest = z.strictObject({ modificationAmount: amount });

/** The amount of a capture or refund, in the payment's currency. */
export function checkModification(body: unknown, currency: string): Checked<number> {
  const parsed = modificationRequest.safeParse(body);
  if (!parsed.success) return { ok: false, fields: fieldProblems(parsed.error) };
  const { value, currency: given } = parsed.data.modificationAmount;
  return given === currency ? { ok: true, value } : { ok: false, code: 'invalidAmount' };
}

const cancelRequest = z.strictObject({ cancelTransactionOnly: z.boolean().default(false) });

/** Cancel needs no body: without one it cancels whatever can be. */
export function checkCancel(body: unknown): Checked<boolean> {
  const parsed = cancelRequest.safeParse(body ?? {});
  if (!parsed.success) return { ok: false, fields: fieldProblems(parsed.error) };
  return { ok: true, value: parsed.data.cancelTransactionOnly };
}

const forceApproval = z.strictObject({ customer: customer.optional(), token: z.string().optional() });

/** Who approves, or the token of the landing page; null: neither is given. */
export function checkForceApproval(body: unknown): Checked<{ token: string | null } | null> {
  const parsed = forceApproval.safeParse(body ?? {});
  if (!parsed.success) return { ok: false, fields: fieldProblems(parsed.error) };
  const { customer: who, token } = parsed.data;
  if (who?.phoneNumber !== undefined && !/^\d{9,15}$/.test(who.phoneNumber))
    return { ok: false, code: 'invalidPhone' };
  return { ok: true, value: who === undefined && token === undefined ? null : { token: token ?? null } };
}

/** Which fields are wrong and why; never the values. */
export function fieldProblems(error: z.ZodError): FieldProblem[] {
  return error.issues.map((issue) => ({ name: issue.path.join('.') || 'body', reason: issue.message }));
}

/**
 * The vendor accepts https only. A demo's own addresses are http on this machine or network, so those pass here as well:
 * the one place where the stand-in is more lenient on purpose.
 */
export function isHttpsOrLocal(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname } = new URL(text);
  return protocol === 'https:' || (protocol === 'http:' && isLocalHost(hostname));
}

export function isLocalHost(hostname: string): boolean {
  const name = hostname.toLowerCase();
  if (!name.includes('.') || /\.(localhost|local|internal|test)$/.test(name)) return true;
  return /^(127|10|192\.168|172\.(1[6-9]|2\d|3[01]))\.[\d.]+$/.test(name);
}
