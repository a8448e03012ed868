// What every part of the bench stands on: a folder, the built program, the Temporal server's program, and the child processes,
// none of which outlives the bench, however it ends.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildProgram, plainEnvironment, temporalArguments } from '../test/chaos/installation.ts';
import { Victim, type VictimPlan } from '../test/chaos/victim.ts';
import { Watchdog } from '../test/chaos/watchdog.ts';
import { userCacheDir } from '../src/embedded/cli-download.ts';
import { choosePort } from '../src/embedded/dev-server.ts';
import { resolveTemporalCli } from '../src/embedded/temporal-cli.ts';
import { treeOf } from './usage.ts';

export type ProcessName = 'app' | 'api' | 'worker' | 'postgres' | 'temporal' | 'engine' | 'bare';
export type Child = Victim<ProcessName>;
export type ChildPlan = Omit<VictimPlan<ProcessName>, 'logFile' | 'owner' | 'env'> & {
  folder: string;
  owner?: VictimPlan['owner'];
  env?: Record<string, string>;
};

export class Ground {
  readonly folder: string;
  /** `dist/cli/cli.js`, as the container runs it */
  readonly program: string;
  readonly temporalCli: string;
  /** arguments of Node for the processes of the product */
  readonly nodeArguments: readonly string[];
  readonly #watchdog: Watchdog;
  readonly #children: Child[] = [];
  readonly #closers: (() => Promise<void>)[] = [];
  #folders = 0;
  #isOver = false;

  private constructor(folder: string, program: string, temporalCli: string, profiles: string | null) {
    this.nodeArguments = [
      '--enable-source-maps',
      ...(profiles === null ? [] : ['--cpu-prof', '--cpu-prof-dir', resolve(profiles)]),
    ];
    this.folder = folder;
    this.program = program;
    this.temporalCli = temporalCli;
    this.#watchdog = new Watchdog(join(folder, 'running'));
  }

  /** `profiles`: a folder for a CPU profile of each process of the product */
  static async prepare(report: (line: string) => void, profiles: string | null = null): Promise<Ground> {
    const folder = await mkdtemp(join(tmpdir(), 'sms2pay-bench-'));
    // The user who runs PostgreSQL must be able to pass.
    await chmod(folder, 0o711);
    try {
      const cliPath = process.env['TEMPORAL_CLI_PATH'] || null;
      const cacheDir = userCacheDir(process.env);
      const [program, cli] = await Promise.all([
        buildProgram(folder),
        resolveTemporalCli({ cliPath, env: process.env, cacheDir, report }),
      ]);
      return new Ground(folder, program, cli.path, profiles);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Starts it, and waits until it serves. */
  async start({ folder, ...plan }: ChildPlan): Promise<Child> {
    const child: Child = new Victim(
      {
        owner: null,
        env: plainEnvironment(),
        ...plan,
        logFile: join(folder, `${plan.name}.log`),
      },
      () => this.#watchdog.note(this.#children.map(({ pid }) => pid)),
    );
    this.#children.push(child);
    await this.restart(child);
    return child;
  }

  /** One that has ended; after a Ctrl-C a part may still be on its way to this. */
  async restart(child: Child): Promise<void> {
    if (this.#isOver) throw new Error('the bench is over');
    await child.start();
  }

  /** A dev server on a file, with the settings of the embedded one. */
  async startTemporal(folder: string): Promise<{ address: string; child: Child }> {
    const port = await choosePort(0);
    const ports = { temporal: port, temporalUi: await choosePort(0, [port]) };
    const child = await this.start({
      name: 'temporal',
      folder,
      program: this.temporalCli,
      args: temporalArguments(folder, this.temporalCli, ports),
      cwd: folder,
      readyWords: `:${port}`,
    });
    return { address: `127.0.0.1:${port}`, child };
  }

  /** A path that nothing else has. */
  newFolder(name: string): string {
    this.#folders += 1;
    return join(this.folder, `${this.#folders}-${name}`);
  }

  onStop(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  /** Ends everything, the last started first: a server outlives its clients. */
  async clear(): Promise<void> {
    for (const close of this.#closers.splice(0).toReversed()) await close();
    for (const child of this.#children.toReversed()) await child.stop();
    this.#children.length = 0;
  }

  async stop({ keepsLogs = false } = {}): Promise<void> {
    this.#isOver = true;
    await this.clear();
    this.#watchdog.end();
    if (!keepsLogs) await rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Its processes. One that has ended by itself fails the run. */
export async function processesOf(child: Child): Promise<number[]> {
  if (child.pid === null || child.ownEnds > 0) throw new Error(`${child.name} has ended: ${child.logFile}`);
  return await treeOf(child.pid);
}
