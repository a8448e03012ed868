// The workflow code of a worker: prebuilt beside the compiled program, otherwise bundled from source once per version of it.
import { createHash } from 'node:crypto';
import { readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, type WorkflowBundleOption } from '@temporalio/worker';
import { inStagingFolder, isFile, removeOlder } from '../embedded/cli-download.ts';

const PREBUILT = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
const SOURCE = fileURLToPath(new URL('../workflows/index.ts', import.meta.url));
/** All that workflow code may import from us; the import table's test keeps it so. */
const SOURCE_FOLDERS = ['../workflows', '../domain'].map((folder) =>
  fileURLToPath(new URL(folder, import.meta.url)),
);
const PREFIX = 'workflow-bundle-';
const UNUSED_AFTER_MS = 7 * 24 * 3_600_000;

/**
 * Bundling takes 3 s of processor time, so the result is kept in `cacheDir` under a hash of what it is made from. A cache that
 * cannot be written costs only this time.
 */
export async function workflowBundle(cacheDir: string): Promise<WorkflowBundleOption> {
  if (await isFile(PREBUILT)) return { codePath: PREBUILT };
  const codePath = join(cacheDir, `${PREFIX}${await sourceHash(SOURCE_FOLDERS)}.js`);
  if (await isFile(codePath)) return { codePath };
  const silent = { trace() {}, debug() {}, info() {}, warn() {}, error() {}, log() {} };
  const { code } = await bundleWorkflowCode({ workflowsPath: SOURCE, logger: silent });
  await keep(code, codePath, cacheDir).catch(() => {});
  return { code };
}

/** Complete on disk before it has its name: neither a second process nor one after a power loss may read half of it. */
async function keep(code: string, codePath: string, cacheDir: string): Promise<void> {
  await inStagingFolder(cacheDir, async (folder) => {
    const draft = join(folder, 'bundle.js');
    await writeFile(draft, code, { flush: true });
    await rename(draft, codePath);
  });
  await removeOlder(cacheDir, PREFIX, UNUSED_AFTER_MS);
}

/** Names and contents of every file in the folders, and the version of the bundler. */
export async function sourceHash(folders: readonly string[]): Promise<string> {
  const worker = createRequire(import.meta.url)('@temporalio/worker/package.json') as { version: string };
  const hash = createHash('sha256').update(worker.version);
  for (const folder of folders) {
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
    for (const path of paths.toSorted())
      hash.update(`\0${path.slice(folder.length)}\0`).update(await readFile(path));
  }
  return hash.digest('hex').slice(0, 16);
}
