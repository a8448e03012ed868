/** What Temporal's visibility knows of our workflows: which sessions have one, and which receipt numbers were issued. */
import type { WorkflowClient } from '@temporalio/client';
import type { IssuedNumbers } from '../../ports/receipt-store.ts';
import {
  CHARGE_SESSION_WORKFLOW,
  chargeSessionWorkflowId,
  RECEIPT_NUMBER,
} from '../../workflows/contract.ts';

/** Each list has session ids of this installation alone, at most `limit`, and throws when Temporal does not answer. */
export interface SessionExecutions {
  listRunning(installationId: string, limit: number): Promise<string[]>;
  /** Closed at `since` or later, however they ended; null: all that Temporal still keeps. */
  listEnded(installationId: string, since: Date | null, limit: number): Promise<string[]>;
}

/** A list of a busy namespace takes longer than a call; without an end it would hold up every later one. */
const LIST_TIMEOUT_MS = 15_000;
const OF_SESSIONS = `WorkflowType = '${CHARGE_SESSION_WORKFLOW}'`;
/** One that was continued as new has not ended. */
const ENDED = `ExecutionStatus IN ('Completed', 'Terminated', 'Failed', 'TimedOut', 'Canceled')`;

export function createSessionExecutions(
  client: WorkflowClient,
  { timeoutMs = LIST_TIMEOUT_MS }: { timeoutMs?: number } = {},
): SessionExecutions {
  const list = (query: string, installationId: string, limit: number): Promise<string[]> =>
    client.withDeadline(Date.now() + timeoutMs, async () => {
      const prefix = chargeSessionWorkflowId('');
      const sessionIds: string[] = [];
      for await (const { workflowId } of client.list({ query })) {
        if (workflowId.startsWith(`${prefix}${installationId}`))
          sessionIds.push(workflowId.slice(prefix.length));
        if (sessionIds.length >= limit) break;
      }
      return sessionIds;
    });
  return {
    listRunning: (installationId, limit) =>
      list(`${OF_SESSIONS} AND ExecutionStatus = 'Running'`, installationId, limit),
    listEnded: (installationId, since, limit) => {
      const closed = since === null ? '' : ` AND CloseTime >= '${since.toISOString()}'`;
      return list(`${OF_SESSIONS} AND ${ENDED}${closed}`, installationId, limit);
    },
  };
}

export function createIssuedNumbers(
  client: WorkflowClient,
  { timeoutMs = LIST_TIMEOUT_MS }: { timeoutMs?: number } = {},
): IssuedNumbers {
  return {
    highest: ({ partnerId, installationId, above }) =>
      client.withDeadline(Date.now() + timeoutMs, async () => {
        const partner = partnerId.replaceAll(/['\\]/g, (character) => `\\${character}`);
        const query = `PartnerId = '${partner}' AND ReceiptNumber > ${above}`;
        let highest = above;
        for await (const { workflowId, typedSearchAttributes } of client.list({ query }))
          if (workflowId.includes(`-${installationId}`))
            highest = Math.max(highest, typedSearchAttributes.get(RECEIPT_NUMBER) ?? above);
        return highest;
      }),
  };
}
