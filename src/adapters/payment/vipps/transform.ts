import { instantFromMs, instantMs, type Instant } from '../../../domain/instant.ts';
import type { Currency } from '../../../domain/money.ts';
import type {
  PaymentEvent,
  PaymentEventKind,
  PaymentPhase,
  PaymentSnapshot,
} from '../../../domain/payment.ts';
import type { ReserveRequest } from '../../../ports/payment-provider.ts';
import { doubtful } from './faults.ts';
import type { VippsAggregate, VippsLoggedEvent, VippsPayment } from './schema.ts';

const DESCRIPTION_LENGTH = { least: 3, most: 100 };

/**
 * Body of `POST /epayment/v1/payments`. The customer's number is not sent although Vipps would pre-fill it: the payment link is
 * opened on the phone that has the app, which needs none; a number that Vipps does not know would fail the whole payment
 * (7010); and what is not sent cannot leak. No order lines: the amount used is not known yet.
 */
export function toCreatePayment(request: ReserveRequest): Record<string, unknown> {
  const { termsUrl, privacyUrl } = request;
  const legalLinks = {
    ...(termsUrl === null ? {} : { termsOfSaleUrl: termsUrl }),
    ...(privacyUrl === null ? {} : { privacyPolicyUrl: privacyUrl }),
  };
  return {
    amount: { currency: request.currency, value: request.amountMinor },
    paymentMethod: { type: 'WALLET' },
    userFlow: 'WEB_REDIRECT',
    reference: request.paymentReference,
    returnUrl: request.returnUrl,
    paymentDescription: toDescription(request.description),
    // For operators: it leads from Vipps' portal to the session. No personal data.
    metadata: { operation: request.idempotencyKey },
    ...(Object.keys(legalLinks).length === 0 ? {} : { merchantLegalLinks: legalLinks }),
  };
}

/** 3 to 100 characters; cut between characters, not within one. */
function toDescription(text: string): string {
  let description = '';
  for (const character of text.trim()) {
    if (description.length + character.length > DESCRIPTION_LENGTH.most) break;
    description += character;
  }
  return description.trim().padEnd(DESCRIPTION_LENGTH.least, '.');
}

/**
 * A payment as the domain knows it. Throws `unavailable` when it is not the requested payment or its amounts contradict
 * each other: a doubtful reply never counts as success. `authorizedAt` comes from the event log.
 */
export function toSnapshot(
  payment: VippsPayment,
  expected: { paymentReference: string; currencies: readonly Currency[]; authorizedAt: Instant | null },
): PaymentSnapshot {
  const { paymentReference, authorizedAt } = expected;
  if (payment.reference !== paymentReference) throw doubtful('read', 'foreignPayment', 'another reference');
  const currency = expected.currencies.find((candidate) => candidate === payment.amount.currency);
  if (currency === undefined) throw doubtful('read', 'foreignCurrency', 'another currency');
  const phase = phaseOf(payment.state);
  return {
    paymentReference,
    providerReference: payment.pspReference,
    phase,
    currency,
    requestedMinor: payment.amount.value,
    ...amountsOf(payment, phase, currency),
    authorizedAt: phase === 'authorized' ? authorizedAt : null,
    captureDeadlineAt: phase === 'authorized' ? toInstant(payment.captureGuaranteedUntil) : null,
  };
}

/**
 * The status table. There is no state for captured, cancelled or refunded money: that is in the aggregate. A state that
 * is not known is still pending.
 */
function phaseOf(state: string): PaymentPhase {
  switch (state) {
    case 'AUTHORIZED':
      return 'authorized';
    case 'ABORTED':
      return 'declined';
    case 'EXPIRED':
      return 'expired';
    case 'TERMINATED':
      return 'abandoned';
    default:
      return 'pending';
  }
}

type Amounts = Pick<PaymentSnapshot, 'authorizedMinor' | 'capturedMinor' | 'releasedMinor' | 'refundedMinor'>;

/** Only of an authorised payment: a terminated one shows its full amount as cancelled, though nothing was ever authorized. */
function amountsOf({ aggregate, amount }: VippsPayment, phase: PaymentPhase, currency: Currency): Amounts {
  if (phase !== 'authorized')
    return { authorizedMinor: 0, capturedMinor: 0, releasedMinor: 0, refundedMinor: 0 };
  if (!isAllIn(currency, aggregate)) throw doubtful('read', 'foreignCurrency', 'amounts of another currency');
  const amounts = {
    authorizedMinor: aggregate.authorizedAmount.value,
    capturedMinor: aggregate.capturedAmount.value,
    releasedMinor: aggregate.cancelledAmount.value,
    refundedMinor: aggregate.refundedAmount.value,
  };
  const isConsistent =
    amounts.authorizedMinor <= amount.value &&
    amounts.capturedMinor + amounts.releasedMinor <= amounts.authorizedMinor &&
    amounts.refundedMinor <= amounts.capturedMinor;
  if (!isConsistent) throw doubtful('read', 'contradictoryAmounts', 'amounts that contradict each other');
  return amounts;
}

/** Whether every amount is in this currency. */
export function isAllIn(currency: string, aggregate: VippsAggregate): boolean {
  return Object.values(aggregate).every((amount) => amount.currency === currency);
}

const KIND: Readonly<Record<string, PaymentEventKind>> = {
  CREATED: 'created',
  AUTHORIZED: 'authorized',
  CAPTURED: 'captured',
  CANCELLED: 'released',
  REFUNDED: 'refunded',
  ABORTED: 'declined',
  EXPIRED: 'expired',
  TERMINATED: 'abandoned',
};

/**
 * The event log as the domain knows it; amounts in minor units, of each event alone. `at` is null when Vipps' timestamp
 * cannot be read. Throws `unavailable` for amounts in a currency that is not ours.
 */
export function toLog(events: readonly VippsLoggedEvent[], currencies: readonly string[]): PaymentEvent[] {
  return events.map(({ name, amount, timestamp, success, idempotencyKey }) => {
    if (!currencies.includes(amount.currency))
      throw doubtful('read', 'foreignCurrency', 'events in another currency');
    return {
      kind: (Object.hasOwn(KIND, name) ? KIND[name] : undefined) ?? 'other',
      amountMinor: amount.value,
      at: toInstant(timestamp),
      success,
      idempotencyKey: idempotencyKey ?? null,
    };
  });
}

/** When the customer's approval was logged; null when it was not. */
export function authorizedAtOf(events: readonly VippsLoggedEvent[]): Instant | null {
  return toInstant(events.find((event) => event.name === 'AUTHORIZED' && event.success)?.timestamp);
}

/** RFC 3339 with a zone as an Instant; null when absent or unreadable. */
function toInstant(text: string | null | undefined): Instant | null {
  const value = text ?? '';
  if (!/^\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}:\d{2}(\.\d+)?([Zz]|[+-]\d{2}:\d{2})$/.test(value)) return null;
  return Number.isNaN(Date.parse(value)) ? null : instantFromMs(instantMs(value));
}
