/** After the use: capture, release, and what is assumed where nothing can be called. Decided cases 7, 9, 10, 12, 13. */
import { addMs, earliest, isBefore } from '../instant.ts';
import type { PaymentSnapshot, ReleaseSource } from '../payment.ts';
import { takeAmounts } from './before-use.ts';
import { issueReceipt, showReceipt, text, type Draft } from './draft.ts';
import { roundWaitMs } from './schedule.ts';
import {
  adoptedAttempt,
  canReleaseWhole,
  captureOperationId,
  isToBeReleased,
  restMinor,
  type Attempt,
  type AttentionReason,
} from './state.ts';

export function onCaptured(draft: Draft, attempt: Attempt, snapshot: PaymentSnapshot): void {
  takeAmounts(attempt, snapshot);
  noticeCapture(draft);
}

/** Money seen to be captured, by whichever read, is the capture: it is told once and never taken again. */
function noticeCapture(draft: Draft): void {
  const { session } = draft;
  const { settlement } = session;
  const attempt = adoptedAttempt(session);
  if (session.state !== 'capturing' || settlement === null || !attempt?.capturedMinor) return;
  session.state = 'captured';
  if (session.attention === 'captureDelayed') session.attention = null;
  if (attempt.capturedMinor !== settlement.amountMinor) session.attention = 'capturedAmountDiffers';
  session.shortfallMinor = Math.max(0, (session.computedMinor ?? 0) - attempt.capturedMinor);
  settlement.retryAt = null;
  issueReceipt(draft, captureOperationId(session));
  text(draft, 'receipt');
  showReceipt(draft, captureOperationId(session), attempt.paymentReference);
}

export function onCaptureRefused(draft: Draft, attempt: Attempt, snapshot: PaymentSnapshot | null): void {
  if (snapshot) takeAmounts(attempt, snapshot);
  if (attempt.capturedMinor > 0) return noticeCapture(draft);
  const gone = restMinor(attempt) === 0;
  giveUpCapture(draft, attempt, gone ? 'lapsed' : 'lost', 'captureRefused');
}

export function onCaptureFailed(draft: Draft, attempt: Attempt): void {
  const { session } = draft;
  const { settlement } = session;
  if (session.state !== 'capturing' || settlement === null) return;
  const deadlineAt = attempt.captureDeadlineAt;
  if (deadlineAt !== null && !isBefore(session.now, deadlineAt)) {
    return giveUpCapture(draft, attempt, 'lost', 'captureDeadlinePassed');
  }
  settlement.failedRounds += 1;
  const retryAt = addMs(session.now, roundWaitMs(settlement.failedRounds));
  settlement.retryAt = deadlineAt === null ? retryAt : earliest(retryAt, deadlineAt);
  session.attention ??= 'captureDelayed';
}

function giveUpCapture(
  draft: Draft,
  attempt: Attempt,
  state: 'lost' | 'lapsed',
  attention: AttentionReason,
): void {
  const { session } = draft;
  session.state = state;
  session.attention = attention;
  session.shortfallMinor = (session.computedMinor ?? 0) - attempt.capturedMinor;
  settle(attempt, state, 'assumed');
}

export function onReleased(draft: Draft, attempt: Attempt, snapshot: PaymentSnapshot): void {
  const { session } = draft;
  takeAmounts(attempt, snapshot);
  if (session.attention === 'releaseDelayed') session.attention = null;
  settle(attempt, attempt.capturedMinor > 0 ? 'captured' : 'released', 'call');
  finishWithoutCapture(draft, attempt);
}

export function onReleaseRefused(draft: Draft, attempt: Attempt): void {
  attempt.releaseBlocked = true;
  draft.session.attention = 'releaseRefused';
  settle(attempt, attempt.capturedMinor > 0 ? 'captured' : 'lapsed', 'assumed');
  finishWithoutCapture(draft, attempt);
}

/** Past the deadline nothing can be captured any more: the reservation runs out by itself, which nobody has proven. */
export function onReleaseFailed(draft: Draft, attempt: Attempt): void {
  const { session } = draft;
  const deadlineAt = attempt.captureDeadlineAt;
  if (deadlineAt !== null && !isBefore(session.now, deadlineAt)) {
    session.attention = 'releaseDeadlinePassed';
    settle(attempt, attempt.capturedMinor > 0 ? 'captured' : 'lapsed', 'assumed');
    return finishWithoutCapture(draft, attempt);
  }
  attempt.releaseFailures += 1;
  const retryAt = addMs(session.now, roundWaitMs(attempt.releaseFailures));
  attempt.releaseRetryAt = deadlineAt === null ? retryAt : earliest(retryAt, deadlineAt);
  session.attention ??= 'releaseDelayed';
}

/** Notices a capture, and settles every authorised attempt that needs no call, or for which there is none. */
export function settleWithoutCall(draft: Draft): void {
  const { session } = draft;
  noticeCapture(draft);
  for (const attempt of session.attempts) {
    if (attempt.stage !== 'authorized' || !isToBeReleased(session, attempt)) continue;
    if (attempt.attempt !== session.adopted) noticeUnusedApproval(draft, attempt);
    settleRest(draft, attempt);
    if (isSettled(attempt)) finishWithoutCapture(draft, attempt);
  }
}

/** Nobody uses this reservation: the customer is told that it goes back, or a person that somebody took money from it. */
function noticeUnusedApproval(draft: Draft, attempt: Attempt): void {
  if (attempt.capturedMinor > 0) draft.session.attention ??= 'capturedAmountDiffers';
  else tellLateApproval(draft);
}

function settleRest({ session }: Draft, attempt: Attempt): void {
  const { payment } = session.terms;
  if (restMinor(attempt) === 0) {
    if (session.attention === 'releaseDelayed') session.attention = null;
    settle(attempt, attempt.capturedMinor > 0 ? 'captured' : 'released', attempt.releaseSource);
  } else if (attempt.capturedMinor > 0) {
    if (payment.release !== 'call') settle(attempt, 'captured', 'assumed');
  } else if (!canReleaseWhole(payment)) {
    settle(attempt, 'released', 'assumed');
    session.attention ??= 'releaseNotCallable';
  }
}

function finishWithoutCapture(draft: Draft, attempt: Attempt): void {
  const { session } = draft;
  noticeCapture(draft);
  if (session.state !== 'capturing' || attempt !== adoptedAttempt(session)) return;
  if (session.settlement?.plan !== 'release') return;
  session.state = 'released';
  text(draft, 'nothingCharged');
}

function tellLateApproval(draft: Draft): void {
  if (draft.session.lateApprovalTold) return;
  draft.session.lateApprovalTold = true;
  text(draft, 'lateApprovalReleased');
}

function isSettled(attempt: Attempt): boolean {
  return attempt.stage === 'settled';
}

/** What is left counts as given back, from the source that is best known. */
function settle(
  attempt: Attempt,
  outcome: 'captured' | 'released' | 'lost' | 'lapsed',
  source: ReleaseSource | null,
): void {
  const rest = restMinor(attempt);
  if (rest > 0) {
    attempt.releasedMinor += rest;
    attempt.releaseSource = source;
  }
  attempt.stage = 'settled';
  attempt.outcome = outcome;
  attempt.readWanted = false;
}
