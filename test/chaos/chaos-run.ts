import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { promisify } from 'node:util';
import { afterEach } from 'vitest';
import { PROJECT_ROOT } from '../architecture/project-files.ts';
import { shared } from '../support/on-demand.ts';

const runs: ChildProcess[] = [];
afterEach(() => {
  for (const run of runs.splice(0)) run.kill('SIGKILL');
});

export interface ChaosRun {
  child: ChildProcess;
  output: () => string;
  ended: Promise<number | null>;
  /** logs and evidence; in the command line of every process of the run */
  folder: () => string;
}

/** Starts `npm run chaos` as a person would; it is ended with the test. */
export async function startChaos(...args: string[]): Promise<ChaosRun> {
  const { path } = await shared('temporalCli');
  const child = spawn(process.execPath, ['--import', 'tsx', 'test/chaos/chaos.ts', ...args], {
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

export async function processesOf({ folder }: ChaosRun): Promise<string[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', 'command='], { maxBuffer: 2 ** 25 });
  return stdout.split('\n').filter((line) => line.includes(folder()));
}
