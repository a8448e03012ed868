// `sms2pay PROVIDER webhooks ensure|list|remove`, for a provider that calls registered addresses only.
import { type Config, UsageError } from '../config/config.ts';
import { PAYMENT_PROVIDERS } from '../config/vendors.ts';
import type { WebhookRegistrations } from '../ports/webhooks.ts';
import { openMigratedDatabase } from '../main/installation.ts';
import { demoSecrets, secretsInForce } from '../main/demo/demo-secrets.ts';
import { ProviderWebhooks } from '../main/provider-webhooks.ts';
import { findRunning } from '../main/running-file.ts';
import { callbackUrlOf, createVendors, vendorAccounts } from '../main/vendors.ts';
import { wallClock } from '../main/serving.ts';

export type ProviderName = keyof typeof PAYMENT_PROVIDERS;

export function isProvider(name: string): name is ProviderName {
  return Object.hasOwn(PAYMENT_PROVIDERS, name);
}

/** Reads and changes our registrations at the provider; `report` gets one line each. Throws `UsageError`. */
export async function providerCommand(
  provider: ProviderName,
  args: string[],
  config: Config,
  report: (line: string) => void,
): Promise<void> {
  const task = taskOf(provider, args);
  const webhooks = await webhooksOf(provider, config);
  switch (task.verb) {
    case 'list': {
      const registrations = await webhooks.list();
      if (registrations.length === 0) return report('Nothing is registered.');
      return report(
        registrations.map((one) => `${one.id}  ${one.url}  ${one.events.length} events`).join('\n'),
      );
    }
    case 'remove': {
      const { title } = PAYMENT_PROVIDERS[provider];
      const removed = await webhooks.remove(task.id);
      return report(removed ? `Removed ${task.id}.` : `${title} knows no registration ${task.id}.`);
    }
    case 'ensure':
      return await ensure(provider, { config, webhooks, report });
  }
}

type Task = { verb: 'list' } | { verb: 'ensure' } | { verb: 'remove'; id: string };

/** Before anything is read: a misspelt word is not the simulator's fault. */
function taskOf(provider: string, [topic, verb, id, ...more]: string[]): Task {
  if (topic === 'webhooks' && more.length === 0) {
    if (verb === 'remove' && id !== undefined) return { verb, id };
    if ((verb === 'list' || verb === 'ensure') && id === undefined) return { verb };
  }
  throw new UsageError(`Use: sms2pay ${provider} webhooks ensure | list | remove ID`);
}

/** Stores the secret, so it needs the database; a running demo holds that alone and has registered by itself. */
async function ensure(
  provider: ProviderName,
  parts: { config: Config; webhooks: WebhookRegistrations; report: (line: string) => void },
): Promise<void> {
  const { config, webhooks, report } = parts;
  const { publicUrl } = config.http;
  const { title } = PAYMENT_PROVIDERS[provider];
  if (publicUrl === null) throw new UsageError(`Set PUBLIC_URL: ${title} must know where to call.`);
  const { keys } = await secretsInForce(config);
  const database = await openMigratedDatabase(config, report, { keys, waits: 'unhurried' });
  try {
    const kept = new ProviderWebhooks(database.stores.providerWebhooks, wallClock);
    const url = callbackUrlOf(provider, publicUrl);
    const { id, isNew, superfluous } = await kept.ensure(provider, webhooks, url);
    report(isNew ? `Registered: ${id}. Its secret is kept in the database.` : `Registered already: ${id}.`);
    for (const other of superfluous)
      report(`Also registered for this address: ${other}. Remove it if it is not in use.`);
  } finally {
    await database.close();
  }
}

async function webhooksOf(name: ProviderName, config: Config): Promise<WebhookRegistrations> {
  const { title } = PAYMENT_PROVIDERS[name];
  const prefix = `${name.toUpperCase()}_*`;
  const running = config.simulator.on ? await findRunning(config.dataDir) : null;
  if (config.simulator.on && config[name] === null && running === null) {
    throw new UsageError(
      `The simulator is not running: start it with npm start, or set ${prefix} and SIMULATOR=off.`,
    );
  }
  const demo = running && { secrets: await demoSecrets(config.dataDir), simulatorUrl: `${running.url}/sim` };
  const provider = createVendors(vendorAccounts(config, demo), '', () => []).providers[name];
  if (!provider) throw new UsageError(`No ${title} account is set up: see ${prefix} in .env.example.`);
  if (!provider.webhooks)
    throw new UsageError(`${title} has no registrations: our address goes with each payment.`);
  return provider.webhooks;
}
