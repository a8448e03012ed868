// Owns: the refusal of a start without a payment provider that is in use: its customers would get no answer.
import type { Config } from '../../config/config.ts';
import { PAYMENT_PROVIDERS, requiredNames, type PaymentVendor } from '../../config/vendors.ts';
import type { ProviderInUse } from '../../ports/books-store.ts';
import type { Stores } from '../../ports/stores.ts';

/** Throws a sentence with what to do when partners or open sessions use a provider that is not set up here. */
export async function assertProvidersSetUp(config: Config, stores: Pick<Stores, 'books'>): Promise<void> {
  const troubles = providerTroubles(config, await stores.books.providersInUse());
  if (troubles.length > 0)
    throw new Error(troubles.map(({ what, advice }) => `${what}. ${advice}.`).join('\n'));
}

export function providerTroubles(
  config: Config,
  inUse: readonly ProviderInUse[],
): { what: string; advice: string }[] {
  return inUse
    .filter(({ provider }) => !isSetUp(config, provider))
    .map(({ provider, partners, openSessions }) => {
      const users = [
        ...(partners > 0 ? [counted(partners, 'partner')] : []),
        ...(openSessions > 0 ? [counted(openSessions, 'open session')] : []),
      ].join(' and ');
      const use = `but ${users} ${partners + openSessions === 1 ? 'uses' : 'use'} it`;
      if (!isKnown(provider))
        return {
          what: `The payment provider ${provider} is not known to this version, ${use}`,
          advice: `Move its partners to another provider (sms2pay partner set ID --provider NAME): ${Object.keys(PAYMENT_PROVIDERS).join(' or ')}`,
        };
      return {
        what: `The payment provider ${provider} is not set up here, ${use}`,
        advice: `Set ${requiredNames(PAYMENT_PROVIDERS[provider].settings).join(', ')}, or move its partners to another provider (sms2pay partner set ID --provider NAME): open sessions keep theirs until they are over`,
      };
    });
}

/** By the environment, or by a stand-in of the simulator. */
export function isSetUp(config: Config, provider: string): boolean {
  if (!isKnown(provider)) return false;
  const { simulated }: PaymentVendor = PAYMENT_PROVIDERS[provider];
  return (config.simulator.on && simulated) || config[provider] !== null;
}

function isKnown(provider: string): provider is keyof typeof PAYMENT_PROVIDERS {
  return Object.hasOwn(PAYMENT_PROVIDERS, provider);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
