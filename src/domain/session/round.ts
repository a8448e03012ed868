/** Retry rounds of a money call. One round is all tries of one activity; between rounds the workflow waits. */
import { addMs, earliest, isBefore, type Instant } from '../instant.ts';

export interface Round {
  /** last part of the call's idempotency key; rises only after a definite or bound refusal. 0: no call was made yet */
  number: number;
  /** rounds that ended without an answer */
  failures: number;
  /** the next round begins then; null: at once */
  retryAt: Instant | null;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The one back-off between rounds: 1, 2, 4, ... minutes, at most an hour. */
export function roundWaitMs(failures: number): number {
  return Math.min(HOUR_MS, MINUTE_MS * 2 ** Math.max(0, failures - 1));
}

/** Counts a failed round and plans the next, not past the deadline. */
export function failRound(round: Round, now: Instant, deadlineAt: Instant | null): void {
  round.failures += 1;
  const retryAt = addMs(now, roundWaitMs(round.failures));
  round.retryAt = deadlineAt === null ? retryAt : earliest(retryAt, deadlineAt);
}

/** The next round is not due yet. */
export function isWaiting({ retryAt }: Round, now: Instant): boolean {
  return retryAt !== null && isBefore(now, retryAt);
}
