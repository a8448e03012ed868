/** Our callback address registered at a provider. */
export interface WebhookRegistration {
  /** the provider's id of it */
  id: string;
  url: string;
  events: readonly string[];
}

/** What callbacks of a registration are signed with. The provider shows it once, when the registration is made. */
export interface WebhookSecret {
  id: string;
  secret: string;
}

interface EnsuredWebhook {
  id: string;
  /** of a registration made just now: keep it; null when there was one already */
  secret: string | null;
  /**
   * Other registrations of the same address: without a secret we know, or not for all events. The provider calls them
   * too, and we refuse what we cannot check: remove them once the new one works, unless another process has the secret.
   */
  superfluous: readonly WebhookRegistration[];
}

/** The account's registrations at a provider that calls registered addresses only. Throws only `ProviderFault`. */
export interface WebhookRegistrations {
  /** every event that a registration of ours must cover */
  readonly events: readonly string[];
  list(): Promise<WebhookRegistration[]>;
  /** Registers `url` for all events, unless it is registered for them under an id of `knownIds`, whose secrets we have. */
  ensure(url: string, knownIds: readonly string[]): Promise<EnsuredWebhook>;
  /** False when there was none. */
  remove(id: string): Promise<boolean>;
}
