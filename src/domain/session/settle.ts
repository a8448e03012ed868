/** After the use: capture, release, and what is assumed where nothing can be called. Decided cases 7, 9, 10, 12, 13. */
import { addMs, earliest, isBefore, type Instant } from '../instant.ts';
import { canReleaseByCall, type PaymentSnapshot, type ReleaseSource } from '../payment.ts';
import { takeAmounts } from './before-use.ts';
import { issueReceipt, showReceipt, text, type Draft } from './draft.ts';
import { roundWaitMs } from './schedule.ts';
import {
  adoptedAttempt,
  captureOperationId,
  isCaptureWanted,
  isToBeReleased,
  restMinor,
  type Attempt,
  type AttentionReason,
  type SessionState,
} from './state.ts';
import { endUse } from './use.ts';

export function onCaptured(
  draft: Draft,
  attempt: Attempt,
  { snapshot, byOther = false }: { snapshot: PaymentSnapshot; byOther?: boolean },
): void {
  takeAmounts(attempt, snapshot);
  if (byOther) noticeCaptureByOther(draft);
  else noticeCapture(draft);
}

export function noticeCaptureByOther(draft: Draft): void {
  noticeCapture(draft);
  draft.session.attention ??= 'capturedByOther';
}

/** A capture that was given up may have been made all the same. */
function mayTurnOutCaptured({ state }: SessionState): boolean {
  return state === 'capturing' || state === 'lost' || state === 'writtenOff';
}

function isAboutCapture(attention: AttentionReason | null): boolean {
  return (
    attention === 'captureDelayed' || attention === 'captureRefused' || attention === 'captureDeadlinePassed'
  );
}

/** Money seen to be captured, by whichever read, is the capture: it is told once and never taken again. */
function noticeCapture(draft: Draft): void {
  const { session } = draft;
  const { settlement } = session;
  const attempt = adoptedAttempt(session);
  if (settlement === null || !attempt?.capturedMinor) return;
  const differs = attempt.capturedMinor !== settlement.amountMinor;
  // Somebody took more after our capture was told: that must not go unseen either.
  if (session.state === 'captured' && differs) session.attention ??= 'capturedAmountDiffers';
  if (!mayTurnOutCaptured(session)) return;
  session.state = 'captured';
  if (isAboutCapture(session.attention)) session.attention = null;
  if (settlement.waived) session.attention = 'capturedAfterWaiver';
  else if (differs) session.attention = 'capturedAmountDiffers';
  session.shortfallMinor = Math.max(0, (session.computedMinor ?? 0) - attempt.capturedMinor);
  settlement.retryAt = null;
  issueReceipt(draft, captureOperationId(session));
  text(draft, 'receipt');
  showReceipt(draft, captureOperationId(session), attempt.paymentReference);
}

export function onCaptureRefused(draft: Draft, attempt: Attempt, snapshot: PaymentSnapshot | null): void {
  if (snapshot) takeAmounts(attempt, snapshot);
  attempt.captureUnclear = false;
  if (attempt.capturedMinor > 0) return noticeCapture(draft);
  if (!isCaptureWanted(draft.session)) return;
  const gone = restMinor(attempt) === 0;
  giveUpCapture(draft, attempt, gone ? 'lapsed' : 'lost', 'captureRefused');
}

export function onCaptureFailed(draft: Draft, attempt: Attempt): void {
  const { session } = draft;
  const { settlement } = session;
  if (!isCaptureWanted(session) || settlement === null) return;
  const deadlineAt = attempt.captureDeadlineAt;
  if (deadlineAt !== null && !isBefore(session.now, deadlineAt)) {
    return giveUpCapture(draft, attempt, 'lost', 'captureDeadlinePassed');
  }
  settlement.failedRounds += 1;
  session.attention ??= 'captureDelayed';
  if (settlement.retryNow) return;
  const retryAt = addMs(session.now, roundWaitMs(settlement.failedRounds));
  settlement.retryAt = deadlineAt === null ? retryAt : earliest(retryAt, deadlineAt);
}

/** The wait since the no is over by now: the next number is asked for at once. */
export function onCaptureKeySpent({ session }: Draft, attempt: Attempt): void {
  attempt.captureUnclear = false;
  if (session.settlement) session.settlement.captureNumber += 1;
}

