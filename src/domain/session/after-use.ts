/** After the use: capture, release, and what is assumed where nothing can be called. Decided cases 7, 9, 10, 12, 13. */
import { isBefore, type Instant } from '../instant.ts';
import { canReleaseByCall, type PaymentSnapshot } from '../payment.ts';
import {
  clear,
  raise,
  type AttentionReason,
  endedUseOf,
  isUsedPayment,
  usedPaymentOf,
  type EndedUse,
  type SessionState,
} from './state.ts';
import { issueReceipt, showReceipt, text, textOnce, type Draft, type EventOf } from './events.ts';
import {
  recordFailedRound,
  isWaiting,
  settleApproved,
  applySnapshot,
  paymentReferenceOf,
  remainingMinor,
  type Payment,
} from './payment.ts';
import { endUse } from './use.ts';

/** The use whose price is to be captured; null: there is none, or an operator has waived it or given it up. */
export function useToCapture(session: SessionState): EndedUse | null {
  const use = endedUseOf(session);
  return use?.state === 'capturing' && !use.isWaived && (use.price?.chargeMinor ?? 0) > 0 ? use : null;
}

function isNothingToCapture({ state, isWaived, price }: EndedUse): boolean {
  return state === 'capturing' && (isWaived || price?.chargeMinor === 0);
}

export function captureOperationId({ sessionId }: SessionState, { capture }: EndedUse): string {
  return `${sessionId}-capture-${capture.keyNumber}`;
}

/** The remaining authorization pays for nothing: no use, a use already captured, or one that is not charged. */
export function isToBeReleased(session: SessionState, payment: Payment): boolean {
  const { phase } = session;
  if (phase.state === 'awaitingApproval') return false;
  if (!isUsedPayment(session, payment)) return true;
  const use = endedUseOf(session);
  if (use === null) return false;
  return isNothingToCapture(use) || ['captured', 'lost', 'writtenOff'].includes(use.state);
}

export function onCaptured({ session }: Draft, payment: Payment, event: EventOf<'captured'>): void {
  applySnapshot(payment, event.snapshot);
  if (event.byOther) raise(session, 'capturedByOther');
}

/**
 * Money that a read or an answer shows as captured is the capture: the receipt is sent once and nothing is captured again. A
 * capture that was given up may still have been made.
 */
export function noticeCapture(draft: Draft): void {
  const { session } = draft;
  const use = endedUseOf(session);
  const payment = usedPaymentOf(session);
  if (!use || !payment?.capturedMinor || (use.price === null && !use.isWaived)) return;
  const isOtherAmount = payment.capturedMinor !== (use.price?.chargeMinor ?? 0);
  // Somebody captured more after the receipt.
  if (use.state === 'captured' && isOtherAmount && !use.isWaived) raise(session, 'capturedAmountDiffers');
  if (use.state !== 'capturing' && use.state !== 'lost' && use.state !== 'writtenOff') return;
  use.state = 'captured';
  use.capture.retryAt = null;
  clear(session, 'captureDelayed', 'captureRefused', 'captureDeadlinePassed');
  if (use.isWaived) raise(session, 'capturedAfterWaiver');
  else if (isOtherAmount) raise(session, 'capturedAmountDiffers');
  const operationId = captureOperationId(session, use);
  issueReceipt(draft, operationId);
  text(draft, 'receipt');
  showReceipt(draft, operationId, paymentReferenceOf(session.sessionId, payment.paymentNumber));
}

export function onCaptureRefused(
  { session }: Draft,
  payment: Payment,
  snapshot: PaymentSnapshot | null,
): void {
  if (snapshot) applySnapshot(payment, snapshot);
  payment.isCaptureUnclear = false;
  if (payment.capturedMinor > 0) return;
  giveUpCapture(session, payment, {
    state: remainingMinor(payment) === 0 ? 'lapsed' : 'lost',
    reason: 'captureRefused',
  });
}

export function onCaptureFailed({ session }: Draft, payment: Payment): void {
  const use = useToCapture(session);
  if (!use) return;
  const { now } = session;
  if (isPastDeadline(payment, now))
    return giveUpCapture(session, payment, { state: 'lost', reason: 'captureDeadlinePassed' });
  recordFailedRound(use.capture, now, payment.captureDeadlineAt);
  if (use.isRetryRequested) use.capture.retryAt = null;
  raise(session, 'captureDelayed');
}

/** The next key is used at once: the activity has waited long enough since the refusal. */
export function onCaptureKeyRefused({ session }: Draft, payment: Payment): void {
  payment.isCaptureUnclear = false;
  const use = endedUseOf(session);
  if (use) use.capture.keyNumber += 1;
}

/** An operator wants the next round now: a running round is ended first. */
export function retryCapture({ session }: Draft): void {
  const use = useToCapture(session);
  if (!use) return;
  use.capture.retryAt = null;
  use.isRetryRequested = session.moneyStep.running?.step === 'capture';
}

function giveUpCapture(
  session: SessionState,
  payment: Payment,
  { state, reason }: { state: 'lost' | 'lapsed'; reason: AttentionReason },
): void {
  const use = useToCapture(session);
  if (!use) return;
  use.state = state;
  clear(session, 'captureDelayed');
  raise(session, reason);
  // The remaining authorization is released by a call where the provider has one.
  if (remainingMinor(payment) === 0 || !canReleaseByCall(session.terms.payment.release))
    settleApproved(payment, state, 'assumed');
}

