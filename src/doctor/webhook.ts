// Owns: whether a provider that calls registered addresses only calls us, for everything, and whether we can check what it sends.
import { ProviderFault } from '../ports/payment-provider.ts';
import type { WebhookRegistration, WebhookRegistrations } from '../ports/webhook-registrations.ts';
import { refusal } from './credentials.ts';
import type { Check, Finding } from './finding.ts';

export interface WebhookParts {
  /** where the provider must call us */
  ourUrl: string;
  webhooks: Pick<WebhookRegistrations, 'events' | 'list'>;
  /** ids of the registrations whose secret we keep; a string says why that cannot be known */
  kept: () => Promise<readonly string[] | string>;
  /** how to have it registered */
  remedy: string;
}

/** Vipps, for one, forgets the registration of a dead address after two weeks. */
export function webhookCheck(provider: string, parts: WebhookParts): Check {
  return {
    name: `${provider} webhook`,
    look: async () => {
      try {
        const registrations = await parts.webhooks.list();
        return judge(provider, parts, registrations, await parts.kept());
      } catch (error) {
        if (error instanceof ProviderFault) return refusal(provider, error);
        throw error;
      }
    },
  };
}

function judge(
  provider: string,
  { ourUrl, remedy, webhooks }: WebhookParts,
  registrations: readonly WebhookRegistration[],
  kept: readonly string[] | string,
): Finding {
  const lacking = (events: readonly string[]): string[] =>
    webhooks.events.filter((event) => !events.includes(event));
  const same = registrations.filter(({ url }) => url === ourUrl);
  if (same.length === 0) {
    const what = `${ourUrl} is not registered (${registrations.length} other addresses are)`;
    return { state: 'failed', what, advice: remedy };
  }
  const whole = same.filter(({ events }) => lacking(events).length === 0);
  if (whole.length === 0) {
    const missing = lacking(same.flatMap(({ events }) => events));
    const what =
      missing.length === 0
        ? `no registration of ${ourUrl} is for all events`
        : `${ourUrl} is registered without ${missing.join(', ')}`;
    return { state: 'failed', what, advice: remedy };
  }
  if (typeof kept === 'string') {
    const what = `registered for all events; whether we can check its callbacks is not known: ${kept}`;
    return { state: 'failed', what, advice: 'fix that first: without its secret every callback is refused' };
  }
  const ids = kept.map((id) => id.toLowerCase());
  const good = whole.find(({ id }) => ids.includes(id.toLowerCase()));
  if (good === undefined) {
    const what = `${ourUrl} is registered, but its secret is not kept here: every callback is refused`;
    return { state: 'failed', what, advice: `${remedy}; then remove ${same.map(({ id }) => id).join(', ')}` };
  }
  const others = same.filter(({ id }) => id !== good.id).map(({ id }) => id);
  if (others.length === 0) return { state: 'ok', what: 'registered for all events, its secret is kept' };
  return {
    state: 'warning',
    what: `registered, but also as ${others.join(', ')}`,
    advice: `remove each that no process uses: sms2pay ${provider} webhooks remove ID`,
  };
}
