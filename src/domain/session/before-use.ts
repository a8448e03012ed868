/** From CHARGE to approval: reservation, link, cancellation, expiry. Decided cases 2, 3, 5, 13, 14. */
import { addMs, isBefore, type Instant } from '../instant.ts';
import type { PaymentSnapshot } from '../payment.ts';
import {
  clear,
  raise,
  addPayment,
  linkExpiresAt,
  livePayment,
  type BeforeUse,
  type EndRequest,
  type NeverUsed,
  type SessionState,
} from './state.ts';
import { isSent, text, textOnce, type Draft, type EventOf, type UsedUp } from './events.ts';
import {
  applySnapshot,
  approvedAt,
  isUndecided,
  recordFailedRound,
  settleUnapproved,
  type Payment,
} from './payment.ts';
import { isToBeReleased } from './after-use.ts';
import {
  endFailedReads,
  isReadAgainAfterFailure,
  isReadAgainForDate,
  lastPollAt,
  readAfterApproval,
  readUncertain,
} from './next-read.ts';
import { endUse, startUse } from './use.ts';

export function beforeUseOf({ phase }: SessionState): BeforeUse | null {
  return phase.state === 'awaitingApproval' ? phase : null;
}

export function onReserved(draft: Draft, payment: Payment, event: EventOf<'reserved'>): void {
  const { session } = draft;
  if (payment.stage === 'settled') return;
  payment.stage = 'pending';
  payment.providerReference = event.providerReference;
  payment.redirectUrl = event.redirectUrl;
  const waiting = beforeUseOf(session);
  if (waiting?.endRequested) payment.reads.isWanted = true;
  else if (waiting && isBefore(session.now, linkExpiresAt(session))) textOnce(draft, 'paymentLink');
}

export function onReserveRefused(draft: Draft, payment: Payment): void {
  settleUnapproved(payment, 'refused');
  raise(draft.session, 'reservationRefused');
  closeBeforeUse(draft, 'cancelled', 'couldNotStart');
}

/** The payment may exist, but nobody has its page: the customer is notified, and the payment is read until it is final. */
export function onReserveFailed(draft: Draft, payment: Payment): void {
  payment.stage = 'uncertain';
  readUncertain(draft.session, payment);
  raise(draft.session, 'reservationUncertain');
  closeBeforeUse(draft, 'cancelled', 'couldNotStart');
}

export function onPaymentRead(
  draft: Draft,
  payment: Payment,
  event: EventOf<'paymentRead' | 'abandonTried'>,
): void {
  const { snapshot, at } = event;
  const { session } = draft;
  clear(session, 'paymentNotReadable');
  endFailedReads(payment);
  if (payment.stage === 'uncertain' && snapshot !== null) clear(session, 'reservationUncertain');
  if (snapshot?.providerReference) payment.providerReference = snapshot.providerReference;
  switch (snapshot?.phase) {
    case 'authorized':
      return onAuthorized(draft, payment, { ...event, snapshot });
    case 'declined':
    case 'expired':
    case 'abandoned':
      if (payment.stage === 'authorized') return applySnapshot(payment, snapshot);
      settleUnapproved(payment, snapshot.phase);
      return onPaymentEnded(draft, snapshot.phase);
    case 'pending':
    case undefined:
      payment.reads.retryAt = null;
      if (payment.stage === 'uncertain' && snapshot) payment.stage = 'pending';
      return onStillPending(draft, payment, at);
  }
}

/**
 * The provider did not answer. After some more reads the pending end takes effect, and attention is raised. The payment is not
 * final until no reservation could last any longer: an approval that nobody saw may have reserved money.
 */
export function onReadFailed(draft: Draft, payment: Payment, at: Instant): void {
  const { session } = draft;
  if (payment.stage === 'authorized') return retryReadBeforeRelease(session, payment);
  if (!isUndecided(payment)) return;
  if (!isBefore(at, lastPollAt(payment))) {
    raise(session, 'paymentNotReadable');
    const reservedUntil = addMs(payment.expiresAt, session.terms.payment.captureDeadlineMs);
    if (!isBefore(at, reservedUntil)) settleUnapproved(payment, 'expired');
  }
  if (isUndecided(payment) && isReadAgainAfterFailure(session, payment)) return;
  const wasWaiting = beforeUseOf(session) !== null;
  applyPendingEnd(draft, payment);
  if (wasWaiting && !beforeUseOf(session)) raise(session, 'paymentNotReadable');
}

/** The remaining authorization waits for this read before it counts as released. */
function retryReadBeforeRelease(session: SessionState, payment: Payment): void {
  if (!payment.isCaptureUnclear || !isToBeReleased(session, payment)) return;
  recordFailedRound(payment.release, session.now, null);
}

function onStillPending(draft: Draft, payment: Payment, at: Instant): void {
  if (payment.stage === 'authorized') return retryReadBeforeRelease(draft.session, payment);
  if (!isUndecided(payment)) return;
  if (!isBefore(at, lastPollAt(payment))) {
    settleUnapproved(payment, 'expired');
    clear(draft.session, 'reservationUncertain');
  }
  applyPendingEnd(draft, payment);
}

/**
 * A read showed no approval: the cancellation or the link's expiry takes effect. Not if the read began before another was
 * requested or before the expiry: the approval may have come between.
 */
