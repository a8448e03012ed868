import type { Instant } from '../domain/instant.ts';

/** An HTTP request as an adapter needs it to check and parse a webhook. Header names are lower case. */
export interface InboundHttpRequest {
  method: string;
  /** absolute URL as the sender called it */
  url: string;
  headers: Record<string, string>;
  /** raw body as text; empty for GET */
  body: string;
}

/** Refuses a sender by the headers alone, before the body is read; null: not refused. */
export type RefuseSender = (headers: InboundHttpRequest['headers']) => WebhookRefusal | null;

/** Why a webhook was refused: answered with this status as problem+json. */
export interface WebhookRefusal {
  ok: false;
  status: 400 | 401 | 415;
  /** one sentence for the sender; no personal data */
  detail: string;
}

/** "Read this payment now": a hint, never a fact. At least one of the references is set. */
export interface PaymentHint {
  paymentReference: string | null;
  providerReference: string | null;
}

/** Proves that a callback comes from the provider, and names the payments that it is about. */
export interface PaymentCallbacks {
  /** absent where only the body proves who calls */
  refuseSender?: RefuseSender;
  parse(request: InboundHttpRequest): { ok: true; hints: PaymentHint[] } | WebhookRefusal;
}

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
