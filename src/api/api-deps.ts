import type { Hono } from 'hono';
import type { LedgerStore } from '../ports/ledger-store.ts';
import type { Clock } from '../ports/clock.ts';
import type { InboxStore } from '../ports/inbox-store.ts';
import type { Logger } from '../ports/logger.ts';
import type { MoneyStore } from '../ports/money-store.ts';
import type { AttentionStore } from '../ports/attention-store.ts';
import type { OutboxStore } from '../ports/outbox-store.ts';
import type { PaymentCallbacks } from '../ports/webhooks.ts';
import type { Pricing } from '../ports/pricing.ts';
import type { ReceiptStore } from '../ports/receipt-store.ts';
import type { SessionStore } from '../ports/session-store.ts';
import type { SettingsStore } from '../ports/settings-store.ts';
import type { SmsGateway } from '../ports/sms-gateway.ts';
import type { HttpLimits } from './limit-addresses.ts';
import type { Dispatcher } from '../app/inbox/dispatcher.ts';
import type { PaymentHints } from '../app/sessions/payment-hints.ts';
import type { SessionWorkflows } from '../app/sessions/session-workflows.ts';

/** The part of `Stores` that the API uses. */
export interface ApiStores {
  inbox: Pick<InboxStore, 'accept' | 'acceptStop' | 'stopRequestedAt' | 'endRequestedAt'>;
  outbox: Pick<OutboxStore, 'recordDelivery'>;
  money: Pick<MoneyStore, 'findSessionOfPayment' | 'findPaymentOwner'>;
  ledger: Pick<LedgerStore, 'installationId'>;
  attention: Pick<AttentionStore, 'raise' | 'list'>;
  sessions: Pick<SessionStore, 'findByLinkToken'>;
  receipts: Pick<ReceiptStore, 'findByToken' | 'listForSession'>;
  settings: Pick<SettingsStore, 'findOffer'>;
}

export interface ApiDeps {
  stores: ApiStores;
  clock: Clock;
  /** what a use has cost so far, for the session's page */
  pricing: Pricing;
  workflows: Omit<SessionWorkflows, 'paymentChanged'>;
  hints: PaymentHints;
  /** of the texts that are stored here */
  dispatcher: Pick<Dispatcher, 'offer'>;
  /** by the name in the webhook's path: `/webhooks/sms/<name>` */
  gateways: Record<string, Pick<SmsGateway, 'gateway' | 'refuseSender' | 'parseInbound' | 'parseDelivery'>>;
  /** by the name in the webhook's path: `/webhooks/payments/<name>` */
  callbacks: Record<string, PaymentCallbacks>;
  /** our address as the world sees it, without a path; a function because the port may be chosen at start */
  publicUrl: () => string;
  log: Logger;
  limits: HttpLimits;
  /** addresses, or address/prefix, whose `X-Forwarded-For` is believed */
  trustedProxies: readonly string[];
  /** each part that serving needs (database, Temporal): `ok`, or what is wrong with it */
  ready: () => Promise<Record<string, string>>;
  /** answers a challenge (32 hex digits) as only a process with our keys can; one per key */
  proofs: (challenge: string) => readonly string[];
  /** milliseconds that never go backwards, for limits */
  monotonicMs?: () => number;
  /** how long a customer waits at the button, wall time */
  answerTimeoutMs?: number;
  /** milliseconds of wall time, for measuring requests */
  wallNow?: () => number;
  /** mounted beside our own routes, e.g. the simulator */
  extraRoutes?: Hono;
  /** is given work that outlives its request, so that a stop can wait for it */
  inBackground?: (work: Promise<void>) => void;
}

/** Hints go through `PaymentHints` alone. */
export type AppDeps = Omit<ApiDeps, 'hints' | 'workflows'> & { workflows: SessionWorkflows };
