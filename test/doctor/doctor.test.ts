// What `sms2pay doctor` says of each thing that can be wrong around sms2pay, whether it calls that sound, and its exit code.
import { describe, expect, it, onTestFinished } from 'vitest';
import { runCli, type Environment } from '../support/cli-process.ts';
import { createVippsProvider } from '../../src/adapters/payment/vipps/provider.ts';
import {
  createPersonalDataCipher,
  createStores,
  migrate,
  openPostgresPool,
  referencePartner,
} from '../../src/adapters/store/index.ts';
import { parseConfig } from '../../src/config/config.ts';
import { doctor } from '../../src/doctor/doctor.ts';
import { openMigratedDatabase, migrateDatabase } from '../../src/main/installation.ts';
import { claimNamespace } from '../../src/main/temporal.ts';
import { noteRunning } from '../../src/main/running-file.ts';
import { RECONCILIATION_ID } from '../../src/workflows/contract.ts';
import { personalDataKey } from '../config/live-environment.ts';
import { createTestDatabase, hasPostgres } from '../support/postgres.ts';
import { clientOfOwnNamespace, openTemporalEnv } from '../support/temporal-env.ts';
import { aDataDir, aDeadAddress, aRunningSms2pay, aWebServer, type RunningSms2pay } from './doctor-bench.ts';
import { acceptOne } from '../support/accept-one.ts';

const TEST_LIMIT_MS = 60_000;

interface Diagnosis {
  sound: boolean;
  lines: string[];
  /** the lines of one check, without its name */
  of: (name: string) => string[];
}

async function examine(settings: Environment): Promise<Diagnosis> {
  const lines: string[] = [];
  const sound = await doctor(settings, (line) => lines.push(line));
  for (const line of lines) {
    expect(line).toMatch(/^(ok|-|WARNING|FAILED) +\S/);
    expect(line).not.toContain('\n');
    if (/^(WARNING|FAILED)/.test(line)) expect(line).toContain(' -> ');
    // No secret that was set, whatever went wrong.
    for (const [name, secret] of Object.entries(settings))
      if (/SECRET|PASSWORD|KEY/.test(name)) expect(line).not.toContain(secret);
    expect(line).not.toContain('hidden');
  }
  expect(sound).toBe(!lines.some((line) => line.startsWith('FAILED')));
  const of = (name: string): string[] =>
    lines
      .filter((line) => line.slice(8).startsWith(`${name} `))
      .map((line) => line.replace(`${name} `, '').replaceAll(/ +/g, ' '));
  return { sound, lines, of };
}

/** Vendors at `url`, on this machine, so that the embedded parts may be used. */
function vendorsAt(url: string): Record<string, string> {
  return {
    SIMULATOR: 'off',
    PUBLIC_URL: url,
    PERSONAL_DATA_KEYS: personalDataKey('k1'),
    LINK_BASE_URL: `${url}/link`,
    LINK_USERNAME: 'link-user',
    LINK_PASSWORD: 'hidden-link-password',
    LINK_PLATFORM_ID: 'platform-1',
    LINK_PLATFORM_PARTNER_ID: 'partner-1',
    LINK_WEBHOOK_USERNAME: 'hook-user',
    LINK_WEBHOOK_PASSWORD: 'hidden-hook-password',
    PAYCORE_BASE_URL: `${url}/paycore`,
    PAYCORE_PARTNER_ID: '4711',
    PAYCORE_SECRET: Buffer.from('hidden paycore secret').toString('base64'),
    PAYCORE_CALLBACK_USERNAME: 'callback-user',
    PAYCORE_CALLBACK_PASSWORD: 'hidden-callback-password',
    VIPPS_BASE_URL: `${url}/vipps`,
    VIPPS_CLIENT_ID: 'vipps-client',
    VIPPS_CLIENT_SECRET: 'hidden-client-secret',
    VIPPS_SUBSCRIPTION_KEY: 'hidden-subscription-key',
    VIPPS_MERCHANT_SERIAL_NUMBER: '123456',
  };
}

