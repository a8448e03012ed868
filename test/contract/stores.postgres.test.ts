import { once } from 'node:events';
import { sql } from 'kysely';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createStores, migrate, openPostgresPool } from '../../src/adapters/store/index.ts';
import { createTestDatabase, hasPostgres, type TestDatabase } from '../support/postgres.ts';
import { storesContract } from './stores.contract.ts';
import { paymentRules, testCipher } from './stores.fixture.ts';

// Skipped only on a machine without PostgreSQL, which the start of the run reports; CI has one.
describe.skipIf(!hasPostgres())('with a PostgreSQL server', () => {
  storesContract('PostgreSQL', async () => {
    const database = await createTestDatabase();
    return { pool: openPostgresPool(database.url, { max: 20 }), close: () => database.drop() };
  });
});

describe.skipIf(!hasPostgres())('several processes on one PostgreSQL', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase();
  });
  afterAll(() => database.drop());

  it('migrate an empty database at once: one applies, the others find it done', async () => {
    const pools = Array.from({ length: 5 }, () => openPostgresPool(database.url, { max: 2 }));
    const results = await Promise.all(pools.map((pool) => migrate(pool)));
    await Promise.all(pools.map((pool) => pool.end()));
    const applied = results.map((result) => result.applied).filter((names) => names.length > 0);
    expect(applied).toEqual([expect.arrayContaining(['0001-baseline'])]);
  });

  it('lose a connection inside a transaction: that work fails, the process and the next work go on', async () => {
    const pool = openPostgresPool(database.url);
    const stores = createStores({ paymentRules, pool, cipher: testCipher() });
    const connected = once(pool, 'connect') as Promise<[pg.PoolClient]>;
    const lost = stores.db.transaction().execute(async (trx) => {
      const [client] = await connected;
      const ended = new Promise((resolve) => {
        client.once('end', () => resolve(null));
      });
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(trx);
      await sql`select pg_terminate_backend(${rows[0]?.pid}::integer)`.execute(stores.db);
      await ended;
      await sql`select 1`.execute(trx);
    });
    await expect(lost).rejects.toThrow(/not queryable/);
    await expect(stores.ping()).resolves.toBeUndefined();
    await stores.close();
  });

  it('fail a ping when the database does not answer', async () => {
    const stores = createStores({
      paymentRules,
      pool: openPostgresPool('postgres://nobody@127.0.0.1:1/none'),
      cipher: testCipher(),
    });
    await expect(stores.ping()).rejects.toThrow(/ECONNREFUSED/);
    await stores.close();
  });
});
