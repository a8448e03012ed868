// The workflow code of a worker: prebuilt beside the compiled program, otherwise bundled from source once per version of it.
import { createHash } from 'node:crypto';
import { readdir, readFile, rename } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { WorkflowBundleOption } from '@temporalio/worker';
import {
  childEnvironment,
  type Environment,
  runCommand,
  scriptArguments,
} from '../embedded/child-process.ts';
import { inStagingFolder, isFile, removeOlder } from '../embedded/cli-download.ts';

const PREBUILT = fileURLToPath(new URL('../workflow-bundle.js', import.meta.url));
/** Of a checkout, also where the program was built from it (`npm start`). */
const SOURCES = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '..' : '../../src', import.meta.url));
const INDEX = join(SOURCES, 'workflows/index.ts');
/** All that workflow code may import from us; the import table's test keeps it so. */
const SOURCE_FOLDERS = ['workflows', 'domain'].map((folder) => join(SOURCES, folder));
const PREFIX = 'workflow-bundle-';
const UNUSED_AFTER_MS = 7 * 24 * 3_600_000;
/** It takes about 3 s; far longer on a machine that is busy with everything else. */
const BUNDLING_LIMIT_MS = 120_000;

/**
 * Bundling takes 3 s of processor time, so the result is kept in `cacheDir` under a hash of what it is made from. A damaged
 * one is made again; a cache that cannot be written costs only this time.
 */
export async function workflowBundle(cacheDir: string, env: Environment): Promise<WorkflowBundleOption> {
  if (await isFile(PREBUILT)) return { codePath: PREBUILT };
  const codePath = join(cacheDir, `${PREFIX}${await sourceHash(SOURCE_FOLDERS)}.js`);
  if (await isWhole(codePath)) return { codePath };
  try {
    // Complete on disk before it has its name: neither a second process nor one after a power loss may read half of it.
    await inStagingFolder(cacheDir, async (folder) => await rename(await bundleInto(folder, env), codePath));
  } catch {
    return await inStagingFolder(tmpdir(), async (folder) => ({
      code: await readFile(await bundleInto(folder, env), 'utf8'),
    }));
  }
  await removeOlder(cacheDir, PREFIX, UNUSED_AFTER_MS).catch(() => {});
  return { codePath };
}

async function isWhole(file: string): Promise<boolean> {
  try {
    return sourceMapOf(await readFile(file, 'utf8')) !== null;
  } catch {
    return false;
  }
}

/** Null: the code does not end with its source map, without which the SDK refuses it. Throws when that is cut short. */
export function sourceMapOf(code: string): { begin: number; map: object } | null {
  const begin = code.lastIndexOf('//# sourceMappingURL=data:');
  const base64 = begin < 0 ? undefined : code.slice(begin).split('base64,')[1];
  if (base64 === undefined) return null;
  return { begin, map: JSON.parse(Buffer.from(base64, 'base64').toString()) as object };
}

async function bundleInto(folder: string, env: Environment): Promise<string> {
  const file = join(folder, 'bundle.js');
  const args = [...scriptArguments(import.meta.url, 'bundle-child'), INDEX, file];
  const bundled = await runCommand(process.execPath, args, {
    env: childEnvironment(env),
    timeoutMs: BUNDLING_LIMIT_MS,
  });
  if (!bundled.ok) throw new Error(`The workflow code cannot be bundled: ${bundled.reason}`);
  return file;
}

/** Names and contents of every file in the folders, and the version of the bundler. */
export async function sourceHash(folders: readonly string[]): Promise<string> {
  const worker = createRequire(import.meta.url)('@temporalio/worker/package.json') as { version: string };
  const hash = createHash('sha256').update(`${worker.version} without sources`);
  for (const folder of folders) {
    const files = await readdir(folder, { recursive: true, withFileTypes: true });
    const paths = files.filter((file) => file.isFile()).map((file) => join(file.parentPath, file.name));
    for (const path of paths.toSorted())
      hash.update(`\0${path.slice(folder.length)}\0`).update(await readFile(path));
  }
  return hash.digest('hex').slice(0, 16);
}
