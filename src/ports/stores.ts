import type { ActionStore } from './action-store.ts';
import type { LedgerStore } from './ledger-store.ts';
import type { InboxStore } from './inbox-store.ts';
import type { MoneyStore } from './money-store.ts';
import type { AttentionStore } from './attention-store.ts';
import type { OutboxStore } from './outbox-store.ts';
import type { ProviderWebhookStore } from './webhooks.ts';
import type { ReceiptStore } from './receipt-store.ts';
import type { SessionStore } from './session-store.ts';
import type { SettingsStore } from './settings-store.ts';

/** All stores of one database. */
export interface Stores {
  actions: ActionStore;
  ledger: LedgerStore;
  inbox: InboxStore;
  money: MoneyStore;
  outbox: OutboxStore;
  providerWebhooks: ProviderWebhookStore;
  receipts: ReceiptStore;
  sessions: SessionStore;
  settings: SettingsStore;
  attention: AttentionStore;
  /** Throws when the database does not answer. */
  ping(): Promise<void>;
  /** Throws when the database does not answer or cannot write (full disk, read-only). Costs more than a ping. */
  proveWritable(): Promise<void>;
}

/**
 * The database did not answer, or not in time: the outcome of the call is unknown, and repeating it is harmless.
 * The message is the driver's; `cause` its error.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}
