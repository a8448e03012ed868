/** What an operator asks of a running session: on record first, then told to its workflow, which records the answer. */
import type { OperatorActionKind } from '../../domain/operator-action.ts';
import type { Clock } from '../../ports/clock.ts';
import type { OperatorActionRecord, OperatorActionStore } from '../../ports/operator-action-store.ts';
import type { SessionWorkflows } from '../sessions/session-workflows.ts';
import { untilKnown } from '../until-known.ts';

export interface OperatorActionDeps {
  stores: { operatorActions: OperatorActionStore };
  clock: Clock;
  workflows: Pick<SessionWorkflows, 'operatorAction' | 'isRunning'>;
  /** how long the answer is waited for, wall time */
  answerTimeoutMs?: number;
}

export interface OperatorActionRequest {
  kind: OperatorActionKind;
  actionId: string;
  actor: string;
  reason: string;
}

/**
 * Carries the action out, or records why not. A repeated request with the same action id is the same action, whatever has
 * become of it. `otherKind`: the id was used for something else before. Throws when the database or Temporal does not answer,
 * or the session has not in time; repeating the request is harmless.
 */
export async function requestOperatorAction(
  deps: OperatorActionDeps,
  sessionId: string,
  { kind, actionId, actor, reason }: OperatorActionRequest,
): Promise<OperatorActionRecord | 'otherKind'> {
  const { stores, clock, workflows } = deps;
  const { operatorActions } = stores;
  const action = await operatorActions.request({ sessionId, actionId, kind, actor, reason }, clock.now());
  if (action.kind !== kind) return 'otherKind';
  if (action.state !== 'requested') return action;
  const told = await workflows.operatorAction(sessionId, { action: kind, actionId });
  const answered = told === 'accepted' ? await answerOf(deps, action) : null;
  if (answered) return answered;
  if (kind === 'writeOff') return await operatorActions.closeMatter({ sessionId, actionId }, clock.now());
  const detail = 'the session has ended';
  return await operatorActions.finish({ sessionId, actionId, state: 'refused', detail }, clock.now());
}

/** null: the session's workflow has ended without an answer. */
async function answerOf(
  { stores, workflows, answerTimeoutMs }: OperatorActionDeps,
  { sessionId, actionId }: OperatorActionRecord,
): Promise<OperatorActionRecord | null> {
  const look = async (): Promise<OperatorActionRecord | null> => {
    const action = await stores.operatorActions.find(sessionId, actionId);
    return action?.state === 'requested' ? null : action;
  };
  const answered = await untilKnown(look, answerTimeoutMs);
  if (answered) return answered;
  if (await workflows.isRunning(sessionId)) throw new Error(`session ${sessionId} has not answered in time`);
  // It may have answered just before it ended.
  return await look();
}
