/**
 * The life of one charge session, as a pure function: state and event in, new state and commands out. The workflow
 * `ChargeSession` drives it; nothing in here knows Temporal, a database or a clock.
 *
 *   awaitingApproval -> active -> capturing -> captured | released | lapsed | lost | writtenOff
 *   lost | writtenOff -> captured, when a read shows that the money was captured after all
 *   awaitingApproval -> declined | expired | cancelled
 *
 * Money calls are not commands: `takeMoneyStep` derives the next one from the state, one at a time.
 */
import { instantMs } from '../instant.ts';
import {
  noticeCapture,
  onCaptured,
  onCaptureFailed,
  onCaptureKeyRefused,
  onCaptureRefused,
  onReleased,
  onReleaseFailed,
  onReleaseKeyRefused,
  onReleaseRefused,
  releaseNow,
  retryCapture,
  settleWithoutCall,
  writeOff,
} from './after-use.ts';
import { raise, copyOf, endedUseOf, paymentOf, type SessionState } from './state.ts';
import { textOnce, type Draft, type MoneyResult, type SessionCommand, type SessionEvent } from './events.ts';
import {
  beforeUseOf,
  endBeforeUse,
  makeWantedPayment,
  onPaymentOpened,
  onPaymentRead,
  onReadFailed,
  onReserved,
  onReserveFailed,
  onReserveRefused,
} from './before-use.ts';
import { isOpenState } from './charge-state.ts';
import { onCustomerMessage } from './customer-messages.ts';
import { freeSlotWhenNotified, passTime } from './deadlines.ts';
import { answersRunningStep } from './money-step.ts';
import { readForHint } from './next-read.ts';
import { endUse, onUsagePlanned, onUsagePriced } from './use.ts';

export interface Decision {
  session: SessionState;
  commands: SessionCommand[];
}

/** What `event` does to the session. Unknown, late or doubled events change nothing. */
export function decide(before: SessionState, event: SessionEvent): Decision {
  const draft: Draft = { session: copyOf(before), commands: [] };
  if (instantMs(event.at) > instantMs(before.now)) draft.session.now = event.at;
  apply(draft, event);
  passTime(draft, before.now);
  makeWantedPayment(draft);
  noticeCapture(draft);
  settleWithoutCall(draft);
  freeSlotWhenNotified(draft);
  return draft;
}

/** The first step of a session: nothing happened yet but the CHARGE itself. */
export function openSession(before: SessionState): Decision {
  const draft: Draft = { session: copyOf(before), commands: [] };
  if (before.terms.payment.paymentOnOpen) textOnce(draft, 'paymentLink');
  return draft;
}

/** Nothing is left to do, to notify or to wait for. */
export function isComplete(session: SessionState): boolean {
  const { phase, inbox, payments } = session;
  const isOver = !isOpenState(phase.state) && inbox.slot === 'freed';
  return isOver && !isAnswerAwaited(session) && payments.every(({ stage }) => stage === 'settled');
}

/** A call, text, price or record was requested whose answer has not been decided on. */
export function isAnswerAwaited(session: SessionState): boolean {
  const { moneyStep, texts, inbox } = session;
  const isPriceAwaited = endedUseOf(session)?.price === null;
  return moneyStep.running !== null || texts.outstanding > 0 || inbox.slot === 'freeing' || isPriceAwaited;
}

function apply(draft: Draft, event: SessionEvent): void {
  const { session } = draft;
  switch (event.type) {
    case 'customerMessage':
      return onCustomerMessage(draft, event);
    case 'paymentChanged':
      for (const payment of session.payments) readForHint(session, payment);
      return;
    case 'paymentOpened':
      return onPaymentOpened(draft);
    case 'endNow': {
      const waiting = beforeUseOf(session);
      return waiting
        ? endBeforeUse(draft, waiting, { at: event.at, by: 'operator' })
        : endUse(draft, event.at, 'operator');
    }
    case 'retryCapture':
      return retryCapture(draft);
    case 'releaseNow':
      return releaseNow(draft, event.at);
    case 'writeOff':
      return writeOff(draft);
    case 'usagePriced':
      return onUsagePriced(draft, event.computedMinor);
    case 'usagePlanned':
      return onUsagePlanned(draft, event.usedUpAt);
    case 'messageDone':
      session.texts.outstanding = Math.max(0, session.texts.outstanding - 1);
      return;
    case 'slotFreed':
      if (session.inbox.slot === 'freeing') session.inbox.slot = 'freed';
      return;
    case 'tick':
    case 'lateEndReviewed':
      return;
    default:
      return onMoneyResult(draft, event);
  }
}

function onMoneyResult(draft: Draft, event: MoneyResult): void {
  const { session } = draft;
  if (!answersRunningStep(session, event)) return;
  session.moneyStep.running = null;
  const payment = paymentOf(session, event.attempt);
  if (!payment) return;
  switch (event.type) {
    case 'reserved':
      return onReserved(draft, payment, event);
    case 'reserveRefused':
      return onReserveRefused(draft, payment);
    case 'reserveFailed':
      return onReserveFailed(draft, payment);
    case 'paymentRead':
      if (event.byOther) raise(session, 'capturedByOther');
      return onPaymentRead(draft, payment, event);
    case 'abandonTried':
      return onPaymentRead(draft, payment, event);
    case 'readFailed':
      return onReadFailed(draft, payment, event.at);
    case 'captured':
      return onCaptured(draft, payment, event);
    case 'captureRefused':
      return onCaptureRefused(draft, payment, event.snapshot);
    case 'captureFailed':
      return onCaptureFailed(draft, payment);
    case 'captureKeyRefused':
      return onCaptureKeyRefused(draft, payment);
    case 'released':
      return onReleased(payment, event.snapshot);
    case 'releaseRefused':
      return onReleaseRefused(draft, payment);
    case 'releaseFailed':
      return onReleaseFailed(draft, payment);
    case 'releaseKeyRefused':
      return onReleaseKeyRefused(draft, payment);
  }
}
