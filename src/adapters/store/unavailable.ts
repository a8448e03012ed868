/** Distinguishes "the database does not answer" from every other error, and drops a connection that hangs. */
import type { PostgresCursor, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type pg from 'pg';
import { StoreUnavailable } from '../../ports/stores.ts';
import type { StatementNames } from './statement-names.ts';

/**
 * SQLSTATEs of PostgreSQL's appendix A that say nothing about the statement: connection exceptions, out of resources, a
 * server that stops or starts, a time limit (57014, 55P03, 25P03), a standby that took over and cannot write yet.
 */
const NOT_NOW = /^(08\w{3}|53\w{3}|57P0[1-5]|57014|55P03|25P03|25006)$/;
const SOCKET = /^(ECONN\w+|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH)$/;
/** The driver's own, which have no code. */
const DRIVER =
  /^(Query read timeout|timeout expired|timeout exceeded when trying to connect|Connection terminated|Client has encountered a connection error|Client was closed)/;
const READ_TIMEOUT = 'Query read timeout';
/** The schema was changed under a statement that this connection had planned; a new connection plans it again. */
const STALE_PLAN = 'cached plan must not change result type';

/** The error itself when it says something else. */
export function asUnavailable(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const code = 'code' in error ? String(error.code) : '';
  const isOne =
    NOT_NOW.test(code) || SOCKET.test(code) || DRIVER.test(error.message) || error.message === STALE_PLAN;
  return isOne ? new StoreUnavailable(error.message, { cause: error }) : error;
}

interface GuardedClient {
  query<R>(query: {
    name?: string;
    text: string;
    values: readonly unknown[];
  }): Promise<PostgresQueryResult<R>>;
  query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  release: pg.PoolClient['release'];
}

/**
 * A connection whose query got no answer in time is not used again, not even to roll back, and leaves the pool: what
 * comes after it would wait behind the query that hangs. Its transaction ends with the connection. The same goes for one whose
 * plans the schema has left behind.
 */
export function guarded(client: GuardedClient, names: StatementNames): PostgresPoolClient {
  let unusable: StoreUnavailable | null = null;
  const ask = async <R>(text: string, values: readonly unknown[]): Promise<PostgresQueryResult<R>> => {
    if (unusable) throw unusable;
    const name = values.length > 0 ? names.nameOf(text) : undefined;
    try {
      return await client.query<R>({ ...(name === undefined ? {} : { name }), text, values });
    } catch (error) {
      const known = asUnavailable(error);
      if (known instanceof StoreUnavailable && [READ_TIMEOUT, STALE_PLAN].includes(known.message))
        unusable = known;
      throw known;
    }
  };
  function query<R>(statement: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<R>>;
  function query<R>(cursor: PostgresCursor<R>): PostgresCursor<R>;
  function query<R>(asked: string | PostgresCursor<R>, parameters: readonly unknown[] = []) {
    return typeof asked === 'string' ? ask<R>(asked, parameters) : client.query(asked);
  }
  return { query, release: () => client.release(unusable !== null) };
}