/** The accounts that the stand-ins of `running` know, given as settings, with changes. */
function accountsOf(
  { url, accounts }: RunningSms2pay,
  changes: Record<string, string> = {},
): Record<string, string> {
  const { paycore, vipps } = accounts;
  return {
    ...vendorsAt(`${url}/sim`),
    PUBLIC_URL: url,
    PAYCORE_PARTNER_ID: String(paycore?.partnerId),
    PAYCORE_SECRET: paycore?.secretBase64 ?? '',
    VIPPS_CLIENT_ID: vipps?.clientId ?? '',
    VIPPS_CLIENT_SECRET: vipps?.clientSecret ?? '',
    VIPPS_SUBSCRIPTION_KEY: vipps?.subscriptionKey ?? '',
    VIPPS_MERCHANT_SERIAL_NUMBER: vipps?.merchantSerialNumber ?? '',
    ...changes,
  };
}

async function register(running: RunningSms2pay): Promise<{ id: string; secret: string; url: string }> {
  const url = `${running.url}/webhooks/payments/vipps`;
  if (!running.accounts.vipps) throw new Error('the demo has a Vipps account');
  const { id, secret } = await createVippsProvider(running.accounts.vipps).webhooks.ensure(url, []);
  return { id, secret: secret ?? '', url };
}

