// The embedded database: PostgreSQL in WebAssembly (PGlite), for one process, on disk or in memory.
// Must not: be opened twice; PGlite does not notice a second process and loses its rows (upstream issue 1106).
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { PGlite } from '@electric-sql/pglite';
import { createPgConfig } from '@electric-sql/pglite/node-postgres';
import pg from 'pg';
import { type HeldLock, acquireLock } from './data-dir-lock.ts';
import { makeCluster } from './new-cluster.ts';
import type { Report } from './child-process.ts';

export interface OnDisk {
  /** DATA_DIR; the database lies in `postgres/` inside */
  dataDir: string;
  report: Report;
  /** where an empty database is kept for the next new one, see `userCacheDir`; absent: nowhere */
  cacheDir?: string;
  /** when no other process can open it any more: opening goes on for a second or two */
  onLocked?: () => void;
}
type PgliteOptions = OnDisk | { memory: true };

export interface EmbeddedDatabase {
  /**
   * A pool with ONE connection, because PGlite has one session: inside a transaction pass the transaction down, never use
   * the pool. A second pool is refused until the first has ended: their transactions would run into each other.
   */
  createPool(): pg.Pool;
  /** Ends the pool and the database and gives up the lock. */
  close(): Promise<void>;
}

// A use of the pool inside its own transaction would never end; with this it becomes an error.
const CONNECTION_TIMEOUT_MS = 15_000;

/**
 * Of 128 MB by default, all of which an opening touches: 123 MB of memory, and nothing faster by it (2,000 transactions of a
 * read and two writes took as long). What lies outside it is in the file cache of the machine.
 */
const SHARED_BUFFERS = 'shared_buffers=16MB';
const startParams = [...PGlite.defaultStartParams, '-c', SHARED_BUFFERS];

/** An opening writes a checkpoint and the next segment of the log (16 MB). */
const NEEDED_MB = 64;

/**
 * Opens the embedded database, making it on the first start. Throws `LockHeldError` when another process uses DATA_DIR.
 * Survives kill -9, not power loss: PGlite never calls fsync (upstream issue 1107).
 */
export async function openPglite(options: PgliteOptions): Promise<EmbeddedDatabase> {
  if ('memory' in options) return database(await PGlite.create({ startParams }), null);
  const lock = await acquireLock({
    directory: options.dataDir,
    name: 'database',
    what: 'sms2pay',
    advice: 'stop it, or set another DATA_DIR, or a DATABASE_URL',
    report: options.report,
  });
  try {
    options.onLocked?.();
    return database(await openCluster(await existingCluster(options)), lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function existingCluster(options: OnDisk): Promise<string> {
  const cluster = join(resolve(options.dataDir), 'postgres');
  if (existsSync(cluster)) {
    if (existsSync(join(cluster, 'PG_VERSION'))) return cluster;
    throw new Error(`${cluster} is not a database any more (its PG_VERSION is missing). ${remedy(cluster)}`);
  }
  options.report('Making the embedded database (once) ...');
  await makeCluster(cluster, options.cacheDir ?? null);
  return cluster;
}

/** PGlite ends a cluster that it cannot use with the words of its compiler. */
async function openCluster(cluster: string): Promise<PGlite> {
  try {
    return await PGlite.create(cluster, { startParams });
  } catch (error) {
    const { bavail, bsize } = await statfs(cluster);
    const freeMb = Math.floor((bavail * bsize) / 1_000_000);
    const advice =
      freeMb < NEEDED_MB
        ? `Only ${freeMb} MB are free on its disk: free at least ${NEEDED_MB} MB and start again.`
        : `It may be damaged. ${remedy(cluster)}`;
    throw new Error(`The embedded database ${cluster} cannot be opened. ${advice}`, { cause: error });
  }
}

function remedy(cluster: string): string {
  return `Restore it from a copy, or remove ${dirname(cluster)} to start with an empty one.`;
}

function database(lite: PGlite, lock: HeldLock | null): EmbeddedDatabase {
  let pool: pg.Pool | null = null;
  const clients = new Set<pg.PoolClient>();
  let closing: Promise<void> | null = null;
  const close = async (): Promise<void> => {
    lock?.markStopping();
    try {
      if (pool !== null && !pool.ending) await pool.end();
      // The pool does not wait for a client that it drops after an error, and part of what that one sent may be in line
      // still. A PGlite that is closed before it never ends, or throws where nobody catches it (0.5.16).
      if (pool !== null) while (clients.size > 0) await once(pool, 'remove');
      await lite.close();
    } finally {
      await lock?.release();
    }
  };
  return {
    createPool: () => {
      if (closing !== null) throw new Error('The embedded database is closed.');
      if (pool !== null && !pool.ended)
        throw new Error('The embedded database has one session: share its pool.');
      pool = createPool(lite);
      pool.on('connect', (client) => clients.add(client));
      pool.on('remove', (client) => clients.delete(client));
      return pool;
    },
    close: () => (closing ??= close()),
  };
}

/** The end of a statement: Sync of the extended protocol, Query of the simple one; and Flush, which asks for the answers so far. */
const ASKS_FOR_ANSWERS: readonly (number | undefined)[] = ['S', 'Q', 'H'].map((letter) =>
  letter.charCodeAt(0),
);

/**
 * PGlite for one client, with the messages of a statement (Parse, Bind, Describe, Execute, Sync) handed over together: each call
 * costs as much as a small statement. It answers without leaving the microtasks: while statements are in line, no socket would be
 * read and no timer would run (measured: requests waited 15 s to be read, each served in 0.1 s). So the event loop has a turn after
 * each.
 */
function byStatement(lite: PGlite): PGlite {
  let unsent: Uint8Array[] = [];
  const changed: Pick<PGlite, 'execProtocolStream'> = {
    execProtocolStream: async (message, options) => {
      unsent.push(message);
      if (!ASKS_FOR_ANSWERS.includes(message[0])) return [];
      const statement = Buffer.concat(unsent);
      unsent = [];
      const answers = await lite.execProtocolStream(statement, options);
      await nextTurn();
      return answers;
    },
  };
  return Object.assign(Object.create(lite), changed);
}

function createPool(lite: PGlite): pg.Pool {
  // A new adapter for every client: the pool drops a client after some errors, and a second client on the same adapter
  // would see the first one's events.
  class PgliteClient extends pg.Client {
    constructor() {
      super(createPgConfig(byStatement(lite)));
    }
  }
  const pool = new pg.Pool({
    Client: PgliteClient,
    max: 1,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    idleTimeoutMillis: 0,
    // Dropping a client ends no session here, as it would on a server: the next one ends what it left open.
    verify: (client, done) => client.query('rollback', (error) => done(error)),
  });
  // An idle client that fails is replaced by the pool; the next use gets an error of its own if there is one.
  pool.on('error', () => {});
  // And one that is lost in use fails its query; unheard, the event would also end the process.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}
