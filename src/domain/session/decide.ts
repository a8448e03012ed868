/**
 * The life of one charge session, as a pure function: state and event in, new state and commands out. The workflow
 * `ChargeSession` drives it; nothing in here knows Temporal, a database or a clock.
 *
 *   awaitingApproval -> active -> capturing -> captured | released | lapsed | lost | writtenOff
 *   lost | writtenOff -> captured, when the money is seen to have been taken after all
 *   awaitingApproval -> declined | expired | cancelled
 *
 * Money calls are not commands: `takeMoneyStep` derives the next one from the state, one at a time.
 */
import {
  attemptOf,
  endBeforeUse,
  onPaymentRead,
  onReadFailed,
  onReserved,
  onReserveFailed,
  onReserveRefused,
  makeWantedAttempt,
  onPaymentOpened,
  sendLinkOnce,
} from './before-use.ts';
import { freeSlotWhenTold, passTime } from './deadlines.ts';
import { text, type Draft } from './draft.ts';
import { leaveToEarlier, mayBeApproved, mayBelongToEarlier } from './earlier-end.ts';
import type { MoneyResult, SessionCommand, SessionEvent } from './events.ts';
import { lookForHint } from './look-again.ts';
import { answersRunningStep } from './money-step.ts';
import {
  noticeCaptureByOther,
  onCaptured,
  onCaptureFailed,
  onCaptureKeySpent,
  onCaptureRefused,
  onReleased,
  onReleaseFailed,
  onReleaseKeySpent,
  onReleaseRefused,
  releaseNow,
  retryCapture,
  settleWithoutCall,
  writeOff,
} from './settle.ts';
import { adoptedAttempt, copyOf, type SessionState } from './state.ts';
import { customerEnd, endUse, onUsagePriced } from './use.ts';
import { earliest, instantMs, isBefore, type Instant } from '../instant.ts';

export interface Decision {
  session: SessionState;
  commands: SessionCommand[];
}

/** What `event` does to the session. Unknown, late or doubled events change nothing. */
export function decide(before: SessionState, event: SessionEvent): Decision {
  const session = copyOf(before);
  const draft: Draft = { session, commands: [] };
  const at = ('receivedAt' in event ? event.receivedAt : 'at' in event ? event.at : null) ?? session.now;
  if (instantMs(at) > instantMs(session.now)) session.now = at;
  apply(draft, event);
  settleAfter(draft);
  return draft;
}

/** The first step of a session: nothing happened yet but the CHARGE itself. */
export function openSession(before: SessionState): Decision {
  const session = copyOf(before);
  const draft: Draft = { session, commands: [] };
  if (session.terms.payment.paymentOnOpen) sendLinkOnce(draft);
  return draft;
}

/** Nothing is left to do, to tell or to wait for. */
export function isComplete(session: SessionState): boolean {
  const open =
    session.state === 'awaitingApproval' || session.state === 'active' || session.state === 'capturing';
  return (
    !open &&
    session.slot === 'freed' &&
    session.textsOutstanding === 0 &&
    session.moneyRunning === null &&
    (session.endedAt === null || session.computedMinor !== null) &&
    session.attempts.every((attempt) => attempt.stage === 'settled')
  );
}

/** A call, text, price or record was asked for whose answer has not been decided on. */
export function isAnswerAwaited(session: SessionState): boolean {
  const { moneyRunning, textsOutstanding, slot, endedAt, computedMinor } = session;
  const isPriceAwaited = endedAt !== null && computedMinor === null;
  return moneyRunning !== null || textsOutstanding > 0 || slot === 'freeing' || isPriceAwaited;
}

function settleAfter(draft: Draft): void {
  passTime(draft);
  makeWantedAttempt(draft);
  settleWithoutCall(draft);
  freeSlotWhenTold(draft);
}

function apply(draft: Draft, event: SessionEvent): void {
  switch (event.type) {
    case 'endCharge':
    case 'chargeRepeated':
    case 'statusRequested':
      return onCustomerMessage(draft, event);
    case 'paymentChanged':
      for (const attempt of draft.session.attempts) lookForHint(draft.session, attempt);
      return;
    case 'paymentOpened':
      return onPaymentOpened(draft);
    case 'endNow':
      return draft.session.state === 'awaitingApproval'
        ? endBeforeUse(draft, { at: event.at, by: 'operator' })
        : endUse(draft, event.at, 'operator');
    case 'retryCapture':
      return retryCapture(draft);
    case 'releaseNow':
      return releaseNow(draft, event.at);
    case 'writeOff':
      return writeOff(draft);
    case 'usagePriced':
      return onUsagePriced(draft, event.computedMinor);
    case 'usagePlanned':
      draft.session.usedUpAt = event.usedUpAt;
      return;
    case 'messageDone':
      draft.session.textsOutstanding = Math.max(0, draft.session.textsOutstanding - 1);
      return;
    case 'slotFreed':
      if (draft.session.slot === 'freeing') draft.session.slot = 'freed';
      return;
    case 'tick':
    case 'lateEndReviewed':
      return;
    case 'reserved':
    case 'reserveRefused':
    case 'reserveFailed':
    case 'paymentRead':
    case 'readFailed':
    case 'captured':
    case 'captureRefused':
    case 'captureFailed':
    case 'captureKeySpent':
    case 'released':
    case 'releaseRefused':
    case 'releaseFailed':
    case 'releaseKeySpent':
    case 'abandonTried':
      return onMoneyResult(draft, event);
  }
}

