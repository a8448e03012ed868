/** Which call about money comes next. Derived from the state, so that any order of events leads to the same end. */
import { canReleaseByCall } from '../payment.ts';
import { captureOperationId, isToBeReleased, nextReleaseNumber, useToCapture } from './after-use.ts';
import type { MoneyResult, MoneyStep } from './events.ts';
import { isWaiting, paymentReferenceOf, remainingMinor, type Payment } from './payment.ts';
import { copyOf, endedUseOf, isUsedPayment, paymentOf, type SessionState } from './state.ts';

/**
 * Takes the next money step, marking it as running; null when there is none or one runs already. The result of the step
 * must come back as an event.
 */
export function takeMoneyStep(session: SessionState): { session: SessionState; step: MoneyStep | null } {
  const step = session.moneyStep.running === null ? chooseStep(session) : null;
  if (step === null) return { session, step };
  const next = copyOf(session);
  next.moneyStep = {
    number: session.moneyStep.number + 1,
    running: { step: step.step, paymentNumber: step.paymentNumber },
  };
  noteStart(next, step);
  return { session: next, step };
}

/** Records the start of a step in its payment. */
function noteStart(session: SessionState, { step, paymentNumber }: MoneyStep): void {
  const payment = paymentOf(session, paymentNumber);
  if (!payment) return;
  if (step === 'read') {
    payment.reads.isWanted = false;
    payment.reads.begunAt = session.now;
  }
  const use = endedUseOf(session);
  if (step === 'capture') payment.isCaptureUnclear = true;
  if (step === 'capture' && use) use.isRetryRequested = false;
  if (step === 'abandon') payment.isAbandonTried = true;
  if (step === 'release') payment.release.keyNumber = releaseNumber(session, payment);
}

function releaseNumber(session: SessionState, { release }: Payment): number {
  return release.keyNumber === 0 ? nextReleaseNumber(session) : release.keyNumber;
}

/** The next step, whether or not one runs already; null: there is none. */
export function chooseStep(session: SessionState): MoneyStep | null {
  return (
    firstOf(session, readStep) ??
    firstOf(session, reserveStep) ??
    firstOf(session, captureStep) ??
    firstOf(session, releaseStep) ??
    firstOf(session, abandonStep)
  );
}

function firstOf(
  session: SessionState,
  make: (session: SessionState, payment: Payment) => MoneyStep | null,
): MoneyStep | null {
  for (const payment of session.payments) {
    const step = payment.stage === 'settled' ? null : make(session, payment);
    if (step) return step;
  }
  return null;
}

function identity({ sessionId }: SessionState, { paymentNumber, providerReference }: Payment) {
  return { paymentNumber, paymentReference: paymentReferenceOf(sessionId, paymentNumber), providerReference };
}

function readStep(session: SessionState, payment: Payment): MoneyStep | null {
  if (!payment.reads.isWanted || payment.stage === 'wanted') return null;
  const { createdAt } = payment;
  const mayBeginUse = session.phase.state === 'awaitingApproval' && payment.stage === 'pending';
  return { step: 'read', ...identity(session, payment), ...(mayBeginUse ? { createdAt } : {}) };
}

function reserveStep(session: SessionState, payment: Payment): MoneyStep | null {
  if (payment.stage !== 'wanted') return null;
  return {
    step: 'reserve',
    operationId: `${session.sessionId}-reserve-${payment.paymentNumber}`,
    amountMinor: session.terms.reservationMinor,
    expiresAt: payment.expiresAt,
    ...identity(session, payment),
  };
}

function captureStep(session: SessionState, payment: Payment): MoneyStep | null {
  const use = useToCapture(session);
  if (!use?.price || !isUsedPayment(session, payment) || isWaiting(use.capture, session.now)) return null;
  return {
    step: 'capture',
    operationId: captureOperationId(session, use),
    amountMinor: use.price.chargeMinor,
    authorizedMinor: payment.authorizedMinor,
    ...identity(session, payment),
  };
}

function releaseStep(session: SessionState, payment: Payment): MoneyStep | null {
  const canRelease = canReleaseByCall(session.terms.payment.release, payment.capturedMinor);
  if (payment.stage !== 'authorized' || !canRelease || isWaiting(payment.release, session.now)) return null;
  if (!isToBeReleased(session, payment) || remainingMinor(payment) === 0) return null;
  return {
    step: 'release',
    operationId: `${session.sessionId}-release-${releaseNumber(session, payment)}`,
    amountMinor: remainingMinor(payment),
    ...identity(session, payment),
  };
}

function abandonStep(session: SessionState, payment: Payment): MoneyStep | null {
  if (payment.stage !== 'pending' || payment.isAbandonTried) return null;
  if (session.phase.state === 'awaitingApproval' || !session.terms.payment.abandon) return null;
  return {
    step: 'abandon',
    operationId: `${session.sessionId}-abandon-${payment.paymentNumber}`,
    ...identity(session, payment),
  };
}

/**
 * The running capture round must make no more calls: an operator waived the price, wrote it off, or wants a new round at once.
 * A call already sent may still take effect.
 */
export function isRoundUnwanted(session: SessionState): boolean {
  if (session.moneyStep.running?.step !== 'capture') return false;
  const use = useToCapture(session);
  return use === null || use.isRetryRequested;
}

/** The step an event is the answer to. */
const STEPS_ANSWERED: Record<MoneyResult['type'], readonly MoneyStep['step'][]> = {
  reserved: ['reserve'],
  reserveRefused: ['reserve'],
  reserveFailed: ['reserve'],
  paymentRead: ['read'],
  readFailed: ['read', 'abandon'],
  captured: ['capture'],
  captureRefused: ['capture'],
  captureFailed: ['capture'],
  captureKeyRefused: ['capture'],
  released: ['release'],
  releaseRefused: ['release'],
  releaseFailed: ['release'],
  releaseKeyRefused: ['release'],
  abandonTried: ['abandon'],
};

/** False for a doubled or late answer: it must neither count twice nor let a second step begin. */
export function answersRunningStep({ moneyStep }: SessionState, event: MoneyResult): boolean {
  const { running } = moneyStep;
  if (running === null || running.paymentNumber !== event.paymentNumber) return false;
  return STEPS_ANSWERED[event.type].includes(running.step);
}
