// Owns: `sms2pay doctor`: everything that must be right outside our own code, one line each with what to do.
import { createVippsWebhooks } from '../../adapters/payment/vipps/webhooks.ts';
import type { Config } from '../../config/config.ts';
import type { VippsConfig } from '../../config/vipps.ts';
import { databaseTrouble } from '../database-trouble.ts';
import { demoSecrets } from '../demo-secrets.ts';
import { openDatabase } from '../database.ts';
import { findRunning } from '../running-file.ts';
import { connectClient, missingSearchAttributes } from '../temporal.ts';
import { createVendors, vendorAccounts } from '../vendors.ts';
import { findingLine, type Check, type Finding } from './finding.ts';
import { clockCheck, credentialsCheck, publicAddressCheck, webhookCheck } from './vendor-checks.ts';

/** Reports each check; true when none failed. */
export async function doctor(config: Config, report: (line: string) => void): Promise<boolean> {
  for (const warning of config.warnings) {
    report(findingLine('configuration', { state: 'warning', what: warning, advice: 'see .env.example' }));
  }
  report(findingLine('configuration', { state: 'ok', what: 'every setting can be used' }));
  const running = await findRunning(config.dataDir);
  let sound = true;
  for (const check of await checksFor(config, running?.url ?? null)) {
    const finding = await look(check);
    if (finding.state === 'failed') sound = false;
    report(findingLine(check.name, finding));
  }
  return sound;
}

async function look(check: Check): Promise<Finding> {
  try {
    return await check.look();
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error);
    return { state: 'failed', what, advice: 'check the address, the network, and that the other side runs' };
  }
}

async function checksFor(config: Config, runningUrl: string | null): Promise<Check[]> {
  const embedded = config.databaseUrl === null || config.temporal.address === null;
  const checks: Check[] = [];
  if (embedded) checks.push(runningCheck(runningUrl));
  if (config.databaseUrl !== null) checks.push(databaseCheck(config));
  if (config.temporal.address !== null) checks.push(temporalCheck(config, config.temporal.address));
  const publicUrl = config.http.publicUrl ?? runningUrl;
  checks.push(publicUrl === null ? notRunning('public address') : publicAddressCheck(publicUrl));
  return [...checks, ...(await vendorChecks(config, runningUrl, publicUrl ?? ''))];
}

async function vendorChecks(config: Config, runningUrl: string | null, publicUrl: string): Promise<Check[]> {
  const demo =
    config.simulator.on && runningUrl !== null
      ? { secrets: await demoSecrets(config.dataDir), simulatorUrl: `${runningUrl}/sim` }
      : null;
  if (config.simulator.on && demo === null) return [notRunning('vendors')];
  const accounts = vendorAccounts(config, demo);
  const { providers } = createVendors(accounts, publicUrl, () => []);
  return [
    ...Object.entries(providers).map(([name, provider]) => credentialsCheck(name, provider)),
    ...Object.entries(providers).map(([name]) => clockCheck(name, baseUrlOf(accounts, name))),
    ...vippsWebhookChecks(accounts.vipps, publicUrl),
    {
      name: 'link credentials',
      look: () =>
        Promise.resolve({ state: 'skipped', what: 'LINK has no call that would show it without a text' }),
    },
  ];
}

function vippsWebhookChecks(account: VippsConfig | null, publicUrl: string): Check[] {
  if (account === null) return [];
  const webhooks = createVippsWebhooks(account);
  return [webhookCheck(() => webhooks.list(), `${publicUrl}/webhooks/payments/vipps`)];
}

function baseUrlOf(accounts: ReturnType<typeof vendorAccounts>, name: string): string {
  return Object.entries(accounts).find(([vendor]) => vendor === name)?.[1]?.baseUrl ?? '';
}

function notRunning(name: string): Check {
  return { name, look: () => Promise.resolve({ state: 'skipped', what: 'sms2pay does not run' }) };
}

/** The embedded parts belong to the running process: it is asked. */
function runningCheck(url: string | null): Check {
  if (url === null) return notRunning('database and Temporal');
  return {
    name: 'database and Temporal',
    look: async () => {
      const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(10_000) });
      if (response.ok) return { state: 'ok', what: 'the running process is ready' };
      const { detail } = (await response.json()) as { detail?: unknown };
      return { state: 'failed', what: String(detail), advice: 'look at the log of the running process' };
    },
  };
}

function databaseCheck(config: Config): Check {
  return {
    name: 'database',
    look: async () => {
      const database = await openDatabase(config, config.personalData?.keys ?? [], () => {});
      try {
        await database.stores.ping();
        const pending = await database.pendingMigrations();
        if (pending.length === 0) return { state: 'ok', what: 'answers, schema up to date' };
        return {
          state: 'failed',
          what: `the schema lacks ${pending.join(', ')}`,
          advice: 'run: sms2pay migrate',
        };
      } catch (error) {
        throw databaseTrouble(error, config.databaseUrl);
      } finally {
        await database.close();
      }
    },
  };
}

function temporalCheck(config: Config, address: string): Check {
  return {
    name: 'Temporal',
    look: async () => {
      const { namespace } = config.temporal;
      const stop = (): Promise<void> => Promise.resolve();
      const client = await connectClient(config, { address, namespace, uiUrl: null, stop });
      try {
        const missing = await missingSearchAttributes(client);
        if (missing.length === 0)
          return { state: 'ok', what: `${address} answers, search attributes are there` };
        const names = missing.map(({ name }) => name).join(', ');
        return {
          state: 'failed',
          what: `search attributes missing: ${names}`,
          advice: 'run: sms2pay migrate',
        };
      } finally {
        await client.connection.close();
      }
    },
  };
}
