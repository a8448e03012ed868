import { z } from 'zod';
import { ProviderFault } from '../../../ports/payment-provider.ts';
import { createVippsCalls } from './calls.ts';
import { createVippsClient } from './client.ts';
import type { VippsConfig } from './config.ts';
import { registeredSchema, registrationsSchema } from './schema.ts';

/** Everything that can happen to a payment. */
export const VIPPS_EVENTS: readonly string[] = [
  'created',
  'authorized',
  'aborted',
  'expired',
  'cancelled',
  'captured',
  'refunded',
  'terminated',
].map((name) => `epayments.payment.${name}.v1`);

export interface VippsRegistration {
  id: string;
  url: string;
  events: readonly string[];
}

/** What `ensure` came to. */
export interface EnsuredWebhook {
  id: string;
  /** of a registration made just now, and shown this once: keep it; null when it was there already */
  secret: string | null;
  /**
   * Other registrations of the same address: without a secret we know, or not for all events. Vipps calls them too, and
   * we refuse what we cannot check: remove them once the new one works, unless somebody else's process has the secret.
   */
  superfluous: readonly VippsRegistration[];
}

/** The sales unit's registrations at Vipps' Webhooks API. Throws only `ProviderFault`. */
export interface VippsWebhooks {
  list(): Promise<VippsRegistration[]>;
  /** Registers `url` for all payment events, unless a registration of it exists whose secret is configured. */
  ensure(url: string): Promise<EnsuredWebhook>;
  /** False when there was none. */
  remove(id: string): Promise<boolean>;
}

const PATH = '/webhooks/v1/webhooks';

export function createVippsWebhooks(config: VippsConfig): VippsWebhooks {
  const calls = createVippsCalls(createVippsClient(config), config.now ?? Date.now);
  const knownIds = () => {
    const { webhooks = [] } = config;
    return (typeof webhooks === 'function' ? webhooks() : webhooks).map(({ id }) => id.toLowerCase());
  };

  async function list(): Promise<VippsRegistration[]> {
    const call = { method: 'GET', path: PATH } as const;
    return (await calls.ask('webhook list', call, { statuses: [200], schema: registrationsSchema })).webhooks;
  }

  /** Not idempotent at Vipps: after an unknown outcome the next `ensure` makes another, and lists the lost one. */
  async function register(url: string): Promise<z.infer<typeof registeredSchema>> {
    const call = { method: 'POST', path: PATH, body: { url, events: VIPPS_EVENTS } } as const;
    return calls.ask('webhook registration', call, { statuses: [200, 201], schema: registeredSchema });
  }

  return {
    list,
    async ensure(url) {
      const same = (await list()).filter((registration) => registration.url === url);
      const known = knownIds();
      const good = same.find(
        ({ id, events }) =>
          known.includes(id.toLowerCase()) && VIPPS_EVENTS.every((event) => events.includes(event)),
      );
      const kept = good === undefined ? await register(url) : { id: good.id, secret: null };
      return { ...kept, superfluous: same.filter(({ id }) => id !== kept.id) };
    },
    async remove(id) {
      const path = `${PATH}/${encodeURIComponent(id)}`;
      try {
        const expected = { statuses: [200, 204], schema: z.unknown() };
        await calls.ask('webhook removal', { method: 'DELETE', path }, expected);
        return true;
      } catch (error) {
        if (error instanceof ProviderFault && error.code === 'http404') return false;
        throw error;
      }
    },
  };
}
