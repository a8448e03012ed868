/**
 * Operators' actions, from the request to the outcome. A running session's workflow carries some out after a signal; the others run
 * as a workflow `SessionAction` after the session's end. The kind decides which (`domain/action.ts`).
 */
import type { Stores } from '../../ports/stores.ts';
import type { ActionId, SessionId } from '../../domain/ids.ts';
import {
  isCarriedBySession,
  type ActionKind,
  type AfterEndKind,
  type SessionCarriedKind,
} from '../../domain/action.ts';
import { invariant } from '../../domain/assert.ts';
import { minorToDecimal } from '../../domain/money.ts';
import type { ActionRecord, ActionRequest as StoredRequest } from '../../ports/action-store.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Logger } from '../../ports/logger.ts';
import type { PaymentStatus } from '../../ports/money-store.ts';
import type { ProviderCapabilities } from '../../ports/payment-provider.ts';
import type { SessionRecord } from '../../ports/session-store.ts';
import type { SessionActionInput } from '../../workflows/contract.ts';
import type { ActionWorkflows } from './action-workflows.ts';
import { errorFields } from '../error-fields.ts';
import { repeat, type Repeated } from '../repeat.ts';
import type { SessionWorkflows } from '../sessions/session-workflows.ts';
import { untilKnown } from '../waiting.ts';

export interface ActionDeps {
  stores: Pick<Stores, 'sessions' | 'money' | 'receipts' | 'settings' | 'actions'>;
  clock: Clock;
  workflows: Pick<SessionWorkflows, 'isRunning' | 'operatorAction'>;
  actionWorkflows: ActionWorkflows;
  /** how long a running session's answer is waited for, wall time */
  answerTimeoutMs?: number;
  /** of a provider by its name; null when it is not set up here */
  capabilitiesOf: (provider: string) => Pick<ProviderCapabilities, 'refund' | 'release'> | null;
}

export interface ActionRequest {
  kind: ActionKind;
  /** of a refund alone; a release releases the whole remaining hold */
  amountMinor: number | null;
  actionId: ActionId;
  actor: string;
  reason: string;
}

export type ActionAnswer =
  | { kind: 'unknownSession' }
  | { kind: 'conflict'; detail: string }
  | { kind: 'action'; action: ActionRecord };

type Plan = Pick<StoredRequest, 'paymentNumber' | 'amountMinor'> | { conflict: string };
const NO_MONEY: Plan = { paymentNumber: null, amountMinor: null };

/** Most refunds end within a second; a longer one is resumed later. */
const ANSWER_WAIT_MS = 8_000;
/** Long enough to see that a workflow has ended, short enough not to hold up what comes next. */
const RESUME_WAIT_MS = 500;
/** Actions resumed in one pass, the longest waiting first. */
const MAX_TURNS_PER_PASS = 100;

/**
 * Carries an action out, or says why not. A repeated request with the same action id is the same action, whatever its state.
 * Throws when the database or Temporal does not answer, or a running session does not in time; repeating it is harmless.
 */
export async function requestAction(
  deps: ActionDeps,
  sessionId: SessionId,
  request: ActionRequest,
): Promise<ActionAnswer> {
  const session = await deps.stores.sessions.find(sessionId);
  if (!session) return { kind: 'unknownSession' };
  const { actionId, kind, actor, reason } = request;
  const known = await deps.stores.actions.find(sessionId, actionId);
  if (known) return await continueKnown(deps, known, request);
  const plan = isCarriedBySession(kind) ? NO_MONEY : await planAfterEnd(deps, session, { ...request, kind });
  if ('conflict' in plan) return { kind: 'conflict', detail: plan.conflict };
  const requested = await deps.stores.actions.request(
    { actionId, sessionId, kind, actor, reason, ...plan },
    deps.clock.now(),
  );
  switch (requested.outcome) {
    case 'requested':
      return await carryOut(deps, requested.action, ANSWER_WAIT_MS);
    case 'known':
      return await continueKnown(deps, requested.action, request);
    case 'busy':
      return await otherIsOpen(deps, sessionId, requested.openActionId);
    case 'tooMuch':
      return { kind: 'conflict', detail: tooMuch(requested.leftMinor, session) };
  }
}

