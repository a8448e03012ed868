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
import { instantMs, type Instant } from '../instant.ts';
import * as afterUse from './after-use.ts';
import * as beforeUse from './before-use.ts';
import { isOpenState } from './charge-state.ts';
import { onCustomerMessage } from './customer-messages.ts';
import { freeSlotWhenNotified, passTime } from './deadlines.ts';
import { textOnce, type Draft, type MoneyResult, type SessionCommand, type SessionEvent } from './events.ts';
import { answersRunningStep } from './money-step.ts';
import { readForHint } from './next-read.ts';
import { copyOf, endedUseOf, paymentOf, raise, type SessionState } from './state.ts';
import { endUse, onUsedUpAtComputed, onUsagePriced } from './use.ts';

export interface Decision {
  session: SessionState;
  commands: SessionCommand[];
}

/** Decides what `event` does to the session. Unknown, late or doubled events change nothing. */
export function decide(before: SessionState, event: SessionEvent): Decision {
  const draft: Draft = { session: copyOf(before), commands: [] };
  if (instantMs(event.at) > instantMs(before.now)) draft.session.now = event.at;
  apply(draft, event);
  followUp(draft, before.now);
  return draft;
}

/** Runs after every event, in this order. `SessionRun.carryOut` then starts the commands and calls `takeMoneyStep`. */
function followUp(draft: Draft, since: Instant): void {
  // First: an end or expiry by time decides what the next steps may do.
  passTime(draft, since);
  // After the end and expiry, which leave no payment to be made.
  beforeUse.makeWantedPayment(draft);
  // Before settling: only a captured use lets its remaining authorization go.
  afterUse.noticeCapture(draft);
  // Before the slot: it may close the session with a last text.
  afterUse.settleWithoutCall(draft);
  // Last: it waits for the texts requested above.
  freeSlotWhenNotified(draft);
}

/**
 * The first decision of a session, after the CHARGE alone. A session first run after its link's expiry makes no payment and
 * sends no link.
 */
export function decideFirst(before: SessionState): Decision {
  const draft: Draft = { session: copyOf(before), commands: [] };
  passTime(draft, before.now);
  if (before.terms.payment.paymentOnOpen && beforeUse.beforeUseOf(draft.session))
    textOnce(draft, 'paymentLink');
  return draft;
}

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
      return beforeUse.onPaymentOpened(draft);
    case 'endNow': {
      const waiting = beforeUse.beforeUseOf(session);
      return waiting
        ? beforeUse.endBeforeUse(draft, waiting, { at: event.at, by: 'operator' })
        : endUse(draft, event.at, 'operator');
    }
    case 'retryCapture':
      return afterUse.retryCapture(draft);
    case 'waive':
      return afterUse.waivePrice(draft, event.at);
    case 'writeOff':
      return afterUse.writeOff(draft);
    case 'usagePriced':
      return onUsagePriced(draft, event.computedMinor);
    case 'usedUpAtComputed':
      return onUsedUpAtComputed(draft, event.usedUpAt);
    case 'outgoingDone':
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
  const payment = paymentOf(session, event.paymentNumber);
  if (!payment) return;
  switch (event.type) {
    case 'reserved':
      return beforeUse.onReserved(draft, payment, event);
    case 'reserveRefused':
      return beforeUse.onReserveRefused(draft, payment);
    case 'reserveFailed':
      return beforeUse.onReserveFailed(draft, payment);
    case 'paymentRead':
      if (event.byOther) raise(session, 'capturedByOther');
      return beforeUse.onPaymentRead(draft, payment, event);
    case 'abandonTried':
      return beforeUse.onPaymentRead(draft, payment, event);
    case 'readFailed':
      return beforeUse.onReadFailed(draft, payment, event.at);
    case 'captured':
      return afterUse.onCaptured(draft, payment, event);
    case 'captureRefused':
      return afterUse.onCaptureRefused(draft, payment, event.snapshot);
    case 'captureFailed':
      return afterUse.onCaptureFailed(draft, payment);
    case 'captureKeyRefused':
      return afterUse.onCaptureKeyRefused(draft, payment);
    case 'released':
      return afterUse.onReleased(payment, event.snapshot);
    case 'releaseRefused':
      return afterUse.onReleaseRefused(draft, payment);
    case 'releaseFailed':
      return afterUse.onReleaseFailed(draft, payment);
    case 'releaseKeyRefused':
      return afterUse.onReleaseKeyRefused(draft, payment);
  }
}
