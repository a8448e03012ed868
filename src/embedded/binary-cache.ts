// Owns: where downloaded binaries lie and how a new one gets there: checked first, then renamed in, so that two
// processes fetching at once end with one good file. Must not: ever show a half-written file under the final name.
import { chmod, mkdir, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Environment, Report } from './report.ts';

/** The user's folder for files that can be fetched again: XDG_CACHE_HOME or ~/.cache, on macOS ~/Library/Caches. */
export function userCacheDir(env: Environment, platform: NodeJS.Platform = process.platform): string {
  const home = env['HOME'] ?? homedir();
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'sms2pay');
  const configured = env['XDG_CACHE_HOME'];
  // The XDG rule: a relative path is to be ignored.
  const base = configured?.startsWith('/') === true ? configured : join(home, '.cache');
  return join(base, 'sms2pay');
}

const STAGING_PREFIX = '.fetching-';
const ABANDONED_AFTER_MS = 3_600_000;

/** Runs `work` in a fresh folder inside the cache (same file system, so that a rename is atomic) and removes it. */
export async function inStagingFolder<T>(cacheDir: string, work: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(cacheDir, { recursive: true });
  await removeAbandoned(cacheDir);
  const folder = await mkdtemp(join(cacheDir, STAGING_PREFIX));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** What a process that was killed while fetching left behind; no download lasts that long. */
async function removeAbandoned(cacheDir: string): Promise<void> {
  for (const name of await readdir(cacheDir)) {
    if (!name.startsWith(STAGING_PREFIX)) continue;
    const folder = join(cacheDir, name);
    const entry = await stat(folder).catch(() => null);
    if (entry !== null && Date.now() - entry.mtimeMs > ABANDONED_AFTER_MS)
      await rm(folder, { recursive: true, force: true });
  }
}

/** Puts a checked binary under its final name. */
export async function adoptBinary(file: string, cached: string): Promise<void> {
  await chmod(file, 0o755);
  await rename(file, cached);
}

export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (entry) => entry.isFile(),
    () => false,
  );
}

const PROGRESS_EVERY_MS = 3_000;

/** Reports every few seconds how long `work` has taken and how much it has put on disk. */
export async function withProgress<T>(
  label: string,
  folder: string,
  report: Report,
  work: () => Promise<T>,
): Promise<T> {
  const startedAt = Date.now();
  const reportSize = async (): Promise<void> => {
    const megabytes = (await sizeBytes(folder)) / 1e6;
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    report(`  ${label}: ${megabytes.toFixed(0)} MB after ${seconds} s`);
  };
  const timer = setInterval(() => {
    void reportSize();
  }, PROGRESS_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

async function sizeBytes(folder: string): Promise<number> {
  try {
    const entries = await readdir(folder, { recursive: true });
    const sizes = await Promise.all(
      entries.map((entry) =>
        stat(join(folder, entry)).then(
          (file) => (file.isFile() ? file.size : 0),
          () => 0,
        ),
      ),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  } catch {
    return 0;
  }
}
