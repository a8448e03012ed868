import { sql } from 'kysely';
import { beforeEach, describe, expect, it } from 'vitest';
import { admitKeys, compareKeys, createStores, unfitKeys } from '../../src/adapters/store/index.ts';
import type { LookupDigest } from '../../src/adapters/store/cipher.ts';
import {
  paymentRules,
  aSession,
  aText,
  keyOf,
  NOW,
  testCipher,
  type Bench,
  type StoresUnderTest,
} from './stores.fixture.ts';
import { acceptOne } from '../support/accept-one.ts';

const FITS = { missing: [], changed: [] };
const keysOf = (...ids: string[]) => ids.map(keyOf);
/** The id of a key with the material of another. */
const disguised = (id: string, material: string) => ({ ...keyOf(material), id });

export function keysContract(bench: Bench): void {
  describe('the personal data keys of a database', () => {
    const { admit, compare } = {
      admit: (...ids: string[]) => admitKeys(bench.stores.db, keysOf(...ids)),
      compare: (...ids: string[]) => compareKeys(bench.stores.db, keysOf(...ids)),
    };
    const writeWith = async (...ids: string[]): Promise<void> => {
      const stores = createStores({ paymentRules, pool: bench.pool, cipher: testCipher(...ids) });
      await acceptOne(stores.inbox, 'link', aText('STATUS'), NOW);
    };
    beforeEach(async () => {
      await bench.stores.db.deleteFrom('personalDataKey').execute();
    });

    it('takes any key for a new database, and the same one again', async () => {
      expect(await admit('k1')).toEqual(FITS);
      expect(await admit('k1')).toEqual(FITS);
      expect(await compare('k1')).toEqual({ ...FITS, unrecorded: [] });
    });

    it('misses a key that values were written with, and records nothing then', async () => {
      await admit('k1');
      await writeWith('k1');
      expect(await admit('k2')).toEqual({ missing: ['k1'], changed: [] });
      expect(await compare('k2')).toEqual({ missing: ['k1'], changed: [], unrecorded: ['k2'] });
      expect(await admit('k1')).toEqual(FITS);
    });

    it('knows another key under the same id, whichever of its two parts differs', async () => {
      await admit('k1');
      const { encryptionKey } = keyOf('other');
      for (const key of [disguised('k1', 'other'), { ...keyOf('k1'), encryptionKey }]) {
        expect(await admitKeys(bench.stores.db, [key])).toEqual({ missing: [], changed: ['k1'] });
        expect(await compareKeys(bench.stores.db, [keyOf('k2'), key])).toMatchObject({ changed: ['k1'] });
      }
    });

    it('takes every step of a rotation, and shows a process that was left behind', async () => {
      await admit('k1');
      await writeWith('k1');
      expect(await admit('k1', 'k2')).toEqual(FITS);
      expect(await compare('k1')).toEqual({ ...FITS, unrecorded: [] });
      expect(await admit('k2', 'k1')).toEqual(FITS);
      expect(await compare('k1', 'k2')).toEqual({ ...FITS, unrecorded: [] });
      expect(await compare('k1')).toEqual({ missing: ['k2'], changed: [], unrecorded: [] });
      await writeWith('k2', 'k1');
      expect(await admit('k2')).toEqual({ missing: ['k1'], changed: [] });
    });

    it('forgets a key that no value was written with, once another one is recorded', async () => {
      await admit('k1');
      expect(await admit('k2', 'k1')).toEqual(FITS);
      expect(await admit('k2')).toEqual(FITS);
      expect(await compare('k2')).toEqual({ ...FITS, unrecorded: [] });
      expect(await compare('k1')).toEqual({ missing: ['k2'], changed: [], unrecorded: ['k1'] });
    });

    it('admits one of two processes that start at once on a new database with a key each', async () => {
      const [one, other] = await Promise.all([admit('k1'), admit('k2')]);
      const refused = [one, other].filter(({ missing }) => missing.length > 0);
      expect(refused).toHaveLength(1);
      expect(await bench.stores.db.selectFrom('personalDataKey').select('keyId').execute()).toEqual(
        refused[0]?.missing.map((keyId) => ({ keyId })),
      );
    });

    it('misses a key that any column alone still names, of each that names keys', async () => {
      const { stores } = bench;
      await somethingInEachTable(stores);
      const columns = await sql<{ table: string; column: string }>`
        select table_name as "table", column_name as "column" from information_schema.columns
        where table_schema = 'public' and column_name like '%\\_key\\_id'`.execute(stores.db);
      expect(columns.rows.length).toBeGreaterThanOrEqual(6);
      const rewrite = async (id: string, { table, column }: (typeof columns.rows)[number]) => {
        const update = sql`update ${sql.table(table)} set ${sql.ref(column)} = ${id}
          where ${sql.ref(column)} is not null returning 1`;
        expect((await update.execute(stores.db)).rows.length, `${table}.${column}`).toBeGreaterThan(0);
      };
      for (const named of columns.rows) {
        for (const column of columns.rows) await rewrite('k2', column);
        await rewrite('k1', named);
        await stores.db.deleteFrom('personalDataKey').execute();
        // Both recorded: with one of ours on record it is the columns that decide.
        await admit('k1', 'k2');
        await admit('k2', 'k1');
        expect(await admit('k2'), `${named.table}.${named.column}`).toEqual({ missing: ['k1'], changed: [] });
        expect(await unfitKeys(stores.db, keysOf('k2'))).toEqual({ missing: ['k1'], changed: [] });
      }
    });

    it('takes the same customer in every process where one was written under two keys', async () => {
      const customers = Array.from({ length: 6 }, (_, index) => `479000040${index}`);
      for (const msisdn of customers) {
        for (const id of ['k1', 'k2']) {
          const stores = createStores({ paymentRules, pool: bench.pool, cipher: testCipher(id) });
          await acceptOne(stores.inbox, 'link', aText('STATUS', { msisdn }), NOW);
        }
      }
      const rows = await bench.stores.db.selectFrom('subscriber').select('subscriberId').execute();
      expect(rows).toHaveLength(2 * customers.length);
      for (const msisdn of customers) {
        const matching = await subscribersOf(bench, testCipher('k1', 'k2').lookup(msisdn));
        for (const ids of [
          ['k1', 'k2'],
          ['k2', 'k1'],
        ]) {
          const stores = createStores({ paymentRules, pool: bench.pool, cipher: testCipher(...ids) });
          const { inboxId } = await acceptOne(stores.inbox, 'link', aText('STATUS', { msisdn }), NOW);
          const { subscriberId } = await bench.stores.db
            .selectFrom('inboundMessage')
            .select('subscriberId')
            .where('inboxId', '=', inboxId)
            .executeTakeFirstOrThrow();
          expect(subscriberId).toBe(matching.toSorted()[0]);
        }
      }
    });
  });
}

