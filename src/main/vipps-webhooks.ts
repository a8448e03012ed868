// Owns: our registration at Vipps' Webhooks API: that it exists, and that its secret is known to every process.
import type { VippsWebhookSecret } from '../adapters/payment/vipps/config.ts';
import { createVippsWebhooks } from '../adapters/payment/vipps/webhooks.ts';
import type { VippsConfig } from '../config/vipps.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { ProviderWebhookStore } from '../ports/provider-webhook-store.ts';

const PROVIDER = 'vipps';
/** Another process may have registered: its secret must be known here before its first callback is given up. */
const REFRESH_MS = 60_000;
/** Vipps drops the registration of a dead address after two weeks. */
const CHECK_MS = 24 * 3_600_000;
/** After a failed check; until then payments are found by looking. */
const RETRY_MS = 5 * 60_000;

export class VippsWebhookRegistry {
  readonly #store: ProviderWebhookStore;
  readonly #clock: Clock;
  #known: readonly VippsWebhookSecret[] = [];
  #timers: NodeJS.Timeout[] = [];
  #stopped = false;

  constructor(store: ProviderWebhookStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  secrets(): readonly VippsWebhookSecret[] {
    return this.#known;
  }

  async refresh(): Promise<void> {
    const webhooks = await this.#store.list(PROVIDER);
    this.#known = webhooks.map(({ webhookId, secret }) => ({ id: webhookId, secret }));
  }

  /** Registers `url` unless it is registered with a secret we know; true when it had to. */
  async ensure(
    account: VippsConfig,
    url: string,
  ): Promise<{ id: string; isNew: boolean; superfluous: string[] }> {
    await this.refresh();
    const webhooks = createVippsWebhooks({ ...account, webhooks: () => this.#known });
    const { id, secret, superfluous } = await webhooks.ensure(url);
    if (secret !== null) {
      await this.#store.add({ provider: PROVIDER, webhookId: id, url, secret }, this.#clock.now());
      await this.refresh();
    }
    return { id, isNew: secret !== null, superfluous: superfluous.map((registration) => registration.id) };
  }

  /** Ensures now and daily, and keeps the known secrets fresh. Failures are logged; payments are found by looking. */
  watch(account: VippsConfig, url: string, log: Logger): void {
    const refresher = setInterval(() => void this.refresh().catch(() => {}), REFRESH_MS);
    this.#timers.push(refresher);
    void this.#check(account, url, log);
  }

  stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    return Promise.resolve();
  }

  async #check(account: VippsConfig, url: string, log: Logger): Promise<void> {
    let againMs = CHECK_MS;
    try {
      const { id, isNew, superfluous } = await this.ensure(account, url);
      if (isNew) log.info({ event: 'vippsWebhookRegistered', webhookId: id }, 'registered for callbacks');
      if (superfluous.length > 0) {
        log.warn(
          { event: 'vippsWebhooksSuperfluous', webhookIds: superfluous },
          'other registrations of our address: remove them with sms2pay vipps webhooks remove ID',
        );
      }
    } catch (error) {
      againMs = RETRY_MS;
      log.error(
        { event: 'vippsWebhookCheckFailed', error: error instanceof Error ? error.message : 'failed' },
        'the webhook registration could not be checked; it is tried again',
      );
    }
    if (!this.#stopped) this.#timers.push(setTimeout(() => void this.#check(account, url, log), againMs));
  }
}
