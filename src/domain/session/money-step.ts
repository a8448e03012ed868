/** Which call about money comes next. Derived from the state, so that any order of events leads to the same end. */
import { isBefore } from '../instant.ts';
import type { MoneyResult, MoneyStep } from './events.ts';
import {
  adoptedAttempt,
  captureOperationId,
  copyOf,
  isBeforeUse,
  isCaptureWanted,
  isToBeReleased,
  restMinor,
  type Attempt,
  type SessionState,
} from './state.ts';
import { canReleaseByCall } from '../payment.ts';

/**
 * Takes the next money step, marking it as running; null when there is none or one runs already. The result of the step
 * must come back as an event.
 */
export function takeMoneyStep(session: SessionState): { session: SessionState; step: MoneyStep | null } {
  if (session.moneyRunning !== null) return { session, step: null };
  const step = chooseStep(session);
  if (step === null) return { session, step: null };
  const next = copyOf(session);
  next.moneyRunning = step.step;
  next.moneyRunningFor = step.attempt;
  next.moneySteps += 1;
  noteTaken(next, step);
  return { session: next, step };
}

/** What a step leaves in its payment as soon as it is taken. */
function noteTaken(session: SessionState, { step, attempt: number }: MoneyStep): void {
  const attempt = session.attempts.find((candidate) => candidate.attempt === number);
  if (!attempt) return;
  if (step === 'read') {
    attempt.readWanted = false;
    attempt.lookBegunAt = session.now;
  }
  if (step === 'capture') attempt.captureUnclear = true;
  if (step === 'capture' && session.settlement) session.settlement.retryNow = false;
  if (step === 'abandon') attempt.abandonTried = true;
  if (step === 'release' && attempt.releaseNumber === null) {
    session.releasesStarted += 1;
    attempt.releaseNumber = session.releasesStarted;
  }
}

/** Null: there is none. Whether one runs already is not asked. */
export function chooseStep(session: SessionState): MoneyStep | null {
  return (
    firstOf(session, readStep) ??
    firstOf(session, reserveStep) ??
    captureStep(session) ??
    firstOf(session, releaseStep) ??
    firstOf(session, abandonStep)
  );
}

function firstOf(
  session: SessionState,
  make: (session: SessionState, attempt: Attempt) => MoneyStep | null,
): MoneyStep | null {
  for (const attempt of session.attempts) {
    const step = attempt.stage === 'settled' ? null : make(session, attempt);
    if (step) return step;
  }
  return null;
}

function identity(attempt: Attempt): Pick<MoneyStep, 'attempt' | 'paymentReference' | 'providerReference'> {
  const { paymentReference, providerReference } = attempt;
  return { attempt: attempt.attempt, paymentReference, providerReference };
}

function readStep(_session: SessionState, attempt: Attempt): MoneyStep | null {
  if (!attempt.readWanted || attempt.stage === 'wanted') return null;
  return { step: 'read', ...identity(attempt) };
}

function reserveStep(session: SessionState, attempt: Attempt): MoneyStep | null {
  if (attempt.stage !== 'wanted') return null;
  return {
    step: 'reserve',
    operationId: `${session.sessionId}-reserve-${attempt.attempt}`,
    amountMinor: session.terms.reservationMinor,
    expiresAt: attempt.expiresAt,
    ...identity(attempt),
  };
}

function captureStep(session: SessionState): MoneyStep | null {
  const attempt = adoptedAttempt(session);
  const { settlement } = session;
  if (!isCaptureWanted(session) || settlement === null || !attempt) return null;
  if (settlement.retryAt !== null && isBefore(session.now, settlement.retryAt)) return null;
  return {
    step: 'capture',
    operationId: captureOperationId(session),
    amountMinor: settlement.amountMinor,
    authorizedMinor: attempt.authorizedMinor,
    ...identity(attempt),
  };
}

function releaseStep(session: SessionState, attempt: Attempt): MoneyStep | null {
  const callable = canReleaseByCall(session.terms.payment.release, attempt.capturedMinor);
  if (attempt.stage !== 'authorized' || !callable || attempt.releaseBlocked) return null;
  if (!isToBeReleased(session, attempt) || restMinor(attempt) === 0) return null;
  if (attempt.releaseRetryAt !== null && isBefore(session.now, attempt.releaseRetryAt)) return null;
  return {
    step: 'release',
    operationId: `${session.sessionId}-release-${attempt.releaseNumber ?? session.releasesStarted + 1}`,
    amountMinor: restMinor(attempt),
    ...identity(attempt),
  };
}

function abandonStep(session: SessionState, attempt: Attempt): MoneyStep | null {
  if (attempt.stage !== 'pending' || attempt.abandonTried || isBeforeUse(session)) return null;
  if (!session.terms.payment.abandon || attempt.attempt === session.adopted) return null;
  return {
    step: 'abandon',
    operationId: `${session.sessionId}-abandon-${attempt.attempt}`,
    ...identity(attempt),
  };
}

/**
 * Nothing more is to be called in the running round of a capture: an operator has waived the price, given it up, or wants a
 * new round at once. What was sent already may still turn out to be made.
 */
export function isRoundUnwanted(session: SessionState): boolean {
  if (session.moneyRunning !== 'capture') return false;
  return !isCaptureWanted(session) || session.settlement?.retryNow === true;
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
  captureKeySpent: ['capture'],
  released: ['release'],
  releaseRefused: ['release'],
  releaseFailed: ['release'],
  releaseKeySpent: ['release'],
  abandonTried: ['abandon'],
};

/** False for a doubled or late answer: it must neither count twice nor let a second step begin. */
export function answersRunningStep(session: SessionState, event: MoneyResult): boolean {
  const { moneyRunning, moneyRunningFor } = session;
  if (moneyRunning === null || moneyRunningFor !== event.attempt) return false;
  return STEPS_ANSWERED[event.type].includes(moneyRunning);
}
