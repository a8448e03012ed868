/**
 * What an operator does to a session, from the request to the workflow: of a running one it is asked itself, after its end a
 * workflow of its own refunds or releases. What may be done, and the sentence when it may not.
 */
import { minorToDecimal } from '../../domain/money.ts';
import type { OperatorActionKind } from '../../domain/operator-action.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import type { MoneyStore, PaymentAttemptStanding } from '../../ports/money-store.ts';
import type { ProviderCapabilities } from '../../ports/payment-provider.ts';
import type { ReceiptStore } from '../../ports/receipt-store.ts';
import type {
  SessionActionKind,
  SessionActionRecord,
  SessionActionStore,
} from '../../ports/session-action-store.ts';
import type { SessionRecord, SessionStore } from '../../ports/session-store.ts';
import type { OperatorActionRecord, OperatorActionStore } from '../../ports/operator-action-store.ts';
import type { ActionWorkflows } from './action-workflows.ts';
import { errorFields } from '../error-fields.ts';
import { requestOperatorAction } from './operator-actions.ts';
import type { SessionWorkflows } from '../sessions/session-workflows.ts';

export interface SessionActionDeps {
  stores: {
    sessions: Pick<SessionStore, 'find'>;
    money: Pick<MoneyStore, 'listAttempts'>;
    receipts: Pick<ReceiptStore, 'listForSession'>;
    actions: Pick<SessionActionStore, 'request' | 'find' | 'finish' | 'listForSession' | 'listOpen'>;
    operatorActions: OperatorActionStore;
  };
  clock: Clock;
  workflows: Pick<SessionWorkflows, 'isRunning' | 'operatorAction'>;
  actionWorkflows: ActionWorkflows;
  /** how long a running session's answer is waited for, wall time */
  answerTimeoutMs?: number;
  /** of a provider by its name; null when it is not set up here */
  capabilitiesOf: (provider: string) => Pick<ProviderCapabilities, 'refund' | 'release'> | null;
}

export interface ActionRequest {
  kind: SessionActionKind | OperatorActionKind;
  /** of a refund alone; a release gives back all that is left */
  amountMinor: number | null;
  actionId: string;
  actor: string;
  reason: string;
}

export type ActionAnswer =
  | { kind: 'unknownSession' }
  | { kind: 'conflict'; detail: string }
  | { kind: 'action'; action: SessionActionRecord }
  | { kind: 'operatorAction'; action: OperatorActionRecord };

/** Most refunds are done within a second; a longer one is looked up later. */
const ANSWER_WAIT_MS = 8_000;
/** Long enough to see that a workflow has ended, short enough to do nothing else meanwhile. */
const PUSH_WAIT_MS = 500;
/** Looked at in one pass, oldest first. */
const OPEN_ACTIONS = 100;

/**
 * Carries an action out, or says why not. A repeated request with the same action id is the same action, whatever has
 * become of it. Throws when the database or Temporal does not answer; repeating the request is harmless.
 */
export async function requestSessionAction(
  deps: SessionActionDeps,
  sessionId: string,
  request: ActionRequest,
): Promise<ActionAnswer> {
  const session = await deps.stores.sessions.find(sessionId);
  if (!session) return { kind: 'unknownSession' };
  const known = await deps.stores.actions.find(sessionId, request.actionId);
  if (known) return await continueKnown(deps, known, request);
  const { kind } = request;
  if (isAskedOfSession(kind) || (kind === 'release' && (await isForSession(deps, sessionId, request)))) {
    const action = await requestOperatorAction(deps, sessionId, { ...request, kind });
    return action === 'otherKind' ? usedForAnother() : { kind: 'operatorAction', action };
  }
  return await requestAfterEnd(deps, session, { ...request, kind });
}

function isAskedOfSession(kind: ActionRequest['kind']): kind is Exclude<OperatorActionKind, 'release'> {
  return kind !== 'refund' && kind !== 'release';
}

/** A running session gives its reservation back itself; and what it was asked before is its matter still. */
async function isForSession(
  { stores, workflows }: SessionActionDeps,
  sessionId: string,
  { actionId }: ActionRequest,
): Promise<boolean> {
  const asked = await stores.operatorActions.find(sessionId, actionId);
  return asked !== null || (await workflows.isRunning(sessionId));
}

type AfterEndRequest = ActionRequest & { kind: SessionActionKind };

async function requestAfterEnd(
  deps: SessionActionDeps,
  session: SessionRecord,
  request: AfterEndRequest,
): Promise<ActionAnswer> {
  const { sessionId } = session;
  const plan = await planAction(deps, session, request);
  if ('conflict' in plan) return { kind: 'conflict', detail: plan.conflict };
  const { actionId, kind, actor, reason } = request;
  const requested = await deps.stores.actions.request(
    { actionId, sessionId, kind, actor, reason, ...plan },
    deps.clock.now(),
  );
  switch (requested.outcome) {
    case 'requested':
      return await carryOut(deps, requested.action);
    case 'known':
      return await continueKnown(deps, requested.action, request);
    case 'busy':
      return await otherIsOpen(deps, sessionId, requested.openActionId);
    case 'tooMuch':
      return { kind: 'conflict', detail: tooMuch(requested.leftMinor, session) };
  }
}

