// The Temporal dev server as an operating-system process: its arguments, its ports, finding and ending a leftover, and the
// protocol between the application and the supervisor (one JSON order line down, JSON event lines up).
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createServer } from 'node:net';
import type { Environment } from './child-process.ts';

/** Where the server keeps its data; also what marks a server process as ours. */
export function databaseFile(order: Pick<SupervisorOrder, 'directory'>): string {
  return join(order.directory, 'temporal.db');
}

/** How the server names each type: in its start flag, and by number (enum IndexedValueType) in its API. */
export const ATTRIBUTE_TYPES: Record<SearchAttribute['type'], { flag: string; value: number }> = {
  TEXT: { flag: 'Text', value: 1 },
  KEYWORD: { flag: 'Keyword', value: 2 },
  INT: { flag: 'Int', value: 3 },
  DOUBLE: { flag: 'Double', value: 4 },
  BOOL: { flag: 'Bool', value: 5 },
  DATETIME: { flag: 'Datetime', value: 6 },
  KEYWORD_LIST: { flag: 'KeywordList', value: 7 },
};

/**
 * Arguments of `temporal` for our server. Settings and their measured effect: WAL with synchronous=2 doubles the
 * throughput of a file and loses nothing on kill -9; the two poll rates take a session from 249 to 79 ms; the time shift
 * makes a skipped timer cost 10 ms instead of up to 1 s.
 */
export function serverArguments(order: SupervisorOrder, ports: Ports): string[] {
  const dynamic = [
    'history.transferProcessorMaxPollRPS=2000',
    'history.timerProcessorMaxPollRPS=2000',
    'history.timerProcessorMaxTimeShift="10ms"',
    ...(order.timeSkipping ? ['frontend.WorkflowTimeSkippingEnabled=true'] : []),
  ];
  const attributes = order.searchAttributes.map(({ name, type }) => `${name}=${ATTRIBUTE_TYPES[type].flag}`);
  const pragmas = ['journal_mode=wal', 'synchronous=2'];
  const storage = order.keepsData
    ? ['--db-filename', databaseFile(order), ...pragmas.flatMap((pragma) => ['--sqlite-pragma', pragma])]
    : [];
  return [
    'server',
    'start-dev',
    '--ip',
    '127.0.0.1',
    '--port',
    String(ports.port),
    '--ui-port',
    String(ports.uiPort),
    '--namespace',
    order.namespace,
    '--log-level',
    'warn',
    '--ui-disable-news-fetch',
    ...storage,
    ...dynamic.flatMap((value) => ['--dynamic-config-value', value]),
    ...attributes.flatMap((value) => ['--search-attribute', value]),
  ];
}

/**
 * Process ids of servers that run on this very database file. Found by their command line, not by a recorded id: an id
 * may be reused, and a supervisor can be killed before it has recorded one.
 */
export async function findServersOn(file: string): Promise<number[]> {
  return process.platform === 'linux' ? findInProc(file) : findWithPs(file);
}

async function findInProc(file: string): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const checked = await Promise.all(
    pids.map(async (pid) => {
      const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0');
      const flag = words.indexOf('--db-filename');
      return words.includes('start-dev') && flag >= 0 && words[flag + 1] === file ? [pid] : [];
    }),
  );
  return checked.flat();
}

async function findWithPs(file: string): Promise<number[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axww', '-o', 'pid=,command='], {
    maxBuffer: 32 * 1024 * 1024,
  });
  return stdout
    .split('\n')
    .filter((line) => line.includes(' server start-dev ') && line.includes(` --db-filename ${file} `))
    .map((line) => Number.parseInt(line, 10))
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid);
}

/** Ends what `findServersOn` finds: with SIGTERM, and after `graceMs` with SIGKILL. Returns how many there were. */
export async function endServersOn(file: string, graceMs: number): Promise<number> {
  const found = await findServersOn(file);
  const deadline = Date.now() + graceMs;
  // Found again each time: an ended process that nobody collects keeps its id but loses its command line.
  for (let left = found, forced = false; left.length > 0; left = await findServersOn(file)) {
    const late = Date.now() >= deadline;
    if (Date.now() >= deadline + 5_000)
      throw new Error(`An earlier Temporal server (pid ${left.join(', ')}) cannot be stopped.`);
    if (left === found || (late && !forced))
      for (const pid of left) signal(pid, late ? 'SIGKILL' : 'SIGTERM');
    forced = late;
    await sleep(25);
  }
  return found.length;
}

/** Does nothing when there is no such process any more, or it is not ours. */
export function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended, or belongs to another user: the next search shows which.
  }
}

/** A search attribute the server registers; what `defineSearchAttributeKey` of the SDK makes fits. */
export interface SearchAttribute {
  name: string;
  type: 'TEXT' | 'KEYWORD' | 'INT' | 'DOUBLE' | 'BOOL' | 'DATETIME' | 'KEYWORD_LIST';
}

export interface Ports {
  port: number;
  uiPort: number;
}

/** The first line down the pipe; a second one means that the application has reached the server, so its ports stay as they are. */
export interface SupervisorOrder {
  cliPath: string;
  /** folder for the server's database and log */
  directory: string;
  /** what a person set: DATA_DIR, for messages */
  dataDir: string;
  /** false: the server keeps nothing on disk */
  keepsData: boolean;
  port: number;
  uiPort: number;
  /** fail rather than take other ports; after a first start, so that clients find the server again */
  fixedPorts: boolean;
  namespace: string;
  timeSkipping: boolean;
  searchAttributes: readonly SearchAttribute[];
  /** variables of the server process */
  env: Environment;
  appPid: number;
}

export type SupervisorEvent =
  | { type: 'report'; line: string }
  /** the process has its ports; the application finds out whether it answers */
  | { type: 'started'; serverPid: number; port: number; uiPort: number }
  | { type: 'exited'; reason: string; willRestart: boolean }
  /** nothing runs any more and nothing will */
  | { type: 'failed'; message: string };

/** Calls `onMessage` with the JSON of every line; what is no JSON is ignored. */
export function readMessages(stream: Readable, onMessage: (message: unknown) => void): void {
  createInterface({ input: stream }).on('line', (line) => {
    let message: unknown;
    try {
      message = JSON.parse(line);
    } catch {
      return;
    }
    onMessage(message);
  });
}

/** `wanted` when it is free on loopback and not in `used`, otherwise a free one. */
export async function choosePort(wanted: number, used: readonly number[] = []): Promise<number> {
  if (wanted !== 0 && !used.includes(wanted) && (await tryListen(wanted)) !== null) return wanted;
  const free = await tryListen(0);
  if (free === null) throw new Error('The system gives no free port on 127.0.0.1.');
  return free;
}

function tryListen(port: number): Promise<number | null> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(null));
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () => {
      const address = server.address();
      const got = typeof address === 'object' && address !== null ? address.port : null;
      server.close(() => done(got));
    });
  });
}
