/**
 * Looks that are repeated before anything is decided, because a use hangs on what they would show: a few, at instants of their
 * own. Looks that were not planned here (a callback, a repeated end word) count for nothing: many may come in a second.
 */
import { addMs, earliest, isBefore, type Instant } from '../instant.ts';
import {
  hintWaitMs,
  MOST_UNDATED_LOOKS,
  MOST_UNREAD_LOOKS,
  UNDATED_LOOK_EVERY_MS,
  unreadLookWaitMs,
} from './schedule.ts';
import { isUndecided, type Attempt, type RepeatedLook, type SessionState } from './state.ts';

/**
 * An approval was seen without its time, and whether it was a use or came too late for the end that was asked for hangs on
 * that: Vipps tells it in a log that may be out of reach just now. False when nothing hangs on it, or it was looked for often
 * enough: then the customer's end counts.
 */
export function looksAgainForDate(session: SessionState, attempt: Attempt): boolean {
  if (session.state !== 'awaitingApproval' || !session.endRequested) return false;
  return repeats(session, attempt, 'undatedLook', MOST_UNDATED_LOOKS, () => UNDATED_LOOK_EVERY_MS);
}

/**
 * A look failed, which says nothing, and an end hangs on it, the customer's or that of the link: an approval that nobody has
 * seen yet would be a use for nothing. False when nothing hangs on it, or it was tried often enough.
 */
export function looksAgainUnread(session: SessionState, attempt: Attempt): boolean {
  const isLinkOver = !isBefore(session.now, session.linkExpiresAt);
  if (session.state !== 'awaitingApproval' || !(session.endRequested || isLinkOver)) return false;
  return repeats(session, attempt, 'unreadLook', MOST_UNREAD_LOOKS, unreadLookWaitMs);
}

/**
 * A hint that the payment has changed: a look at once, or one for all that come until its instant. Nothing is decided on
 * without it, and it waits behind nothing: who sends many hints only makes them further apart.
 */
export function lookForHint({ now }: SessionState, attempt: Attempt): void {
  const { planned, at } = attempt.hintedLook;
  if (attempt.stage === 'settled' || attempt.stage === 'wanted') return;
  if (attempt.readWanted || isAwaited(attempt.hintedLook, now)) return;
  const soonest = addMs(at ?? now, hintWaitMs(planned, attempt));
  const isDue = !isBefore(now, soonest);
  attempt.hintedLook = { planned: planned + 1, at: isDue ? now : soonest };
  if (isDue) attempt.readWanted = true;
  else attempt.nextPollAt = attempt.nextPollAt === null ? soonest : earliest(attempt.nextPollAt, soonest);
}

/** An approval has been seen. A hint that waits for its look may be newer than that. */
export function lookAfterApproval({ now }: SessionState, attempt: Attempt): void {
  if (isAwaited(attempt.hintedLook, now)) attempt.readWanted = true;
  attempt.hintedLook = { planned: 0, at: null };
  attempt.nextPollAt = null;
}

/** Instants of looks that are planned and have not come. */
export function plannedLooks({ undatedLook, unreadLook, hintedLook }: Attempt, now: Instant): Instant[] {
  return [undatedLook, unreadLook, hintedLook].flatMap((look) =>
    look.at !== null && isAwaited(look, now) ? [look.at] : [],
  );
}

/** The next look is planned: until then nothing is decided. */
export function isLookAwaited({ attempts, now }: SessionState): boolean {
  return attempts.some(
    (attempt) =>
      isUndecided(attempt) && (isAwaited(attempt.undatedLook, now) || isAwaited(attempt.unreadLook, now)),
  );
}

function repeats(
  { now }: SessionState,
  attempt: Attempt,
  look: 'undatedLook' | 'unreadLook',
  most: number,
  waitMs: (planned: number) => number,
): boolean {
  if (isAwaited(attempt[look], now)) return true;
  if (attempt[look].planned >= most) return false;
  const planned = attempt[look].planned + 1;
  const at = addMs(now, waitMs(planned));
  attempt[look] = { planned, at };
  attempt.nextPollAt = earliest(at, ...plannedLooks(attempt, now));
  return true;
}

function isAwaited({ at }: RepeatedLook, now: Instant): boolean {
  return at !== null && isBefore(now, at);
}
