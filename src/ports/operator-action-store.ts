import type { Instant } from '../domain/instant.ts';
import type { OperatorActionKind } from '../domain/operator-action.ts';

/** `requested` until the session has answered; `refused`: there was nothing to do, `detail` says why. */
export type OperatorActionState = 'requested' | 'succeeded' | 'refused';

/** One press of a button. Its reason is kept encrypted and is not part of this. */
export interface OperatorActionRecord {
  sessionId: string;
  /** the caller's nonce, unique within the session: a double press is one action */
  actionId: string;
  kind: OperatorActionKind;
  actor: string;
  state: OperatorActionState;
  /** a sentence without personal data */
  detail: string | null;
  createdAt: Instant;
  finishedAt: Instant | null;
}

/** Who asked what of a running session, why, and what came of it. */
export interface OperatorActionStore {
  /** The row made first when this action was requested before. Throws InvariantError when the session has no row. */
  request(
    request: Pick<OperatorActionRecord, 'sessionId' | 'actionId' | 'kind' | 'actor'> & { reason: string },
    at: Instant,
  ): Promise<OperatorActionRecord>;
  /** null: nobody asked for anything under this id */
  find(sessionId: string, actionId: string): Promise<OperatorActionRecord | null>;
  /** Records the answer; the first one stays. */
  finish(
    end: Pick<OperatorActionRecord, 'sessionId' | 'actionId' | 'detail'> & { state: 'succeeded' | 'refused' },
    at: Instant,
  ): Promise<OperatorActionRecord>;
  /**
   * One transaction: closes the matter of a session whose workflow has ended. What was `lost` or `lapsed` becomes `writtenOff`;
   * whatever asked for attention no longer does. Refused where nothing asks for attention.
   */
  closeMatter(
    action: Pick<OperatorActionRecord, 'sessionId' | 'actionId'>,
    at: Instant,
  ): Promise<OperatorActionRecord>;
  /** Oldest first. */
  listForSession(sessionId: string): Promise<OperatorActionRecord[]>;
}
