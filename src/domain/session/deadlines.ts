import { addMs, earliest, instantMs, isBefore, type Instant } from '../instant.ts';
import { expireLink } from './before-use.ts';
import type { Draft } from './draft.ts';
import { isLookAwaited, plannedLooks } from './look-again.ts';
import { chooseStep } from './money-step.ts';
import {
  lastLookAt,
  LONGEST_ROUND_MS,
  POLL_UNREADABLE_EVERY_MS,
  pollInstant,
  PRICED_WITHIN_MS,
  SLOT_RELEASE_MS,
} from './schedule.ts';
import { isUndecided, type Attempt, type SessionState } from './state.ts';
import { passUseTime, warningAt } from './use.ts';
import { isUseOver } from './charge-state.ts';

/** Lets everything happen that is due at `session.now`; called after every event. */
export function passTime(draft: Draft): void {
  const { session } = draft;
  for (const attempt of session.attempts) pollIfDue(session, attempt);
  const linkIsOver = !isBefore(session.now, session.linkExpiresAt);
  const isDeciding = hasReadUnderWay(session) || isLookAwaited(session);
  if (session.state === 'awaitingApproval' && linkIsOver && !isDeciding) expireLink(draft);
  passUseTime(draft);
}

/** When the session wants to be woken without anything else happening; always after `session.now`. */
export function nextDueAt(session: SessionState): Instant | null {
  const candidates: (Instant | null)[] = session.attempts
    .filter((attempt) => attempt.stage !== 'settled')
    .flatMap((attempt) => [attempt.nextPollAt, attempt.releaseRetryAt]);
  if (session.state === 'awaitingApproval') candidates.push(session.linkExpiresAt, ...expiriesOf(session));
  if (session.state === 'active') candidates.push(warningAt(session), session.limitAt, session.usedUpAt);
  if (session.state === 'capturing') candidates.push(session.settlement?.retryAt ?? null);
  if (session.slot === 'held' && session.useOverAt) candidates.push(slotFreeBy(session));
  const later = candidates.filter((at): at is Instant => at !== null && isBefore(session.now, at));
  return later.length === 0 ? null : later.reduce((a, b) => (instantMs(a) <= instantMs(b) ? a : b));
}

/**
 * When a person should look if nothing was heard of the session: its next instant, or the end of the call that runs or is to be
 * made, if that is all it waits for. The price of a use that is over has a limit of its own: until it is known nothing is captured, and other
 * instants may come and go meanwhile.
 */
export function expectedBy(session: SessionState): Instant | null {
  const isMoneyDue = session.moneyRunning !== null || chooseStep(session) !== null;
  const acts = nextDueAt(session) ?? (isMoneyDue ? addMs(session.now, LONGEST_ROUND_MS) : null);
  const isPriceAwaited = session.state === 'capturing' && session.computedMinor === null;
  if (!isPriceAwaited || session.useOverAt === null) return acts;
  const pricedBy = addMs(session.useOverAt, PRICED_WITHIN_MS);
  return acts === null ? pricedBy : earliest(acts, pricedBy);
}

/** A tap carries no instant of its own: the session must know by itself when its payment's life is over. */
function expiriesOf(session: SessionState): Instant[] {
  return session.attempts.filter(({ stage }) => stage === 'pending').map(({ expiresAt }) => expiresAt);
}

/** Frees the slot once the use is over and the outcome was told, or after a short while in any case. */
export function freeSlotWhenTold(draft: Draft): void {
  const { session } = draft;
  if (!isUseOver(session.state)) return;
  session.useOverAt ??= session.now;
  if (session.slot !== 'held') return;
  const moneyWaits = session.state === 'capturing' && (session.settlement?.failedRounds ?? 0) === 0;
  const told = session.textsOutstanding === 0 && !moneyWaits;
  const freeBy = slotFreeBy(session);
  if (!told && (freeBy === null || isBefore(session.now, freeBy))) return;
  session.slot = 'freeing';
  draft.commands.push({ command: 'freeSlot' });
}

function slotFreeBy(session: SessionState): Instant | null {
  return session.useOverAt === null ? null : addMs(session.useOverAt, SLOT_RELEASE_MS);
}

function pollIfDue(session: SessionState, attempt: Attempt): void {
  if (attempt.stage === 'settled') return;
  if (attempt.nextPollAt === null || isBefore(session.now, attempt.nextPollAt)) return;
  attempt.readWanted = true;
  const planned = plannedLooks(attempt, session.now);
  if (isUndecided(attempt)) planned.push(nextRegularPoll(session, attempt));
  attempt.nextPollAt = planned.length === 0 ? null : earliest(...planned);
}

function nextRegularPoll({ now }: SessionState, attempt: Attempt): Instant {
  while (!isBefore(now, pollInstant(attempt))) attempt.pollsDone += 1;
  const last = lastLookAt(attempt);
  const isPastLast = !isBefore(now, last);
  return isPastLast ? addMs(now, POLL_UNREADABLE_EVERY_MS) : earliest(last, pollInstant(attempt));
}

function hasReadUnderWay(session: SessionState): boolean {
  return session.moneyRunning === 'read' || session.attempts.some((attempt) => attempt.readWanted);
}
