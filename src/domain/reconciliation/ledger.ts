import type { PartnerId, SessionId } from '../ids.ts';
import type { RaisedReason } from '../attention.ts';
import type { Instant } from '../instant.ts';
import type { Currency } from '../money.ts';
import type { TextLimitReason } from '../text-assignment.ts';
import type {
  PaymentEvent,
  PaymentPhase,
  PaymentSnapshot,
  ReleaseCapability,
  ReleaseSource,
} from '../payment.ts';
import { isOpenState, type ChargeState } from '../session/charge-state.ts';
import type { TextFate } from '../text-delivery.ts';

/** A payment as our last read of it left it. Amounts in minor units. */
export interface LedgerPayment {
  paymentNumber: number;
  paymentReference: string;
  providerReference: string | null;
  requestedMinor: number;
  phase: PaymentPhase;
  /** the most that any read has shown */
  authorizedMinor: number;
  capturedMinor: number;
  /** when the provider answered last; null: never */
  readAt: Instant | null;
  createdAt: Instant;
}

export interface LedgerOperation {
  /** also the idempotency key of the call */
  operationId: string;
  paymentNumber: number;
  operation: 'reserve' | 'capture' | 'release' | 'abandon' | 'refund';
  amountMinor: number;
  state: 'started' | 'succeeded' | 'refused' | 'refusedForNow' | 'refusedUnclear' | 'unknown';
}

export interface LedgerDocument {
  kind: 'sale' | 'creditNote';
  number: number;
  grossMinor: number;
  netMinor: number;
  vatMinor: number;
}

/** A text to the customer, without its words. */
export interface LedgerText extends TextFate {
  kind: string;
  /** the amounts its words state, in minor units */
  amountsMinor: number[];
}

/** Why texts were not acted on: over a limit, a reaction, or to a number that no partner has. */
export interface IgnoredTexts {
  reason: TextLimitReason | 'unroutable';
  count: number;
}

/** Everything we have recorded of one session. No personal data. */
export interface SessionLedger {
  sessionId: SessionId;
  partnerId: PartnerId;
  provider: string;
  currency: Currency;
  createdAt: Instant;
  /** when the projection was written last */
  updatedAt: Instant;
  state: ChargeState;
  nextDueAt: Instant | null;
  release: ReleaseCapability;
  minimumCaptureMinor: number;
  /** provider's id of the session's own payment */
  transactionId: string | null;
  reservedMinor: number;
  computedMinor: number | null;
  capturedMinor: number;
  releasedMinor: number;
  releaseSource: ReleaseSource | null;
  refundedMinor: number;
  shortfallMinor: number;
  /** reasons of its open attention entries, oldest first */
  attention: RaisedReason[];
  /** the first payment first */
  payments: LedgerPayment[];
  operations: LedgerOperation[];
  /** the operator's action that has not ended; null: none */
  openActionId: string | null;
  documents: LedgerDocument[];
  texts: LedgerText[];
  /** texts of the customer that belong to it, and how many of them it has not handled */
  messages: {
    count: number;
    unhandled: number;
    /** of the same customer while the session was open: acknowledged, and not acted on */
    ignored: IgnoredTexts[];
  };
  /** when the customer ended it though no workflow could take that; null: not requested, or it has an end of its own */
  endRequestedAt: Instant | null;
}

/** One payment as the provider shows it now. `fault`: a code, and then nothing else is known. */
export interface ProviderPayment {
  paymentNumber: number;
  /** null: the provider knows no such payment, or could not be read */
  snapshot: PaymentSnapshot | null;
  /** null: it keeps no log */
  events: PaymentEvent[] | null;
  fault: string | null;
}

/** What the provider shows of a session's payments. */
export interface ProviderLedger {
  showsReservationAfterCapture: boolean;
  payments: ProviderPayment[];
}

/** By its projection its workflow has something left to do. */
export function isOpen({ state, nextDueAt }: Pick<SessionLedger, 'state' | 'nextDueAt'>): boolean {
  return isOpenState(state) || nextDueAt !== null;
}

