// What a process that serves refuses before it has touched anything, with the sentence that its operator reads.
import { describe, expect, onTestFinished, test } from 'vitest';
import {
  createPersonalDataCipher,
  createStores,
  migrate,
  openPostgresPool,
  referencePartner,
} from '../../src/adapters/store/index.ts';
import { parseConfig, type Config } from '../../src/config/config.ts';
import { startApi } from '../../src/main/api.ts';
import type { OpenDatabase } from '../../src/main/database.ts';
import { openMigratedDatabase, openServingDatabase } from '../../src/main/migrated-database.ts';
import { readiness } from '../../src/main/readiness.ts';
import { startAll } from '../../src/main/start.ts';
import { startWorkerOnly } from '../../src/main/worker.ts';
import { A_VIPPS_ACCOUNT, aLiveEnvironment, personalDataKey } from '../config/live-environment.ts';
import { aSession, washPartner, type StoresUnderTest } from '../contract/stores.fixture.ts';
import { createTestDatabase, hasPostgres } from '../support/postgres.ts';

const silent = (): void => {};
const PARTS = { start: startAll, api: startApi, worker: startWorkerOnly };

/** What the start of `part` says; no Temporal is reachable, so none gets as far as serving. */
async function refusalOf(part: keyof typeof PARTS, config: Config): Promise<string> {
  const log = { info() {}, warn() {}, error() {} };
  const options = { config, env: {}, log, report: silent, onFatal: silent, provider: null };
  return await PARTS[part](options).then(
    () => 'it started',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

/** The stores of a process with the key K1. */
function storesAt(url: string): StoresUnderTest {
  const [id = '', encryption = '', lookup = ''] = K1.split(':');
  const key = {
    id,
    encryptionKey: Buffer.from(encryption, 'base64'),
    lookupKey: Buffer.from(lookup, 'base64'),
  };
  return createStores({
    pool: openPostgresPool(url),
    cipher: createPersonalDataCipher({ keys: [key] }),
  });
}

async function aMigratedDatabase(
  fill: (stores: StoresUnderTest) => Promise<unknown> = async () => {},
): Promise<string> {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  const stores = storesAt(database.url);
  await migrate(stores.db);
  await fill(stores);
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
  const stores = storesAt(url);
  const rows = await stores.db.selectFrom('subscriber').select('subscriberId').execute();
  await stores.close();
  return rows.length;
}

const unreachable = () => Promise.reject(new Error('not asked here'));
const NO_TEMPORAL = {
  connection: { withDeadline: unreachable, workflowService: { getSystemInfo: unreachable } },
};

async function databaseState(database: Pick<OpenDatabase, 'compareKeys' | 'stores'>): Promise<string> {
  return (await readiness(liveConfig('postgres://nowhere', K1), database, NO_TEMPORAL)).database;
}

async function providersState(config: Config, database: OpenDatabase): Promise<string> {
  return (await readiness(config, database, NO_TEMPORAL)).providers;
}

describe.skipIf(!hasPostgres())('a payment provider that is used and not set up', () => {
  /** Two partners and, of the first, an open session at Vipps; a third partner at Paycore. */
  async function usingVipps(stores: StoresUnderTest): Promise<void> {
    const reference = referencePartner('vipps');
    await stores.settings.addPartner(reference);
    const wash = washPartner();
    await stores.settings.addPartner({ ...wash, partner: { ...wash.partner, provider: 'vipps' } });
    const other = { ...reference.partner, partnerId: 'other', provider: 'paycore' };
    await stores.settings.addPartner({ partner: other, services: [], routes: [] });
    await aSession(stores);
  }
  const REMEDY =
    'Set VIPPS_BASE_URL, VIPPS_CLIENT_ID, VIPPS_CLIENT_SECRET, VIPPS_SUBSCRIPTION_KEY, VIPPS_MERCHANT_SERIAL_NUMBER, or move its partners to another provider (sms2pay partner set ID --provider NAME): open sessions keep theirs until they are over.';

  test.each(['start', 'api', 'worker'] as const)('%s names it, who uses it, and what to do', async (part) => {
    const url = await aMigratedDatabase(usingVipps);
    expect(await refusalOf(part, liveConfig(url, K1))).toBe(
      `The payment provider vipps is not set up here, but 2 partners and 1 open session use it. ${REMEDY}`,
    );
  });

  test('is refused for the open sessions alone when its partners have left it', async () => {
    const url = await aMigratedDatabase(async (stores) => {
      await usingVipps(stores);
      for (const id of ['reference', 'wash'])
        await stores.settings.updatePartner(id, { provider: 'paycore' });
    });
    expect(await refusalOf('worker', liveConfig(url, K1))).toBe(
      `The payment provider vipps is not set up here, but 1 open session uses it. ${REMEDY}`,
    );
  });

  test('one that this version does not know is named with those it knows', async () => {
    const url = await aMigratedDatabase((stores) => stores.settings.addPartner(referencePartner('stripe')));
    expect(await refusalOf('api', liveConfig(url, K1))).toBe(
      'The payment provider stripe is not known to this version, but 1 partner uses it. Move its partners to another provider (sms2pay partner set ID --provider NAME): paycore or vipps.',
    );
  });

  test('is none when the account is there, or nobody uses it', async () => {
    const used = await aMigratedDatabase(usingVipps);
    const unused = await aMigratedDatabase();
    const environment = aLiveEnvironment({ DATABASE_URL: used, PERSONAL_DATA_KEYS: K1, ...A_VIPPS_ACCOUNT });
    for (const config of [parseConfig(environment), liveConfig(unused, K1)]) {
      const opening = openServingDatabase(config, silent);
      await expect(opening).resolves.toBeDefined();
      await (await opening).close();
    }
  });

  test('a process that runs while a partner begins to use it is not ready', async () => {
    const url = await aMigratedDatabase((stores) => stores.settings.addPartner(referencePartner('paycore')));
    const config = liveConfig(url, K1);
    const database = await openMigratedDatabase(config, silent);
    onTestFinished(() => database.close());
    expect(await providersState(config, database)).toBe('ok');
    await database.stores.settings.updatePartner('reference', { provider: 'vipps' });
    expect(await providersState(config, database)).toBe('vipps is not set up: run sms2pay doctor');
  });
});
