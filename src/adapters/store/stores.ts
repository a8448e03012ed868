import { randomBytes, randomUUID } from 'node:crypto';
import { sql } from 'kysely';
import type pg from 'pg';
import { DEFAULT_TEXT_LIMITS, type TextLimits } from '../../domain/text-assignment.ts';
import type { PaymentRules } from '../../domain/payment.ts';
import type { Stores } from '../../ports/stores.ts';
import type { PersonalDataCipher } from './cipher.ts';
import { createActionStore } from './actions.ts';
import { openDatabases, type Database } from './database.ts';
import { createLedgerStore } from './ledger.ts';
import { createInboxStore } from './inbox/inbox.ts';
import { createMoneyStore } from './money.ts';
import { createAttentionStore } from './attention.ts';
import { createOutboxStore } from './outbox.ts';
import { createProviderWebhookStore } from './provider-webhooks.ts';
import { createReceiptStore } from './receipts.ts';
import { createSessionStore } from './sessions.ts';
import { createSettingsStore } from './settings.ts';
import { installationIdOnce, proveWritable } from './installation.ts';

/** 32 hex digits: payment providers take neither dashes everywhere nor colons anywhere. */
const hexId = (): string => randomUUID().replaceAll('-', '');

/** 128 random bits in 22 characters: short enough for a text, too many to guess. */
const unguessableToken = (): string => randomBytes(16).toString('base64url');

/**
 * All stores over one pool, PostgreSQL's or PGlite's; the schema must be there already (`migrate`). `close` ends the
 * pool. `newId` and `newToken` are replaceable for tests that need to know or to clash them.
 */
export function createStores(options: {
  pool: pg.Pool;
  cipher: PersonalDataCipher;
  limits?: TextLimits;
  newId?: () => string;
  newToken?: () => string;
  /** null: no such provider is known, and no session of it can be started; default: none is */
  paymentRules?: (provider: string) => PaymentRules | null;
}): Stores & { db: Database; close(): Promise<void> } {
  const { pool, cipher, limits = DEFAULT_TEXT_LIMITS, newId = hexId, newToken = unguessableToken } = options;
  const { paymentRules = () => null } = options;
  const { database, urgent } = openDatabases(pool);
  const installationId = installationIdOnce();
  const outbox = createOutboxStore({ database, cipher, repliesPerHour: limits.repliesPerHour });
  return {
    actions: createActionStore({ database, cipher }),
    ledger: createLedgerStore({ database, outbox, installationId }),
    inbox: createInboxStore({
      database,
      urgent,
      installationId,
      cipher,
      newId,
      newToken,
      paymentRules,
      limits,
    }),
    money: createMoneyStore(database),
    outbox,
    providerWebhooks: createProviderWebhookStore({ database, cipher }),
    receipts: createReceiptStore({ database, newId, newToken }),
    sessions: createSessionStore({ database, cipher }),
    settings: createSettingsStore(database),
    attention: createAttentionStore(database),
    ping: async () => {
      await sql`select 1`.execute(database);
    },
    proveWritable: () => proveWritable(database),
    db: database,
    close: () => database.destroy(),
  };
}
