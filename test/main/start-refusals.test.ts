// What a process that serves refuses before it has touched anything, with the sentence that its operator reads.
import { describe, expect, onTestFinished, test } from 'vitest';
import { createStores, migrate, openPostgresPool } from '../../src/adapters/store/index.ts';
import { parseConfig, type Config } from '../../src/config/config.ts';
import { startApi } from '../../src/main/api.ts';
import type { OpenDatabase } from '../../src/main/database.ts';
import { openMigratedDatabase } from '../../src/main/migrated-database.ts';
import { readiness } from '../../src/main/readiness.ts';
import { startWorkerOnly } from '../../src/main/worker.ts';
import { aLiveEnvironment, personalDataKey } from '../config/live-environment.ts';
import { testCipher } from '../contract/stores.fixture.ts';
import { createTestDatabase, hasPostgres } from '../support/postgres.ts';

const silent = (): void => {};
const PARTS = { api: startApi, worker: startWorkerOnly };

/** What the start of `part` says; no Temporal is reachable, so none gets as far as serving. */
async function refusalOf(part: 'api' | 'worker', config: Config): Promise<string> {
  const log = { info() {}, warn() {}, error() {} };
  const options = { config, env: {}, log, report: silent, onFatal: silent, provider: null };
  return await PARTS[part](options).then(
    () => 'it started',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

async function aMigratedDatabase(): Promise<string> {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  const stores = createStores({ pool: openPostgresPool(database.url), cipher: testCipher() });
  await migrate(stores.db);
  await stores.close();
  return database.url;
}

/** `keys`: ids, or id and material of PERSONAL_DATA_KEYS. */
function liveConfig(databaseUrl: string, keys: string): Config {
  return parseConfig(aLiveEnvironment({ DATABASE_URL: databaseUrl, PERSONAL_DATA_KEYS: keys }));
}

/** A process of these keys has taken a text of a customer. */
async function aCustomerTexts(config: Config, messageId = 'm1'): Promise<void> {
  const database = await openMigratedDatabase(config, silent);
  const text = { messageId, msisdn: '4790000001', shortNumber: '27222', text: 'HI', sentAt: null };
  await database.stores.inbox.accept('link', text, '2026-11-23T10:00:00.000Z');
  await database.close();
}

const otherKey = (id: string): string => {
  const key = (fill: number): string => Buffer.alloc(32, fill).toString('base64');
  return `${id}:${key(3)}:${key(4)}`;
};
const K1 = personalDataKey('k1');
const K2 = otherKey('k2');

describe.skipIf(!hasPostgres())('personal data keys that do not fit the database', () => {
  test.each(['api', 'worker'] as const)(
    '%s names the key that is missing and those there are',
    async (part) => {
      const url = await aMigratedDatabase();
      await aCustomerTexts(liveConfig(url, K1));
      expect(await refusalOf(part, liveConfig(url, K2))).toBe(
        'The database was written with the personal data keys k1, but PERSONAL_DATA_KEYS has only k2. Add the missing keys at the end of PERSONAL_DATA_KEYS.',
      );
    },
  );

  test.each(['api', 'worker'] as const)('%s does not take another key under the same id', async (part) => {
    const url = await aMigratedDatabase();
    await aCustomerTexts(liveConfig(url, K1));
    const said = await refusalOf(part, liveConfig(url, otherKey('k1')));
    expect(said).toBe(
      'PERSONAL_DATA_KEYS holds another key under the id k1 than the database was written with. Restore the key of that id; give a new key an id of its own.',
    );
  });

  test('a rotation goes through: the new key last, then first, one customer throughout', async () => {
    const url = await aMigratedDatabase();
    for (const [index, keys] of [K1, `${K1},${K2}`, `${K2},${K1}`].entries())
      await aCustomerTexts(liveConfig(url, keys), `m${index}`);
    expect(await customersOf(url)).toBe(1);
  });

  test('a process that was left behind by a rotation is not ready, and one in the middle of it is', async () => {
    const url = await aMigratedDatabase();
    const behind = await openMigratedDatabase(liveConfig(url, K1), silent);
    onTestFinished(() => behind.close());
    const rotating = await openMigratedDatabase(liveConfig(url, `${K1},${K2}`), silent);
    onTestFinished(() => rotating.close());
    expect([await databaseState(behind), await databaseState(rotating)]).toEqual(['ok', 'ok']);
    const rotated = await openMigratedDatabase(liveConfig(url, `${K2},${K1}`), silent);
    onTestFinished(() => rotated.close());
    expect(await databaseState(rotating)).toBe('ok');
    expect(await databaseState(rotated)).toBe('ok');
    expect(await databaseState(behind)).toBe('the personal data keys do not fit: run sms2pay doctor');
  });
});

async function customersOf(url: string): Promise<number> {
  const stores = createStores({ pool: openPostgresPool(url), cipher: testCipher() });
  const rows = await stores.db.selectFrom('subscriber').select('subscriberId').execute();
  await stores.close();
  return rows.length;
}

async function databaseState(database: Pick<OpenDatabase, 'compareKeys' | 'stores'>): Promise<string> {
  const unreachable = () => Promise.reject(new Error('not asked here'));
  const connection = { withDeadline: unreachable, workflowService: { getSystemInfo: unreachable } };
  return (await readiness(database, { connection })).database;
}
