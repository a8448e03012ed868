/**
 * Reconciliation compares our payments with the providers', a page of sessions per run, started by a schedule. It signals open
 * sessions to read their payments, finds sessions without a workflow, and starts the release of what is still authorized for
 * no use. SessionAction alone moves money, and a difference is reported, never corrected.
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

/** Sessions compared at the same time: customers' own calls come first. */
const LANES = 4;

export async function Reconciliation({
  after = null,
  counts: before = {},
}: Partial<ReconciliationInput> = {}): Promise<ReconciliationResult> {
  const { sessionIds, isLast } = await records.listToReconcile.executeWithOptions(
    { summary: 'Which sessions are to be compared?' },
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

/** The result of the comparison; `failed`: there is none, and the next run tries again. */
async function reconcile(sessionId: string): Promise<string> {
  try {
    const found = await reconcileCalls.reconcileSession.executeWithOptions(
      { summary: `Compare session ${sessionId}` },
      [{ sessionId }],
    );
    if (found.isOpen || found.unreleased.length > 0) await followUp(sessionId, found);
    return found.kind;
  } catch (error) {
    if (!(error instanceof ActivityFailure)) throw error;
    return 'failed';
  }
}

async function followUp(sessionId: string, found: SessionReconciled): Promise<void> {
  const { unreleased, capturedMinor, isCapturedAsRecorded } = found;
  const delivered = await signalSession(sessionId);
  const { release } = await records.followUpSession.executeWithOptions(
    { summary: delivered ? 'The session reads its payments itself' : 'No workflow runs the session' },
    [{ sessionId, delivered, unreleased, capturedMinor, isCapturedAsRecorded }],
  );
  if (release) await startRelease(release);
}

/** False: no workflow of this session runs. */
async function signalSession(sessionId: string): Promise<boolean> {
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
