// One process at a time in a directory, also after kill -9.
// Must not: trust process ids or file ages; in containers every process is pid 1, and stealing by age has destroyed data.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rename, rm, symlink } from 'node:fs/promises';
import { type Server, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Report } from './child-process.ts';

type LockState = 'acquiring' | 'running' | 'stopping';

interface LockHolder {
  pid: number;
  state: LockState;
  /** what holds it, for people: "sms2pay" */
  what: string;
}

/** Another process holds the lock. The message is for the person who started this one. */
export class LockHeldError extends Error {
  override readonly name = 'LockHeldError';
  readonly holder: LockHolder;
  constructor({ directory, advice }: LockOptions, holder: LockHolder) {
    const doing = holder.state === 'stopping' ? 'is still stopping and using' : 'is using';
    super(`Another ${holder.what} (pid ${holder.pid}) ${doing} ${directory}: ${advice}.`);
    this.holder = holder;
  }
}

export interface HeldLock {
  /** From now on a process that wants the lock waits instead of giving up. */
  markStopping(): void;
  release(): Promise<void>;
}

export interface LockOptions {
  /** the directory that is protected; made when missing */
  directory: string;
  /** a directory can have several locks */
  name: string;
  what: string;
  /** what a refused second process should do, e.g. "set another DATA_DIR" */
  advice: string;
  /** the process a person would have to stop; default: this one */
  pid?: number;
  /** how long to wait for a holder that is stopping */
  waitWhileStoppingMs?: number;
  /** how long to wait for a holder that runs: it may not have noticed its own end yet */
  graceMs?: number;
  /** how long a holder may take to identify itself; one that does not answer is a holder all the same */
  answerTimeoutMs?: number;
  report?: Report;
}

interface Place extends LockOptions {
  /** where the sockets are */
  folder: string;
  /** the same by a path that is short enough for a socket's address */
  reach: string;
}

interface Contender {
  id: string;
  server: Server;
  state: LockState;
}

const ANSWER_TIMEOUT_MS = 3_000;
const RETRY_MS = 50;
// The system call takes 104 bytes (macOS) or 108 (Linux), with the end mark.
const SOCKET_PATH_BYTES = 100;

/**
 * Takes the lock `name` on `directory` or throws `LockHeldError`; waits while the holder is stopping.
 *
 * Every contender listens on a Unix socket of its own name inside the directory and holds the lock once a complete scan
 * of the directory, made after its own socket was visible, showed nobody else alive. Of any two contenders the later
 * one sees the earlier, so there are never two holders. A socket is visible only when it already listens and its name is
 * never used again: one that refuses connections is dead permanently and can be removed by anyone, without a race.
 */
export async function acquireLock(options: LockOptions): Promise<HeldLock> {
  const folder = join(resolve(options.directory), `.${options.name}-lock`);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const reach = await shortPath(folder);
  try {
    return await contend({ ...options, folder, reach: reach.path });
  } finally {
    await reach.dispose();
  }
}

async function contend(place: Place): Promise<HeldLock> {
  const startedAt = Date.now();
  let reported = false;
  for (;;) {
    const outcome = await tryOnce(place);
    if ('release' in outcome) return outcome;
    if (Date.now() - startedAt >= patienceMs(place, outcome)) throw new LockHeldError(place, outcome);
    if (outcome.state === 'stopping' && !reported) {
      reported = true;
      place.report?.(`Waiting for the earlier ${outcome.what} (pid ${outcome.pid}) to finish stopping ...`);
    }
    await sleep(RETRY_MS + Math.random() * RETRY_MS);
  }
}

function patienceMs({ waitWhileStoppingMs = 30_000, graceMs = 0 }: LockOptions, rival: Rival): number {
  if (rival.state === 'stopping') return waitWhileStoppingMs;
  return rival.state === 'acquiring' ? 10_000 : graceMs;
}

/** The lock, or the rival that has it or goes first. */
async function tryOnce(place: Place): Promise<HeldLock | Rival> {
  const contender = await enter(place);
  try {
    for (;;) {
      const rivals = await findRivals(place, contender.id);
      if (rivals.length === 0) return hold(contender, place);
      // Among those that are still acquiring, the lowest name goes first; the others step back.
      const stronger = rivals.find((rival) => rival.state !== 'acquiring' || rival.id < contender.id);
      if (stronger !== undefined) {
        await leave(contender, place);
        return stronger;
      }
      await sleep(RETRY_MS / 5);
    }
  } catch (error) {
    await leave(contender, place);
    throw error;
  }
}

