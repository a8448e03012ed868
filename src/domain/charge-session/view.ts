import type { Instant } from '../instant.ts';
import type { Currency } from '../money.ts';
import type { ReleaseSource } from '../payment.ts';

export type ChargeState =
  | 'awaitingApproval'
  | 'active'
  | 'capturing'
  | 'captured'
  | 'released'
  | 'lapsed'
  | 'lost'
  | 'writtenOff'
  | 'declined'
  | 'expired'
  | 'cancelled';

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
  nextDueAt: Instant | null;
}
