/**
 * A look that failed says nothing. Where an end hangs on it, the customer's or that of the link, it is looked at again a few
 * times, further and further apart: an approval that nobody has seen yet would be a use for nothing.
 */
import { addMs, isBefore } from '../instant.ts';
import { MOST_UNREAD_LOOKS, unreadLookWaitMs } from './schedule.ts';
import { isUndecided, type Attempt, type SessionState } from './state.ts';

/**
 * Plans the next look; false when nothing hangs on it, or it was tried often enough. Looks that were not planned here (a
 * callback, a repeated end word) count for nothing.
 */
export function looksAgainUnread(session: SessionState, attempt: Attempt): boolean {
  const isLinkOver = !isBefore(session.now, session.linkExpiresAt);
  if (session.state !== 'awaitingApproval' || !(session.endRequested || isLinkOver)) return false;
  if (attempt.unreadLookAt !== null && isBefore(session.now, attempt.unreadLookAt)) return true;
  if (attempt.unreadLooks >= MOST_UNREAD_LOOKS) return false;
  attempt.unreadLooks += 1;
  attempt.unreadLookAt = addMs(session.now, unreadLookWaitMs(attempt.unreadLooks));
  attempt.nextPollAt = attempt.unreadLookAt;
  return true;
}

/** A look has failed, and the next one is planned: until then nothing is decided. */
export function isLookAwaited({ attempts, now }: SessionState): boolean {
  return attempts.some(
    (attempt) => isUndecided(attempt) && attempt.unreadLookAt !== null && isBefore(now, attempt.unreadLookAt),
  );
}
