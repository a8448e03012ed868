// One Temporal worker with all activities, as the commands `start` and `worker` run it. Not loaded by `api`: with the SDK's
// engine and bundler it is a third of the memory of such a process.
import {
  type ActivityInterceptorsFactory,
  DefaultLogger,
  NativeConnection,
  Runtime,
  Worker,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import type { ActivityDeps } from '../activities/deps.ts';
import type { Config } from '../config/config.ts';
import type { Logger } from '../ports/logger.ts';
import { TASK_QUEUE } from '../workflows/contract.ts';
import { connectionOptions, type TemporalServer } from './temporal.ts';
import { withLeanThreads } from './workflow-threads.ts';

export interface RunningWorker {
  /** `ok`, or the state of a worker that takes no tasks */
  state(): string;
  /** Lets running activities end (bounded), then stops. */
  stop(): Promise<void>;
}

/** Below the ten seconds a Ctrl-C may take; an activity that is cut off is tried again by the next worker. */
const SHUTDOWN_GRACE_MS = 4_000;
const SHUTDOWN_FORCE_MS = 6_000;
/**
 * How long Temporal keeps a session's next step for the worker that has it in memory, before any worker may have it: of a
 * worker killed with -9, its sessions stand still this long. The SDK's 10 s were most of the 12 s until the next capture. A
 * worker so busy that a step waits longer loses memory that it would have had to replay once, no more.
 */
const STICKY_WAIT_MS = 3_000;

/** An activity beats every 2 s while its call is under way; the SDK would hold each back until a second before its time-out. */
const BEATS_APART_MS = 1_000;

/** Once per process, before any connection: our logger, and no signal handlers beside our own. */
export function installRuntime(log: Logger): void {
  Runtime.install({
    shutdownSignals: [],
    logger: new DefaultLogger('WARN', ({ level, message, meta }) => {
      const fields = { temporal: true, ...meta };
      if (level === 'ERROR') log.error(fields, message);
      else log.warn(fields, message);
    }),
  });
}

export async function connectWorker(
  config: Config,
  server: Pick<TemporalServer, 'address'>,
): Promise<NativeConnection> {
  return await NativeConnection.connect(await connectionOptions(config, server.address));
}

export async function startWorker(
  {
    connection,
    bundle,
    cachedSessions,
  }: { connection: NativeConnection; bundle: WorkflowBundleOption; cachedSessions: number },
  namespace: string,
  deps: ActivityDeps,
  onFailure: (error: unknown) => void,
  activityInterceptors: ActivityInterceptorsFactory[] = [],
): Promise<RunningWorker> {
  const worker = await withLeanThreads(() =>
    Worker.create({
      connection,
      namespace,
      taskQueue: TASK_QUEUE,
      workflowBundle: bundle,
      activities: { ...createActivities(deps) },
      interceptors: { activity: activityInterceptors },
      maxCachedWorkflows: cachedSessions,
      stickyQueueScheduleToStartTimeout: STICKY_WAIT_MS,
      maxHeartbeatThrottleInterval: BEATS_APART_MS,
      shutdownGraceTime: SHUTDOWN_GRACE_MS,
      shutdownForceTime: SHUTDOWN_FORCE_MS,
    }),
  );
  let stopping = false;
  const run = worker.run().catch((error: unknown) => {
    // Forced: an activity outlived the grace. That is no failure; the next worker tries it again.
    if (!stopping) onFailure(error);
  });
  return {
    state: () => (worker.getState() === 'RUNNING' ? 'ok' : worker.getState()),
    stop: async () => {
      stopping = true;
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await run;
    },
  };
}
