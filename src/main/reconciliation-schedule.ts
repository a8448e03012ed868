// The Temporal Schedule that starts the reconciliation: made once, and brought to today's settings at each start. Its memo
// names the installation that owns the namespace, so that no worker takes the tasks of another installation.
import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleOptions,
} from '@temporalio/client';
import type { LedgerStore } from '../ports/ledger-store.ts';
import { RECONCILIATION_ID, RECONCILIATION_WORKFLOW, TASK_QUEUE } from '../workflows/contract.ts';

export interface ReconciliationSchedule {
  everyMs: number;
  /** default: our own; other ones are for tests beside each other on one server */
  scheduleId?: string;
  taskQueue?: string;
  /** wall time */
  timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;

/**
 * Claims the namespace for this database by its schedule; before a worker polls there. Harmless when several processes do it at
 * once. Throws when Temporal does not answer in time, and a sentence when the namespace is another installation's.
 */
export async function claimNamespace(
  client: Client,
  { ledger }: { ledger: Pick<LedgerStore, 'installationId'> },
  {
    everyMs,
    scheduleId = RECONCILIATION_ID,
    taskQueue = TASK_QUEUE,
    timeoutMs = TIMEOUT_MS,
  }: ReconciliationSchedule,
): Promise<void> {
  const installationId = await ledger.installationId();
  const options = {
    scheduleId,
    memo: { installationId },
    spec: { intervals: [{ every: everyMs }] },
    action: {
      type: 'startWorkflow',
      workflowType: RECONCILIATION_WORKFLOW,
      workflowId: scheduleId,
      taskQueue,
      args: [],
      staticSummary: 'Our payments compared with the providers',
    },
    // A run that takes longer than the interval is not overtaken; of what was missed while Temporal was down, one is enough.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: everyMs },
  } as const satisfies ScheduleOptions;
  await client.withDeadline(Date.now() + timeoutMs, async () => {
    try {
      await client.schedule.create(options);
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      const trouble = await namespaceTrouble(client, installationId, scheduleId);
      if (trouble !== null) throw new Error(`${trouble.what}. ${trouble.advice}.`, { cause: error });
      const { spec, action, policies } = options;
      await client.schedule
        .getHandle(scheduleId)
        .update((previous) => ({ spec, action, policies, state: previous.state }));
    }
  });
}

/** Null: the namespace is this installation's, or nobody's yet. Changes nothing. */
export async function namespaceTrouble(
  client: Client,
  installationId: string,
  scheduleId = RECONCILIATION_ID,
): Promise<{ what: string; advice: string } | null> {
  const owner = await ownerOf(client, scheduleId);
  if (owner === null || owner === installationId) return null;
  if (owner === 'unknown')
    return {
      what: `The schedule ${scheduleId} of the Temporal namespace "${client.options.namespace}" names no database: it was made by hand`,
      advice: `Delete it; the next start makes it again`,
    };
  return {
    what: `The Temporal namespace "${client.options.namespace}" belongs to another database (installation ${owner}, ours is ${installationId})`,
    advice: `Set the DATABASE_URL or DATA_DIR that belongs to it, or another TEMPORAL_NAMESPACE. Where that database no longer exists, end its workflows and delete the schedule ${scheduleId} there`,
  };
}

/** For a command that acts on sessions: throws also where the namespace is nobody's, for then none of ours runs there. */
export async function assertOurNamespace(client: Client, installationId: string): Promise<void> {
  const trouble = await namespaceTrouble(client, installationId);
  if (trouble !== null) throw new Error(`${trouble.what}. ${trouble.advice}.`);
  if ((await ownerOf(client, RECONCILIATION_ID)) === null)
    throw new Error(
      `No api or worker of this database has used the Temporal namespace "${client.options.namespace}". Set the TEMPORAL_NAMESPACE and TEMPORAL_ADDRESS that they use.`,
    );
}

async function ownerOf(client: Client, scheduleId: string): Promise<string | null> {
  try {
    const { memo } = await client.schedule.getHandle(scheduleId).describe();
    return typeof memo?.['installationId'] === 'string' ? memo['installationId'] : 'unknown';
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return null;
    throw error;
  }
}