/**
 * Carries on with actions that have not ended: one whose start was lost is started, one whose workflow was ended by hand is
 * recorded as failed. Failures are logged and left for the next time.
 */
export async function resumeOpenActions(deps: SessionActionDeps, log: Logger): Promise<void> {
  for (const action of await deps.stores.actions.listOpen(OPEN_ACTIONS)) {
    const { sessionId, actionId } = action;
    try {
      await carryOut(deps, action, PUSH_WAIT_MS);
    } catch (error) {
      log.error(
        { event: 'actionNotResumed', sessionId, actionId, ...errorFields(error) },
        'an open action was not carried on with; it is tried again',
      );
    }
  }
}

/** What the action would be about, or the sentence that says why it cannot be. */
async function planAction(
  deps: SessionActionDeps,
  session: SessionRecord,
  { kind, amountMinor }: AfterEndRequest,
): Promise<{ attempt: number; amountMinor: number } | { conflict: string }> {
  const { sessionId, terms } = session;
  const capabilities = deps.capabilitiesOf(terms.provider);
  if (!capabilities) return { conflict: `The provider ${terms.provider} is not set up here.` };
  if (kind === 'refund' && !capabilities.refund)
    return {
      conflict: `${terms.provider} has no call for a refund: return the money in its own portal.`,
    };
  if (kind === 'release' && capabilities.release !== 'call')
    return { conflict: `${terms.provider} has no call that gives the rest of a reservation back.` };
  if (await deps.workflows.isRunning(sessionId))
    return { conflict: 'The session is still settling: wait until it has ended.' };
  const attempts = await deps.stores.money.listAttempts(sessionId);
  return kind === 'refund'
    ? await planRefund(deps, session, attempts, amountMinor ?? 0)
    : planRelease(attempts);
}

async function planRefund(
  deps: SessionActionDeps,
  session: SessionRecord,
  attempts: readonly PaymentAttemptStanding[],
  amountMinor: number,
): Promise<{ attempt: number; amountMinor: number } | { conflict: string }> {
  const captured = attempts.find(({ capturedMinor }) => capturedMinor > 0);
  if (!captured || session.capturedMinor === 0)
    return { conflict: 'Nothing was charged in this session, so there is nothing to refund.' };
  const documents = await deps.stores.receipts.listForSession(session.sessionId);
  if (!documents.some((document) => document.kind === 'sale'))
    return { conflict: 'The sale has no receipt yet, so there is nothing to credit.' };
  return { attempt: captured.attempt, amountMinor };
}

function planRelease(
  attempts: readonly PaymentAttemptStanding[],
): { attempt: number; amountMinor: number } | { conflict: string } {
  for (const { attempt, phase, authorizedMinor, capturedMinor, releasedMinor } of attempts) {
    const heldMinor = authorizedMinor - capturedMinor - releasedMinor;
    if (phase === 'authorized' && heldMinor > 0) return { attempt, amountMinor: heldMinor };
  }
  return { conflict: 'Nothing of the reservation is held any more, so there is nothing to release.' };
}

function tooMuch(leftMinor: number, { terms }: SessionRecord): string {
  if (leftMinor === 0) return 'All that was charged has been refunded already.';
  return `At most ${minorToDecimal(leftMinor)} ${terms.currency} can still be refunded.`;
}

async function continueKnown(
  deps: SessionActionDeps,
  known: SessionActionRecord,
  { kind, amountMinor }: ActionRequest,
): Promise<ActionAnswer> {
  const isSame = known.kind === kind && (amountMinor === null || known.amountMinor === amountMinor);
  return isSame ? await carryOut(deps, known) : usedForAnother();
}

function usedForAnother(): ActionAnswer {
  return { kind: 'conflict', detail: 'This action id was used for another action before.' };
}

/** The open one is given a push: if its start was lost, this session would take no action ever again. */
async function otherIsOpen(
  deps: SessionActionDeps,
  sessionId: string,
  openActionId: string,
): Promise<ActionAnswer> {
  const open = await deps.stores.actions.find(sessionId, openActionId);
  if (open) await carryOut(deps, open, PUSH_WAIT_MS);
  const detail = `Another action of this session has not ended (${openActionId}): try again when it has.`;
  return { kind: 'conflict', detail };
}

async function carryOut(
  deps: SessionActionDeps,
  action: SessionActionRecord,
  waitMs = ANSWER_WAIT_MS,
): Promise<ActionAnswer> {
  if (action.state !== 'requested') return { kind: 'action', action };
  const { sessionId, actionId, kind, amountMinor } = action;
  const { actions } = deps.stores;
  const standing = await deps.actionWorkflows.run({ sessionId, actionId, kind, amountMinor }, waitMs);
  if (standing === 'broken') {
    const attention = `${kind}Uncertain`;
    const end = { sessionId, actionId, state: 'failed', detail: 'workflowEnded', attention } as const;
    await actions.finish(end, deps.clock.now());
  }
  return { kind: 'action', action: (await actions.find(sessionId, actionId)) ?? action };
}
