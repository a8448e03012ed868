import { instantFromMs, instantMs, type Instant } from '../../../domain/instant.ts';
import { minorToDecimal, readDecimal, type Currency } from '../../../domain/money.ts';
import type { PaymentPhase, PaymentSnapshot } from '../../../domain/payment.ts';
import { ProviderFault, type PaymentIdentity, type ReserveRequest } from '../../../ports/payment-provider.ts';
import type { PaycoreConfig } from './settings.ts';
import { z } from 'zod';

/**
 * Body of `POST /api/pre-transactions` ("CreateDirectPayment"; fields of PreTransactionRequestV2). Only sms2pay texts
 * the customer, so `sendSms` is off and neither of Paycore's own texts is given. `skipLandingPage` needs one wallet alone.
 */
export function toPreTransaction(config: PaycoreConfig, request: ReserveRequest): Record<string, unknown> {
  return {
    partnerId: config.partnerId,
    referenceId: request.paymentReference,
    amount: minorToDecimal(request.amountMinor),
    currency: request.currency,
    paymentProviders: [config.providerName],
    msisdn: `+${request.msisdn}`,
    description: request.description,
    returnUrl: request.returnUrl,
    statusCallbackUrl: statusCallbackUrl(config, request.paymentReference),
    expiryUtc: request.expiresAt,
    sendSms: false,
    skipLandingPage: true,
  };
}

/**
 * The callback address as a Paycore template: Basic credentials in the URL, where Paycore reads them, and
 * `{{transactionId}}` and `{{status}}` for it to fill. Our reference stands in it plainly, so a callback finds its payment
 * even when the answer that named the transaction was lost.
 */
function statusCallbackUrl(config: PaycoreConfig, paymentReference: string): string {
  const url = new URL(config.callbackUrl);
  url.username = config.callbackUsername;
  url.password = config.callbackPassword;
  const separator = url.search === '' ? '?' : '&';
  return `${url.href}${separator}id={{transactionId}}&status={{status}}&referenceId=${paymentReference}`;
}

/**
 * A transaction as the domain knows it. Throws `outcomeUnknown` when it is not the requested payment or an amount or
 * currency cannot be read: a doubtful reply never counts as success.
 *
 * After a capture Paycore's `amount` is the captured one and the authorised one no longer shows. The snapshot then has
 * `authorizedMinor = capturedMinor`, which is only a lower bound (`requestedMinor` likewise): the caller keeps the authorised
 * amount that it read before the capture.
 */
export function toSnapshot(
  transaction: PaycoreTransaction,
  expected: PaymentIdentity & { currencies: readonly Currency[] },
): PaymentSnapshot {
  const { transactionId } = transaction;
  const { paymentReference, providerReference } = expected;
  if (transaction.referenceId !== paymentReference) throw doubtful('foreignPayment', 'another reference');
  if (providerReference !== null && providerReference.toLowerCase() !== transactionId.toLowerCase())
    throw doubtful('foreignPayment', 'another transaction');
  const currency = expected.currencies.find((candidate) => candidate === transaction.currency);
  if (currency === undefined) throw doubtful('foreignCurrency', 'another currency');
  const amountMinor = readDecimal(String(transaction.amount));
  if (amountMinor === null) throw doubtful('unreadableReply', 'an amount that cannot be read');
  const authorizedAt = readPaymentDate(transaction.paymentDateUtc);
  return {
    paymentReference,
    providerReference: transactionId,
    currency,
    requestedMinor: amountMinor,
    ...amountsOf(transaction, amountMinor, authorizedAt !== null),
    refundedMinor: 0,
    authorizedAt,
    captureDeadlineAt: null,
  };
}

/** The fault of a read that claims success and contradicts itself or the request. */
export function doubtful(code: string, what: string): ProviderFault {
  return new ProviderFault('outcomeUnknown', `Paycore answered a read with ${what}`, { code });
}

interface Amounts {
  phase: PaymentPhase;
  authorizedMinor: number;
  capturedMinor: number;
  releasedMinor: number;
}

/**
 * The status table: `statusCode` has five values (LINK's help page calls the list complete); any other is pending.
 * `Failed` is an expiry only when the description or the wallet's own status names one (their values are not published; it
 * decides the text to the customer, never money). `Annulled` without a payment date was never approved.
 */
function amountsOf(transaction: PaycoreTransaction, amountMinor: number, wasPaid: boolean): Amounts {
  const untouched = { authorizedMinor: 0, capturedMinor: 0, releasedMinor: 0 };
  switch (transaction.statusCode ?? '') {
    case 'Authorized':
      return { ...untouched, phase: 'authorized', authorizedMinor: amountMinor };
    case 'Captured':
      return { ...untouched, phase: 'authorized', authorizedMinor: amountMinor, capturedMinor: amountMinor };
    case 'Failed':
      return { ...untouched, phase: isExpiry(transaction) ? 'expired' : 'declined' };
    case 'Annulled':
      if (!wasPaid) return { ...untouched, phase: 'abandoned' };
      return { ...untouched, phase: 'authorized', authorizedMinor: amountMinor, releasedMinor: amountMinor };
    default:
      return { ...untouched, phase: 'pending' };
  }
}

function isExpiry({ status, statusDescription }: PaycoreTransaction): boolean {
  return /expir|time[d\s-]*out/i.test(`${status ?? ''} ${statusDescription ?? ''}`);
}

/**
 * `paymentDateUtc` as an Instant; null when absent or unreadable. A value without a zone, as .NET prints it, is UTC by the
 * field's name; year 1 is .NET's "not set".
 */
function readPaymentDate(text: string | null | undefined): Instant | null {
  const match = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?)(Z|[+-]\d{2}:\d{2})?$/.exec(text ?? '');
  if (!match) return null;
  const [, local = '', zone = 'Z'] = match;
  if (local < '2000' || Number.isNaN(Date.parse(`${local}${zone}`))) return null;
  return instantFromMs(instantMs(`${local}${zone}`));
}

/** Paycore publishes its ids as GUIDs; being strict keeps a `Location` without an id from passing for one. */
const idSchema = z.guid();

/** Of TransactionResponseV2: what we believe, and nothing else. `amount` is a decimal, as text or as a number. */
export const transactionSchema = z.object({
  transactionId: idSchema,
  referenceId: z.string(),
  amount: z.union([z.string(), z.number()]),
  currency: z.string(),
  statusCode: z.string().nullish(),
  /** the wallet's own word; its values are not published */
  status: z.string().nullish(),
  statusDescription: z.string().nullish(),
  paymentDateUtc: z.string().nullish(),
});
type PaycoreTransaction = z.infer<typeof transactionSchema>;

/** Of PreTransactionResponse. */
export const preTransactionSchema = z.object({
  preTransactionId: idSchema,
  referenceId: z.string(),
  mobileInvoiceUrl: z.string().nullish(),
});

/** Id at the end of a `Location`, absolute or not; null when there is none. */
export function idFromLocation(location: string | null, base: URL): string | null {
  if (location === null || !URL.canParse(location, base.href)) return null;
  const last = new URL(location, base).pathname.split('/').findLast((segment) => segment !== '');
  const id = idSchema.safeParse(last);
  return id.success ? id.data : null;
}
