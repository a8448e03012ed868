import type { ActionId, SessionId } from '../domain/ids.ts';
import type { ActionAdmission, ActionKind } from '../domain/action.ts';
import type { ActionReason } from '../domain/attention.ts';
import type { Instant } from '../domain/instant.ts';

/**
 * `requested` until the action has ended. `refused`: the session or the provider refused it; `failed`: given up, the outcome may be
 * unknown. `detail` says why.
 */
export type ActionState = 'requested' | 'succeeded' | 'refused' | 'failed';

/** What an operator requested of a session, and the outcome. The operator's reason is stored encrypted and not part of this. */
export interface ActionRecord {
  sessionId: SessionId;
  /** the caller's nonce, unique within the session: a repeated request is the same action */
  actionId: ActionId;
  kind: ActionKind;
  /** the payment a refund or release is about; null for other kinds, as are the two after it */
  paymentNumber: number | null;
  /** what to refund; of a release, the remaining hold when it was requested */
  amountMinor: number | null;
  /** `<sessionId>-<kind>-<n>`, the idempotency key of the money call; each action takes its own n */
  operationId: string | null;
  actor: string;
  state: ActionState;
  /** the refunded amount before this refund's first call: more than that shows its effect. null: not read yet */
  refundedBeforeMinor: number | null;
  createdAt: Instant;
  finishedAt: Instant | null;
  /** a code or a sentence without personal data: why it was refused or failed */
  detail: string | null;
}

export type ActionRequest = Pick<
  ActionRecord,
  'sessionId' | 'actionId' | 'kind' | 'paymentNumber' | 'amountMinor' | 'actor'
> & { reason: string };

export type ActionRequested =
  /** `known`: this action was requested before, and nothing has changed */
  | { outcome: 'requested' | 'known'; action: ActionRecord }
  | Exclude<ActionAdmission, { outcome: 'admitted' }>;

/** How an action ended, and what that changes in the session's row. */
export interface ActionEnd {
  sessionId: SessionId;
  actionId: ActionId;
  state: Exclude<ActionState, 'requested'>;
  detail: string | null;
  /** released of the session's own payment, as a read showed it */
  releasedMinor?: number;
  /** why the session needs attention now */
  attention?: ActionReason;
}

/** A running session that nobody serves keeps every signal, and Temporal takes 10,000 per workflow: this is 96 a day. */
export const MAX_RESUME_WAIT_MS = 15 * 60_000;

/** Operators' actions: who requested what, why, and the outcome; once per action id. */
export interface ActionStore {
  /**
   * One transaction under the session's row lock: returns the known action when this id was requested before; otherwise
   * applies `admitAction`, takes the number of the money operation, and inserts. Throws InvariantError when the session
   * has no row.
   */
  request(request: ActionRequest, at: Instant): Promise<ActionRequested>;
  /** null: nobody requested anything under this id */
  find(sessionId: SessionId, actionId: ActionId): Promise<ActionRecord | null>;
  /** Oldest first. */
  listForSession(sessionId: SessionId): Promise<ActionRecord[]>;
  /**
   * Takes the action of all sessions that has not ended and whose turn came first; null: none is due. Each turn makes it wait
   * longer for the next one, up to `MAX_RESUME_WAIT_MS`, and no other process takes it meanwhile.
   */
  takeOpen(at: Instant): Promise<ActionRecord | null>;
  /** The operator's reason. null: no such action, or erased. */
  reasonOf(sessionId: SessionId, actionId: ActionId): Promise<string | null>;
  /**
   * Stores what was refunded before this action and returns the amount that holds. It changes only until a money call of
   * the action is recorded, and is never less than the sum of the session's other refunds.
   */
  setRefundedBefore(sessionId: SessionId, actionId: ActionId, refundedMinor: number): Promise<number>;
  /** One transaction: ends the action and writes the session's projection. The first end stays; the action comes back. */
  finish(end: ActionEnd, at: Instant): Promise<ActionRecord>;
  /**
   * One transaction: carries out a write-off of a session that no workflow runs any more (`writeOffAfterEnd`). The first
   * end stays; the action comes back.
   */
  writeOff(action: Pick<ActionRecord, 'sessionId' | 'actionId'>, at: Instant): Promise<ActionRecord>;
}
