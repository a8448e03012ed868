// Owns: `sms2pay vipps webhooks ensure|list|remove`.
import { createVippsWebhooks } from '../adapters/payment/vipps/webhooks.ts';
import type { Config } from '../config/config.ts';
import type { VippsConfig } from '../config/vipps.ts';
import { openMigratedDatabase } from './migrated-database.ts';
import { demoSecrets } from './demo-secrets.ts';
import { findRunning } from './running-file.ts';
import { UsageError } from './usage-error.ts';
import { vendorAccounts } from './vendors.ts';
import { VippsWebhookRegistry } from './vipps-webhooks.ts';
import { wallClock } from './wall-clock.ts';

const USAGE = 'Use: sms2pay vipps webhooks ensure | list | remove ID';

export async function vippsCommand(
  args: string[],
  config: Config,
  report: (line: string) => void,
): Promise<void> {
  const task = taskOf(args);
  const account = await vippsAccount(config);
  const webhooks = createVippsWebhooks(account);
  switch (task.verb) {
    case 'list': {
      const registrations = await webhooks.list();
      if (registrations.length === 0) return report('Nothing is registered.');
      return report(
        registrations.map((one) => `${one.id}  ${one.url}  ${one.events.length} events`).join('\n'),
      );
    }
    case 'remove': {
      const removed = await webhooks.remove(task.id);
      return report(removed ? `Removed ${task.id}.` : `Vipps knows no registration ${task.id}.`);
    }
    case 'ensure':
      return await ensure(config, account, report);
  }
}

type Task = { verb: 'list' } | { verb: 'ensure' } | { verb: 'remove'; id: string };

/** Before anything is looked up: a misspelt word is not the simulator's fault. */
function taskOf([topic, verb, id, ...more]: string[]): Task {
  if (topic === 'webhooks' && more.length === 0) {
    if (verb === 'remove' && id !== undefined) return { verb, id };
    if ((verb === 'list' || verb === 'ensure') && id === undefined) return { verb };
  }
  throw new UsageError(USAGE);
}

/** Stores the secret, so it needs the database; a running demo holds that alone and has registered by itself. */
async function ensure(config: Config, account: VippsConfig, report: (line: string) => void): Promise<void> {
  const { publicUrl } = config.http;
  if (publicUrl === null) throw new UsageError('Set PUBLIC_URL: Vipps must be told where to call.');
  const demo = config.simulator.on ? await demoSecrets(config.dataDir) : null;
  const keys = config.personalData?.keys ?? (demo ? [demo.personalData] : []);
  const database = await openMigratedDatabase(config, report, { keys, waits: 'unhurried' });
  try {
    const registry = new VippsWebhookRegistry(database.stores.providerWebhooks, wallClock);
    const { id, isNew, superfluous } = await registry.ensure(account, `${publicUrl}/webhooks/payments/vipps`);
    report(isNew ? `Registered: ${id}. Its secret is kept in the database.` : `Registered already: ${id}.`);
    for (const other of superfluous)
      report(`Also registered for this address: ${other}. Remove it if it is not in use.`);
  } finally {
    await database.close();
  }
}

async function vippsAccount(config: Config): Promise<VippsConfig> {
  const running = config.simulator.on ? await findRunning(config.dataDir) : null;
  if (config.simulator.on && config.vipps === null && running === null) {
    throw new UsageError(
      'The simulator is not running: start it with npm start, or set VIPPS_* and SIMULATOR=off.',
    );
  }
  const demo = running && { secrets: await demoSecrets(config.dataDir), simulatorUrl: `${running.url}/sim` };
  const { vipps } = vendorAccounts(config, demo);
  if (!vipps) throw new UsageError('No Vipps account is set up: see VIPPS_* in .env.example.');
  return vipps;
}
