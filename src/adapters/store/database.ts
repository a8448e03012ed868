import { Kysely, type PostgresPool, type Transaction } from 'kysely';
import pg from 'pg';
import { CamelCaseRows, SnakeCaseDialect } from './column-names.ts';
import { ConnectionQueue } from './connection-queue.ts';
import type { Schema } from './schema.ts';
import { StatementNames } from './statement-names.ts';
import { asUnavailable, guarded } from './unavailable.ts';

export type Database = Kysely<Schema>;
export type Trx = Transaction<Schema>;

/** Every wait for the database while customers and vendors wait for us: for a connection, a lock, an answer. */
const SERVING = {
  connectionTimeoutMillis: 2_000,
  lock_timeout: 3_000,
  statement_timeout: 5_000,
  // Ours, for a server that hangs and cannot keep its own time; later than its own, which say more.
  query_timeout: 6_000,
};

/** For commands and migrations, which may read or rewrite whole tables. */
const UNHURRIED = {
  connectionTimeoutMillis: 10_000,
  lock_timeout: 600_000,
  statement_timeout: 3_600_000,
  query_timeout: 3_610_000,
};

interface PostgresPoolOptions {
  max?: number;
  /** default: serving */
  waits?: 'serving' | 'unhurried';
}

/**
 * A pool for PostgreSQL 15 or later. A process that stalls inside a transaction loses it after 30 s, so that it cannot
 * hold a customer's messages back permanently.
 */
export function openPostgresPool(databaseUrl: string, options: PostgresPoolOptions = {}): pg.Pool {
  const pool = new pg.Pool({
    connectionString: databaseUrl,
    application_name: 'sms2pay',
    max: options.max ?? 10,
    ...(options.waits === 'unhurried' ? UNHURRIED : SERVING),
    idle_in_transaction_session_timeout: 30_000,
    keepAlive: true,
  });
  // A broken idle connection is replaced at the next use, which reports the error if it lasts.
  pool.on('error', () => {});
  // One that is lost while it is used fails its query; unheard, the event would also end the process. Heard from the first moment:
  // the server's farewell may come in the packet that ends the connecting.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** Typed access over any `pg.Pool`, PostgreSQL's or PGlite's. Closing it ends the pool. */
export function openDatabase(pool: pg.Pool, queue = queueFor(pool), isUrgent = false): Database {
  return new Kysely<Schema>({
    dialect: new SnakeCaseDialect({ pool: withColumnTypes(pool, queue, isUrgent) }),
    plugins: [new CamelCaseRows()],
  });
}

/** Access to one pool twice: `urgent` for what somebody waits for who gives up soon. */
export function openDatabases(pool: pg.Pool): { database: Database; urgent: Database } {
  const queue = queueFor(pool);
  return { database: openDatabase(pool, queue), urgent: openDatabase(pool, queue, true) };
}

function queueFor({ options }: pg.Pool): ConnectionQueue {
  return new ConnectionQueue({
    connections: options.max,
    waitMs: options.connectionTimeoutMillis ?? 0,
  });
}

/**
 * One transaction. Read committed is set by name: what is read after a lock was waited for must be what the
 * lock's last holder wrote, whatever the database's default is.
 */
export function inTransaction<T>(database: Database, work: (trx: Trx) => Promise<T>): Promise<T> {
  return database.transaction().setIsolationLevel('read committed').execute(work);
}

/** Prepares each connection at its first use: neither the pool's maker nor the process-wide parsers need to know. */
function withColumnTypes(pool: pg.Pool, queue: ConnectionQueue, isUrgent: boolean): PostgresPool {
  const prepared = new WeakMap<pg.PoolClient, StatementNames>();
  return {
    connect: async () => {
      const client = await connected(pool, queue, isUrgent).catch((error: unknown) => {
        throw asUnavailable(error);
      });
      const known = prepared.get(client);
      const names = known ?? new StatementNames();
      if (!known) {
        prepared.set(client, names);
        for (const [oid, parse] of COLUMN_PARSERS) client.setTypeParser(oid, 'text', parse);
      }
      const guard = guarded(client, names);
      return {
        ...guard,
        release: () => {
          guard.release();
          queue.leave();
        },
      };
    },
    end: async () => {
      if (!pool.ending) await pool.end();
    },
  };
}

async function connected(pool: pg.Pool, queue: ConnectionQueue, isUrgent: boolean): Promise<pg.PoolClient> {
  await queue.enter(isUrgent);
  try {
    return await pool.connect();
  } catch (error) {
    queue.leave();
    throw error;
  }
}

/** Money and sequences are `bigint` in the database and safe integers here; an unsafe one is refused, never rounded. */
export function parseSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || text.trim() === '')
    throw new RangeError('a bigint column holds a number beyond the safe integers');
  return value;
}

function parseInstant(text: string): string {
  const date: unknown = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ)(text);
  if (!(date instanceof Date)) throw new Error('a timestamptz column holds no instant');
  return date.toISOString();
}

/** How columns arrive, by type: `bigint` as a safe integer, `timestamptz` as an `Instant`; others as `pg` has them. */
const COLUMN_PARSERS: readonly [oid: number, parse: (text: string) => unknown][] = [
  [pg.types.builtins.INT8, parseSafeInteger],
  [pg.types.builtins.TIMESTAMPTZ, parseInstant],
];
