import { paymentRules } from './stores.fixture.ts';
import { sql } from 'kysely';
import type pg from 'pg';
import { describe, expect, it } from 'vitest';
import { createStores } from '../../src/adapters/store/index.ts';
import type { Bench } from './stores.fixture.ts';

/** A pool of one connection, which keeps its settings between two uses. */
function poolOf(client: pg.PoolClient): pg.Pool {
  const kept = new Proxy(client, {
    get: (_target, name) => {
      if (name === 'release') return () => undefined;
      const value: unknown = Reflect.get(client, name);
      return typeof value === 'function' ? (value.bind(client) as unknown) : value;
    },
  });
  return { options: { max: 1 }, connect: () => Promise.resolve(kept) } as unknown as pg.Pool;
}

export function writableContract(bench: Bench): void {
  describe('the proof that the database can write', () => {
    it('leaves nothing behind', async () => {
      const size = async (): Promise<unknown> =>
        (
          await sql`select pg_relation_size('installation')::integer as own,
            (select count(*)::integer from pg_class) as relations`.execute(bench.stores.db)
        ).rows;
      await bench.stores.proveWritable();
      const [before, id] = [await size(), await bench.stores.ledger.installationId()];
      for (let n = 0; n < 50; n += 1) await bench.stores.proveWritable();
      expect([await size(), await bench.stores.ledger.installationId()]).toEqual([before, id]);
    });

    it.each([
      // What the database says of a full disk at the same place; an update of one row still succeeds.
      ['gets no new block', 'temp_file_limit', '0', /temporary file size/],
      ['is read-only', 'default_transaction_read_only', 'on', /read-only/],
    ])('fails when it %s, and no more afterwards', async (_what, setting, value, reason) => {
      const client = await bench.pool.connect();
      try {
        const stores = createStores({ paymentRules, pool: poolOf(client), cipher: bench.cipher });
        const set = (to: string): Promise<unknown> =>
          client.query('select set_config($1, $2, false)', [setting, to]);
        const { rows } = await client.query<{ was: string }>('select current_setting($1) as was', [setting]);
        await set(value);
        await expect(stores.proveWritable()).rejects.toThrow(reason);
        await expect(stores.ping()).resolves.toBeUndefined();
        await set(rows[0]?.was ?? '');
        await expect(stores.proveWritable()).resolves.toBeUndefined();
      } finally {
        client.release();
      }
    });
  });
}
