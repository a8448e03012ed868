import { appendFileSync, existsSync, readFileSync, renameSync, truncateSync, writeFileSync } from 'node:fs';

/** Numbers and texts typed into the phone page are for the user who started us. */
const FILE_MODE = 0o600;

/**
 * An append-only file of lines. A line is in the file before `append` returns, so that a `kill -9` loses nothing
 * that was acknowledged. Does not know what the lines mean.
 */
export class Journal {
  readonly #path: string;
  #sizeBytes = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** The complete lines, parsed. A last line without its end was torn by a crash and never acknowledged. */
  read(): unknown[] {
    if (!existsSync(this.#path)) return [];
    const lines = readFileSync(this.#path, 'utf8').split('\n');
    lines.pop();
    return lines.map((line, index) => {
      try {
        return JSON.parse(line) as unknown;
      } catch {
        throw new Error(`${this.#path}: line ${index + 1} is not JSON; move the file away to start empty`);
      }
    });
  }

  append(value: unknown): void {
    const line = Buffer.from(`${JSON.stringify(value)}\n`);
    try {
      appendFileSync(this.#path, line, { mode: FILE_MODE });
    } catch (error) {
      // A full disk may have cut the line short; left there, it would spoil the next one.
      if (existsSync(this.#path)) truncateSync(this.#path, this.#sizeBytes);
      throw error;
    }
    this.#sizeBytes += line.length;
  }

  /** Replaces the whole file in one step. */
  rewrite(values: readonly unknown[]): void {
    const content = Buffer.from(values.map((value) => `${JSON.stringify(value)}\n`).join(''));
    writeFileSync(`${this.#path}.new`, content, { mode: FILE_MODE });
    renameSync(`${this.#path}.new`, this.#path);
    this.#sizeBytes = content.length;
  }
}
