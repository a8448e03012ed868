import type { Instant } from '../domain/instant.ts';

/** A registration of our callback address at a provider, with the secret that the provider showed once. */
export interface ProviderWebhook {
  provider: string;
  /** the provider's id of the registration */
  webhookId: string;
  url: string;
  secret: string;
}

/** The registrations whose callbacks we can check. Secrets are stored encrypted. */
export interface ProviderWebhookStore {
  list(provider: string): Promise<ProviderWebhook[]>;
  /** A repeated call changes nothing. */
  add(webhook: ProviderWebhook, at: Instant): Promise<void>;
  /** False when there was none. */
  remove(provider: string, webhookId: string): Promise<boolean>;
}
