/** What a read or call shows of a payment's amounts, and when a payment is final at the provider. */
import type { PaymentSnapshot, ReleaseSource } from '../payment.ts';
import { remainingMinor, type Payment } from './state.ts';

/**
 * A read after a capture may no longer show what was authorised (Paycore): what earlier reads showed stays. A reservation that
 * is gone shows in its phase alone: then all that was not captured was released.
 */
export function takeAmounts(payment: Payment, snapshot: PaymentSnapshot): void {
  payment.authorizedMinor = Math.max(payment.authorizedMinor, snapshot.authorizedMinor);
  payment.capturedMinor = Math.max(payment.capturedMinor, snapshot.capturedMinor);
  const notCapturedMinor = payment.authorizedMinor - payment.capturedMinor;
  const { phase } = snapshot;
  const isGone = phase === 'declined' || phase === 'expired' || phase === 'abandoned';
  const releasedMinor = isGone ? notCapturedMinor : snapshot.releasedMinor;
  if (releasedMinor > payment.releasedMinor) {
    payment.releasedMinor = releasedMinor;
    payment.releaseSource = 'provider';
  }
  payment.releasedMinor = Math.min(payment.releasedMinor, notCapturedMinor);
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