async function enter({ folder, reach, directory, what, pid = process.pid }: Place): Promise<Contender> {
  // The process id in the name is for messages only, when the process is too busy to answer.
  const id = `${randomBytes(8).toString('hex')}-${pid}`;
  const contender: Contender = { id, server: createServer(), state: 'acquiring' };
  contender.server.on('connection', (socket) => {
    socket.on('error', () => socket.destroy());
    const holder: LockHolder = { pid, state: contender.state, what };
    socket.end(`${JSON.stringify(holder)}\n`, () => socket.destroy());
  });
  try {
    contender.server.listen(join(reach, `${id}.new`));
    await once(contender.server, 'listening');
    await rename(join(folder, `${id}.new`), join(folder, `${id}.sock`));
  } catch (error) {
    contender.server.close();
    throw new Error(
      `Cannot lock ${directory} (${errorCode(error)}): it must be writable and on a file system with Unix sockets.`,
      { cause: error },
    );
  }
  // Holding the lock is no reason to live on.
  contender.server.unref();
  return contender;
}

type Rival = LockHolder & { id: string };

async function findRivals(
  { folder, reach, what, answerTimeoutMs = ANSWER_TIMEOUT_MS }: Place,
  ownId: string,
): Promise<Rival[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sock'));
  const others = names.map((name) => name.slice(0, -'.sock'.length)).filter((id) => id !== ownId);
  const answers = await Promise.all(
    others.map(async (id): Promise<Rival[]> => {
      const answer = await holderAt(join(reach, `${id}.sock`), answerTimeoutMs);
      if (answer !== 'dead')
        return [{ pid: Number(id.split('-')[1]), state: 'running', what, ...answer, id }];
      await rm(join(folder, `${id}.sock`), { force: true });
      return [];
    }),
  );
  return answers.flat();
}

/** The holder behind the socket; null for one that does not identify itself; `dead` when certainly nobody is. */
function holderAt(path: string, timeoutMs: number): Promise<LockHolder | 'dead' | null> {
  return new Promise((done) => {
    const socket = connect(path);
    let text = '';
    const finish = (answer: LockHolder | 'dead' | null): void => {
      socket.destroy();
      done(answer);
    };
    socket.setEncoding('utf8');
    socket.setTimeout(timeoutMs, () => finish(null));
    socket.on('data', (chunk: string) => (text += chunk));
    socket.on('end', () => finish(parseHolder(text)));
    socket.on('error', (error) => {
      const code = errorCode(error);
      finish(code === 'ECONNREFUSED' || code === 'ENOENT' ? 'dead' : parseHolder(text));
    });
  });
}

function parseHolder(text: string): LockHolder | null {
  try {
    const value = JSON.parse(text) as Partial<LockHolder>;
    const { pid, state, what } = value;
    if (typeof pid !== 'number' || typeof what !== 'string') return null;
    if (state !== 'acquiring' && state !== 'running' && state !== 'stopping') return null;
    return { pid, state, what };
  } catch {
    return null;
  }
}

function hold(contender: Contender, place: Place): HeldLock {
  contender.state = 'running';
  let leaving: Promise<void> | null = null;
  return {
    markStopping: () => {
      contender.state = 'stopping';
    },
    release: () => (leaving ??= leave(contender, place)),
  };
}

async function leave(contender: Contender, { folder }: Place): Promise<void> {
  await rm(join(folder, `${contender.id}.sock`), { force: true });
  await new Promise<void>((done) => {
    contender.server.close(() => done());
  });
}

/** A path to `folder` that is short enough for a socket's address: through a link of our own if need be. */
async function shortPath(folder: string): Promise<{ path: string; dispose(): Promise<void> }> {
  if (Buffer.byteLength(join(folder, `${'0'.repeat(30)}.sock`)) <= SOCKET_PATH_BYTES)
    return { path: folder, dispose: async () => {} };
  const holder = await mkdtemp(join(tmpdir(), 's2p-'));
  await symlink(folder, join(holder, 'l'));
  return { path: join(holder, 'l'), dispose: () => rm(holder, { recursive: true, force: true }) };
}

function errorCode(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error);
}
