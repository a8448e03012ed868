// Bundles the workflow code, in a process of its own: webpack and swc leave a few hundred MB behind in theirs.
// Usage: bundle-child <index of the workflows> <file to write>
import { writeFile } from 'node:fs/promises';
import { bundleWorkflowCode } from '@temporalio/worker';
import { sourceMapOf } from './workflow-bundle.ts';

/**
 * Stack traces name our files and lines by the map's mappings. The sources it holds as well are half of the bundle, and
 * only an option of the SDK that we leave off reads them.
 */
function withoutSources(code: string): string {
  const found = sourceMapOf(code);
  if (found === null) return code;
  const lean = Buffer.from(JSON.stringify({ ...found.map, sourcesContent: undefined })).toString('base64');
  const url = `data:application/json;charset=utf-8;base64,${lean}`;
  return `${code.slice(0, found.begin)}//# sourceMappingURL=${url}\n`;
}

const [workflowsPath, file] = process.argv.slice(2);
if (workflowsPath === undefined || file === undefined)
  throw new Error('Usage: bundle-child <index of the workflows> <file to write>');
const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, log() {} };
const { code } = await bundleWorkflowCode({ workflowsPath, logger: silent });
await writeFile(file, withoutSources(code), { flush: true });
