// Owns: sms2pay's command line as a child process. Must not: leave one running when we end.
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SETTING_NAMES } from '../../src/config/settings.ts';

/** What the program is configured with, by the names of `.env.example`. */
export type Environment = Readonly<Record<string, string>>;

export interface CliEnd {
  /** null: ended by `signal` */
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PROGRAM = ['--import', 'tsx', '--enable-source-maps', 'src/cli/cli.ts'];

const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) signalGroup(child, 'SIGKILL');
});

export class CliProcess {
  readonly ended: Promise<CliEnd>;
  readonly #child: ChildProcess;
  readonly #output = { stdout: '', stderr: '' };

  constructor(args: readonly string[], settings: Environment) {
    // A process group of its own: a Ctrl-C can be sent to it as a terminal does, and does not reach us.
    this.#child = spawn(process.execPath, [...PROGRAM, ...args], {
      cwd: ROOT,
      env: { ...inherited(), ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    running.add(this.#child);
    for (const stream of ['stdout', 'stderr'] as const) {
      this.#child[stream]?.setEncoding('utf8').on('data', (text: string) => (this.#output[stream] += text));
    }
    this.ended = new Promise((done, failed) => {
      this.#child.on('error', failed);
      this.#child.on('close', (code, signal) => {
        running.delete(this.#child);
        done({ code, signal, ...this.#output });
      });
    });
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error('The program could not be started.');
    return pid;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** so far */
  get stdout(): string {
    return this.#output.stdout;
  }

  /** so far */
  get stderr(): string {
    return this.#output.stderr;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** As a terminal does with Ctrl-C: to every process of the group. */
  signalGroup(name: NodeJS.Signals): void {
    signalGroup(this.#child, name);
  }
}

/** Runs one command to its end. */
export function runCli(args: readonly string[], settings: Environment): Promise<CliEnd> {
  return new CliProcess(args, settings).ended;
}

function signalGroup(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    // It is gone.
  }
}

/** Our own environment without settings of sms2pay, so that a developer's shell changes nothing. */
function inherited(): NodeJS.ProcessEnv {
  const ours = new Set<string>(SETTING_NAMES.filter((name) => name !== 'TEMPORAL_CLI_PATH'));
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !ours.has(name)));
}
