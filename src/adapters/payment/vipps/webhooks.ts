import { z } from 'zod';
import { ProviderFault } from '../../../ports/payment-provider.ts';
import type { WebhookRegistration, WebhookRegistrations } from '../../../ports/webhooks.ts';
import type { VippsClient } from './client.ts';
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

const PATH = '/webhooks/v1/webhooks';

/** The sales unit's registrations at Vipps' Webhooks API. */
export function createVippsWebhooks(client: VippsClient): WebhookRegistrations {
  async function list(): Promise<WebhookRegistration[]> {
    const call = { method: 'GET', path: PATH } as const;
    return (await client.request('webhook list', call, { statuses: [200], schema: registrationsSchema }))
      .webhooks;
  }

  /** Not idempotent at Vipps: after an unknown outcome the next `ensure` makes another, and lists the lost one. */
  async function register(url: string): Promise<z.infer<typeof registeredSchema>> {
    const call = { method: 'POST', path: PATH, body: { url, events: VIPPS_EVENTS } } as const;
    return client.request('webhook registration', call, { statuses: [200, 201], schema: registeredSchema });
  }

  return {
    events: VIPPS_EVENTS,
    list,
    async ensure(url, knownIds) {
      const same = (await list()).filter((registration) => registration.url === url);
      const known = knownIds.map((id) => id.toLowerCase());
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
        await client.request('webhook removal', { method: 'DELETE', path }, expected);
        return true;
      } catch (error) {
        if (error instanceof ProviderFault && error.code === 'http404') return false;
        throw error;
      }
    },
  };
}
