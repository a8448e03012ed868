/** The use itself: its end, its price, the texts on the way. Decided cases 1, 6, 7, 8. */
import { addMs, clampInstant, isBefore, type Instant } from '../instant.ts';
import { assertAmountMinor } from '../money.ts';
import { text, type Draft } from './draft.ts';
import { adoptedAttempt, type SessionState } from './state.ts';
import { amountToCharge } from './amount-to-charge.ts';
import { isUseOver } from './charge-state.ts';

/**
 * Ends the use when asked, but never after the session's own end: when we were down at that instant, the ENDCHARGE that comes
 * first afterwards must not bill beyond it.
 */
export function endUse(draft: Draft, askedFor: Instant, by: 'customer' | 'operator'): void {
  const own = ownEnd(draft.session);
  if (own !== null && isBefore(own.at, askedFor)) closeUse(draft, own.at, own.reason);
  else closeUse(draft, askedFor, by);
}

function closeUse(draft: Draft, endedAt: Instant, reason: NonNullable<SessionState['endReason']>): void {
  const { session } = draft;
  const startedAt = session.startedAt;
  if (session.state !== 'active' || startedAt === null) return;
  session.state = 'capturing';
  session.endedAt = isBefore(endedAt, startedAt) ? startedAt : endedAt;
  session.endReason = reason;
  if (reason === 'usedUp') text(draft, 'usedUpEnded');
  draft.commands.push({ command: 'priceUsage', startedAt, endedAt: session.endedAt });
}

interface OwnEnd {
  at: Instant;
  /** first instant at which it has come: `usedUpAt` is the first millisecond that is not paid for */
  dueAt: Instant;
  reason: 'limit' | 'usedUp';
}

/** The end that comes without anybody asking; null before the use. */
function ownEnd({ limitAt, usedUpAt, terms }: SessionState): OwnEnd | null {
  if (limitAt === null) return null;
  const endsUsedUp = terms.whenUsedUp === 'end' && usedUpAt !== null && !isBefore(limitAt, usedUpAt);
  if (!endsUsedUp) return { at: limitAt, dueAt: limitAt, reason: 'limit' };
  return { at: addMs(usedUpAt, -1), dueAt: usedUpAt, reason: 'usedUp' };
}

/** The end the customer asked for: gateway time, never before the start, never after it first reached us. */
export function customerEnd(session: SessionState, sentAt: Instant, receivedAt: Instant): Instant {
  return clampInstant(sentAt, session.startedAt ?? receivedAt, receivedAt);
}

/** min(computed, reserved) is taken; nothing, where that is less than the provider takes. */
export function onUsagePriced(draft: Draft, computedMinor: number): void {
  const { session } = draft;
  const attempt = adoptedAttempt(session);
  if (!isUseOver(session.state) || !attempt || session.computedMinor !== null) return;
  assertAmountMinor(computedMinor, 'computed amount');
  session.computedMinor = computedMinor;
  if (session.settlement !== null) {
    session.shortfallMinor = Math.max(0, computedMinor - attempt.capturedMinor);
    return;
  }
  const amountMinor = amountToCharge(computedMinor, attempt.authorizedMinor, session.terms.payment);
  session.shortfallMinor = computedMinor - amountMinor;
  session.settlement = {
    plan: amountMinor > 0 ? 'capture' : 'release',
    amountMinor,
    captureNumber: 1,
    failedRounds: 0,
    retryAt: null,
    retryNow: false,
    waived: false,
  };
}

/** Everything in the use that happens by time alone. */
export function passUseTime(draft: Draft): void {
  const { session } = draft;
  const own = ownEnd(session);
  if (session.state !== 'active' || own === null) return;
  if (isDue(session, own.dueAt)) return closeUse(draft, own.at, own.reason);
  if (isDue(session, session.usedUpAt) && !session.usedUpTold) {
    session.usedUpTold = true;
    text(draft, 'usedUpContinue');
  }
  if (isDue(session, warningAt(session)) && !session.warned) {
    session.warned = true;
    text(draft, 'warning');
  }
}

export function warningAt(session: SessionState): Instant | null {
  return session.limitAt === null ? null : addMs(session.limitAt, -session.terms.warningBeforeLimitMs);
}

function isDue(session: SessionState, at: Instant | null): boolean {
  return at !== null && !isBefore(session.now, at);
}
