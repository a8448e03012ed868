/** Which sessions' workflows ended in another way than by their own decision: by hand, by a failure or a time-out. */
import type { WorkflowClient } from '@temporalio/client';
import { CHARGE_SESSION_WORKFLOW, chargeSessionWorkflowId } from '../workflows/contract.ts';

export interface EndedWorkflows {
  /** Session ids, at most `limit`. Throws when Temporal does not answer. */
  listBroken(since: Date, limit: number): Promise<string[]>;
}

const PREFIX = chargeSessionWorkflowId('');
/** A list of a busy namespace takes longer than a call; without an end it would hold up every later look. */
const LIST_TIMEOUT_MS = 15_000;

export function createEndedWorkflows(
  client: WorkflowClient,
  { timeoutMs = LIST_TIMEOUT_MS }: { timeoutMs?: number } = {},
): EndedWorkflows {
  return {
    listBroken: async (since, limit) => {
      const query = `WorkflowType = '${CHARGE_SESSION_WORKFLOW}' AND ExecutionStatus IN ('Terminated', 'Failed', 'TimedOut', 'Canceled') AND CloseTime > '${since.toISOString()}'`;
      return await client.withDeadline(Date.now() + timeoutMs, async () => {
        const sessionIds: string[] = [];
        for await (const { workflowId } of client.list({ query })) {
          if (workflowId.startsWith(PREFIX)) sessionIds.push(workflowId.slice(PREFIX.length));
          if (sessionIds.length >= limit) break;
        }
        return sessionIds;
      });
    },
  };
}
