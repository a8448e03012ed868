import type { Instant } from '../domain/instant.ts';

export type SessionActionKind = 'refund' | 'release';

/** `requested` until the action has ended. `refused`: a definite no; `failed`: given up, `detail` says with what. */
export type SessionActionState = 'requested' | 'succeeded' | 'refused' | 'failed';

/** Something an operator has done to a session after its end. Its reason is kept encrypted and is not part of this. */
export interface SessionActionRecord {
  /** the caller's nonce, unique within the session */
  actionId: string;
  sessionId: string;
  kind: SessionActionKind;
  /** the payment it is about */
  attempt: number;
  /** what to refund; of a release, what was held when it was asked for */
  amountMinor: number;
  /** `<sessionId>-<kind>-<n>`, the key of the money call; n is taken once per action */
  operationId: string;
  actor: string;
  state: SessionActionState;
  /** what was refunded before this refund's first call: more than that shows its effect. null: not yet looked */
  refundedBeforeMinor: number | null;
  createdAt: Instant;
  finishedAt: Instant | null;
  /** a code: why it was refused or failed */
  detail: string | null;
}

export type SessionActionRequest = Pick<
  SessionActionRecord,
  'actionId' | 'sessionId' | 'kind' | 'attempt' | 'amountMinor' | 'actor'
> & { reason: string };

export type SessionActionRequested =
  /** `known`: this action was requested before, and nothing has changed */
  | { outcome: 'requested' | 'known'; action: SessionActionRecord }
  /** one at a time: with two under way nobody could tell which of them a read shows */
  | { outcome: 'busy'; openActionId: string }
  /** more than is captured and not yet refunded */
  | { outcome: 'tooMuch'; leftMinor: number };

/** What an ended action leaves in the session's projection. */
export interface SessionActionEnd {
  sessionId: string;
  actionId: string;
  state: Exclude<SessionActionState, 'requested'>;
  detail: string | null;
  /** of the session's own payment, as a read showed it */
  releasedMinor?: number;
  /** a person must look, and why */
  attention?: string;
}

/** What operators do to sessions after their end. */
export interface SessionActionStore {
  /**
   * One transaction under the session's row lock: the row made first when this action was requested before; otherwise
   * checks that no other action of the session is open and that a refund is within captured minus refunded, takes the
   * number of its operation, and inserts. Throws InvariantError when the session has no row.
   */
  request(request: SessionActionRequest, at: Instant): Promise<SessionActionRequested>;
  find(sessionId: string, actionId: string): Promise<SessionActionRecord | null>;
  /** Oldest first. */
  listForSession(sessionId: string): Promise<SessionActionRecord[]>;
  /** Actions of all sessions that have not ended, oldest first. */
  listOpen(limit: number): Promise<SessionActionRecord[]>;
  /** Why it was done, as the operator wrote it. null: no such action, or erased. */
  reasonOf(sessionId: string, actionId: string): Promise<string | null>;
  /**
   * Remembers what was refunded before this action; the amount that holds comes back. It changes only as long as no money
   * call of the action is on record, and is never less than what the session's other refunds came to.
   */
  setRefundedBefore(sessionId: string, actionId: string, refundedMinor: number): Promise<number>;
  /** One transaction: ends the action and writes the session's projection. Harmless when repeated. */
  finish(end: SessionActionEnd, at: Instant): Promise<void>;
}
