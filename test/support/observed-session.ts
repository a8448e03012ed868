/**
 * A session's state as one flat record, for tests and the model: they say what a session must come to, not in which part of
 * the state it stands. Reads the state and decides nothing.
 */
import type { AttentionReason, EndReason, EndRequest, SessionState } from '../../src/domain/session/state.ts';
import { paymentReferenceOf, type Payment } from '../../src/domain/session/payment.ts';
import type { ChargeState } from '../../src/domain/session/charge-state.ts';
import type { Instant } from '../../src/domain/instant.ts';

export type ObservedPayment = Payment & { paymentReference: string };

export interface ObservedSession extends Pick<SessionState, 'sessionId' | 'terms' | 'now' | 'requestedAt'> {
  state: ChargeState;
  linkExpiresAt: Instant;
  attempts: ObservedPayment[];
  adopted: number | null;
  endRequested: EndRequest | null;
  lastEndChargeAt: Instant | null;
  earlierEndAnsweredAt: Instant | null;
  startedAt: Instant | null;
  endedAt: Instant | null;
  endReason: EndReason | null;
  limitAt: Instant | null;
  usedUpAt: Instant | null;
  computedMinor: number | null;
  settlement: { plan: 'capture' | 'release'; amountMinor: number; waived: boolean } | null;
  moneySteps: number;
  attention: readonly AttentionReason[];
  textsOutstanding: number;
  handledInboxIds: readonly string[];
  slot: SessionState['inbox']['slot'];
  overAt: Instant | null;
}

const known = new WeakMap<SessionState, ObservedSession>();

/** Of a state that does not change any more. */
export function observe(session: SessionState): ObservedSession {
  const observed = known.get(session) ?? flatten(session);
  known.set(session, observed);
  return observed;
}

function flatten(session: SessionState): ObservedSession {
  const { sessionId, terms, now, requestedAt, openedAt, phase, payments, inbox } = session;
  const use = 'startedAt' in phase ? phase : null;
  const ended = 'endedAt' in phase ? phase : null;
  return {
    sessionId,
    terms,
    now,
    requestedAt,
    state: phase.state,
    linkExpiresAt: new Date(Date.parse(openedAt) + terms.linkLifeMs).toISOString(),
    attempts: payments.map((payment) => ({
      ...payment,
      paymentReference: paymentReferenceOf(sessionId, payment.paymentNumber),
    })),
    adopted: use?.usedPayment ?? null,
    endRequested: phase.state === 'awaitingApproval' ? phase.endRequested : null,
    lastEndChargeAt: inbox.lastEndAt,
    earlierEndAnsweredAt: inbox.earlierEndAnsweredAt,
    startedAt: use?.startedAt ?? null,
    endedAt: ended?.endedAt ?? null,
    endReason: ended?.endReason ?? null,
    limitAt: use?.limitAt ?? null,
    usedUpAt: use?.usedUpAt ?? null,
    computedMinor: ended?.price?.computedMinor ?? null,
    settlement: ended && (ended.price || ended.isWaived) ? settlementOf(ended) : null,
    moneySteps: session.moneyStep.number,
    attention: session.attention,
    textsOutstanding: session.texts.outstanding,
    handledInboxIds: inbox.handledIds,
    slot: inbox.slot,
    overAt: 'overAt' in phase ? phase.overAt : null,
  };
}

function settlementOf({ price, isWaived }: Extract<SessionState['phase'], { endedAt: Instant }>) {
  const amountMinor = price?.chargeMinor ?? 0;
  return {
    plan: amountMinor > 0 ? ('capture' as const) : ('release' as const),
    amountMinor,
    waived: isWaived,
  };
}
