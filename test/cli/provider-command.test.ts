// `sms2pay PROVIDER webhooks`: what an operator does with our registrations at Vipps, and what it says.
import { describe, expect, onTestFinished, test } from 'vitest';
import { createVippsProvider } from '../../src/adapters/payment/vipps/provider.ts';
import { parseConfig } from '../../src/config/config.ts';
import { migrateDatabase } from '../../src/main/installation.ts';
import { providerCommand } from '../../src/cli/provider-command.ts';
import { personalDataKey } from '../config/live-environment.ts';
import { createTestDatabase, hasPostgres } from '../support/postgres.ts';
import { aDataDir, aRunningSms2pay, type RunningSms2pay } from '../doctor/doctor-bench.ts';

async function run(env: Record<string, string>, ...args: string[]): Promise<string> {
  const lines: string[] = [];
  await providerCommand('vipps', args, parseConfig(env), (line) => lines.push(line));
  return lines.join('\n');
}

async function registered({ url, accounts }: RunningSms2pay): Promise<string> {
  if (!accounts.vipps) throw new Error('the demo has a Vipps account');
  const { webhooks } = createVippsProvider(accounts.vipps);
  return (await webhooks.ensure(`${url}/webhooks/payments/vipps`, [])).id;
}

describe('beside a running demo', () => {
  test('list and remove show and take away what is registered at the stand-in', async () => {
    const running = await aRunningSms2pay();
    const env = { DATA_DIR: running.dataDir };
    expect(await run(env, 'webhooks', 'list')).toBe('Nothing is registered.');
    const id = await registered(running);
    expect(await run(env, 'webhooks', 'list')).toBe(
      `${id}  ${running.url}/webhooks/payments/vipps  8 events`,
    );
    expect(await run(env, 'webhooks', 'remove', id)).toBe(`Removed ${id}.`);
    expect(await run(env, 'webhooks', 'remove', id)).toBe(`Vipps knows no registration ${id}.`);
  });

  test('ensure has the running process register its address and keep the secret', async () => {
    const running = await aRunningSms2pay();
    const env = { DATA_DIR: running.dataDir, PUBLIC_URL: running.url };
    const [, id] = /^Registered: (\S+)\./.exec(await run(env, 'webhooks', 'ensure')) ?? [];
    expect(running.kept.map(({ webhookId, url }) => [webhookId, url])).toEqual([
      [id, `${running.url}/webhooks/payments/vipps`],
    ]);
    expect(await run(env, 'webhooks', 'ensure')).toBe(`Registered already: ${id}.`);
  });
});

test.each([[[]], [['webhook', 'list']], [['webhooks']], [['webhooks', 'lst']], [['webhooks', 'remove']]])(
  '%j is refused with how it is used, whether anything runs or not',
  async (args) => {
    const env = { DATA_DIR: await aDataDir() };
    await expect(run(env, ...args)).rejects.toThrow('Use: sms2pay vipps webhooks ensure | list | remove ID');
  },
);

test('without a running demo or an account it says what to start or to set', async () => {
  const env = { DATA_DIR: await aDataDir() };
  await expect(run(env, 'webhooks', 'list')).rejects.toThrow(/simulator is not running: .*npm start.*VIPPS_/);
});

test.skipIf(!hasPostgres())(
  'ensure registers once, keeps the secret, and names what is superfluous',
  async () => {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    const running = await aRunningSms2pay();
    const { vipps } = running.accounts;
    const env = {
      DATA_DIR: await aDataDir(),
      SIMULATOR: 'on',
      DATABASE_URL: database.url,
      PUBLIC_URL: running.url,
      PERSONAL_DATA_KEYS: personalDataKey('k1'),
      VIPPS_BASE_URL: vipps?.baseUrl ?? '',
      VIPPS_CLIENT_ID: vipps?.clientId ?? '',
      VIPPS_CLIENT_SECRET: vipps?.clientSecret ?? '',
      VIPPS_SUBSCRIPTION_KEY: vipps?.subscriptionKey ?? '',
      VIPPS_MERCHANT_SERIAL_NUMBER: vipps?.merchantSerialNumber ?? '',
    };
    await migrateDatabase(parseConfig(env), () => {});
    const lost = await registered(running);
    const first = await run(env, 'webhooks', 'ensure');
    const [, id] = /^Registered: (\S+)\. Its secret is kept in the database\.\n/.exec(first) ?? [];
    expect(first).toContain(`Also registered for this address: ${lost}.`);
    expect(await run(env, 'webhooks', 'ensure')).toContain(`Registered already: ${id}.`);
    const { PUBLIC_URL: _, ...nowhere } = env;
    await expect(run(nowhere, 'webhooks', 'ensure')).rejects.toThrow('Set PUBLIC_URL');
  },
);

test('a provider whose address goes with each payment has nothing to register', async () => {
  const { dataDir } = await aRunningSms2pay();
  const listing = providerCommand(
    'paycore',
    ['webhooks', 'list'],
    parseConfig({ DATA_DIR: dataDir }),
    () => {},
  );
  await expect(listing).rejects.toThrow(/Paycore has no registrations/);
});
