import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import workerThreads from 'node:worker_threads';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { DefaultLogger } from '@temporalio/worker';
import { expect, onTestFinished, test } from 'vitest';
import { withLeanThreads } from '../../src/main/workflow-threads.ts';

const require = createRequire(import.meta.url);
const VM_SHARED = require.resolve('@temporalio/worker/lib/workflow/vm-shared.js');

/** What the SDK's own set-up of a thread leaves, in a thread made by `make`. */
async function hookInstalled(make: (file: string) => workerThreads.Worker): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'sms2pay-thread-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const file = join(folder, 'thread.cjs');
  await writeFile(
    file,
    `const { globalHandlers } = require(${JSON.stringify(VM_SHARED)});
     globalHandlers.install();
     require('node:worker_threads').parentPort.postMessage(globalHandlers.promiseHookInstalled);`,
  );
  const [installed] = (await once(make(file), 'message')) as [boolean];
  return installed;
}

test('a lean thread has no promise hook, and the others keep theirs', async () => {
  const before = workerThreads.Worker;
  const make = (file: string) => new workerThreads.Worker(file);
  expect(await hookInstalled(make)).toBe(true);
  expect(await withLeanThreads(() => hookInstalled(make))).toBe(false);
  expect(workerThreads.Worker).toBe(before);
  await expect(withLeanThreads(() => Promise.reject(new Error('no worker')))).rejects.toThrow('no worker');
  expect(workerThreads.Worker).toBe(before);
});

test("the SDK's guard ends workflow code that never yields, also in a lean thread", async () => {
  const creator = require('@temporalio/worker/lib/workflow/threaded-vm.js') as {
    ThreadedVMWorkflowCreator: { create(options: object): Promise<{ destroy(): Promise<void> }> };
  };
  const create = (code: string) =>
    withLeanThreads(() =>
      creator.ThreadedVMWorkflowCreator.create({
        threadPoolSize: 1,
        workflowBundle: {
          code,
          sourceMap: { version: 3, sources: [], names: [], mappings: '' },
          filename: '/bundle.js',
        },
        isolateExecutionTimeoutMs: 300,
        reuseV8Context: true,
        registeredActivityNames: new Set(),
        logger: new DefaultLogger('ERROR'),
      }),
    );
  const bundle = (preload: string) =>
    `globalThis.__webpack_module_cache__; globalThis.__TEMPORAL__ = { preloadModules() { ${preload} }, api: { destroy() {} } };`;
  await (await create(bundle(''))).destroy();
  await expect(create(bundle('for (;;);'))).rejects.toThrow('Script execution timed out after 300ms');
});
