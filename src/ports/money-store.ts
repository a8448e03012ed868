import type { SessionId } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';
import type { PaymentPhase, PaymentSnapshot } from '../domain/payment.ts';

export interface PaymentRecord {
  sessionId: SessionId;
  paymentNumber: number;
  paymentReference: string;
  provider: string;
  providerReference: string | null;
  redirectUrl: string | null;
  requestedMinor: number;
  currency: string;
  expiresAt: Instant;
  createdAt: Instant;
}

/** A payment with what the last read of it showed; zeros and `pending` before the first read. */
export interface PaymentStatus extends PaymentRecord {
  phase: PaymentPhase;
  authorizedMinor: number;
  capturedMinor: number;
  releasedMinor: number;
  refundedMinor: number;
}

/**
 * `isApprovalAwaited`: its session waits for it. A read that shows more may be another's, of which the session does not know.
 * `isFinal`: the session is over, and all that its one payment reserved is captured or released, proven or assumed. Its workflow
 * reads that payment no more.
 */
export interface PaymentOwner {
  sessionId: SessionId;
  isApprovalAwaited: boolean;
  isFinal: boolean;
}

export type MoneyOperationName = 'reserve' | 'capture' | 'release' | 'abandon' | 'refund';

/** `<sessionId>-<operation>-<n>` names one intended effect; n rises only after a bound refusal (ADR 0019). */
export interface MoneyOperation {
  operationId: string;
  sessionId: SessionId;
  paymentNumber: number;
  operation: MoneyOperationName;
  amountMinor: number;
  /** rises with every try of every money step of the session; a lower one than the stored is refused */
  fencingToken: number;
}

/**
 * `refusedForNow`: a refusal that may change, but that this operation's key keeps permanently; the next call uses the next n.
 * `refusedUnclear`: each of its tries was refused, and the key may keep the refusal, or that may be an echo.
 */
export type MoneyOperationState =
  'started' | 'succeeded' | 'refused' | 'refusedForNow' | 'refusedUnclear' | 'unknown';

export interface RecordedOperation extends MoneyOperation {
  state: MoneyOperationState;
  tries: number;
  startedAt: Instant;
  lastTriedAt: Instant;
  detail: string | null;
}

/** The money step n has the fencing tokens from n times this on, one for each of its attempts. */
export const TOKENS_PER_STEP = 1_000;

/** Which money calls were made. Written before the call. */
export interface MoneyStore {
  /**
   * Inserts the payment before the provider is called; a repeated call returns the row made first. With it the operations of the
   * payment, oldest first: those that were started before.
   */
  addPayment(
    record: Omit<PaymentRecord, 'providerReference' | 'redirectUrl'>,
  ): Promise<PaymentRecord & { operations: RecordedOperation[] }>;
  /** What the provider has answered to a reservation, and that its call has succeeded, if `operationId` was started. */
  recordReservation(
    paymentReference: string,
    reservation: { operationId: string; providerReference: string | null; redirectUrl: string },
    at: Instant,
  ): Promise<void>;
  /** Returns the operations of the payment's session, oldest first. */
  recordSnapshot(snapshot: PaymentSnapshot, at: Instant): Promise<RecordedOperation[]>;
  findPayment(sessionId: SessionId, paymentNumber: number): Promise<PaymentRecord | null>;
  /** The session's payments, in their order. */
  listPayments(sessionId: SessionId): Promise<PaymentStatus[]>;
  /** The session of a payment, by the provider's id or ours; for callbacks. */
  findSessionOfPayment(reference: {
    paymentReference: string | null;
    providerReference: string | null;
  }): Promise<PaymentOwner | null>;
  /** The same of the session's newest payment; null: it has none. */
  findPaymentOwner(sessionId: SessionId): Promise<PaymentOwner | null>;
  /**
   * The number of a money step after the session's workflow has ended: higher than any that workflow can have numbered
   * (it numbers reads too, which leave no trace here) and than those given before; all of them are stale from now on.
   * Throws InvariantError when the session has no row.
   */
  nextStepNumber(sessionId: SessionId): Promise<number>;
  /**
   * One statement, right before a money call: takes the session's fencing token if `fencingToken` is not lower than the stored
   * one, and writes the operation as `started` with one more try. Returns the record, or `stale` when the stored token was
   * higher. A record that is `succeeded` or `refused` was answered before and stays so: do not call. Throws InvariantError
   * when the operation was started before as another one, or the session has no row.
   */
  startOperation(operation: MoneyOperation, at: Instant): Promise<'stale' | RecordedOperation>;
  /**
   * What became of a call; `succeeded` stays. `ofToken`: the token of the try that says so; a later one's `started` is then
   * changed by a proof of success alone.
   */
  finishOperation(
    operationId: string,
    state: Exclude<MoneyOperationState, 'started'>,
    detail: string | null,
    at: Instant,
    ofToken?: number,
  ): Promise<void>;
  /** Oldest first. */
  listOperations(sessionId: SessionId): Promise<RecordedOperation[]>;
}
