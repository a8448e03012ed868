import type { Instant } from '../instant.ts';
import type { Currency } from '../money.ts';
import type { ReleaseSource } from '../payment.ts';
import { expectedBy } from './deadlines.ts';
import type { ChargeState } from './charge-state.ts';
import { adoptedAttempt, type SessionState } from './state.ts';

/** Everything the session page shows; also the result of the workflow. Amounts in minor units of `currency`. */
export interface SessionView {
  sessionId: string;
  state: ChargeState;
  currency: Currency;
  /** provider's id of the adopted payment (Paycore: transactionId) */
  transactionId: string | null;
  linkExpiresAt: Instant;
  startedAt: Instant | null;
  endedAt: Instant | null;
  reservedMinor: number;
  computedMinor: number | null;
  capturedMinor: number;
  releasedMinor: number;
  releaseSource: ReleaseSource | null;
  shortfallMinor: number;
  needsAttention: boolean;
  attentionReason: string | null;
  /** the session ends by itself then */
  limitAt: Instant | null;
  /** when something is to be heard of it next; null: never, it is over or only tells its end */
  nextDueAt: Instant | null;
}

export function viewOf(session: SessionState): SessionView {
  const attempt = adoptedAttempt(session) ?? session.attempts.at(-1) ?? null;
  return {
    sessionId: session.sessionId,
    state: session.state,
    currency: session.terms.currency,
    transactionId: attempt?.providerReference ?? null,
    linkExpiresAt: session.linkExpiresAt,
    startedAt: session.startedAt,
    endedAt: session.endedAt,
    reservedMinor: attempt?.authorizedMinor ?? 0,
    computedMinor: session.computedMinor,
    capturedMinor: attempt?.capturedMinor ?? 0,
    releasedMinor: attempt?.releasedMinor ?? 0,
    releaseSource: attempt?.releaseSource ?? null,
    shortfallMinor: session.shortfallMinor,
    needsAttention: session.attention !== null,
    attentionReason: session.attention,
    limitAt: session.limitAt,
    nextDueAt: expectedBy(session),
  };
}
