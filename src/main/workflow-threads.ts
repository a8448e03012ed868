// The threads that the SDK makes for workflow code, without what costs and is not used there.
import { createRequire } from 'node:module';
import workerThreads, { type WorkerOptions } from 'node:worker_threads';

const require = createRequire(import.meta.url);

/**
 * Runs `create`, whose threads start lean. The SDK formats a stack trace for each promise that a workflow makes, for its
 * `__stack_trace` query alone, and has no setting for it: a third of the thread's work (ADR 0028). Its own way without is
 * taken, the one for engines that lack promise hooks. Nor does a thread inherit `--import tsx`: it loads no TypeScript.
 */
export async function withLeanThreads<T>(create: () => Promise<T>): Promise<T> {
  const { Worker } = workerThreads;
  class LeanThread extends Worker {
    constructor(file: string | URL, options: WorkerOptions = {}) {
      super(leanScript(String(file)), { ...options, eval: true, execArgv: [] });
    }
  }
  workerThreads.Worker = LeanThread;
  try {
    return await create();
  } finally {
    workerThreads.Worker = Worker;
  }
}

function leanScript(file: string): string {
  const shared = require.resolve('@temporalio/worker/lib/workflow/vm-shared.js');
  return `
    const load = require;
    load(${JSON.stringify(shared)}).globalHandlers.setPromiseHook = () => undefined;
    load(${JSON.stringify(file)});
  `;
}
