/** What an operator asks of a running session: on record first, then asked of its workflow, which records the answer. */
import type { Clock } from '../ports/clock.ts';
import type {
  OperatorActionKind,
  OperatorActionRecord,
  OperatorActionStore,
} from '../ports/operator-action-store.ts';
import type { SessionWorkflows } from './session-workflows.ts';

export interface OperatorActionDeps {
  stores: { operatorActions: OperatorActionStore };
  clock: Clock;
  workflows: Pick<SessionWorkflows, 'operatorAction'>;
}

export interface OperatorActionRequest {
  kind: OperatorActionKind;
  actionId: string;
  actor: string;
  reason: string;
}

/**
 * Carries the action out, or records why not. A repeated request with the same action id is the same action, whatever has
 * become of it. `otherKind`: the id was used for something else before. Throws when the database or Temporal does not answer;
 * repeating the request is harmless.
 */
export async function requestOperatorAction(
  { stores, clock, workflows }: OperatorActionDeps,
  sessionId: string,
  { kind, actionId, actor, reason }: OperatorActionRequest,
): Promise<OperatorActionRecord | 'otherKind'> {
  const { operatorActions } = stores;
  const action = await operatorActions.request({ sessionId, actionId, kind, actor, reason }, clock.now());
  if (action.kind !== kind) return 'otherKind';
  if (action.state !== 'requested') return action;
  const identity = { sessionId, actionId };
  const answer = await workflows.operatorAction(sessionId, { action: kind, actionId });
  if (answer === 'notRunning') {
    if (kind === 'writeOff') return await operatorActions.closeMatter(identity, clock.now());
    const detail = 'the session has ended';
    return await operatorActions.finish({ ...identity, state: 'refused', detail }, clock.now());
  }
  // The workflow has recorded the same; whichever comes first stays.
  const state = answer.done ? 'succeeded' : 'refused';
  const detail = answer.done ? null : answer.why;
  return await operatorActions.finish({ ...identity, state, detail }, clock.now());
}