describe('sms2pay doctor', { timeout: TEST_LIMIT_MS }, () => {
  it('without any setting and nothing running says what to do first, and fails nothing', async () => {
    const { sound, lines, of } = await examine({ DATA_DIR: await aDataDir() });
    expect(sound).toBe(true);
    expect(of('running process')).toEqual([expect.stringMatching(/none with this DATA_DIR .*npm start/)]);
    expect(lines.slice(1).every((line) => line.startsWith('- '))).toBe(true);
  });

  it('beside a running demo finds everything in order', async () => {
    const running = await aRunningSms2pay();
    const { id, secret, url } = await register(running);
    running.kept.push({ provider: 'vipps', webhookId: id, secret, url });
    const { sound, lines, of } = await examine({ DATA_DIR: running.dataDir });
    expect(lines.filter((line) => /^(WARNING|FAILED)/.test(line))).toEqual([]);
    expect(sound).toBe(true);
    expect(of('running process')).toEqual([`ok answers at ${running.url}`]);
    for (const name of ['database', 'Temporal', 'worker'])
      expect(of(name)).toEqual(['ok the running process reports it ready']);
    for (const vendor of ['paycore', 'vipps'])
      expect(of(`${vendor} credentials`)).toEqual([
        expect.stringMatching(/^ok ours accepted, a wrong secret refused/),
      ]);
    expect(of('vipps webhook')).toEqual(['ok registered for all events, its secret is kept']);
  });

  it('says which part the running process does without', async () => {
    const running = await aRunningSms2pay();
    running.parts['temporal'] = 'no connection to temporal.internal';
    const { sound, of, lines } = await examine({ DATA_DIR: running.dataDir });
    expect(sound).toBe(false);
    expect(of('Temporal')).toEqual([expect.stringMatching(/^FAILED .*does without it -> read its log/)]);
    expect(of('database')).toEqual([expect.stringMatching('^ok')]);
    expect(lines.join('\n')).not.toContain('internal');
  });

  it('takes no web server for a vendor because it answers "not found"', async () => {
    const { sound, of } = await examine({ DATA_DIR: await aDataDir(), ...vendorsAt(await aWebServer()) });
    expect(sound).toBe(false);
    expect(of('paycore credentials')).toEqual([
      expect.stringMatching(
        /^FAILED a wrong secret is not refused: this is not paycore.* -> check PAYCORE_BASE_URL/,
      ),
    ]);
    expect(of('vipps credentials')).toEqual([expect.stringMatching(/^FAILED .*no access token.*VIPPS_/)]);
  });

  it('tells a secret that the vendor refuses from one that it takes', async () => {
    const running = await aRunningSms2pay();
    const wrong = { PAYCORE_SECRET: Buffer.from('another secret').toString('base64') };
    const { sound, of } = await examine({ DATA_DIR: await aDataDir(), ...accountsOf(running, wrong) });
    expect(sound).toBe(false);
    expect(of('paycore credentials')).toEqual([
      expect.stringMatching(/^FAILED .*HTTP 401 -> check the PAYCORE_\* credentials/),
    ]);
    expect(of('vipps credentials')).toEqual([expect.stringMatching('^ok')]);
  });

  it('reports settings that cannot be used one by one, and looks at what is left', async () => {
    const running = await aRunningSms2pay();
    const changes = {
      PORT: 'x',
      PAYCORE_PARTNER_ID: 'hidden',
      DATABASE_URL: 'mysql://u:hidden@db.example/x',
    };
    const { sound, of } = await examine({ DATA_DIR: await aDataDir(), ...accountsOf(running, changes) });
    expect(sound).toBe(false);
    expect(of('configuration').map((line) => line.split(' ', 2))).toEqual([
      ['FAILED', 'PORT'],
      ['FAILED', 'DATABASE_URL'],
      ['FAILED', 'PAYCORE_PARTNER_ID'],
    ]);
    expect(of('database')).toEqual(['- not checked: DATABASE_URL cannot be used']);
    expect(of('paycore')).toEqual([expect.stringContaining('the settings PAYCORE_* are not complete')]);
    expect(of('vipps credentials')).toEqual([expect.stringMatching('^ok')]);
  });

  it('sends no credentials to an address that the configuration refuses', async () => {
    const settings = { ...vendorsAt('http://vendor.invalid'), DATA_DIR: await aDataDir() };
    const { sound, of } = await examine(settings);
    expect(sound).toBe(false);
    expect(of('configuration').join('\n')).toContain('VIPPS_BASE_URL must be an https address');
    expect(of('vipps credentials')).toEqual([]);
    expect(of('vipps')).toEqual([expect.stringContaining('not checked')]);
    expect(of('public address')).toEqual(['- not checked: PUBLIC_URL cannot be used']);
  });

  it('takes the note of a killed process for what it is, also when another program has its port', async () => {
    const dataDir = await aDataDir();
    const another = await aRunningSms2pay();
    const places: [string, string][] = [
      [await aDeadAddress(), 'nothing listens there (ECONNREFUSED)'],
      [await aWebServer((response) => response.end('hello')), 'another program answers (HTTP 200)'],
      [another.url, 'another sms2pay answers'],
    ];
    for (const [url, what] of places) {
      await noteRunning(dataDir, { url, adminToken: 'x' });
      const { sound, of, lines } = await examine({ DATA_DIR: dataDir });
      expect(of('running process')).toEqual([
        expect.stringMatching(/^WARNING none: .*running\.json was left/),
      ]);
      expect(of('running process')[0]).toContain(what);
      expect(of('database')).toEqual([expect.stringMatching('^- not checked')]);
      expect(lines.filter((line) => line.startsWith('FAILED'))).toEqual([]);
      expect(sound).toBe(true);
    }
  });

  it('says why nothing came back, in words and with the code', async () => {
    const dead = await aDeadAddress();
    const refused = await examine({ DATA_DIR: await aDataDir(), ...vendorsAt(dead) });
    for (const name of [
      'public address',
      'paycore credentials',
      'vipps credentials',
      'clock against paycore',
      'link address',
    ])
      expect(refused.of(name)).toEqual([
        expect.stringMatching(/^FAILED .*nothing listens there \(ECONNREFUSED\) -> /),
      ]);
    expect(refused.lines.join('\n')).not.toContain('fetch failed');
    expect(refused.sound).toBe(false);

    const plain = (await aWebServer()).replace('http:', 'https:');
    const notTls = await examine({ DATA_DIR: await aDataDir(), ...vendorsAt(plain) });
    expect(notTls.of('public address')).toEqual([
      expect.stringMatching(/does not speak TLS .* -> check https or http/),
    ]);
  });

  it('takes no page of a proxy for sms2pay, and no other sms2pay for this one', async () => {
    const running = await aRunningSms2pay();
    const dataDir = await aDataDir();
    const proxy = await aWebServer((response) =>
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"status":"ok"}'),
    );
    const page = await examine({ DATA_DIR: dataDir, ...accountsOf(running, { PUBLIC_URL: proxy }) });
    expect(page.of('public address')).toEqual([
      expect.stringMatching(/^FAILED .*something else than sms2pay \(HTTP 200\)/),
    ]);
    const redirect = await aWebServer((response) => response.writeHead(301, { location: running.url }).end());
    const moved = await examine({ DATA_DIR: dataDir, ...accountsOf(running, { PUBLIC_URL: redirect }) });
    expect(moved.of('public address')).toEqual([
      expect.stringMatching(/^FAILED .*\(HTTP 301\) -> .*without a redirect/),
    ]);
    const other = await examine({ DATA_DIR: dataDir, ...accountsOf(running) });
    expect(other.of('public address')).toEqual([
      expect.stringMatching(/^FAILED .*with other keys .* -> give both the same/),
    ]);
    expect([page, moved, other].some(({ sound }) => sound)).toBe(false);
  });

  it('wants a registration at Vipps for all events whose secret the running process keeps', async () => {
    const running = await aRunningSms2pay();
    const look = async (): Promise<string[]> =>
      (await examine({ DATA_DIR: running.dataDir })).of('vipps webhook');
    expect(await look()).toEqual([
      expect.stringMatching(/^FAILED .*is not registered .* -> start sms2pay again/),
    ]);
    const { id, secret, url } = await register(running);
    expect(await look()).toEqual([
      expect.stringMatching(/^FAILED .*secret is not kept here: every callback is refused/),
    ]);
    running.kept.push({ provider: 'vipps', webhookId: id.toUpperCase(), secret, url });
    expect(await look()).toEqual([expect.stringMatching('^ok')]);
  });

  it('finds a database and a Temporal server that do not answer', async () => {
    const { sound, of } = await examine({
      DATA_DIR: await aDataDir(),
      SIMULATOR: 'on',
      DATABASE_URL: 'postgres://nobody:hidden-password@127.0.0.1:1/none',
      TEMPORAL_ADDRESS: '127.0.0.1:1',
    });
    expect(sound).toBe(false);
    expect(of('database')).toEqual([expect.stringMatching(/^FAILED .*refuses the connection/)]);
    expect(of('Temporal')).toEqual([
      expect.stringMatching(/^FAILED 127\.0\.0\.1:1 does not answer -> check TEMPORAL_ADDRESS/),
    ]);
  });

  it('ends with 1 when something failed, also a setting, and with 2 when it is misspelt', async () => {
    const failed = await runCli(['doctor'], { DATA_DIR: await aDataDir(), PORT: 'x' });
    expect([failed.code, failed.stderr]).toEqual([1, '']);
    expect(failed.stdout).toMatch(/^FAILED +configuration +PORT must .* -> see \.env\.example$/m);
    expect((await runCli(['doctor'], { DATA_DIR: await aDataDir() })).code).toBe(0);
    const misspelt = await runCli(['doctor', 'now'], {});
    expect([misspelt.code, misspelt.stderr]).toEqual([2, expect.stringContaining('Use: sms2pay doctor')]);
  });
});

