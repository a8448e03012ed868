/** The use itself: its end, its price, the texts on the way. Decided cases 1, 6, 7, 8. */
import { addMs, clampInstant, instantFromMs, instantMs, isBefore, type Instant } from '../instant.ts';
import { assertAmountMinor } from '../money.ts';
import { text, type Draft } from './draft.ts';
import { adoptedAttempt, type SessionState } from './state.ts';

export function endUse(draft: Draft, endedAt: Instant, reason: SessionState['endReason']): void {
  const { session } = draft;
  const startedAt = session.startedAt;
  if (session.state !== 'active' || startedAt === null) return;
  session.state = 'capturing';
  session.endedAt = isBefore(endedAt, startedAt) ? startedAt : endedAt;
  session.endReason = reason;
  draft.commands.push({ command: 'priceUsage', startedAt, endedAt: session.endedAt });
}

/** The end the customer asked for: gateway time, never before the start, never after it first reached us. */
export function customerEnd(session: SessionState, sentAt: Instant, receivedAt: Instant): Instant {
  return clampInstant(sentAt, session.startedAt ?? receivedAt, receivedAt);
}

/** min(computed, reserved) is taken; nothing, where that is less than the provider takes. */
export function onUsagePriced(draft: Draft, computedMinor: number): void {
  const { session } = draft;
  const attempt = adoptedAttempt(session);
  if (session.state !== 'capturing' || !attempt || session.settlement) return;
  assertAmountMinor(computedMinor, 'computed amount');
  const amountMinor = Math.min(computedMinor, attempt.authorizedMinor);
  const smallestMinor = Math.max(1, session.terms.payment.minimumCaptureMinor);
  const plan = amountMinor >= smallestMinor ? 'capture' : 'release';
  session.computedMinor = computedMinor;
  session.shortfallMinor = computedMinor - (plan === 'capture' ? amountMinor : 0);
  session.settlement = {
    plan,
    amountMinor: plan === 'capture' ? amountMinor : 0,
    captureNumber: 1,
    failedRounds: 0,
    retryAt: null,
  };
}

/** Everything in the use that happens by time alone. */
export function passUseTime(draft: Draft): void {
  const { session } = draft;
  const { limitAt, usedUpAt } = session;
  if (session.state !== 'active' || limitAt === null) return;
  const usedUpFirst = usedUpAt !== null && isBefore(usedUpAt, limitAt);
  if (usedUpFirst && isDue(session, usedUpAt) && !session.usedUpTold) {
    session.usedUpTold = true;
    if (session.terms.whenUsedUp === 'end') {
      text(draft, 'usedUpEnded');
      return endUse(draft, lastInstantWithin(usedUpAt), 'usedUp');
    }
    text(draft, 'usedUpContinue');
  }
  if (isDue(session, warningAt(session)) && !session.warned) {
    session.warned = true;
    if (isBefore(session.now, limitAt)) text(draft, 'warning');
  }
  if (isDue(session, limitAt)) endUse(draft, limitAt, 'limit');
}

export function warningAt(session: SessionState): Instant | null {
  return session.limitAt === null ? null : addMs(session.limitAt, -session.terms.warningBeforeLimitMs);
}

function isDue(session: SessionState, at: Instant | null): boolean {
  return at !== null && !isBefore(session.now, at);
}

/** `usedUpAt` is the first millisecond that costs more than is reserved; the one before is paid for. */
function lastInstantWithin(usedUpAt: Instant): Instant {
  return instantFromMs(instantMs(usedUpAt) - 1);
}
