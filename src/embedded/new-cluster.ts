// A new embedded database: a copy of an empty one that is kept per version of PGlite, or made by initdb.
import { createHash } from 'node:crypto';
import { cpSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { runCommand, scriptArguments } from './child-process.ts';
import { inStagingFolder, removeOlder } from './cli-download.ts';

const DRAFT_PREFIX = 'postgres.draft';
const KEPT_PREFIX = 'pglite-';
const UNUSED_AFTER_MS = 7 * 24 * 3_600_000;
/** It takes about 4 s; far longer on a machine that is busy with everything else. */
const INITDB_LIMIT_MS = 120_000;

/**
 * Makes `cluster`, complete when it has its name: a kill leaves nothing half made. initdb takes 4 s of processor time, so its
 * result is kept in `cacheDir`; a damaged one is made again, and a cache that cannot be written costs only this time.
 */
export async function makeCluster(cluster: string, cacheDir: string | null): Promise<void> {
  const folder = dirname(cluster);
  await removeOlder(folder, DRAFT_PREFIX, 0);
  // A name of its own: the child of a start that was killed may still be at work in that one's draft.
  const draft = await mkdtemp(join(folder, `${DRAFT_PREFIX}-`));
  try {
    await fill(draft, cacheDir);
    await rename(draft, cluster);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

async function fill(draft: string, cacheDir: string | null): Promise<void> {
  const kept = cacheDir === null ? null : await keptCluster(cacheDir).catch(() => null);
  if (kept !== null) {
    cpSync(kept, draft, { recursive: true });
    return;
  }
  const args = [...scriptArguments(import.meta.url, 'cluster-child'), draft];
  const made = await runCommand(process.execPath, args, { env: {}, timeoutMs: INITDB_LIMIT_MS });
  if (!made.ok) throw new Error(`The embedded database cannot be made: ${made.reason}`);
  if (cacheDir !== null) await keep(draft, cacheDir).catch(() => {});
}

async function keep(cluster: string, cacheDir: string): Promise<void> {
  await inStagingFolder(cacheDir, async (folder) => {
    const copy = join(folder, 'cluster');
    cpSync(cluster, copy, { recursive: true });
    await rename(copy, join(cacheDir, await keptName(copy)));
  });
  await removeOlder(cacheDir, KEPT_PREFIX, UNUSED_AFTER_MS);
}

/** Null: none of this version is there. One whose files are not all there in full is not used. */
async function keptCluster(cacheDir: string): Promise<string | null> {
  for (const name of (await readdir(cacheDir)).filter((entry) => entry.startsWith(KEPT_PREFIX))) {
    const path = join(cacheDir, name);
    if (name === (await keptName(path))) return path;
  }
  return null;
}

/** Of a cluster in the cache: the version, and a digest of its files' names and sizes. */
async function keptName(cluster: string): Promise<string> {
  const entries = await readdir(cluster, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
  const lines = files.map((file, index) => `${file.slice(cluster.length)} ${sizes[index]}`).toSorted();
  const digest = createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 16);
  return `${KEPT_PREFIX}${await pgliteVersion()}-${digest}`;
}

async function pgliteVersion(): Promise<string> {
  const main = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const { version } = JSON.parse(await readFile(join(dirname(main), '../package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}
