// Owns: the workflow code a worker runs: prebuilt beside the compiled program, or bundled from source now.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';

const PREBUILT = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
const SOURCE = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));

export async function workflowBundle(): Promise<WorkflowBundleOption> {
  if (existsSync(PREBUILT)) return { codePath: PREBUILT };
  const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, log() {} };
  return await bundleWorkflowCode({ workflowsPath: SOURCE, logger: silent });
}