/** Open and run by its workflow, as far as is known: its amounts still move, and are compared later. */
export function isUnderWay(ledger: Pick<SessionLedger, 'state' | 'nextDueAt' | 'attention'>): boolean {
  return isOpen(ledger) && !ledger.attention.includes('workflowMissing');
}

/** The payment that the session's amounts are about: the used payment, else the last. */
export function ownPayment({ payments, transactionId }: SessionLedger): LedgerPayment | null {
  const named = payments.find(
    ({ providerReference }) => providerReference !== null && providerReference === transactionId,
  );
  return named ?? payments.at(-1) ?? null;
}

export function providerPaymentOf(
  theirs: ProviderLedger,
  { paymentNumber }: Pick<LedgerPayment, 'paymentNumber'>,
): ProviderPayment {
  const nothing = { paymentNumber, snapshot: null, events: null, fault: null };
  return theirs.payments.find((payment) => payment.paymentNumber === paymentNumber) ?? nothing;
}

/** Authorised, and neither captured nor released, as far as the provider shows it. */
export function remainingMinor(
  { showsReservationAfterCapture }: ProviderLedger,
  their: ProviderPayment,
): number {
  const { snapshot } = their;
  if (snapshot?.phase !== 'authorized') return 0;
  const { authorizedMinor, capturedMinor, releasedMinor } = snapshot;
  if (capturedMinor > 0 && !showsReservationAfterCapture) return 0;
  return Math.max(0, authorizedMinor - capturedMinor - releasedMinor);
}

export function allRemainingMinor(
  { payments }: Pick<SessionLedger, 'payments'>,
  theirs: ProviderLedger,
): number {
  return payments.reduce(
    (sumMinor, payment) => sumMinor + remainingMinor(theirs, providerPaymentOf(theirs, payment)),
    0,
  );
}

/** What the provider shows as captured, of all payments of the session. */
export function allCapturedMinor(
  { payments }: Pick<SessionLedger, 'payments'>,
  theirs: ProviderLedger,
): number {
  return payments.reduce(
    (sumMinor, payment) => sumMinor + (providerPaymentOf(theirs, payment).snapshot?.capturedMinor ?? 0),
    0,
  );
}

/** A payment without a record of ours. */
export type UnknownPayment =
  /** it carries our installation's digits: a record of ours is lost */
  | { kind: 'recordMissing'; paymentReference: string }
  /** made by another installation on the same vendor account */
  | { kind: 'otherInstallation'; installationId: string }
  /** not made by sms2pay at all */
  | { kind: 'notOurs' };

const REFERENCE = /^s2p([0-9a-f]{8})[0-9a-f]{24}$/;

/** `paymentReference` null: only the provider's own id is known, which proves nothing. */
export function classifyUnknownPayment(
  paymentReference: string | null,
  ownInstallationId: string,
): UnknownPayment {
  const [, installationId] = REFERENCE.exec(paymentReference ?? '') ?? [];
  if (paymentReference === null || installationId === undefined) return { kind: 'notOurs' };
  return installationId === ownInstallationId
    ? { kind: 'recordMissing', paymentReference }
    : { kind: 'otherInstallation', installationId };
}

/** Both ends included. */
export interface NumberRange {
  from: number;
  to: number;
}

/** Of the numbers that no document has: those with a recorded reason, and those without. */
export function explainGaps(
  gaps: readonly NumberRange[],
  reasons: readonly NumberRange[],
): { skipped: NumberRange[]; missing: NumberRange[] } {
  const skipped: NumberRange[] = [];
  const missing: NumberRange[] = [];
  const inOrder = reasons.toSorted((a, b) => a.from - b.from);
  for (const gap of gaps) {
    let next = gap.from;
    for (const reason of inOrder) {
      const from = Math.max(next, reason.from);
      const to = Math.min(gap.to, reason.to);
      if (from > to) continue;
      if (from > next) missing.push({ from: next, to: from - 1 });
      skipped.push({ from, to });
      next = to + 1;
    }
    if (next <= gap.to) missing.push({ from: next, to: gap.to });
  }
  return { skipped, missing };
}