async function subscribersOf(bench: Bench, lookups: readonly LookupDigest[]): Promise<string[]> {
  const digests = lookups.map(({ digest }) => digest);
  const rows = await bench.stores.db
    .selectFrom('subscriber')
    .select('subscriberId')
    .where('msisdnLookup', 'in', digests)
    .execute();
  return rows.map(({ subscriberId }) => subscriberId);
}

/** A row in every table whose values are encrypted. */
async function somethingInEachTable(stores: StoresUnderTest): Promise<void> {
  const session = await aSession(stores);
  const { sessionId, subscriberId, gateway, shortNumber } = session;
  const request = { sessionId, actor: 'operator-1', reason: 'why' };
  await stores.money.addPayment({
    sessionId,
    paymentNumber: 1,
    paymentReference: `s2p${sessionId}`,
    provider: 'paycore',
    requestedMinor: 500,
    currency: 'NOK',
    expiresAt: NOW,
    createdAt: NOW,
  });
  const release = { kind: 'release', paymentNumber: 1, amountMinor: 50 } as const;
  await stores.actions.request({ ...request, ...release, actionId: 'action-1' }, NOW);
  const noMoney = { paymentNumber: null, amountMinor: null };
  await stores.actions.request({ ...request, ...noMoney, kind: 'writeOff', actionId: 'action-2' }, NOW);
  const text = { outboundId: `${sessionId}-receipt-1`, kind: 'receipt', text: 'Hello', inboxId: null };
  const message = { ...text, sessionId, subscriberId, gateway, shortNumber };
  await stores.outbox.startSending(message, { mayRepeat: false, at: NOW });
  const webhook = { provider: 'vipps', webhookId: 'w1', url: 'https://pay.example', secret: 'secret' };
  await stores.providerWebhooks.add(webhook, NOW);
}
