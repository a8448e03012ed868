import {
  type PaymentEvent,
  type PaymentEventKind,
  type PaymentSnapshot,
  isReleaseProven,
} from '../payment.ts';
import {
  ownPayment,
  providerPaymentOf,
  type LedgerOperation,
  type LedgerPayment,
  type SessionLedger,
  type ProviderLedger,
} from './ledger.ts';

type AmountName = 'authorized' | 'captured' | 'released' | 'refunded';

/** One amount of one payment that is not the same here and there. */
export interface AmountDifference {
  paymentReference: string;
  amount: AmountName;
  oursMinor: number;
  theirsMinor: number;
}

/**
 * `sum`: the log does not add up to the provider's own amount. `notOurs`: money was moved under a key that is none of
 * our operations'. `missing`: an operation that succeeded by our records is not in the log, or with another amount.
 */
export interface LogDifference {
  paymentReference: string;
  kind: 'sum' | 'notOurs' | 'missing';
  of: AmountName;
  oursMinor: number;
  theirsMinor: number;
  idempotencyKey: string | null;
}

const NOTHING = { authorizedMinor: 0, capturedMinor: 0, releasedMinor: 0, refundedMinor: 0 };
type Amounts = typeof NOTHING;

/**
 * Where the amounts of a session that is over differ from the provider's. What either side does not know is not
 * compared: a release that is only assumed, a reservation the provider no longer shows.
 */
export function amountDifferences(ledger: SessionLedger, theirs: ProviderLedger): AmountDifference[] {
  const own = ownPayment(ledger);
  return ledger.payments.flatMap((payment) => {
    const their = providerPaymentOf(theirs, payment);
    if (their.fault !== null) return [];
    const shown = their.snapshot ?? NOTHING;
    const ours = payment.paymentNumber === own?.paymentNumber ? oursOf(ledger) : OF_NO_USE;
    const isUndone =
      (ours.captured ?? 0) === 0 &&
      shown.capturedMinor === 0 &&
      shown.releasedMinor === shown.authorizedMinor;
    const pairs: [AmountName, number | null, number][] = [
      ['authorized', isReservationShown(theirs, shown) ? ours.authorized : null, shown.authorizedMinor],
      ['captured', ours.captured, shown.capturedMinor],
      ['released', ours.released, shown.releasedMinor],
      ['refunded', ours.refunded, shown.refundedMinor],
    ];
    return pairs.flatMap(([amount, oursMinor, theirsMinor]) => {
      if (oursMinor === null || oursMinor === theirsMinor) return [];
      // Approved without our knowing and released whole: no money moved.
      if (isUndone && their.snapshot !== null && (amount === 'authorized' || amount === 'released'))
        return [];
      return [{ paymentReference: payment.paymentReference, amount, oursMinor, theirsMinor }];
    });
  });
}

/** null: not known here, or not to be proven. */
type OurAmounts = Record<AmountName, number | null>;

/** A payment beside the session's own: whatever was approved, nothing may ever be captured from it. */
const OF_NO_USE: OurAmounts = { authorized: null, captured: 0, released: null, refunded: 0 };

function oursOf(ledger: SessionLedger): OurAmounts {
  return {
    authorized: ledger.reservedMinor,
    captured: ledger.capturedMinor,
    released: isReleaseProven(ledger.releaseSource) ? ledger.releasedMinor : null,
    refunded: ledger.refundedMinor,
  };
}

function isReservationShown(theirs: ProviderLedger, shown: Amounts): boolean {
  return theirs.showsReservationAfterCapture || shown.capturedMinor === 0;
}

/** Where a provider's event log contradicts its own amounts or our operations. */
export function logDifferences(ledger: SessionLedger, theirs: ProviderLedger): LogDifference[] {
  return ledger.payments.flatMap((payment) => {
    const { snapshot, events, fault } = providerPaymentOf(theirs, payment);
    if (fault !== null || events === null || snapshot === null) return [];
    const happened = events.filter(({ success }) => success);
    const operations = ledger.operations.filter(
      ({ paymentNumber }) => paymentNumber === payment.paymentNumber,
    );
    return [
      ...sums(payment, snapshot, happened),
      ...notOurs(payment, operations, happened),
      ...notLogged(payment, operations, happened),
    ];
  });
}

const OF_KIND: Partial<Record<PaymentEventKind, AmountName>> = {
  authorized: 'authorized',
  captured: 'captured',
  released: 'released',
  refunded: 'refunded',
};

function sums(
  { paymentReference }: LedgerPayment,
  snapshot: PaymentSnapshot,
  happened: readonly PaymentEvent[],
): LogDifference[] {
  const shown: [AmountName, number][] = [
    ['authorized', snapshot.authorizedMinor],
    ['captured', snapshot.capturedMinor],
    ['released', snapshot.releasedMinor],
    ['refunded', snapshot.refundedMinor],
  ];
  return shown.flatMap(([of, oursMinor]) => {
    const theirsMinor = happened
      .filter(({ kind }) => OF_KIND[kind] === of)
      .reduce((sumMinor, { amountMinor }) => sumMinor + amountMinor, 0);
    if (theirsMinor === oursMinor) return [];
    return [{ paymentReference, kind: 'sum' as const, of, oursMinor, theirsMinor, idempotencyKey: null }];
  });
}

const CALLED: Partial<Record<LedgerOperation['operation'], PaymentEventKind & AmountName>> = {
  capture: 'captured',
  release: 'released',
  refund: 'refunded',
};

/** A release without a key is the provider's own: a reservation has run out. */
function notOurs(
  { paymentReference }: LedgerPayment,
  operations: readonly LedgerOperation[],
  happened: readonly PaymentEvent[],
): LogDifference[] {
  return happened.flatMap(({ kind, amountMinor, idempotencyKey }) => {
    const of = OF_KIND[kind];
    if (of === undefined || of === 'authorized') return [];
    if (of === 'released' && idempotencyKey === null) return [];
    if (operations.some(({ operationId }) => operationId === idempotencyKey)) return [];
    return [
      {
        paymentReference,
        kind: 'notOurs' as const,
        of,
        oursMinor: 0,
        theirsMinor: amountMinor,
        // Somebody else's key may be anything: only that it is not ours is reported.
        idempotencyKey: null,
      },
    ];
  });
}

function notLogged(
  { paymentReference }: LedgerPayment,
  operations: readonly LedgerOperation[],
  happened: readonly PaymentEvent[],
): LogDifference[] {
  return operations.flatMap(({ operation, operationId, amountMinor, state }) => {
    const of = CALLED[operation];
    if (of === undefined || state !== 'succeeded') return [];
    const logged = happened.find(
      ({ kind, idempotencyKey }) =>
        kind === of &&
        // Vipps' own example of a log shows CANCELLED without the key of its call.
        (idempotencyKey === operationId || (operation === 'release' && idempotencyKey === null)),
    );
    const theirsMinor = logged?.amountMinor ?? 0;
    // A release covers all that remains, which is not always the amount it was recorded with.
    if (logged && (theirsMinor === amountMinor || operation === 'release')) return [];
    return [
      {
        paymentReference,
        kind: 'missing' as const,
        of,
        oursMinor: amountMinor,
        theirsMinor,
        idempotencyKey: operationId,
      },
    ];
  });
}
