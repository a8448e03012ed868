// Owns: the Temporal SDK's official download of the dev server, in a process of its own.
import { mkdir, readdir, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { withProgress } from './binary-cache.ts';
import { childEnvironment, runCommand, scriptArguments } from './child-process.ts';
import type { FetchResult } from './pinned-wheel.ts';
import type { Environment, Report } from './report.ts';

const DOWNLOAD_TIMEOUT_MS = 180_000;

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
      timeoutMs: DOWNLOAD_TIMEOUT_MS,
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
