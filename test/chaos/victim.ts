// Owns: one process of the installation: started, killed, started again, its output in a file. A supervisor as a real
// installation has one: what ends by itself is started again.
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, fstatSync, openSync, readFileSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export type VictimName = 'postgres' | 'temporal' | 'simulator' | 'api' | 'worker';

export interface VictimPlan<Name extends string = VictimName> {
  name: Name;
  program: string;
  args: readonly string[];
  env: Readonly<Record<string, string>>;
  cwd: string;
  /** who runs it; null: as we do */
  owner: { uid: number; gid: number } | null;
  logFile: string;
  /** what it writes when it serves */
  readyWords: string;
}

const READY_LIMIT_MS = 240_000;
const PAUSE_AFTER_OWN_END_MS = 300;
const LOOK_EVERY_MS = 60;
const LAST_LINES = 5;
const READY_LOOK_BYTES = 256 * 1024;

export class Victim<Name extends string = VictimName> {
  readonly name: Name;
  readonly logFile: string;
  /** times it ended although nobody had killed it, at a start without its database, say */
  ownEnds = 0;
  /** how many of these after it had begun to serve */
  crashes = 0;
  kills = 0;
  readonly #plan: VictimPlan<Name>;
  readonly #onPids: () => void;
  #child: ChildProcess | null = null;
  #wanted = false;
  #logStart = 0;

  constructor(plan: VictimPlan<Name>, onPids: () => void) {
    this.#plan = plan;
    this.#onPids = onPids;
    this.name = plan.name;
    this.logFile = plan.logFile;
  }

  get pid(): number | null {
    return this.#child?.pid ?? null;
  }

  get isUp(): boolean {
    return this.#wanted && this.#saidReady();
  }

  /** Resolves when it serves. */
  async start(): Promise<void> {
    this.#wanted = true;
    const deadline = Date.now() + READY_LIMIT_MS;
    if (this.#child === null) this.#spawn();
    while (!this.#saidReady()) {
      if (!this.#wanted) return;
      if (Date.now() > deadline) throw new Error(`${this.name} does not start: ${this.#lastWords()}`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** kill -9, and its end is waited for. It stays down until `start`. */
  async kill(): Promise<void> {
    this.#wanted = false;
    this.kills += 1;
    await this.#end('SIGKILL');
  }

  signal(name: NodeJS.Signals): void {
    this.#child?.kill(name);
  }

  /** Politely, by force after a while. */
  async stop(): Promise<void> {
    this.#wanted = false;
    const forced = setTimeout(() => this.#child?.kill('SIGKILL'), 12_000);
    await this.#end(this.name === 'postgres' ? 'SIGINT' : 'SIGTERM');
    clearTimeout(forced);
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    const ended = new Promise<void>((done) => child.once('exit', () => done()));
    child.kill(signal);
    await ended;
  }

  #saidReady(): boolean {
    if (this.#child === null) return false;
    const log = openSync(this.logFile, 'r');
    try {
      const written = Buffer.alloc(Math.min(READY_LOOK_BYTES, fstatSync(log).size - this.#logStart));
      readSync(log, written, 0, written.length, this.#logStart);
      return written.includes(this.#plan.readyWords);
    } finally {
      closeSync(log);
    }
  }

  #lastWords(): string {
    const lines = readFileSync(this.logFile, 'utf8').trimEnd().split('\n');
    return `${this.logFile} ends with\n${lines.slice(-LAST_LINES).join('\n')}`;
  }

  #spawn(): void {
    const { program, args, env, cwd, owner, logFile } = this.#plan;
    const log = openSync(logFile, 'a');
    this.#logStart = fstatSync(log).size;
    const child = spawn(program, args, {
      cwd,
      env: { ...env },
      ...owner,
      stdio: ['ignore', log, log],
      detached: true,
    });
    closeSync(log);
    this.#child = child;
    child.on('error', () => {});
    child.once('exit', () => {
      const hasServed = this.#saidReady();
      this.#child = null;
      this.#onPids();
      if (!this.#wanted) return;
      this.ownEnds += 1;
      if (hasServed) this.crashes += 1;
      setTimeout(() => {
        if (this.#wanted && this.#child === null) this.#spawn();
      }, PAUSE_AFTER_OWN_END_MS);
    });
    this.#onPids();
  }
}
