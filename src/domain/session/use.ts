/** The use itself: its start, its end, its price, the texts on the way. Decided cases 1, 6, 7, 8. */
import { addMs, clampInstant, earliest, isBefore, type Instant } from '../instant.ts';
import { assertAmountMinor } from '../money.ts';
import type { PaymentRules } from '../payment.ts';
import { text, textOnce, type Draft, type UsedUp } from './events.ts';
import { endedUseOf, paymentOf, type EndReason, type SessionState, type Use } from './state.ts';
import type { Payment } from './payment.ts';

const HOUR_MS = 3_600_000;
/** The session ends itself this long before its reservation can no longer be captured. */
const CAPTURE_SAFETY_MS = 48 * HOUR_MS;

export function startUse(
  { session, commands }: Draft,
  payment: Payment,
  {
    startedAt,
    captureDeadlineAt,
    usedUp,
  }: { startedAt: Instant; captureDeadlineAt: Instant; usedUp: UsedUp | undefined },
): void {
  const limitMinor = payment.authorizedMinor;
  const isComputed = usedUp?.startedAt === startedAt && usedUp.limitMinor === limitMinor;
  const limitAt = earliest(
    addMs(startedAt, session.terms.sessionLimitMs),
    addMs(captureDeadlineAt, -CAPTURE_SAFETY_MS),
  );
  session.phase = {
    state: 'active',
    usedPayment: payment.paymentNumber,
    startedAt,
    limitAt: isBefore(limitAt, startedAt) ? startedAt : limitAt,
    usedUpAt: isComputed ? usedUp.at : null,
  };
  if (!isComputed) commands.push({ command: 'computeUsedUpAt', startedAt, limitMinor });
}

/**
 * Ends the use at the requested instant, never after its automatic end: an ENDCHARGE that arrives after downtime must not bill
 * beyond it. Does nothing outside the use.
 */
export function endUse(draft: Draft, requestedAt: Instant, by: 'customer' | 'operator'): void {
  const { phase, terms } = draft.session;
  if (phase.state !== 'active') return;
  const end = automaticEnd(phase, terms);
  if (isBefore(end.at, requestedAt)) closeUse(draft, end.at, end.reason);
  else closeUse(draft, requestedAt, by);
}

function closeUse(draft: Draft, requestedAt: Instant, endReason: EndReason): void {
  const { session, commands } = draft;
  const { phase } = session;
  if (phase.state !== 'active') return;
  const { startedAt } = phase;
  const endedAt = isBefore(requestedAt, startedAt) ? startedAt : requestedAt;
  session.phase = {
    ...phase,
    state: 'capturing',
    endedAt,
    endReason,
    overAt: session.now,
    price: null,
    isWaived: false,
    capture: { keyNumber: 1, failures: 0, retryAt: null },
    isRetryRequested: false,
  };
  if (endReason === 'usedUp') text(draft, 'usedUpEnded');
  commands.push({ command: 'priceUsage', startedAt, endedAt });
}

interface AutomaticEnd {
  at: Instant;
  /** the use is closed then: one millisecond after `at` when used up, else `at` */
  dueAt: Instant;
  reason: 'limit' | 'usedUp';
}

/** The end that comes without a request: used up, or the limit. */
function automaticEnd({ limitAt, usedUpAt }: Use, { whenUsedUp }: SessionState['terms']): AutomaticEnd {
  const endsUsedUp = whenUsedUp === 'end' && usedUpAt !== null && !isBefore(limitAt, usedUpAt);
  if (!endsUsedUp) return { at: limitAt, dueAt: limitAt, reason: 'limit' };
  return { at: addMs(usedUpAt, -1), dueAt: usedUpAt, reason: 'usedUp' };
}

/** The end that the customer requested: gateway time, never before the start, never after it first reached us. */
export function customerEnd(use: Use | null, sentAt: Instant, receivedAt: Instant): Instant {
  return clampInstant(sentAt, use?.startedAt ?? receivedAt, receivedAt);
}

export function onUsedUpAtComputed({ session: { phase } }: Draft, usedUpAt: Instant | null): void {
  if ('usedUpAt' in phase) phase.usedUpAt = usedUpAt;
}

/** The first answer of the pricing counts. */
export function onUsagePriced({ session }: Draft, computedMinor: number): void {
  const use = endedUseOf(session);
  const payment = use && paymentOf(session, use.usedPayment);
  if (!payment || use.price !== null) return;
  assertAmountMinor(computedMinor, 'computed amount');
  const chargeMinor = amountToCharge(computedMinor, payment.authorizedMinor, session.terms.payment);
  use.price = { computedMinor, chargeMinor: use.isWaived ? 0 : chargeMinor };
}

/** Everything in the use that becomes due by time alone. */
export function passUseTime(draft: Draft): void {
  const { session } = draft;
  const { phase, now } = session;
  if (phase.state !== 'active') return;
  const end = automaticEnd(phase, session.terms);
  if (!isBefore(now, end.dueAt)) return closeUse(draft, end.at, end.reason);
  if (phase.usedUpAt !== null && !isBefore(now, phase.usedUpAt)) textOnce(draft, 'usedUpContinue');
  if (!isBefore(now, warningAt(session, phase))) textOnce(draft, 'warning');
}

export function warningAt({ terms }: Pick<SessionState, 'terms'>, { limitAt }: Use): Instant {
  return addMs(limitAt, -terms.warningBeforeLimitMs);
}

/**
 * What is captured of a computed price, in minor units: at most the reservation, and nothing where the provider captures no
 * amount that small. The page, STATUS, capture and comparison all use it, so that they agree.
 */
export function amountToCharge(
  computedMinor: number,
  reservedMinor: number,
  { minimumCaptureMinor }: Pick<PaymentRules, 'minimumCaptureMinor'>,
): number {
  const amountMinor = Math.min(computedMinor, reservedMinor);
  return amountMinor < minimumCaptureMinor ? 0 : amountMinor;
}
