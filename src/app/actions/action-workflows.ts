/** The API's way to SessionAction workflows: starts one, once, and waits a while for its end. No decisions. */
import {
  isGrpcCancelledError,
  isGrpcDeadlineError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  type WorkflowClient,
} from '@temporalio/client';
import { minorToDecimal } from '../../domain/money.ts';
import {
  SESSION_ACTION_WORKFLOW,
  sessionActionWorkflowId,
  TASK_QUEUE,
  type SessionActionInput,
} from '../../workflows/contract.ts';

/**
 * `ended`: it has run to its end and recorded it; `running`; `broken`: it was terminated or failed, so that nobody
 * will record an end.
 */
export type ActionRun = 'ended' | 'running' | 'broken';

export interface ActionWorkflows {
  /**
   * Starts the action unless it was started before, and waits at most `waitMs` for its end. Throws when Temporal does
   * not answer: repeating it is harmless (one action id, one workflow).
   */
  run(input: SessionActionInput, waitMs: number): Promise<ActionRun>;
}

interface ActionWorkflowsOptions {
  callTimeoutMs?: number;
  /** default: the one our workers poll */
  taskQueue?: string;
}

/** `ActionWorkflows` over a Temporal client. */
export function createActionWorkflows(
  client: WorkflowClient,
  { callTimeoutMs = 5_000, taskQueue = TASK_QUEUE }: ActionWorkflowsOptions = {},
): ActionWorkflows {
  // The deadline is wall time on purpose: business time may be moved in the demo.
  const bounded = <T>(ms: number, call: () => Promise<T>): Promise<T> =>
    client.withDeadline(Date.now() + ms, call);
  return {
    run: async (input, waitMs) => {
      const workflowId = sessionActionWorkflowId(input.sessionId, input.actionId);
      await bounded(callTimeoutMs, () => startOnce(client, { workflowId, taskQueue, input }));
      return await run(bounded(waitMs, () => client.getHandle(workflowId).result()));
    },
  };
}

async function startOnce(
  client: WorkflowClient,
  { workflowId, taskQueue, input }: { workflowId: string; taskQueue: string; input: SessionActionInput },
): Promise<void> {
  try {
    await client.start(SESSION_ACTION_WORKFLOW, {
      workflowId,
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      taskQueue,
      args: [input],
      staticSummary: `${summaryOf(input)}, session ${input.sessionId}`,
    });
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
  }
}

function summaryOf(input: SessionActionInput): string {
  switch (input.kind) {
    case 'refund':
      return `Refund ${minorToDecimal(input.amountMinor)}`;
    case 'release':
      return 'Late release';
    case 'resendReceipt':
      return 'Receipt text again';
  }
}

async function run(result: Promise<unknown>): Promise<ActionRun> {
  try {
    await result;
    return 'ended';
  } catch (error) {
    // A long poll that meets its deadline is sometimes reported as cancelled by Temporal's client library.
    if (isGrpcDeadlineError(error) || isGrpcCancelledError(error)) return 'running';
    // Not found: started once, and its history has been deleted since.
    if (error instanceof WorkflowFailedError || error instanceof WorkflowNotFoundError) return 'broken';
    throw error;
  }
}