function onMoneyResult(draft: Draft, event: MoneyResult): void {
  if (!answersRunningStep(draft.session, event)) return;
  draft.session.moneyRunning = null;
  draft.session.moneyRunningFor = null;
  const attempt = attemptOf(draft.session, event.attempt);
  if (!attempt) return;
  switch (event.type) {
    case 'reserved':
      return onReserved(draft, event);
    case 'reserveRefused':
      return onReserveRefused(draft, event);
    case 'reserveFailed':
      return onReserveFailed(draft, event);
    case 'paymentRead':
    case 'abandonTried':
      onPaymentRead(draft, attempt, event.snapshot, event.at);
      return 'byOther' in event && event.byOther ? noticeCaptureByOther(draft) : undefined;
    case 'readFailed':
      return onReadFailed(draft, attempt, event.at);
    case 'captured':
      return onCaptured(draft, attempt, event);
    case 'captureRefused':
      return onCaptureRefused(draft, attempt, event.snapshot);
    case 'captureFailed':
      return onCaptureFailed(draft, attempt);
    case 'captureKeySpent':
      return onCaptureKeySpent(draft, attempt);
    case 'released':
      return onReleased(draft, attempt, event.snapshot);
    case 'releaseRefused':
      return onReleaseRefused(draft, attempt);
    case 'releaseFailed':
      return onReleaseFailed(draft, attempt);
    case 'releaseKeySpent':
      return onReleaseKeySpent(attempt);
  }
}

/** More of them wait until the session is over: what a session keeps must fit into one message of Temporal. */
export const MOST_TEXTS_TAKEN = 10_000;

type CustomerEvent = Extract<SessionEvent, { inboxId: string }>;

/**
 * A message that arrives while the slot is being freed is left unhandled on purpose: freeing puts it back, and it is routed
 * anew. The same for a CHARGE or STATUS after the use, its cancellation, or the life of its link: the next session, or
 * nobody, answers it.
 */
function onCustomerMessage(draft: Draft, event: CustomerEvent): void {
  const { session } = draft;
  if (session.slot !== 'held' || session.handledInboxIds.includes(event.inboxId)) return;
  const isEnd = event.type === 'endCharge';
  if (!isEnd && session.handledInboxIds.length >= MOST_TEXTS_TAKEN) return;
  const inUse = mayBeApproved(session) || session.state === 'active';
  if (!inUse && event.type === 'chargeRepeated') return;
  if (!inUse && event.type === 'statusRequested' && session.state !== 'capturing') return;
  session.handledInboxIds.push(event.inboxId);
  if (isEnd) return onEndCharge(draft, event);
  if (session.state === 'capturing') text(draft, 'statusClosing');
  else if (session.state === 'active') text(draft, 'statusActive');
  else text(draft, event.type === 'chargeRepeated' ? 'linkAgain' : 'statusWaiting');
}

function onEndCharge(draft: Draft, event: CustomerEvent): void {
  const { session } = draft;
  if (mayBelongToEarlier(session, event) && leaveToEarlier(draft, event)) return;
  const askedAt = earliest(event.sentAt, event.receivedAt);
  if (session.lastEndChargeAt === null || isBefore(session.lastEndChargeAt, askedAt)) {
    session.lastEndChargeAt = askedAt;
  }
  if (session.state === 'awaitingApproval') return endBeforeUse(draft, { at: askedAt, by: 'customer' });
  const end = customerEnd(session, event.sentAt, event.receivedAt);
  reviewLateEnd(draft, end);
  endUse(draft, end, 'customer');
}

/** Case 10: the amount is settled and is not changed by itself; whether it was too much is for a person to decide. */
function reviewLateEnd({ session, commands }: Draft, lateEndAt: Instant): void {
  const { startedAt, endedAt } = session;
  if (startedAt === null || endedAt === null || !isBefore(lateEndAt, endedAt)) return;
  const reservedMinor = adoptedAttempt(session)?.authorizedMinor ?? 0;
  commands.push({ command: 'reviewLateEnd', startedAt, endedAt, lateEndAt, reservedMinor });
}
