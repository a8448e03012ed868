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
import { openMoneyActionsOf } from './actions.ts';
import { openReasons } from './attention.ts';
import { anyOf, bySession } from './by-session.ts';
import { customerTexts, messagesOf } from './inbox/customer-texts.ts';
import type { Database } from './database.ts';
import { readEndsRequestedAt } from './inbox/sessions-without-workflow.ts';
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
  outbox: Pick<OutboxStore, 'listForSessions'>;
  installationId: (database: Database) => Promise<string>;
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
    read: async (sessionId) => (await readLedgers(deps, [sessionId]))[0] ?? null,
    readAll: (sessionIds) => readLedgers(deps, sessionIds),
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
    installationId: () => deps.installationId(database),
  };
}

async function readLedgers(deps: LedgerDeps, sessionIds: readonly SessionId[]): Promise<SessionLedger[]> {
  const { database } = deps;
  const rows = await database
    .selectFrom('chargeSession')
    .select(SESSION_COLUMNS)
    .select(openReasons.as('attention'))
    .where('sessionId', '=', anyOf(sessionIds))
    .execute();
  if (rows.length === 0) return [];
  const payments = bySession(await paymentsOf(database, sessionIds));
  const operations = bySession(await operationsOf(database, sessionIds));
  const openActions = await openMoneyActionsOf(database, sessionIds);
  const documents = bySession(await documentsOf(database, sessionIds));
  const texts = bySession(await textsOf(deps, sessionIds));
  const messages = await messagesOf(database, sessionIds);
  const ends = await readEndsRequestedAt(database, sessionIds);
  const ledgers = new Map<SessionId, SessionLedger>();
  for (const { terms, ...session } of rows) {
    const { sessionId } = session;
    ledgers.set(sessionId, {
      ...session,
      provider: terms.provider,
      currency: terms.currency,
      release: terms.payment.release,
      minimumCaptureMinor: terms.payment.minimumCaptureMinor,
      payments: payments(sessionId),
      operations: operations(sessionId),
      openActionId: openActions.get(sessionId) ?? null,
      documents: documents(sessionId),
      texts: texts(sessionId),
      messages: messages(sessionId),
      endRequestedAt: ends.get(sessionId) ?? null,
    });
  }
  return sessionIds.flatMap((sessionId) => ledgers.get(sessionId) ?? []);
}

type OfSession<Row> = Row & { sessionId: SessionId };

function paymentsOf(
  database: Database,
  sessionIds: readonly SessionId[],
): Promise<OfSession<LedgerPayment>[]> {
  return database
    .selectFrom('payment')
    .select([
      'sessionId',
      'paymentNumber',
      'paymentReference',
      'providerReference',
      'requestedMinor',
      'phase',
    ])
    .select(['authorizedMinor', 'capturedMinor', 'readAt', 'createdAt'])
    .where('sessionId', '=', anyOf(sessionIds))
    .orderBy('paymentNumber')
    .execute();
}

function operationsOf(
  database: Database,
  sessionIds: readonly SessionId[],
): Promise<OfSession<LedgerOperation>[]> {
  return database
    .selectFrom('moneyOperation')
    .select(['sessionId', 'operationId', 'paymentNumber', 'operation', 'amountMinor', 'state'])
    .where('sessionId', '=', anyOf(sessionIds))
    .orderBy('startedAt')
    .orderBy('operationId')
    .execute();
}

async function documentsOf(
  database: Database,
  sessionIds: readonly SessionId[],
): Promise<OfSession<LedgerDocument>[]> {
  const rows = await database
    .selectFrom('receipt')
    .select(['sessionId', 'kind', 'number', 'data'])
    .where('sessionId', '=', anyOf(sessionIds))
    .orderBy('number')
    .execute();
  return rows.map(({ data: { grossMinor, netMinor, vatMinor }, ...row }) => ({
    ...row,
    grossMinor,
    netMinor,
    vatMinor,
  }));
}

/** The words stay here: what leaves is which text it was, whether it went out, and the amounts in it. */
async function textsOf(
  { outbox }: LedgerDeps,
  sessionIds: readonly SessionId[],
): Promise<OfSession<LedgerText>[]> {
  const rows = await outbox.listForSessions(sessionIds);
  return rows.map(({ sessionId, kind, state, delivery, text }) => ({
    sessionId,
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
  // Each number from 1 on is there once, as nearly always: the search for gaps reads every receipt.
  if (totals.count === totals.highest) return { ...totals, skipped: [], missing: [] };
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
