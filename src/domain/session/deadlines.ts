/** What becomes due by time alone, the session's next timer, when it counts as overdue, and when its slot is freed. */
import { addMs, earliest, isBefore, type Instant } from '../instant.ts';
import { expireLink } from './before-use.ts';
import { isUseOver } from './charge-state.ts';
import type { Draft } from './events.ts';
import { chooseStep } from './money-step.ts';
import { isReadAwaited, nextReadAt, readIfDue } from './next-read.ts';
import { linkExpiresAt, type SessionState } from './state.ts';
import { passUseTime, warningAt } from './use.ts';

const MINUTE_MS = 60_000;

/** A subscriber's slot is freed this long after the use at the latest, even if the customer was not notified. */
const SLOT_RELEASE_MS = 2 * MINUTE_MS;
/** A price is computed at once; past this it cannot be, or no worker runs. */
export const PRICED_WITHIN_MS = 10 * MINUTE_MS;
/**
 * No round of a money call lasts longer: five tries of 40 s, and between them a vendor's own waits of an hour at most
 * (workflows/activity-options.ts, activities/failures.ts).
 */
export const LONGEST_ROUND_MS = 5 * 60 * MINUTE_MS;

/** Applies everything that has become due since `since`; called after every event. */
export function passTime(draft: Draft, since: Instant): void {
  const { session } = draft;
  for (const payment of session.payments) readIfDue(session, payment, since);
  const isLinkOver = !isBefore(session.now, linkExpiresAt(session));
  if (session.phase.state === 'awaitingApproval' && isLinkOver && !isReadAwaited(session)) expireLink(draft);
  passUseTime(draft);
}

/** The session's next timer; always after `session.now`. */
export function nextDueAt(session: SessionState): Instant | null {
  const { now } = session;
  const [first, ...others] = candidates(session).filter(
    (at): at is Instant => at !== null && isBefore(now, at),
  );
  return first === undefined ? null : earliest(first, ...others);
}

function candidates(session: SessionState): (Instant | null)[] {
  const { phase, now } = session;
  const open = session.payments.filter(({ stage }) => stage !== 'settled');
  const ofPayments = open.flatMap((payment) => [nextReadAt(payment, now), payment.release.retryAt]);
  switch (phase.state) {
    case 'awaitingApproval': {
      // The opening of the page may come at any time: the session must know by itself when its payment's life is over.
      const pending = open.filter(({ stage }) => stage === 'pending');
      return [...ofPayments, linkExpiresAt(session), ...pending.map(({ expiresAt }) => expiresAt)];
    }
    case 'active':
      return [...ofPayments, warningAt(session, phase), phase.limitAt, phase.usedUpAt];
    case 'capturing':
      return [...ofPayments, phase.capture.retryAt, slotDueAt(session)];
    default:
      return [...ofPayments, slotDueAt(session)];
  }
}

/**
 * The session is overdue when it has recorded nothing by this instant: its next timer, or the end of the running or next money
 * call. A use that has ended must also be priced within `PRICED_WITHIN_MS`, since nothing is captured before.
 */
export function expectedBy(session: SessionState): Instant | null {
  const { phase, now, moneyStep } = session;
  const isMoneyDue = moneyStep.running !== null || chooseStep(session) !== null;
  const acts = nextDueAt(session) ?? (isMoneyDue ? addMs(now, LONGEST_ROUND_MS) : null);
  if (phase.state !== 'capturing' || phase.price !== null) return acts;
  const pricedBy = addMs(phase.overAt, PRICED_WITHIN_MS);
  return acts === null ? pricedBy : earliest(acts, pricedBy);
}

/** Frees the slot once the use is over and the customer was notified, or after a short while in any case. */
export function freeSlotWhenNotified({ session, commands }: Draft): void {
  const { phase, inbox, texts, now } = session;
  const freeBy = slotDueAt(session);
  if (freeBy === null) return;
  const isMoneyTried = phase.state !== 'capturing' || phase.capture.failures > 0;
  const isNotified = texts.outstanding === 0 && isMoneyTried;
  if (!isNotified && isBefore(now, freeBy)) return;
  inbox.slot = 'freeing';
  commands.push({ command: 'freeSlot' });
}

/** When the slot is freed at the latest; null before the use is over, and once the slot is being freed. */
function slotDueAt({ phase, inbox }: SessionState): Instant | null {
  const isOccupied = isUseOver(phase.state) && inbox.slot === 'held';
  return isOccupied && 'overAt' in phase ? addMs(phase.overAt, SLOT_RELEASE_MS) : null;
}
