// What a process that serves refuses before it has touched anything, with the sentence that its operator reads.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  createPersonalDataCipher,
  createStores,
  migrate,
  openPostgresPool,
  referencePartner,
} from '../../src/adapters/store/index.ts';
import { parseConfig, type Config } from '../../src/config/config.ts';
import { paymentRules } from '../../src/config/vendors.ts';
import { start, type ServingCommand } from '../../src/main/start.ts';
import { openDatabase, type OpenDatabase } from '../../src/main/database.ts';
import { assertProvidersSetUp, openMigratedDatabase, migrateDatabase } from '../../src/main/installation.ts';
import { readiness } from '../../src/main/serving.ts';
import { claimNamespace } from '../../src/main/temporal.ts';
import { A_VIPPS_ACCOUNT, aLiveEnvironment, personalDataKey } from '../config/live-environment.ts';
import { aSession, washPartner, type StoresUnderTest } from '../contract/stores.fixture.ts';
import { createTestDatabase, hasPostgres } from '../support/postgres.ts';
import { clientOfOwnNamespace, openTemporalEnv, type TemporalEnv } from '../support/temporal-env.ts';
import { acceptOne } from '../support/accept-one.ts';

const silent = (): void => {};

/** What the start of `part` says; no Temporal is reachable, so none gets as far as serving. */
async function refusalOf(part: ServingCommand, config: Config): Promise<string> {
  const log = { info() {}, warn() {}, error() {} };
  const options = { config, env: {}, log, report: silent, onFatal: silent, provider: null };
  return await start(part, options).then(
    () => 'it started',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

/** As a process that serves opens it. */
async function openServingDatabase(config: Config, report: (line: string) => void): Promise<OpenDatabase> {
  const database = await openMigratedDatabase(config, report);
  await assertProvidersSetUp(config, database.stores);
  return database;
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
    paymentRules,
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
  await acceptOne(database.stores.inbox, 'link', text, '2026-11-23T10:00:00.000Z');
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

  test('a key that nobody has written with yet is forgotten by no command, and not for long by a start', async () => {
    const url = await aMigratedDatabase();
    await (await openMigratedDatabase(liveConfig(url, K1), silent)).close();
    const rotated = await openMigratedDatabase(liveConfig(url, `${K2},${K1}`), silent);
    onTestFinished(() => rotated.close());
    await (await openMigratedDatabase(liveConfig(url, K1), silent, { waits: 'unhurried' })).close();
    expect((await rotated.compareKeys()).unrecorded).toEqual([]);
    const behind = await openMigratedDatabase(liveConfig(url, K1), silent);
    onTestFinished(() => behind.close());
    expect(await databaseState(behind)).toBe('ok');
    expect(await databaseState(rotated)).toBe('ok');
    expect(await databaseState(behind)).toBe('the personal data keys do not fit: run sms2pay doctor');
  });
});

test.skipIf(!hasPostgres())(
  'a start on a database that lacks a migration is refused with what to do',
  async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    for (const part of ['start', 'api', 'worker'] as const)
      expect(await refusalOf(part, liveConfig(database.url, K1))).toMatch(
        /^The schema of the database lacks 0001-baseline; run: sms2pay migrate$/,
      );
  },
);

test.skipIf(!hasPostgres())('a process whose database only reads is not ready', async () => {
  const url = await aMigratedDatabase();
  await (await openMigratedDatabase(liveConfig(url, K1), silent)).close();
  const readOnly = liveConfig(`${url}?options=-c%20default_transaction_read_only%3Don`, K1);
  const database = await openDatabase(readOnly, readOnly.personalData?.keys ?? [], silent);
  onTestFinished(() => database.close());
  await expect(database.stores.ping()).resolves.toBeUndefined();
  expect(await databaseState(database)).toContain('read-only');
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

async function databaseState(database: OpenDatabase): Promise<string> {
  return (await readiness(database, NO_TEMPORAL)).database;
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

  test('a process that runs while a partner begins to use it goes on serving the others', async () => {
    const url = await aMigratedDatabase((stores) => stores.settings.addPartner(referencePartner('paycore')));
    const database = await openMigratedDatabase(liveConfig(url, K1), silent);
    onTestFinished(() => database.close());
    await database.stores.settings.updatePartner('reference', { provider: 'vipps' });
    expect(await databaseState(database)).toBe('ok');
  });
});

async function aDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sms2pay-refusals-'));
  onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
  return dataDir;
}

