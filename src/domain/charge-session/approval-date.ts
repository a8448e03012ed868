/**
 * Where an end was asked for, whether it was a use or came too late hangs on the time of the approval alone, which Vipps tells
 * in a log that may be out of reach just now. It is looked at again a few times; where it stays unknown, the customer's end
 * counts.
 */
import { addMs, isBefore } from '../instant.ts';
import { MOST_UNDATED_LOOKS, UNDATED_LOOK_EVERY_MS } from './schedule.ts';
import { isUndecided, type Attempt, type SessionState } from './state.ts';

/**
 * Plans the next look for it; false when nothing hangs on it, or it was looked for often enough. Looks that were not planned
 * here (a callback, a repeated end word) count for nothing: many may come in a second.
 */
export function looksAgainForDate(session: SessionState, attempt: Attempt): boolean {
  if (session.state !== 'awaitingApproval' || !session.endRequested) return false;
  if (attempt.undatedLookAt !== null && isBefore(session.now, attempt.undatedLookAt)) return true;
  if (attempt.undatedLooks >= MOST_UNDATED_LOOKS) return false;
  attempt.undatedLooks += 1;
  attempt.undatedLookAt = addMs(session.now, UNDATED_LOOK_EVERY_MS);
  attempt.nextPollAt = attempt.undatedLookAt;
  return true;
}

/** An approval was seen, and the next look for its time is planned: until then nothing is decided. */
export function isDateAwaited({ attempts, now }: SessionState): boolean {
  return attempts.some((attempt) => {
    const { undatedLooks, nextPollAt } = attempt;
    return isUndecided(attempt) && undatedLooks > 0 && nextPollAt !== null && isBefore(now, nextPollAt);
  });
}
