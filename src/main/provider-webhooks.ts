// Our registrations at the providers that call registered addresses only: that each exists, and that its secret is
// known to every process.
import type { EnsuredRegistration } from '../api/rest/admin-routes.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { PaymentProvider } from '../ports/payment-provider.ts';
import type { ProviderWebhookStore, WebhookRegistrations, WebhookSecret } from '../ports/webhooks.ts';
import { callbackUrlOf } from './vendors.ts';

/** Another process may have registered: its secret must be known here before its first callback is given up. */
const REFRESH_MS = 60_000;
/** Vipps drops the registration of a dead address after two weeks. */
const CHECK_MS = 24 * 3_600_000;
/** After a failed check; until then payments are found by reading. */
const RETRY_MS = 5 * 60_000;

/** Known registrations of every provider; `stop` ends what `watch` began. */
export class ProviderWebhooks {
  readonly #store: ProviderWebhookStore;
  readonly #clock: Clock;
  readonly #known = new Map<string, readonly WebhookSecret[]>();
  #timers: NodeJS.Timeout[] = [];
  #stopped = false;

  constructor(store: ProviderWebhookStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  /** Of this provider, as of the last refresh. */
  secrets(provider: string): readonly WebhookSecret[] {
    return this.#known.get(provider) ?? [];
  }

  async refresh(provider: string): Promise<void> {
    const webhooks = await this.#store.list(provider);
    this.#known.set(
      provider,
      webhooks.map(({ webhookId, secret }) => ({ id: webhookId, secret })),
    );
  }

  /** Registers `url` unless it is registered with a secret we know; `isNew` when it had to. */
  async ensure(provider: string, webhooks: WebhookRegistrations, url: string): Promise<EnsuredRegistration> {
    await this.refresh(provider);
    const known = this.secrets(provider).map((kept) => kept.id);
    const { id, secret, superfluous } = await webhooks.ensure(url, known);
    if (secret !== null) {
      await this.#store.add({ provider, webhookId: id, url, secret }, this.#clock.now());
      await this.refresh(provider);
    }
    return { id, isNew: secret !== null, superfluous: superfluous.map((registration) => registration.id) };
  }

  /** The same for each of `providers`, with our address below `publicUrl`; null: it has no registrations. */
  ensureFor(
    providers: Readonly<Record<string, PaymentProvider>>,
    publicUrl: string,
  ): (provider: string) => Promise<EnsuredRegistration | null> {
    return async (provider) => {
      const webhooks = providers[provider]?.webhooks;
      return webhooks ? await this.ensure(provider, webhooks, callbackUrlOf(provider, publicUrl)) : null;
    };
  }

  /** Ensures now and daily, and keeps the known secrets fresh. Failures are logged; payments are found by reading. */
  watch(providers: Readonly<Record<string, PaymentProvider>>, publicUrl: string, log: Logger): void {
    for (const [provider, { webhooks }] of Object.entries(providers)) {
      if (!webhooks) continue;
      this.#timers.push(setInterval(() => void this.refresh(provider).catch(() => {}), REFRESH_MS));
      void this.#check(provider, webhooks, { url: callbackUrlOf(provider, publicUrl), log });
    }
  }

  stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    return Promise.resolve();
  }

  async #check(
    provider: string,
    webhooks: WebhookRegistrations,
    to: { url: string; log: Logger },
  ): Promise<void> {
    const { url, log } = to;
    let againMs = CHECK_MS;
    try {
      const { id, isNew, superfluous } = await this.ensure(provider, webhooks, url);
      if (isNew)
        log.info({ event: 'webhookRegistered', provider, webhookId: id }, 'registered for callbacks');
      if (superfluous.length > 0) {
        log.warn(
          { event: 'webhooksSuperfluous', provider, webhookIds: superfluous },
          `other registrations of our address: remove them with sms2pay ${provider} webhooks remove ID`,
        );
      }
    } catch (error) {
      againMs = RETRY_MS;
      log.error(
        {
          event: 'webhookCheckFailed',
          provider,
          error: error instanceof Error ? error.message : 'failed',
        },
        'the webhook registration could not be checked; it is tried again',
      );
    }
    if (!this.#stopped)
      this.#timers.push(setTimeout(() => void this.#check(provider, webhooks, to), againMs));
  }
}
