/**
 * Reconciliation: our payments held against the providers', a page of sessions per run. Started by a schedule. It tells
 * open sessions to look for themselves, finds those that nothing runs any more, and has money given back that is held for
 * nothing. Money is moved by SessionAction alone, and what differs is told, never mended.
 */
import {
  ActivityFailure,
  continueAsNew,
  getExternalWorkflowHandle,
  ParentClosePolicy,
  setCurrentDetails,
  startChild,
} from '@temporalio/workflow';
import { WorkflowExecutionAlreadyStartedError } from '@temporalio/common';
import type { SessionReconciled } from '../activities/contract.ts';
import { reconcileCalls, records } from './activity-options.ts';
import {
  chargeSessionWorkflowId,
  paymentChangedSignal,
  sessionActionWorkflowId,
  type ReconciliationInput,
  type ReconciliationResult,
  type SessionActionInput,
} from './contract.ts';
import { SessionAction } from './session-action.ts';

/** Sessions looked at beside each other: customers' own calls come first. */
const LANES = 4;

export async function Reconciliation({
  after = null,
  counts: before = {},
}: Partial<ReconciliationInput> = {}): Promise<ReconciliationResult> {
  const { sessionIds, isLast } = await records.listToReconcile.executeWithOptions(
    { summary: 'Which sessions are to be looked at?' },
    [{ after }],
  );
  const counts = { ...before };
  const waiting = [...sessionIds];
  const lane = async (): Promise<void> => {
    for (let sessionId = waiting.shift(); sessionId !== undefined; sessionId = waiting.shift()) {
      const kind = await reconcile(sessionId);
      counts[kind] = (counts[kind] ?? 0) + 1;
      show(counts);
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  show(counts);
  if (isLast) return { counts };
  return await continueAsNew<typeof Reconciliation>({ after: sessionIds.at(-1) ?? null, counts });
}

/** How the session stands, or `failed` when it could not be told: the next run tries again. */
async function reconcile(sessionId: string): Promise<string> {
  try {
    const found = await reconcileCalls.reconcileSession.executeWithOptions(
      { summary: `Compare session ${sessionId}` },
      [{ sessionId }],
    );
    if (found.isOpen || found.held.length > 0) await followUp(sessionId, found);
    return found.kind;
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    return 'failed';
  }
}

async function followUp(sessionId: string, found: SessionReconciled): Promise<void> {
  const { held, capturedMinor, isCapturedAsRecorded } = found;
  const delivered = await tell(sessionId);
  const { release } = await records.settleUntold.executeWithOptions(
    { summary: delivered ? 'The session looks for itself' : 'No workflow runs the session' },
    [{ sessionId, delivered, held, capturedMinor, isCapturedAsRecorded }],
  );
  if (release) await startRelease(release);
}

/** False: no workflow of this session runs. */
async function tell(sessionId: string): Promise<boolean> {
  try {
    await getExternalWorkflowHandle(chargeSessionWorkflowId(sessionId)).signal(paymentChangedSignal);
    return true;
  } catch {
    return false;
  }
}

/** Goes on by itself after this run has ended; should its start be lost, the API's sweeper starts it. */
async function startRelease(action: SessionActionInput): Promise<void> {
  try {
    await startChild(SessionAction, {
      workflowId: sessionActionWorkflowId(action.sessionId, action.actionId),
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      parentClosePolicy: ParentClosePolicy.ABANDON,
      args: [action],
      staticSummary: `Late release, session ${action.sessionId}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

function show(counts: Readonly<Record<string, number>>): void {
  const rows = Object.entries(counts).map(([kind, count]) => `| ${kind} | ${count} |`);
  setCurrentDetails(['| sessions | |', '|---|---|', ...rows].join('\n'));
}
