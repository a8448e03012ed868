// `sms2pay PROVIDER webhooks ensure|list|remove`, for a provider that calls registered addresses only.
import { type Config, UsageError } from '../config/config.ts';
import { PAYMENT_PROVIDERS } from '../config/vendors.ts';
import type { WebhookRegistrations } from '../ports/webhooks.ts';
import { demoSecrets } from '../main/demo/demo-secrets.ts';
import { withAdminApi } from './admin-api.ts';
import { findRunning } from '../main/running-file.ts';
import { createVendors, vendorAccounts } from '../main/vendors.ts';

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
      return await ensure(provider, config, report);
  }
}

/** Before anything is read: a misspelt word is not the simulator's fault. */
function taskOf(
  provider: string,
  [topic, verb, id, ...more]: string[],
): { verb: 'list' | 'ensure' } | { verb: 'remove'; id: string } {
  if (topic === 'webhooks' && more.length === 0) {
    if (verb === 'remove' && id !== undefined) return { verb, id };
    if ((verb === 'list' || verb === 'ensure') && id === undefined) return { verb };
  }
  throw new UsageError(`Use: sms2pay ${provider} webhooks ensure | list | remove ID`);
}

/** The process beside this command, or the admin API inside it, keeps the secret. */
async function ensure(provider: ProviderName, config: Config, report: (line: string) => void): Promise<void> {
  const { title } = PAYMENT_PROVIDERS[provider];
  if (config.http.publicUrl === null)
    throw new UsageError(`Set PUBLIC_URL: ${title} must know where to call.`);
  const { id, isNew, superfluous } = await withAdminApi(config, 'nothing', (api) =>
    api.ensureWebhook(provider),
  );
  report(isNew ? `Registered: ${id}. Its secret is kept in the database.` : `Registered already: ${id}.`);
  for (const other of superfluous)
    report(`Also registered for this address: ${other}. Remove it if it is not in use.`);
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
