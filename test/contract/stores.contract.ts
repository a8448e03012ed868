import { sql } from 'kysely';
import type pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createStores, migrate } from '../../src/adapters/store/index.ts';
import { actionsContract } from './stores.actions.contract.ts';
import { booksContract } from './stores.ledger.contract.ts';
import { paymentRules, emptyAndSeed, testCipher, type Bench } from './stores.fixture.ts';
import { goneSessionContract } from './stores.workflow-missing.contract.ts';
import { inboxContract } from './stores.inbox.contract.ts';
import { inboxOrderContract } from './stores.order.contract.ts';
import { keysContract } from './stores.keys.contract.ts';
import { operatorContract } from './stores.operator.contract.ts';
import { personalDataContract } from './stores.personal-data.contract.ts';
import { raceContract } from './stores.races.contract.ts';
import { recordsContract } from './stores.records.contract.ts';
import { stampsContract } from './stores.stamps.contract.ts';
import { stopContract } from './stores.stop.contract.ts';
import { attentionContract } from './stores.attention.contract.ts';
import { textsContract } from './stores.texts.contract.ts';
import { writableContract } from './stores.writable.contract.ts';

/** What every database under the stores must do. `openPool` gives a pool on an empty database of its own. */
export function storesContract(
  name: string,
  openPool: () => Promise<{ pool: pg.Pool; close: () => Promise<void> }>,
): void {
  describe(`stores on ${name}`, () => {
    const bench = {} as Bench;
    let close = async (): Promise<void> => {};

    beforeAll(async () => {
      const opened = await openPool();
      const applied = await migrate(opened.pool);
      expect(applied.applied).toEqual(['0001-baseline']);
      bench.pool = opened.pool;
      bench.cipher = testCipher();
      bench.stores = createStores({ paymentRules, pool: opened.pool, cipher: bench.cipher });
      close = async () => {
        await bench.stores.close();
        await opened.close();
      };
    }, 60_000);
    afterAll(() => close());
    beforeEach(() => emptyAndSeed(bench.stores));

    it('answers a ping', async () => {
      await expect(bench.stores.ping()).resolves.toBeUndefined();
    });

    it('migrates a second time to the same schema, applying nothing', async () => {
      expect(await migrate(bench.stores.db)).toEqual({ applied: [] });
      expect(await bench.stores.settings.listPartners()).toHaveLength(2);
    });

    it('refuses a bigint that a number cannot hold, instead of rounding money', async () => {
      const { rows } = await sql<{ n: number }>`select 9007199254740991 as n`.execute(bench.stores.db);
      expect(rows).toEqual([{ n: Number.MAX_SAFE_INTEGER }]);
      await expect(sql`select 9007199254740993 as n`.execute(bench.stores.db)).rejects.toThrow(
        'beyond the safe integers',
      );
      await expect(bench.stores.ping()).resolves.toBeUndefined();
    });

    inboxContract(bench);
    goneSessionContract(bench);
    stampsContract(bench);
    keysContract(bench);
    inboxOrderContract(bench);
    stopContract(bench);
    recordsContract(bench);
    personalDataContract(bench);
    raceContract(bench);
    actionsContract(bench);
    attentionContract(bench);
    textsContract(bench);
    writableContract(bench);
    operatorContract(bench);
    booksContract(bench);
  });
}
