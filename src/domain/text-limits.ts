import type { Assignment } from './routing.ts';

/** How many texts of one customer are acted on. What is over a limit is stored, and handled with the reason. */
export interface TextLimits {
  startsPerHour: number;
  /** per session and kind of text (STATUS, start word again, end word again); above it one a minute still passes */
  sessionTextsPerHour: number;
  /** texts that belong to no session */
  otherTextsPerMinute: number;
  /** answers to those; while a session is open see `isReplyAllowed` */
  repliesPerHour: number;
}

export const DEFAULT_TEXT_LIMITS: TextLimits = {
  startsPerHour: 10,
  sessionTextsPerHour: 10,
  otherTextsPerMinute: 10,
  repliesPerHour: 6,
};

/** Why a text is not acted on. */
export type TextLimitReason = 'tooManySessionTexts' | 'tooManyTexts' | 'reaction';

/** What this customer's earlier texts were assigned to, each counted back from the receipt of this one. */
export interface EarlierTexts {
  startsLastHour: number;
  /** the same signal to the same session */
  sameSignalsLastHour: number;
  sameSignalsLastMinute: number;
  repliesLastMinute: number;
}

/**
 * The assignment that limits leave: a start too many is answered, once more of the same than is useful is left alone. The first end
 * words of a session always reach it, whatever else was texted: each kind is counted by itself.
 */
export function limitAssignment(
  assignment: Assignment,
  earlier: EarlierTexts,
  limits: TextLimits,
): Assignment | { kind: 'limited'; reason: TextLimitReason } {
  if (assignment.kind === 'signal')
    return earlier.sameSignalsLastHour < limits.sessionTextsPerHour || earlier.sameSignalsLastMinute === 0
      ? assignment
      : { kind: 'limited', reason: 'tooManySessionTexts' };
  const allowed: Assignment =
    assignment.kind === 'startSession' && earlier.startsLastHour >= limits.startsPerHour
      ? { kind: 'reply', replyKind: 'tooManyStarts' }
      : assignment;
  if (allowed.kind === 'reply' && earlier.repliesLastMinute >= limits.otherTextsPerMinute)
    return { kind: 'limited', reason: 'tooManyTexts' };
  return allowed;
}

/** Answers to end words and STATUS that went to no session, and that an end was noted. */
const COUNTED_APART: readonly (readonly string[])[] = [['noSession', 'openSessions'], ['endNoted']];

/** The kinds among which one answer a minute passes above the hourly limit: `kinds`, or with `others` all but these. */
export function kindsCountedWith(replyKind: string): { kinds: readonly string[]; others: boolean } {
  const kinds = COUNTED_APART.find((alike) => alike.includes(replyKind));
  return kinds ? { kinds, others: false } : { kinds: COUNTED_APART.flat(), others: true };
}

/**
 * Whether a text that belongs to no session is answered. While a session is open nobody is left in silence: above the
 * hourly limit one answer a minute still goes out, and one to an end word or STATUS, so that a flood of other words takes
 * it from none. Not more: each answer costs us a text.
 */
export function isReplyAllowed(
  earlier: { hasOpenSession: boolean; repliesLastHour: number; alikeLastMinute: number },
  repliesPerHour: number,
): boolean {
  if (earlier.repliesLastHour < repliesPerHour) return true;
  return earlier.hasOpenSession && earlier.alikeLastMinute === 0;
}