describe.skipIf(!hasPostgres())('sms2pay doctor with a database', { timeout: TEST_LIMIT_MS }, () => {
  it('asks it for the secret of the registration, and can tell one that our keys do not open', async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    const running = await aRunningSms2pay();
    const settings = { DATA_DIR: await aDataDir(), ...accountsOf(running), DATABASE_URL: database.url };
    const empty = await examine(settings);
    expect(empty.of('database')).toEqual([
      expect.stringMatching(/^FAILED its schema lacks .* -> run: sms2pay migrate/),
    ]);

    const { id, secret, url } = await register(running);
    const [, encryption = '', lookup = ''] = personalDataKey('k1').split(':');
    const key = {
      id: 'k1',
      encryptionKey: Buffer.from(encryption, 'base64'),
      lookupKey: Buffer.from(lookup, 'base64'),
    };
    const pool = openPostgresPool(database.url);
    const stores = createStores({ pool, cipher: createPersonalDataCipher({ keys: [key] }) });
    onTestFinished(() => stores.close());
    await migrate(stores.db);
    const without = await examine(settings);
    expect(without.of('database')).toEqual([
      'ok answers, its schema is up to date, our personal data keys fit',
    ]);
    expect(without.of('vipps webhook')).toEqual([
      expect.stringMatching(/secret is not kept here.* -> run: sms2pay vipps webhooks ensure/),
    ]);

    await stores.providerWebhooks.add(
      { provider: 'vipps', webhookId: id, url, secret },
      '2026-11-23T10:00:00.000Z',
    );
    expect((await examine(settings)).of('vipps webhook')).toEqual([
      'ok registered for all events, its secret is kept',
    ]);
    const otherKeys = { ...settings, PERSONAL_DATA_KEYS: personalDataKey('k2') };
    expect((await examine(otherKeys)).of('vipps webhook')).toEqual([
      expect.stringMatching(/^FAILED .*encrypted with key k1, which is not configured/),
    ]);
  });

  it('says which personal data keys the database was written with when ours are others', async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    const settings = {
      DATA_DIR: await aDataDir(),
      ...vendorsAt(await aWebServer()),
      DATABASE_URL: database.url,
    };
    await migrateDatabase(parseConfig(settings), () => {});
    const opened = await openMigratedDatabase(parseConfig(settings), () => {});
    onTestFinished(() => opened.close());
    const others = { ...settings, PERSONAL_DATA_KEYS: personalDataKey('k2') };
    const both = [personalDataKey('k2'), personalDataKey('k1')].join(',');
    expect((await examine({ ...settings, PERSONAL_DATA_KEYS: both })).of('database')).toEqual([
      expect.stringMatching(/^ok/),
    ]);
    const text = { messageId: 'm1', msisdn: '4790000001', shortNumber: '27222', text: 'HI', sentAt: null };
    await acceptOne(opened.stores.inbox, 'link', text, '2026-11-23T10:00:00.000Z');
    const missing = await examine(others);
    expect(missing.of('database')).toEqual([
      'FAILED The database was written with the personal data keys k1, but PERSONAL_DATA_KEYS has only k2 -> Add the missing keys at the end of PERSONAL_DATA_KEYS',
    ]);
    const [, first, second] = personalDataKey('k1').split(':');
    const changed = await examine({ ...settings, PERSONAL_DATA_KEYS: `k1:${second}:${first}` });
    expect(changed.of('database')).toEqual([
      expect.stringMatching(/^FAILED PERSONAL_DATA_KEYS holds another key under the id k1 than/),
    ]);
  });

  it('says that the database is of the other mode, and whose the Temporal namespace is', async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    const env = await openTemporalEnv();
    onTestFinished(() => env.close());
    const client = await clientOfOwnNamespace(env);
    const live = {
      DATA_DIR: await aDataDir(),
      ...vendorsAt(await aWebServer()),
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: env.address,
      TEMPORAL_NAMESPACE: client.options.namespace,
    };
    await migrateDatabase(parseConfig(live), () => {});
    const opened = await openMigratedDatabase(parseConfig(live), () => {});
    onTestFinished(() => opened.close());
    const { stores } = opened;
    const other = { ledger: { installationId: () => Promise.resolve('0123abcd') } };
    const lookAtTemporal = async () => (await examine(live)).of('Temporal');
    expect(await lookAtTemporal()).toEqual([expect.stringMatching(/^ok/)]);
    await claimNamespace(client, stores, { everyMs: 3_600_000 });
    expect(await lookAtTemporal()).toEqual([expect.stringMatching(/^ok/)]);
    await client.schedule.getHandle(RECONCILIATION_ID).delete();
    await claimNamespace(client, other, { everyMs: 3_600_000 });
    expect(await lookAtTemporal()).toEqual([
      expect.stringMatching(
        /^FAILED The Temporal namespace .* belongs to another database \(installation 0123abcd/,
      ),
    ]);
    const { of } = await examine({ DATA_DIR: live.DATA_DIR, DATABASE_URL: database.url, SIMULATOR: 'on' });
    expect(of('database')).toEqual([
      expect.stringMatching(
        /^FAILED The database is marked live, .* -> Set SIMULATOR=off, or another DATABASE_URL/,
      ),
    ]);
  });

  it('names a payment provider that partners use and that is not set up', async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    const settings = {
      DATA_DIR: await aDataDir(),
      ...vendorsAt(await aWebServer()),
      DATABASE_URL: database.url,
    };
    const config = parseConfig(settings);
    await migrateDatabase(config, () => {});
    const opened = await openMigratedDatabase(config, () => {});
    await opened.stores.settings.addPartner(referencePartner('vipps'));
    await opened.close();
    expect((await examine(settings)).of('database')).toEqual([expect.stringMatching(/^ok/)]);
    const withoutVipps = Object.fromEntries(
      Object.entries(settings).filter(([name]) => !name.startsWith('VIPPS_')),
    );
    const { sound, of } = await examine(withoutVipps);
    expect(sound).toBe(false);
    expect(of('database')).toEqual([
      expect.stringMatching(
        /^FAILED The payment provider vipps is not set up here, but 1 partner uses it -> Set VIPPS_BASE_URL, /,
      ),
    ]);
  });
});