/**
 * Resumes actions that have not ended: starts one whose start was lost, and records one whose workflow was terminated as
 * failed. Logs failures and leaves them for a later pass: the longer an action is open, the rarer its turn. Ends between two
 * actions when `isStopping`, so that no action's turn is used up without a try.
 */
export async function resumeOpenActions(
  deps: ActionDeps,
  log: Logger,
  isStopping: () => boolean,
): Promise<void> {
  const passAt = deps.clock.now();
  for (let turns = 0; turns < MAX_TURNS_PER_PASS && !isStopping(); turns += 1) {
    const action = await deps.stores.actions.takeOpen(passAt);
    if (action === null) return;
    const { sessionId, actionId } = action;
    try {
      await carryOut({ ...deps, answerTimeoutMs: RESUME_WAIT_MS }, action, RESUME_WAIT_MS);
    } catch (error) {
      log.error(
        { event: 'actionNotResumed', sessionId, actionId, ...errorFields(error) },
        'an open action was not resumed; a later pass tries again',
      );
    }
  }
}

/** The payment and amount of an action after the end, or the sentence that says why it cannot be. */
async function planAfterEnd(
  deps: ActionDeps,
  session: SessionRecord,
  { kind, amountMinor }: ActionRequest & { kind: AfterEndKind },
): Promise<Plan> {
  const { sessionId, terms } = session;
  if (kind !== 'resendReceipt') {
    const capabilities = deps.capabilitiesOf(terms.provider);
    if (!capabilities) return { conflict: `The provider ${terms.provider} is not set up here.` };
    if (kind === 'refund' && !capabilities.refund)
      return {
        conflict: `${terms.provider} has no call for a refund: return the money in its own portal.`,
      };
    if (kind === 'release' && capabilities.release !== 'call')
      return { conflict: `${terms.provider} has no call that gives the rest of a reservation back.` };
  }
  if (await deps.workflows.isRunning(sessionId))
    return { conflict: 'The session is still settling: wait until it has ended.' };
  switch (kind) {
    case 'refund':
      return await planRefund(deps, session, amountMinor ?? 0);
    case 'release':
      return planRelease(await deps.stores.money.listPayments(sessionId));
    case 'resendReceipt':
      return await planResend(deps, session);
  }
}

async function planRefund(deps: ActionDeps, session: SessionRecord, amountMinor: number): Promise<Plan> {
  const payments = await deps.stores.money.listPayments(session.sessionId);
  const captured = payments.find(({ capturedMinor }) => capturedMinor > 0);
  if (!captured || session.capturedMinor === 0)
    return { conflict: 'Nothing was charged in this session, so there is nothing to refund.' };
  if (!(await hasReceipt(deps, session)))
    return { conflict: 'The sale has no receipt yet, so there is nothing to credit.' };
  return { paymentNumber: captured.paymentNumber, amountMinor };
}

function planRelease(payments: readonly PaymentStatus[]): Plan {
  for (const { paymentNumber, phase, authorizedMinor, capturedMinor, releasedMinor } of payments) {
    const remainingMinor = authorizedMinor - capturedMinor - releasedMinor;
    if (phase === 'authorized' && remainingMinor > 0) return { paymentNumber, amountMinor: remainingMinor };
  }
  return { conflict: 'Nothing of the reservation remains, so there is nothing to release.' };
}

async function planResend(deps: ActionDeps, session: SessionRecord): Promise<Plan> {
  if (!(await hasReceipt(deps, session))) return { conflict: 'The session has no receipt to send.' };
  const partner = await deps.stores.settings.findPartner(session.partnerId);
  return partner?.receiptSmsOn ? NO_MONEY : { conflict: 'The partner has receipt texts off.' };
}

async function hasReceipt({ stores }: ActionDeps, { sessionId }: SessionRecord): Promise<boolean> {
  return (await stores.receipts.listForSession(sessionId)).some(({ kind }) => kind === 'sale');
}

function tooMuch(leftMinor: number, { terms }: SessionRecord): string {
  if (leftMinor === 0) return 'All that was charged has been refunded already.';
  return `At most ${minorToDecimal(leftMinor)} ${terms.currency} can still be refunded.`;
}

