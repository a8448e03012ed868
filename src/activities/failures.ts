/**
 * The one table from a fault to what Temporal does with it. Adapters classify, this file decides about repeating,
 * workflows branch on outcomes.
 */
import { ApplicationFailure } from '@temporalio/common';
import { SESSION_IS_OVER, type ChargeState } from '../domain/session/charge-state.ts';
import type { ProviderFault, ProviderFaultKind } from '../ports/payment-provider.ts';
import type { SmsFault } from '../ports/sms-gateway.ts';

/** When the provider limits the rate and names no wait. */
const RATE_LIMIT_WAIT_MS = 60_000;
/** The workflow's longest wait between rounds. A longer one inside a round could outlast the capture deadline. */
const LONGEST_WAIT_MS = 3_600_000;

/** Repeated by the activity's retry policy, or given up at once (the workflow may start another round later). */
const PROVIDER_RETRY: Record<ProviderFaultKind, 'retry' | 'giveUp'> = {
  rejected: 'giveUp',
  unsupported: 'giveUp',
  misconfigured: 'giveUp',
  rateLimited: 'retry',
  unavailable: 'retry',
  outcomeUnknown: 'retry',
};

export function failureOfProvider(fault: ProviderFault): ApplicationFailure {
  const waitMs = Math.min(fault.retryAfterMs ?? RATE_LIMIT_WAIT_MS, LONGEST_WAIT_MS);
  const nextRetryDelay = fault.kind === 'rateLimited' ? Math.max(waitMs, 1_000) : undefined;
  return ApplicationFailure.create({
    message: fault.code === null ? fault.message : `${fault.message} (${fault.code})`,
    type: fault.kind,
    // A bound refusal is repeated with the same key; the next round may use another.
    nonRetryable: fault.keyBinding === 'bound' || PROVIDER_RETRY[fault.kind] === 'giveUp',
    ...(nextRetryDelay === undefined ? {} : { nextRetryDelay }),
  });
}

/** Vipps takes five calls a minute per payment, so the first repeat waits 15 s (the vendor's error page). */
const FIRST_REPEAT_MS = 15_000;

/**
 * With the wait before the next try of a call that moves money. The retry policy's own wait, a short one, is for a try that
 * gave no answer at all: its worker is gone.
 */
export function withRepeatWait(error: unknown, attempt: number): ApplicationFailure {
  const failure = ApplicationFailure.fromError(error);
  const nextRetryDelay = failure.nextRetryDelay ?? FIRST_REPEAT_MS * 2 ** (attempt - 1);
  return ApplicationFailure.fromError(failure, { nextRetryDelay });
}

/** For a text that the gateway certainly did not accept or that may be sent twice; other faults are outcomes. */
export function failureOfGateway(fault: SmsFault): ApplicationFailure {
  return ApplicationFailure.retryable(fault.message, fault.kind);
}

/** A step that was given up but still runs somewhere must not touch money any more. */
export function staleToken(): ApplicationFailure {
  return ApplicationFailure.nonRetryable('a later money step of this session has begun', 'staleToken');
}

/** Too little of the try is left to be sure of an answer; the next try reads first. */
export function tooLate(): ApplicationFailure {
  return ApplicationFailure.retryable('no time left in this try to wait for an answer', 'tooLate');
}

/** Another try's call has no answer on record, and may still be on its way. */
export function underWay(waitMs: number): ApplicationFailure {
  const message = 'a call of another try may still be under way';
  return ApplicationFailure.create({ message, type: 'underWay', nextRetryDelay: waitMs });
}

/** The provider confirmed, but a read does not show it yet. */
export function notVisibleYet(what: string): ApplicationFailure {
  return ApplicationFailure.retryable(`the provider does not show the ${what} yet`, 'notVisibleYet');
}

/** Another run of this session's workflow came to its end: this one was reset, and must do nothing a second time. */
export function sessionIsOver(state: ChargeState): ApplicationFailure {
  return ApplicationFailure.create({
    message: 'the session came to its end in another run of its workflow',
    type: SESSION_IS_OVER,
    nonRetryable: true,
    details: [state],
  });
}

/** Wiring or data that only an operator can correct. */
export function misconfigured(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'misconfigured');
}
