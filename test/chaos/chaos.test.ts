// The whole crash test, in its own processes: 100 sessions here, 1,000 in `npm run test:full`.
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { PROJECT_ROOT } from '../architecture/project-files.ts';
import { shared } from '../support/on-demand.ts';
import { hasPostgres } from '../support/postgres.ts';
import { scaled } from '../support/scale.ts';

const LIMIT_MS = scaled({ sample: 480_000, full: 1_150_000 });
const SESSIONS = scaled({ sample: 100, full: 1_000 });
const POINTS = [
  'between inbox insert and dispatch',
  'provider acted, reply not yet read',
  'captured, not yet recorded',
  'receipt sent, not yet marked',
];

const runs: ChildProcess[] = [];
afterEach(() => {
  for (const run of runs.splice(0)) run.kill('SIGKILL');
});

interface ChaosRun {
  child: ChildProcess;
  output: () => string;
  ended: Promise<number | null>;
  /** logs and evidence; in the command line of every process of the run */
  folder: () => string;
}

async function start(...args: string[]): Promise<ChaosRun> {
  const { path } = await shared('temporalCli');
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/chaos.ts', ...args], {
    cwd: PROJECT_ROOT,
    env: { ...process.env, TEMPORAL_CLI_PATH: path },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  runs.push(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = new Promise<number | null>((done) => child.on('close', (code) => done(code)));
  const folder = (): string => /evidence in (\S+)/.exec(output)?.[1] ?? 'nowhere yet';
  return { child, output: () => output, ended, folder };
}

async function processesOf({ folder }: ChaosRun): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', 'command='], { maxBuffer: 2 ** 25 });
  return stdout.split('\n').filter((line) => line.includes(folder()));
}

function valueOf(output: string, name: string): string {
  return new RegExp(`^${name} +(.*)$`, 'm').exec(output)?.[1] ?? `there is no ${name}`;
}

describe.skipIf(!hasPostgres())('npm run chaos', { timeout: LIMIT_MS }, () => {
  test(`loses, doubles, bends and strands none of ${SESSIONS} sessions, whatever is killed`, async () => {
    const run = await start('--sessions', String(SESSIONS));
    const code = await run.ended;
    const output = run.output();
    expect(`${code}\n${output}`).toMatch(/^0\n/);
    for (const name of ['lost', 'doubled', 'wrong', 'stuck']) expect(valueOf(output, name)).toBe('0');
    expect(Number.parseInt(valueOf(output, 'sessions'), 10)).toBeGreaterThanOrEqual(SESSIONS);
    for (const victim of ['api', 'worker', 'simulator', 'postgres', 'temporal'])
      expect(
        Number(new RegExp(`${victim} (\\d+)`).exec(valueOf(output, 'kills'))?.[1]),
      ).toBeGreaterThanOrEqual(2);
    for (const point of POINTS)
      expect(Number(new RegExp(`(\\d+) +${point}`).exec(output)?.[1])).toBeGreaterThanOrEqual(1);
    expect(Number.parseInt(valueOf(output, 'faults fired'), 10)).toBeGreaterThan(0);
    expect(valueOf(output, '  hit money calls')).toMatch(/^[1-9]/);
    expect(await processesOf(run)).toEqual([]);
    expect(existsSync(run.folder())).toBe(false);
  });

  test('leaves no process behind after a Ctrl-C', async () => {
    const run = await start('--sessions', '1000');
    await vi.waitFor(() => expect(run.output()).toContain('everything is up'), {
      timeout: 200_000,
      interval: 200,
    });
    expect((await processesOf(run)).length).toBeGreaterThanOrEqual(5);
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(130);
    expect(await processesOf(run)).toEqual([]);
    expect(existsSync(run.folder())).toBe(false);
  });
});