function applyPendingEnd(draft: Draft, payment: Payment): void {
  const { session } = draft;
  if (payment.reads.isWanted) return;
  if (payment.stage === 'settled') return onPaymentEnded(draft, 'expired');
  const waiting = beforeUseOf(session);
  if (!waiting) return;
  waiting.isPaymentWanted = false;
  if (waiting.endRequested) return closeBeforeUse(draft, 'cancelled', 'cancelled');
  const linkEnd = linkExpiresAt(session);
  if (isBefore(session.now, linkEnd)) return;
  const { begunAt } = payment.reads;
  if (begunAt !== null && isBefore(begunAt, linkEnd)) payment.reads.isWanted = true;
  else closeBeforeUse(draft, 'expired', 'expired');
}

function onPaymentEnded(draft: Draft, outcome: 'declined' | 'expired' | 'abandoned'): void {
  const { session } = draft;
  const waiting = beforeUseOf(session);
  if (!waiting) return;
  if (waiting.endRequested) return closeBeforeUse(draft, 'cancelled', 'cancelled');
  if (outcome === 'declined') return closeBeforeUse(draft, 'declined', 'declined');
  const canOpenAgain = session.terms.payment.paymentOnOpen && isBefore(session.now, linkExpiresAt(session));
  if (!canOpenAgain) closeBeforeUse(draft, 'expired', 'expired');
}

function onAuthorized(
  draft: Draft,
  payment: Payment,
  { snapshot, at, usedUp }: { snapshot: PaymentSnapshot; at: Instant; usedUp?: UsedUp },
): void {
  const { session } = draft;
  if (payment.stage === 'settled') return;
  const isKnown = payment.stage === 'authorized';
  if (!isKnown && snapshot.authorizedAt === null && isReadAgainForDate(session, payment)) return;
  payment.reads.retryAt = null;
  applySnapshot(payment, snapshot);
  if (isKnown) {
    payment.isCaptureUnclear = false;
    return;
  }
  payment.stage = 'authorized';
  readAfterApproval(session, payment);
  const authorizedAt = approvedAt(snapshot, { createdAt: payment.createdAt, readAt: at });
  const captureDeadlineAt =
    snapshot.captureDeadlineAt ?? addMs(authorizedAt, session.terms.payment.captureDeadlineMs);
  payment.captureDeadlineAt = captureDeadlineAt;
  const waiting = beforeUseOf(session);
  if (!waiting) return;
  const { endRequested } = waiting;
  if (endRequested && !isBefore(authorizedAt, endRequested.at))
    return closeBeforeUse(draft, 'cancelled', 'cancelled');
  startUse(draft, payment, { startedAt: authorizedAt, captureDeadlineAt, usedUp });
  if (endRequested) endUse(draft, endRequested.at, endRequested.by);
}

function closeBeforeUse(
  draft: Draft,
  state: NeverUsed['state'],
  textKind: 'cancelled' | 'expired' | 'declined' | 'couldNotStart',
): void {
  const { session } = draft;
  if (!beforeUseOf(session)) return;
  session.phase = { state, overAt: session.now };
  text(draft, textKind);
  const waiting = livePayment(session);
  if (waiting?.stage === 'wanted' && session.moneyStep.running?.step !== 'reserve')
    settleUnapproved(waiting, 'abandoned');
}

/**
 * ENDCHARGE (or an operator) before approval. Where a payment waits, the provider is read first: an approval that came before
 * the ENDCHARGE, but whose callback was lost, is a use and is priced as one.
 */
export function endBeforeUse(draft: Draft, phase: BeforeUse, request: EndRequest): void {
  const { session } = draft;
  phase.endRequested ??= request;
  const waiting = livePayment(session);
  // The payment that is being made may be approved before its answer comes.
  const isBeingOpened = session.moneyStep.running?.step === 'reserve' && isSent(session, 'paymentLink');
  if (waiting?.stage === 'pending') waiting.reads.isWanted = true;
  else if (!isBeingOpened) closeBeforeUse(draft, 'cancelled', 'cancelled');
}

/** The payment link has expired: the payment is read once more, then the session expires. */
export function expireLink(draft: Draft): void {
  const waiting = livePayment(draft.session);
  if (waiting && isUndecided(waiting)) waiting.reads.isWanted = true;
  else if (draft.session.moneyStep.running?.step !== 'reserve') closeBeforeUse(draft, 'expired', 'expired');
}

/**
 * The customer opened the payment link, and payments are made on opening. A payment past its expiry is read first: the next is
 * made only after it is final.
 */
export function onPaymentOpened({ session }: Draft): void {
  const phase = beforeUseOf(session);
  if (!session.terms.payment.paymentOnOpen || !phase) return;
  phase.isPaymentWanted = true;
  const waiting = livePayment(session);
  if (waiting?.stage === 'pending' && !isBefore(session.now, waiting.expiresAt))
    waiting.reads.isWanted = true;
}

export function makeWantedPayment({ session }: Draft): void {
  const phase = beforeUseOf(session);
  if (!phase?.isPaymentWanted || phase.endRequested) return;
  const waiting = livePayment(session);
  if (waiting === null) addPayment(session);
  if (waiting === null || isBefore(session.now, waiting.expiresAt)) phase.isPaymentWanted = false;
}
