// Real processes for tests that end them the hard way. All are ended after the file.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll } from 'vitest';
import { scriptArguments } from '../../src/embedded/child-process.ts';

export interface Child {
  pid: number;
  /** The next line it prints; throws with its complaints when it ends instead. */
  line(): Promise<string>;
  /** Sends it a line. */
  tell(text: string): void;
  kill(name: NodeJS.Signals): Promise<void>;
  ended: Promise<void>;
}

const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
});

/** Runs the sibling `baseName`.ts with `input` as its JSON argument, in a process group of its own. */
export function startChild(baseName: string, input: object): Child {
  const args = [...scriptArguments(import.meta.url, baseName), JSON.stringify(input)];
  return startProcess(process.execPath, args);
}

export function startProcess(file: string, args: string[]): Child {
  const child = spawn(file, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
  });
  children.push(child);
  let complaints = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ended = new Promise<void>((done) => child.once('close', () => done()));
  return {
    pid: child.pid ?? -1,
    line: async () => {
      const next = await lines.next();
      if (next.done === true) throw new Error(`The process ended. ${complaints}`);
      return next.value;
    },
    tell: (text) => void child.stdin.write(`${text}\n`),
    kill: async (name) => {
      child.kill(name);
      if (name === 'SIGKILL') await ended;
    },
    ended,
  };
}

export async function parentOf(pid: number): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  if (stat === null)
    return Number((await promisify(execFile)('ps', ['-o', 'ppid=', '-p', String(pid)])).stdout);
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
}
