// Where and with what a run was made.
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { cpus, totalmem } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { userCacheDir } from '../src/embedded/cli-download.ts';
import { resolveTemporalCli } from '../src/embedded/temporal-cli.ts';
import { findPostgresServer } from '../test/support/postgres-cluster.ts';

const run = promisify(execFile);

export type Machine = Record<
  'date' | 'commit' | 'cpu' | 'cores' | 'memory' | 'system' | 'node' | 'temporal' | 'sdk' | 'postgres',
  string
>;

export async function describeMachine(): Promise<Machine> {
  const cores = cpus();
  const cli = await resolveTemporalCli({
    cliPath: process.env['TEMPORAL_CLI_PATH'] || null,
    env: process.env,
    cacheDir: userCacheDir(process.env),
    report: () => {},
  });
  const bin = await findPostgresServer(process.env);
  const sdk = createRequire(import.meta.url)('@temporalio/worker/package.json') as { version: string };
  const changed = await firstLine('git', ['status', '--porcelain', '--untracked-files=no', 'src']);
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: `${await firstLine('git', ['rev-parse', '--short', 'HEAD'])}${changed === '' ? '' : ' and changes'}`,
    cpu: cores[0]?.model.trim() ?? 'unknown',
    cores: String(cores.length),
    memory: `${(totalmem() / 2 ** 30).toFixed(1)} GiB`,
    system: `${process.platform} ${process.arch}`,
    node: process.version,
    temporal: (await firstLine(cli.path, ['--version'])).replace('temporal version ', ''),
    sdk: sdk.version,
    postgres:
      bin === null
        ? 'none'
        : (await firstLine(join(bin, 'postgres'), ['--version'])).replace('postgres (PostgreSQL) ', ''),
  };
}

async function firstLine(program: string, args: string[]): Promise<string> {
  const { stdout } = await run(program, args).catch(() => ({ stdout: 'unknown' }));
  return stdout.split('\n')[0]?.trim() ?? '';
}
