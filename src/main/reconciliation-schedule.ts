// Owns: the Temporal Schedule that starts the reconciliation: made once, and brought to today's settings at each start.
import {
  ScheduleAlreadyRunning,
  ScheduleOverlapPolicy,
  type Client,
  type ScheduleOptions,
} from '@temporalio/client';
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

/** Harmless when several processes do it at once. Throws when Temporal does not answer in time. */
export async function ensureReconciliationSchedule(
  client: Client,
  {
    everyMs,
    scheduleId = RECONCILIATION_ID,
    taskQueue = TASK_QUEUE,
    timeoutMs = TIMEOUT_MS,
  }: ReconciliationSchedule,
): Promise<void> {
  const options = {
    scheduleId,
    spec: { intervals: [{ every: everyMs }] },
    action: {
      type: 'startWorkflow',
      workflowType: RECONCILIATION_WORKFLOW,
      workflowId: scheduleId,
      taskQueue,
      args: [],
      staticSummary: 'Our payments held against the providers',
    },
    // A run that takes longer than the interval is not overtaken; of what was missed while Temporal was down, one is enough.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: everyMs },
  } as const satisfies ScheduleOptions;
  await client.withDeadline(Date.now() + timeoutMs, async () => {
    try {
      await client.schedule.create(options);
    } catch (error) {
      if (!(error instanceof ScheduleAlreadyRunning)) throw error;
      const { spec, action, policies } = options;
      await client.schedule
        .getHandle(scheduleId)
        .update((previous) => ({ spec, action, policies, state: previous.state }));
    }
  });
}
