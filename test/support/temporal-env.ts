import { randomUUID } from 'node:crypto';
import { Client, type Connection } from '@temporalio/client';
import { IllegalStateError } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import {
  DefaultLogger,
  type NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import { fastForward } from '../../src/embedded/time-skipping.ts';
import { shared } from './on-demand.ts';

export interface TemporalEnv {
  address: string;
  namespace: string;
  connection: Connection;
  client: Client;
  nativeConnection: NativeConnection;
  /** of src/workflows, built once for the run: `workflowBundle: { codePath }` */
  workflowBundlePath: string;
  /** For workflow ids and task queues: the server is shared by all tests of the run. */
  uniqueId(prefix: string): string;
  /**
   * Runs a worker for our workflows on `taskQueue` until `stop` or `close`. `options` replaces any setting, for example
   * the workflows.
   */
  createWorker(
    taskQueue: string,
    activities: object,
    options?: Partial<WorkerOptions>,
  ): Promise<RunningWorker>;
  /** Moves a workflow `ms` ahead (whole seconds, rounded up), or to its end; throws when it does not get there. */
  fastForward(workflow: { workflowId: string }, ms: number): Promise<void>;
  /** Stops the workers and closes the connections. */
  close(): Promise<void>;
}

export interface RunningWorker {
  taskQueue: string;
  /** Shuts the worker down and throws what it failed of, if it did. */
  stop(): Promise<void>;
}

/** Errors only. Before the first Worker or environment of a test file; once in a process, which runs many files. */
export function quietTemporalLogs(): void {
  try {
    Runtime.install({ logger: new DefaultLogger('ERROR') });
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error;
  }
}

/** Connects to the run's Temporal server (per-workflow time skipping is on). Once per file, in `beforeAll`. */
export async function openTemporalEnv(): Promise<TemporalEnv> {
  quietTemporalLogs();
  const [{ address, namespace }, { path }] = await Promise.all([
    shared('temporal'),
    shared('workflowBundle'),
  ]);
  const environment = await TestWorkflowEnvironment.createFromExistingServer({ address, namespace });
  const workers: RunningWorker[] = [];
  return {
    address,
    namespace,
    connection: environment.connection,
    client: environment.client,
    nativeConnection: environment.nativeConnection,
    workflowBundlePath: path,
    uniqueId: (prefix) => `${prefix}-${randomUUID()}`,
    createWorker: async (taskQueue, activities, options = {}) => {
      const { workflowsPath } = options;
      const workflows =
        workflowsPath === undefined ? { workflowBundle: { codePath: path } } : { workflowsPath };
      const worker = await Worker.create({
        connection: environment.nativeConnection,
        namespace,
        taskQueue,
        activities,
        maxCachedWorkflows: 100,
        ...workflows,
        ...options,
      });
      const running = background(worker, taskQueue);
      workers.push(running);
      return running;
    },
    fastForward: async ({ workflowId }, ms) => {
      const result = await fastForward(environment.connection, namespace, workflowId, Math.ceil(ms / 1000));
      if (result.kind === 'unsupported' || result.kind === 'unfinished')
        throw new Error(`Time does not move in ${workflowId}: ${result.kind}, ${result.reason}`);
    },
    close: async () => {
      const results = await Promise.allSettled(workers.map((worker) => worker.stop()));
      await environment.teardown();
      const failed = results.find((result) => result.status === 'rejected');
      if (failed !== undefined) throw failed.reason;
    },
  };
}

function background(worker: Worker, taskQueue: string): RunningWorker {
  const ended = worker.run();
  // Looked at in `stop`; until then a failure must not end the test process.
  ended.catch(() => {});
  return {
    taskQueue,
    stop: async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended;
    },
  };
}

/** A client of a namespace of its own on the run's server, for what there is once in a namespace. */
export async function clientOfOwnNamespace(env: TemporalEnv): Promise<Client> {
  const { connection } = env;
  const namespace = env.uniqueId('namespace');
  await connection.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: msToTs(24 * 3_600_000),
  });
  return new Client({ connection, namespace });
}