/**
 * An operator waives the price of a use, ended by this or before: nothing is charged, everything is released. A release that
 * waits for its next round is tried at once.
 */
export function waivePrice(draft: Draft, at: Instant): void {
  const { session } = draft;
  for (const { release } of session.payments) release.retryAt = null;
  endUse(draft, at, 'operator');
  const use = endedUseOf(session);
  if (use?.state !== 'capturing') return;
  use.isWaived = true;
  use.isRetryRequested = false;
  use.capture.retryAt = null;
  if (use.price) use.price.chargeMinor = 0;
  clear(session, 'captureDelayed');
}

/** An operator gives up what could not be captured. The shortfall is recorded, the remaining authorization released. */
export function writeOff({ session }: Draft): void {
  const use = useToCapture(session);
  if (!use) return;
  use.state = 'writtenOff';
  use.isWaived = true;
  use.capture.retryAt = null;
  clear(session, 'captureDelayed');
}

export function onReleased(payment: Payment, snapshot: PaymentSnapshot): void {
  applySnapshot(payment, snapshot);
  settleApproved(payment, payment.capturedMinor > 0 ? 'captured' : 'released', 'call');
}

export function onReleaseRefused({ session }: Draft, payment: Payment): void {
  stopReleasing(session, payment, 'releaseRefused');
}

/** Past the deadline nothing can be captured: the release by expiry is assumed, no read has shown it. */
export function onReleaseFailed({ session }: Draft, payment: Payment): void {
  if (isPastDeadline(payment, session.now)) return stopReleasing(session, payment, 'releaseDeadlinePassed');
  recordFailedRound(payment.release, session.now, payment.captureDeadlineAt);
  raise(session, 'releaseDelayed');
}

function stopReleasing(session: SessionState, payment: Payment, reason: AttentionReason): void {
  raise(session, reason);
  const unpaid = session.phase.state === 'lost' ? 'lost' : 'lapsed';
  settleApproved(payment, payment.capturedMinor > 0 ? 'captured' : unpaid, 'assumed');
}

export function onReleaseKeyRefused({ session }: Draft, { release }: Payment): void {
  release.keyNumber = nextReleaseNumber(session);
}

/** The keys of all releases of a session differ, whichever payment they are for. */
export function nextReleaseNumber({ payments }: SessionState): number {
  return 1 + Math.max(...payments.map(({ release }) => release.keyNumber));
}

/** Settles every authorised payment that needs no release call or has none; then closes a use that charged nothing. */
export function settleWithoutCall(draft: Draft): void {
  const { session } = draft;
  for (const payment of session.payments) {
    if (payment.stage !== 'authorized' || !isToBeReleased(session, payment)) continue;
    if (!isUsedPayment(session, payment)) reportUnusedApproval(draft, payment);
    settleRemaining(session, payment);
  }
  const isReleaseDelayed = session.payments.some(
    ({ stage, release }) => stage !== 'settled' && release.failures > 0,
  );
  if (!isReleaseDelayed) clear(session, 'releaseDelayed');
  closeWithoutCapture(draft);
}

/** An unused reservation: the customer is notified of its release, or an operator of money captured from it. */
function reportUnusedApproval(draft: Draft, { capturedMinor }: Payment): void {
  if (capturedMinor > 0) raise(draft.session, 'capturedAmountDiffers');
  else textOnce(draft, 'lateApprovalReleased');
}

function settleRemaining(session: SessionState, payment: Payment): void {
  const { capturedMinor, releaseSource } = payment;
  const outcome = capturedMinor > 0 ? 'captured' : 'released';
  if (remainingMinor(payment) === 0) return settleApproved(payment, outcome, releaseSource);
  if (canReleaseByCall(session.terms.payment.release, capturedMinor)) return;
  if (capturedMinor === 0) {
    if (isCaptureOpen(session, payment)) return;
    raise(session, 'releaseNotCallable');
  }
  settleApproved(payment, outcome, 'assumed');
}

/**
 * A capture that may have been made is read before its reservation counts as released, until the capture deadline: so every
 * session ends.
 */
function isCaptureOpen({ moneyStep, now }: SessionState, payment: Payment): boolean {
  if (!payment.isCaptureUnclear || isPastDeadline(payment, now)) return false;
  const isUnderWay = moneyStep.running?.paymentNumber === payment.paymentNumber;
  if (!isUnderWay && !isWaiting(payment.release, now)) payment.reads.isWanted = true;
  return true;
}

function closeWithoutCapture(draft: Draft): void {
  const use = endedUseOf(draft.session);
  if (!use || usedPaymentOf(draft.session)?.stage !== 'settled') return;
  if (isNothingToCapture(use)) use.state = 'released';
  else if (use.state !== 'writtenOff') return;
  textOnce(draft, 'nothingCharged');
}

function isPastDeadline({ captureDeadlineAt }: Payment, now: Instant): boolean {
  return captureDeadlineAt !== null && !isBefore(now, captureDeadlineAt);
}
