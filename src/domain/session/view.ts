import type { Instant } from '../instant.ts';
import type { Currency } from '../money.ts';
import type { ReleaseSource } from '../payment.ts';
import { expectedBy } from './deadlines.ts';
import { inDisplayOrder, type AttentionReason } from './attention.ts';
import type { ChargeState } from './charge-state.ts';
import {
  endedUseOf,
  linkExpiresAt,
  usedPaymentOf,
  useOf,
  type EndedUse,
  type Payment,
  type SessionState,
} from './state.ts';

/** Where a session stands: what its row, the Temporal UI and the workflow's result share. Amounts in minor units. */
export interface SessionFigures {
  sessionId: string;
  state: ChargeState;
  /** provider's id of the used payment (Paycore: transactionId) */
  transactionId: string | null;
  startedAt: Instant | null;
  endedAt: Instant | null;
  reservedMinor: number;
  computedMinor: number | null;
  capturedMinor: number;
  releasedMinor: number;
  releaseSource: ReleaseSource | null;
  shortfallMinor: number;
  /** when the session is expected to act next; null: never, it is over or only notifies the customer of its end */
  nextDueAt: Instant | null;
}

/** The workflow's result, and the answer of its query. */
export interface SessionView extends SessionFigures {
  currency: Currency;
  linkExpiresAt: Instant;
  needsAttention: boolean;
  /** the first of `attention`: for a place that shows one */
  attentionReason: AttentionReason | null;
  /** every reason, the most urgent first */
  attention: readonly AttentionReason[];
  /** the session ends by itself then */
  limitAt: Instant | null;
}

export function viewOf(session: SessionState): SessionView {
  const use = useOf(session);
  const ended = endedUseOf(session);
  const payment = usedPaymentOf(session) ?? session.payments.at(-1) ?? null;
  const attention = inDisplayOrder(session);
  return {
    sessionId: session.sessionId,
    state: session.phase.state,
    currency: session.terms.currency,
    transactionId: payment?.providerReference ?? null,
    linkExpiresAt: linkExpiresAt(session),
    startedAt: use?.startedAt ?? null,
    endedAt: ended?.endedAt ?? null,
    reservedMinor: payment?.authorizedMinor ?? 0,
    computedMinor: ended?.price?.computedMinor ?? null,
    capturedMinor: payment?.capturedMinor ?? 0,
    releasedMinor: payment?.releasedMinor ?? 0,
    releaseSource: payment?.releaseSource ?? null,
    shortfallMinor: shortfallMinor(ended, payment),
    needsAttention: attention.length > 0,
    attentionReason: attention[0] ?? null,
    attention,
    limitAt: use?.limitAt ?? null,
    nextDueAt: expectedBy(session),
  };
}

/** What the customer used and is not charged: above the reservation, below the provider's minimum, waived, or lost. */
function shortfallMinor(use: EndedUse | null, payment: Payment | null): number {
  if (!use?.price) return 0;
  const { computedMinor, chargeMinor } = use.price;
  const chargedMinor = use.state === 'capturing' ? chargeMinor : (payment?.capturedMinor ?? 0);
  return Math.max(0, computedMinor - chargedMinor);
}