/** An operator does not want to wait: neither for the next round nor for what the running one still waits for. */
export function retryCapture({ session }: Draft): void {
  const { settlement } = session;
  if (!isCaptureWanted(session) || settlement === null) return;
  settlement.retryAt = null;
  settlement.retryNow = session.moneyRunning === 'capture';
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
  // What is still held is not waited for any more: it is given back where there is a call for it.
  if (restMinor(attempt) === 0 || !canReleaseByCall(session.terms.payment.release))
    settle(attempt, state, 'assumed');
}

/**
 * An operator waives the price of a use, ended by this or before: nothing is charged, all is given back. What waits to be given
 * back already is tried at once.
 */
export function releaseNow(draft: Draft, at: Instant): void {
  const { session } = draft;
  for (const attempt of session.attempts) attempt.releaseRetryAt = null;
  if (session.state === 'active') endUse(draft, at, 'operator');
  if (session.state !== 'capturing') return;
  const { captureNumber = 1, failedRounds = 0 } = session.settlement ?? {};
  session.settlement = {
    plan: 'release',
    amountMinor: 0,
    captureNumber,
    failedRounds,
    retryAt: null,
    retryNow: false,
    waived: true,
  };
  session.shortfallMinor = session.computedMinor ?? 0;
  if (session.attention === 'captureDelayed') session.attention = null;
}

/** An operator gives up what could not be captured. The shortfall stays on record, what is held is given back. */
export function writeOff({ session }: Draft): void {
  const { settlement } = session;
  const attempt = adoptedAttempt(session);
  if (!isCaptureWanted(session) || settlement === null || !attempt) return;
  session.state = 'writtenOff';
  settlement.waived = true;
  settlement.retryAt = null;
  session.shortfallMinor = (session.computedMinor ?? 0) - attempt.capturedMinor;
  if (session.attention === 'captureDelayed') session.attention = null;
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
  stopReleasing(draft, attempt, 'releaseRefused');
}

/** That a capture was lost matters more than that its reservation could not be given back. */
function stopReleasing(draft: Draft, attempt: Attempt, attention: AttentionReason): void {
  const { session } = draft;
  const isLost = session.state === 'lost';
  session.attention = isLost ? (session.attention ?? attention) : attention;
  settle(attempt, attempt.capturedMinor > 0 ? 'captured' : isLost ? 'lost' : 'lapsed', 'assumed');
  finishWithoutCapture(draft, attempt);
}

/** Past the deadline nothing can be captured any more: the reservation runs out by itself, which nobody has proven. */
export function onReleaseFailed(draft: Draft, attempt: Attempt): void {
  const { session } = draft;
  const deadlineAt = attempt.captureDeadlineAt;
  if (deadlineAt !== null && !isBefore(session.now, deadlineAt)) {
    return stopReleasing(draft, attempt, 'releaseDeadlinePassed');
  }
  attempt.releaseFailures += 1;
  const retryAt = addMs(session.now, roundWaitMs(attempt.releaseFailures));
  attempt.releaseRetryAt = deadlineAt === null ? retryAt : earliest(retryAt, deadlineAt);
  session.attention ??= 'releaseDelayed';
}

/** As with a capture: the next step takes the next number. */
export function onReleaseKeySpent(attempt: Attempt): void {
  attempt.releaseNumber = null;
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
    if (!canReleaseByCall(payment.release, attempt.capturedMinor)) settle(attempt, 'captured', 'assumed');
  } else if (!canReleaseByCall(payment.release)) {
    if (isCaptureOpen(session, attempt)) return;
    settle(attempt, 'released', 'assumed');
    session.attention ??= 'releaseNotCallable';
  }
}

/**
 * A capture that may have been made is looked for before its reservation counts as given back; not for longer than it could
 * be captured, so that every session ends.
 */
function isCaptureOpen(session: SessionState, attempt: Attempt): boolean {
  const { captureDeadlineAt, releaseRetryAt } = attempt;
  if (!attempt.captureUnclear) return false;
  if (captureDeadlineAt !== null && !isBefore(session.now, captureDeadlineAt)) return false;
  const isAsking = session.moneyRunning !== null && session.moneyRunningFor === attempt.attempt;
  const waits = releaseRetryAt !== null && isBefore(session.now, releaseRetryAt);
  if (!isAsking && !waits) attempt.readWanted = true;
  return true;
}

function finishWithoutCapture(draft: Draft, attempt: Attempt): void {
  const { session } = draft;
  noticeCapture(draft);
  if (attempt !== adoptedAttempt(session)) return;
  if (session.state === 'capturing' && session.settlement?.plan === 'release') session.state = 'released';
  else if (session.state !== 'writtenOff') return;
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
