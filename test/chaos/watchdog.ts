// Owns: that no process outlives the run, also when the run itself is killed.
import { spawn, type ChildProcess } from 'node:child_process';
import { renameSync, writeFileSync } from 'node:fs';

/** Waits on a pipe from us; when we are gone, whatever the reason, it ends what the file names. */
const SCRIPT = 'cat >/dev/null; for pid in $(cat "$0"); do kill -9 "$pid"; done 2>/dev/null';

export class Watchdog {
  readonly #file: string;
  readonly #child: ChildProcess;

  constructor(file: string) {
    this.#file = file;
    this.note([]);
    this.#child = spawn('/bin/sh', ['-c', SCRIPT, file], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    this.#child.stdin?.on('error', () => {});
    this.#child.unref();
  }

  /** What runs now. */
  note(pids: readonly (number | null)[]): void {
    writeFileSync(`${this.#file}.new`, pids.filter((pid) => pid !== null).join(' '));
    renameSync(`${this.#file}.new`, this.#file);
  }

  end(): void {
    this.note([]);
    this.#child.stdin?.end();
  }
}
