/** One payment of a session: its amounts, its reads and retry rounds, and when it is final at the provider. */
import type { SessionId } from '../ids.ts';
import { addMs, clampInstant, earliest, isBefore, type Instant } from '../instant.ts';
import type { PaymentSnapshot, ReleaseSource } from '../payment.ts';

/** How a payment ended. `refused`: the provider never accepted it. */
type PaymentOutcome =
  'refused' | 'declined' | 'expired' | 'abandoned' | 'captured' | 'released' | 'lapsed' | 'lost';

/** One payment at the provider. Amounts in minor units. */
export interface Payment {
  /** 1, 2, ... */
  paymentNumber: number;
  providerReference: string | null;
  /** the wallet's page of this payment; the payment link is ours and leads to it */
  redirectUrl: string | null;
  /**
   * `wanted`: to be made; `uncertain`: the create call's outcome is unknown; `settled`: final at the provider by a read, or
   * assumed so for the recorded reason.
   */
  stage: 'wanted' | 'uncertain' | 'pending' | 'authorized' | 'settled';
  outcome: PaymentOutcome | null;
  createdAt: Instant;
  expiresAt: Instant;
  authorizedMinor: number;
  capturedMinor: number;
  releasedMinor: number;
  releaseSource: ReleaseSource | null;
  captureDeadlineAt: Instant | null;
  reads: Reads;
  release: Round;
  isAbandonTried: boolean;
  /** a capture call was begun, and neither its answer nor a later read has shown its effect */
  isCaptureUnclear: boolean;
}

/** When a payment is read, and why: `next-read.ts` alone decides by it. */
export interface Reads {
  /** read as soon as no money step runs */
  isWanted: boolean;
  /** when the last read was requested: what it shows may be as old as that */
  begunAt: Instant | null;
  /** reads repeated because an approval was seen without its time, and because a read failed */
  undated: number;
  failed: number;
  /** the next of those repeated reads: until then nothing is decided */
  retryAt: Instant | null;
  /** reads that hints of a change have requested, and the instant of the last of them */
  hints: number;
  hintAt: Instant | null;
}

/** Retry rounds of a money call. One round is all tries of one activity; between rounds the workflow waits. */
export interface Round {
  /** last part of the call's idempotency key; rises only when that key was refused permanently. 0: no call was made yet */
  keyNumber: number;
  /** rounds that ended without an answer */
  failures: number;
  /** the next round begins then; null: at once */
  retryAt: Instant | null;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The one back-off between rounds: 1, 2, 4, ... minutes, at most an hour. */
export function roundWaitMs(failures: number): number {
  return Math.min(HOUR_MS, MINUTE_MS * 2 ** Math.max(0, failures - 1));
}

/** Counts a failed round and plans the next, not past the deadline. */
export function recordFailedRound(round: Round, now: Instant, deadlineAt: Instant | null): void {
  round.failures += 1;
  const retryAt = addMs(now, roundWaitMs(round.failures));
  round.retryAt = deadlineAt === null ? retryAt : earliest(retryAt, deadlineAt);
}

export function isWaiting({ retryAt }: Round, now: Instant): boolean {
  return retryAt !== null && isBefore(now, retryAt);
}

/**
 * `s2p` + 32 hex: the session's own random digits, the last two raised by the payment's number. Each payment has its own
 * reference, and a person can see which session it belongs to. Vipps: 8-64 characters `[A-Za-z0-9-]`.
 */
export function paymentReferenceOf(sessionId: SessionId, paymentNumber: number): string {
  const last = (Number.parseInt(sessionId.slice(-2), 16) + paymentNumber - 1) % 256;
  return `s2p${sessionId.slice(0, -2)}${last.toString(16).padStart(2, '0')}`;
}

/** Made, or perhaps made, and neither approved nor final as far as we know. */
export function isUndecided({ stage }: Pick<Payment, 'stage'>): boolean {
  return stage === 'pending' || stage === 'uncertain';
}

/** The remaining authorization at the provider, as far as we know. In minor units. */
export function remainingMinor(payment: Payment): number {
  return Math.max(0, payment.authorizedMinor - payment.capturedMinor - payment.releasedMinor);
}

/**
 * A read after a capture may no longer show what was authorised (Paycore): what earlier reads showed stays. A reservation that
 * has ended shows in its phase alone: then all that was not captured was released.
 */
export function applySnapshot(payment: Payment, snapshot: PaymentSnapshot): void {
  payment.authorizedMinor = Math.max(payment.authorizedMinor, snapshot.authorizedMinor);
  payment.capturedMinor = Math.max(payment.capturedMinor, snapshot.capturedMinor);
  const notCapturedMinor = payment.authorizedMinor - payment.capturedMinor;
  const { phase } = snapshot;
  const isEnded = phase === 'declined' || phase === 'expired' || phase === 'abandoned';
  const releasedMinor = isEnded ? notCapturedMinor : snapshot.releasedMinor;
  if (releasedMinor > payment.releasedMinor) {
    payment.releasedMinor = releasedMinor;
    payment.releaseSource = 'provider';
  }
  payment.releasedMinor = Math.min(payment.releasedMinor, notCapturedMinor);
}

/** When the payment was approved, by the provider; else when a read first showed it. In any case after it was made. */
export function approvedAt(
  { authorizedAt }: Pick<PaymentSnapshot, 'authorizedAt'>,
  { createdAt, readAt }: { createdAt: Instant; readAt: Instant },
): Instant {
  return clampInstant(authorizedAt ?? readAt, createdAt, readAt);
}

/** Nothing was ever reserved. */
export function settleUnapproved(
  payment: Payment,
  outcome: 'refused' | 'declined' | 'expired' | 'abandoned',
): void {
  payment.stage = 'settled';
  payment.outcome = outcome;
  payment.reads.isWanted = false;
}

/** The remaining authorization counts as released, from the source that is best known. */
export function settleApproved(
  payment: Payment,
  outcome: 'captured' | 'released' | 'lost' | 'lapsed',
  source: ReleaseSource | null,
): void {
  const remaining = remainingMinor(payment);
  if (remaining > 0) {
    payment.releasedMinor += remaining;
    payment.releaseSource = source;
  }
  payment.stage = 'settled';
  payment.outcome = outcome;
  payment.reads.isWanted = false;
}