async function demoConfig(settings: Record<string, string>): Promise<Config> {
  const dataDir = await aDataDir();
  return parseConfig({ SIMULATOR: 'on', DATA_DIR: dataDir, TEMPORAL_ADDRESS: '127.0.0.1:1', ...settings });
}

describe.skipIf(!hasPostgres())('a database of the other mode', () => {
  const LIVE =
    'The database is marked live, and the simulator is on: it would act on sessions with real money. Set SIMULATOR=off, or another DATABASE_URL for the demo.';
  const DEMO =
    'The database is marked demo: the simulator filled it, and now it is off. Set another DATABASE_URL for real vendors, or SIMULATOR=on.';

  test('the simulator touches nothing in one that is marked live', async () => {
    const url = await aMigratedDatabase();
    await (await openServingDatabase(liveConfig(url, K1), silent)).close();
    const demo = await demoConfig({ DATABASE_URL: url });
    expect(await refusalOf('start', demo)).toBe(LIVE);
    await expect(migrateDatabase(demo, silent)).rejects.toThrow(LIVE);
    const stores = storesAt(url);
    expect(await stores.settings.listPartners()).toEqual([]);
    // Missing migrations stay missing, too.
    await sql`delete from kysely_migration where name > '0009'`.execute(stores.db);
    await stores.close();
    expect(await refusalOf('start', demo)).toBe(LIVE);
  });

  test.each(['start', 'api', 'worker'] as const)('%s refuses one that the demo has filled', async (part) => {
    const url = await aMigratedDatabase();
    await migrateDatabase(await demoConfig({ DATABASE_URL: url, TEMPORAL_ADDRESS: '' }), silent);
    expect(await refusalOf(part, liveConfig(url, K1))).toBe(DEMO);
  });

  test('the mark is of the first start, and migrate without the simulator makes none', async () => {
    const url = await aMigratedDatabase();
    await migrateDatabase(parseConfig({ DATABASE_URL: url }, { vendors: false }), silent);
    const stores = storesAt(url);
    const { mode } = await stores.db.selectFrom('installation').select('mode').executeTakeFirstOrThrow();
    await stores.close();
    expect(mode).toBeNull();
    const demo = await demoConfig({ DATABASE_URL: url, PERSONAL_DATA_KEYS: K1 });
    await (await openMigratedDatabase(demo, silent)).close();
    expect(await refusalOf('api', liveConfig(url, K1))).toBe(DEMO);
  });

  test('the demo names whose word it cannot have', async () => {
    const url = await aMigratedDatabase(async (stores) => {
      const { partner, services, routes } = washPartner();
      const taken = { ...routes[0], gateway: 'link', shortNumber: '27222', keyword: 'CHARGE' };
      await stores.settings.addPartner({
        partner,
        services,
        routes: [{ ...taken, serviceId: 'wash', action: 'start' }],
      });
    });
    const told =
      "The demo's partner cannot be added: CHARGE on 27222 belongs to the service wash. Start the demo with another DATA_DIR or DATABASE_URL.";
    const demo = await demoConfig({ DATABASE_URL: url });
    expect(await refusalOf('start', demo)).toBe(told);
    await expect(migrateDatabase(demo, silent)).rejects.toThrow(told);
  });
});

describe.skipIf(!hasPostgres())('a Temporal namespace of another database', () => {
  let env: TemporalEnv;
  beforeAll(async () => {
    env = await openTemporalEnv();
  });
  afterAll(() => env.close());

  test.each(['api', 'worker', 'start'] as const)(
    'is refused by %s before it polls or serves there',
    async (part) => {
      const owner = storesAt(await aMigratedDatabase());
      const client = await clientOfOwnNamespace(env);
      await claimNamespace(client, owner, { everyMs: 3_600_000 });
      const installationId = await owner.ledger.installationId();
      await owner.close();
      const { namespace } = client.options;
      const settings = {
        DATABASE_URL: await aMigratedDatabase(),
        PERSONAL_DATA_KEYS: K1,
        TEMPORAL_ADDRESS: env.address,
        TEMPORAL_NAMESPACE: namespace,
      };
      const config = part === 'start' ? await demoConfig(settings) : parseConfig(aLiveEnvironment(settings));
      const said = await refusalOf(part, config);
      expect(said).toContain(
        `The Temporal namespace "${namespace}" belongs to another database (installation ${installationId}, `,
      );
      expect(said).toContain('or another TEMPORAL_NAMESPACE.');
    },
    // `start` bundles the workflow code meanwhile.
    180_000,
  );
});
