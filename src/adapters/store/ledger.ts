import type { PartnerId, SessionId } from '../../domain/ids.ts';
import { SESSION_FIGURES } from '../../domain/session/view.ts';
import { sql } from 'kysely';
import { amountsInText } from '../../domain/money.ts';
import {
  type LedgerDocument,
  type LedgerOperation,
  type LedgerPayment,
  type LedgerText,
  type SessionLedger,
  explainGaps,
  type NumberRange,
} from '../../domain/reconciliation/ledger.ts';
import type { LedgerStore, ReceiptNumbers } from '../../ports/ledger-store.ts';
import type { OutboxStore } from '../../ports/outbox-store.ts';
import { openMoneyActionOf } from './actions.ts';
import { openReasons } from './attention.ts';
import { customerTexts, messagesOf } from './inbox/customer-texts.ts';
import type { Database } from './database.ts';
import { readEndRequestedAt } from './inbox/sessions-without-workflow.ts';
import { readInstallationId } from './installation.ts';
import {
  listBegun,
  listEndNoted,
  listOpen,
  listOverdue,
  listToReconcile,
  listNotBegun,
  listUnknown,
  providersInUse,
} from './session-lists.ts';

interface LedgerDeps {
  database: Database;
  outbox: Pick<OutboxStore, 'listForSession'>;
}

const SESSION_COLUMNS = [
  'sessionId',
  'partnerId',
  'terms',
  'createdAt',
  'updatedAt',
  'refundedMinor',
  ...SESSION_FIGURES,
] as const;

export function createLedgerStore(deps: LedgerDeps): LedgerStore {
  const { database } = deps;
  return {
    read: (sessionId) => readLedger(deps, sessionId),
    listBegun: (page) => listBegun(database, page),
    listToReconcile: (page) => listToReconcile(database, page),
    listOverdue: (page) => listOverdue(database, page),
    listOpen: (page) => listOpen(database, page),
    listEndNoted: (limit) => listEndNoted(database, limit),
    listUnknown: (sessionIds) => listUnknown(database, sessionIds),
    listNotBegun: (page) => listNotBegun(database, page),
    receiptNumbers: (partnerId) => receiptNumbers(database, partnerId),
    customerTexts: (query) => customerTexts(database, query),
    providersInUse: () => providersInUse(database),
    installationId: () => readInstallationId(database),
  };
}

async function readLedger(deps: LedgerDeps, sessionId: SessionId): Promise<SessionLedger | null> {
  const { database } = deps;
  const row = await database
    .selectFrom('chargeSession')
    .select(SESSION_COLUMNS)
    .select(openReasons.as('attention'))
    .where('sessionId', '=', sessionId)
    .executeTakeFirst();
  if (!row) return null;
  const { terms, ...session } = row;
  return {
    ...session,
    provider: terms.provider,
    currency: terms.currency,
    release: terms.payment.release,
    minimumCaptureMinor: terms.payment.minimumCaptureMinor,
    payments: await paymentsOf(database, sessionId),
    operations: await operationsOf(database, sessionId),
    openActionId: await openMoneyActionOf(database, sessionId),
    documents: await documentsOf(database, sessionId),
    texts: await textsOf(deps, sessionId),
    messages: await messagesOf(database, sessionId),
    endRequestedAt: await readEndRequestedAt(database, sessionId),
  };
}

function paymentsOf(database: Database, sessionId: SessionId): Promise<LedgerPayment[]> {
  return database
    .selectFrom('payment')
    .select(['paymentNumber', 'paymentReference', 'providerReference', 'requestedMinor', 'phase'])
    .select(['authorizedMinor', 'capturedMinor', 'readAt', 'createdAt'])
    .where('sessionId', '=', sessionId)
    .orderBy('paymentNumber')
    .execute();
}

function operationsOf(database: Database, sessionId: SessionId): Promise<LedgerOperation[]> {
  return database
    .selectFrom('moneyOperation')
    .select(['operationId', 'paymentNumber', 'operation', 'amountMinor', 'state'])
    .where('sessionId', '=', sessionId)
    .orderBy('startedAt')
    .orderBy('operationId')
    .execute();
}

async function documentsOf(database: Database, sessionId: SessionId): Promise<LedgerDocument[]> {
  const rows = await database
    .selectFrom('receipt')
    .select(['kind', 'number', 'data'])
    .where('sessionId', '=', sessionId)
    .orderBy('number')
    .execute();
  return rows.map(({ kind, number, data: { grossMinor, netMinor, vatMinor } }) => ({
    kind,
    number,
    grossMinor,
    netMinor,
    vatMinor,
  }));
}

/** The words stay here: what leaves is which text it was, whether it went out, and the amounts in it. */
async function textsOf({ outbox }: LedgerDeps, sessionId: SessionId): Promise<LedgerText[]> {
  const rows = await outbox.listForSession(sessionId);
  return rows.map(({ kind, state, delivery, text }) => ({
    kind,
    state,
    delivery,
    amountsMinor: amountsInText(text),
  }));
}

async function receiptNumbers(database: Database, partnerId: PartnerId): Promise<ReceiptNumbers> {
  const totals = await database
    .selectFrom('receipt')
    .select((eb) => [
      eb.fn.countAll<number>().as('count'),
      eb.fn.coalesce(eb.fn.max('number'), sql<number>`0`).as('highest'),
    ])
    .where('partnerId', '=', partnerId)
    .executeTakeFirstOrThrow();
  const gaps = await sql<NumberRange>`
    select previous + 1 as "from", number - 1 as "to" from (
      select number, lag(number, 1, 0::bigint) over (order by number) as previous
      from receipt where partner_id = ${partnerId}
    ) as issued
    where number > previous + 1 order by number`.execute(database);
  const reasons = await sql<NumberRange>`
    select (details ->> 'skippedFrom')::bigint as "from", (details ->> 'skippedTo')::bigint as "to"
    from attention
    where reason = 'receiptCounterBehind' and details ->> 'partnerId' = ${partnerId}`.execute(database);
  return { ...totals, ...explainGaps(gaps.rows, reasons.rows) };
}
