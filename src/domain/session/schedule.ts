import { addMs, type Instant } from '../instant.ts';
import { isUndecided, type Attempt } from './state.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Looks at an open payment besides callbacks, counted from its creation; then every five minutes. */
const POLL_AFTER_MS = [5, 15, 30, 60, 120].map((seconds) => seconds * SECOND_MS);
const POLL_EVERY_MS = 5 * MINUTE_MS;

/** A payment whose last look failed is looked at this often, for days if need be. */
export const POLL_UNREADABLE_EVERY_MS = HOUR_MS;
/** How long after its expiry a payment may still surprise us; then it counts as expired. */
export const EXPIRY_GRACE_MS = 10 * MINUTE_MS;
/** The session ends itself this long before its reservation can no longer be captured. */
export const CAPTURE_SAFETY_MS = 48 * HOUR_MS;
/** A subscriber's slot is not kept longer than this after the use, told or not. */
export const SLOT_RELEASE_MS = 2 * MINUTE_MS;

/** A price is worked out at once; past this it cannot be, or no worker runs. */
export const PRICED_WITHIN_MS = 10 * MINUTE_MS;

/**
 * No round of a money call lasts longer: five tries of 40 s, and between them a vendor's own waits of an hour at most
 * (workflows/activity-options.ts, activities/failures.ts).
 */
export const LONGEST_ROUND_MS = 5 * HOUR_MS;

/** An approval of unknown time, where an end was asked for, is looked at again so often, so many times. */
export const UNDATED_LOOK_EVERY_MS = 10 * SECOND_MS;
export const MOST_UNDATED_LOOKS = 3;

/** A look that failed where an end hangs on it is tried again after 10, 20, 40, 80, 160 s: five minutes in all. */
export const MOST_UNREAD_LOOKS = 5;

export function unreadLookWaitMs(failedLooks: number): number {
  return 10 * SECOND_MS * 2 ** Math.max(0, failedLooks - 1);
}

/** So many hints in the life of a payment, and so many in its use, are followed at once. */
export const PROMPT_HINTS = 10;

/**
 * The least wait between two looks that hints asked for: none at first, then 1, 2, 4, ... s; at most a minute while the
 * customer may be waiting for it, at most an hour afterwards, when every call of ours reads for itself.
 */
export function hintWaitMs(hints: number, attempt: Pick<Attempt, 'stage'>): number {
  if (hints < PROMPT_HINTS) return 0;
  return Math.min(isUndecided(attempt) ? MINUTE_MS : HOUR_MS, SECOND_MS * 2 ** (hints - PROMPT_HINTS));
}

/** When to look at the attempt next, after `pollsDone` looks; the last look is at expiry plus grace. */
export function pollInstant(attempt: Attempt): Instant {
  const offset = POLL_AFTER_MS[attempt.pollsDone];
  if (offset !== undefined) return addMs(attempt.createdAt, offset);
  const steady = attempt.pollsDone - POLL_AFTER_MS.length + 1;
  const lastPaced = POLL_AFTER_MS.at(-1) ?? 0;
  return addMs(attempt.createdAt, lastPaced + steady * POLL_EVERY_MS);
}

export function lastLookAt(attempt: Attempt): Instant {
  return addMs(attempt.expiresAt, EXPIRY_GRACE_MS);
}

/** Growing waits between rounds of a money call: 1, 2, 4, ... minutes, at most an hour. */
export function roundWaitMs(failedRounds: number): number {
  return Math.min(HOUR_MS, MINUTE_MS * 2 ** Math.max(0, failedRounds - 1));
}