async function continueKnown(
  deps: ActionDeps,
  known: ActionRecord,
  { kind, amountMinor }: ActionRequest,
): Promise<ActionAnswer> {
  const isSame = known.kind === kind && (amountMinor === null || known.amountMinor === amountMinor);
  if (isSame) return await carryOut(deps, known, ANSWER_WAIT_MS);
  return { kind: 'conflict', detail: 'This action id was used for another action before.' };
}

/** Resumes the open one first: if its start was lost, this session would never accept another action. */
async function otherIsOpen(
  deps: ActionDeps,
  sessionId: SessionId,
  openActionId: string,
): Promise<ActionAnswer> {
  const open = await deps.stores.actions.find(sessionId, openActionId);
  if (open) await carryOut(deps, open, RESUME_WAIT_MS);
  const detail = `Another action of this session has not ended (${openActionId}): try again when it has.`;
  return { kind: 'conflict', detail };
}

async function carryOut(deps: ActionDeps, action: ActionRecord, waitMs: number): Promise<ActionAnswer> {
  if (action.state !== 'requested') return { kind: 'action', action };
  const { kind } = action;
  return {
    kind: 'action',
    action: isCarriedBySession(kind)
      ? await askSession(deps, { ...action, kind })
      : await runAfterEnd(deps, { ...action, kind }, waitMs),
  };
}

/** Signals the running session and waits for the answer it records; one that has ended accepts a write-off alone. */
async function askSession(
  deps: ActionDeps,
  { sessionId, actionId, kind }: ActionRecord & { kind: SessionCarriedKind },
): Promise<ActionRecord> {
  const { actions } = deps.stores;
  const signalled = await deps.workflows.operatorAction(sessionId, { action: kind, actionId });
  const answered = signalled === 'accepted' ? await answerOf(deps, sessionId, actionId) : null;
  if (answered) return answered;
  if (kind === 'writeOff') return await actions.writeOff({ sessionId, actionId }, deps.clock.now());
  const detail = 'the session has ended';
  return await actions.finish({ sessionId, actionId, state: 'refused', detail }, deps.clock.now());
}

/** null: the session's workflow has ended without an answer. */
async function answerOf(
  { stores, workflows, answerTimeoutMs }: ActionDeps,
  sessionId: SessionId,
  actionId: ActionId,
): Promise<ActionRecord | null> {
  const read = async (): Promise<ActionRecord | null> => {
    const action = await stores.actions.find(sessionId, actionId);
    return action?.state === 'requested' ? null : action;
  };
  const answered = await untilKnown(read, answerTimeoutMs);
  if (answered) return answered;
  if (await workflows.isRunning(sessionId)) throw new Error(`session ${sessionId} has not answered in time`);
  // It may have answered just before it ended.
  return await read();
}

async function runAfterEnd(
  deps: ActionDeps,
  action: ActionRecord & { kind: AfterEndKind },
  waitMs: number,
): Promise<ActionRecord> {
  const { sessionId, actionId, kind } = action;
  const { actions } = deps.stores;
  const run = await deps.actionWorkflows.run(inputOf(action), waitMs);
  if (run === 'broken') {
    const attention = kind === 'resendReceipt' ? {} : { attention: `${kind}Uncertain` as const };
    const end = { sessionId, actionId, state: 'failed', detail: 'workflowEnded', ...attention } as const;
    return await actions.finish(end, deps.clock.now());
  }
  return (await actions.find(sessionId, actionId)) ?? action;
}

function inputOf(action: ActionRecord & { kind: AfterEndKind }): SessionActionInput {
  const { sessionId, actionId, kind, amountMinor } = action;
  if (kind === 'resendReceipt') return { sessionId, actionId, kind, amountMinor: null };
  invariant(amountMinor !== null, 'a refund or release has an amount');
  return { sessionId, actionId, kind, amountMinor };
}

export const ACTION_SWEEP_INTERVAL_MS = 30_000;

/** Carries on with actions whose start was lost. A failed pass is logged and the next one tries again. */
export function startActionSweeper(
  deps: ActionDeps & { log: Logger },
  { intervalMs }: { intervalMs: number },
): Repeated {
  return repeat(intervalMs, (stopping) =>
    resumeOpenActions(deps, deps.log, () => stopping.aborted).catch((error: unknown) => {
      deps.log.error(
        { event: 'actionSweepFailed', ...errorFields(error) },
        'open actions were not resumed; the next pass tries again',
      );
    }),
  );
}
