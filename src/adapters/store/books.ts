import { sql, type ExpressionBuilder } from 'kysely';
import { amountsInText } from '../../domain/amounts-in-text.ts';
import type { Instant } from '../../domain/instant.ts';
import {
  type BookedDocument,
  type BookedOperation,
  type BookedPayment,
  type BookedText,
  type IgnoredTexts,
  type SessionBooks,
} from '../../domain/reconciliation/books.ts';
import { explainGaps, type NumberRange } from '../../domain/reconciliation/receipt-numbers.ts';
import type {
  BooksStore,
  OverdueSession,
  ProviderInUse,
  UnbegunSession,
  CustomerTexts,
  ReceiptNumbers,
} from '../../ports/books-store.ts';
import { WEB_GATEWAY } from '../../ports/inbox-store.ts';
import { SYSTEM } from '../../ports/attention-store.ts';
import type { OutboxStore } from '../../ports/outbox-store.ts';
import { openMoneyActionOf } from './actions.ts';
import type { Database } from './database.ts';
import { routesOfTextedNumber } from './number-routes.ts';
import { readEndAskedAt } from './gone-session.ts';
import { readInstallationId } from './installation.ts';
import { attentionOfSession, openReasons } from './attention.ts';
import type { Schema } from './schema.ts';
import { OPEN_STATES } from '../../domain/session/charge-state.ts';

interface BooksDeps {
  database: Database;
  outbox: Pick<OutboxStore, 'listForSession'>;
}

const SESSION_COLUMNS = [
  'sessionId',
  'partnerId',
  'terms',
  'createdAt',
  'updatedAt',
  'state',
  'nextDueAt',
  'transactionId',
  'reservedMinor',
  'computedMinor',
  'capturedMinor',
  'releasedMinor',
  'releaseSource',
  'refundedMinor',
  'shortfallMinor',
] as const;

export function createBooksStore(deps: BooksDeps): BooksStore {
  const { database } = deps;
  return {
    read: (sessionId) => readBooks(deps, sessionId),
    listBegun: (page) => listBegun(database, page),
    listToReconcile: (page) => listToReconcile(database, page),
    listOverdue: (page) => listOverdue(database, page),
    listOpen: (page) => listOpen(database, page),
    listEndNoted: (limit) => listEndNoted(database, limit),
    listUnknown: (sessionIds) => listUnknown(database, sessionIds),
    listUnbegun: (page) => listUnbegun(database, page),
    receiptNumbers: (partnerId) => receiptNumbers(database, partnerId),
    customerTexts: (asked) => customerTexts(database, asked),
    providersInUse: () => providersInUse(database),
    installationId: () => readInstallationId(database),
  };
}

async function readBooks(deps: BooksDeps, sessionId: string): Promise<SessionBooks | null> {
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
    endAskedAt: await readEndAskedAt(database, sessionId),
  };
}

function paymentsOf(database: Database, sessionId: string): Promise<BookedPayment[]> {
  return database
    .selectFrom('paymentAttempt')
    .select(['attempt', 'paymentReference', 'providerReference', 'requestedMinor', 'phase'])
    .select(['authorizedMinor', 'capturedMinor', 'readAt', 'createdAt'])
    .where('sessionId', '=', sessionId)
    .orderBy('attempt')
    .execute();
}

function operationsOf(database: Database, sessionId: string): Promise<BookedOperation[]> {
  return database
    .selectFrom('moneyOperation')
    .select(['operationId', 'attempt', 'operation', 'amountMinor', 'state'])
    .where('sessionId', '=', sessionId)
    .orderBy('startedAt')
    .orderBy('operationId')
    .execute();
}

async function documentsOf(database: Database, sessionId: string): Promise<BookedDocument[]> {
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
async function textsOf({ outbox }: BooksDeps, sessionId: string): Promise<BookedText[]> {
  const rows = await outbox.listForSession(sessionId);
  return rows.map(({ kind, state, delivery, text }) => ({
    kind,
    state,
    delivery,
    amountsMinor: amountsInText(text),
  }));
}

async function receiptNumbers(database: Database, partnerId: string): Promise<ReceiptNumbers> {
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

async function customerTexts(
  database: Database,
  { partnerId, from, to }: Parameters<BooksStore['customerTexts']>[0],
): Promise<CustomerTexts> {
  const received = database
    .selectFrom('inboundMessage')
    .where('gateway', '<>', WEB_GATEWAY)
    .where('receivedAt', '>=', from)
    .where('receivedAt', '<', to);
  const toPartner = received.where((eb) =>
    eb.exists(
      routesOfTextedNumber(eb)
        .innerJoin('service', 'service.serviceId', 'keywordRoute.serviceId')
        .where('service.partnerId', '=', partnerId),
    ),
  );
  const totals = await toPartner
    .select((eb) => [
      eb.fn.countAll<number>().as('received'),
      eb.fn.countAll<number>().filterWhere('state', '<>', 'handled').as('waiting'),
    ])
    .executeTakeFirstOrThrow();
  const ignored = await toPartner
    .select((eb) => [ignoredBecause.as('reason'), eb.fn.countAll<number>().as('count')])
    .where('assignmentKind', 'in', ['limited', 'unroutable'])
    .groupBy('reason')
    .orderBy('reason')
    .execute();
  const { toNobody } = await received
    .select((eb) => eb.fn.countAll<number>().as('toNobody'))
    .where('assignmentKind', '=', 'unroutable')
    .where((eb) => eb.not(eb.exists(routesOfTextedNumber(eb))))
    .executeTakeFirstOrThrow();
  return { ...totals, ignored, toNobody };
}

const ignoredBecause = sql<IgnoredTexts['reason']>`coalesce(limit_reason, assignment_kind)`;

/** What the session's customer texted while it was open, and what belongs to no session. */
async function ignoredTextsOf(database: Database, sessionId: string): Promise<IgnoredTexts[]> {
  return await database
    .selectFrom('inboundMessage')
    .innerJoin('chargeSession', 'chargeSession.subscriberId', 'inboundMessage.subscriberId')
    .select((eb) => [ignoredBecause.as('reason'), eb.fn.countAll<number>().as('count')])
    .where('chargeSession.sessionId', '=', sessionId)
    .where('assignmentKind', 'in', ['limited', 'unroutable'])
    .where('inboundMessage.gateway', '<>', WEB_GATEWAY)
    .whereRef('receivedAt', '>=', 'chargeSession.createdAt')
    .where((eb) =>
      eb.or([
        isOpenRow(eb),
        eb('receivedAt', '<=', eb.fn.coalesce('chargeSession.endChargeUtc', 'chargeSession.updatedAt')),
      ]),
    )
    .groupBy('reason')
    .orderBy('reason')
    .execute();
}

async function messagesOf(database: Database, sessionId: string): Promise<SessionBooks['messages']> {
  const totals = await database
    .selectFrom('inboundMessage')
    .select((eb) => [
      eb.fn.countAll<number>().as('count'),
      eb.fn.countAll<number>().filterWhere('state', '<>', 'handled').as('unhandled'),
    ])
    .where('sessionId', '=', sessionId)
    .executeTakeFirstOrThrow();
  return { ...totals, ignored: await ignoredTextsOf(database, sessionId) };
}

async function listBegun(
  database: Database,
  { partnerId, from, to, after, limit }: Parameters<BooksStore['listBegun']>[0],
): Promise<string[]> {
  const rows = await database
    .selectFrom('chargeSession')
    .select('sessionId')
    .where('partnerId', '=', partnerId)
    .where('createdAt', '>=', from)
    .where('createdAt', '<', to)
    .$if(after !== null, (query) =>
      query.where(
        sql<boolean>`(created_at, session_id) > (select created_at, session_id from charge_session where session_id = ${after})`,
      ),
    )
    .orderBy('createdAt')
    .orderBy('sessionId')
    .limit(limit)
    .execute();
  return rows.map(({ sessionId }) => sessionId);
}

async function listToReconcile(
  database: Database,
  { endedSince, openSince, after, limit }: Parameters<BooksStore['listToReconcile']>[0],
): Promise<string[]> {
  const rows = await database
    .selectFrom('chargeSession')
    .select('sessionId')
    .where((eb) =>
      eb.or([
        eb('updatedAt', '>=', endedSince),
        eb.and([
          eb('createdAt', '>=', openSince),
          eb.or([eb('nextDueAt', 'is not', null), eb('state', 'in', OPEN_STATES)]),
        ]),
      ]),
    )
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('paymentAttempt')
          .select('paymentAttempt.attempt')
          .whereRef('paymentAttempt.sessionId', '=', 'chargeSession.sessionId'),
      ),
    )
    .$if(after !== null, (query) => query.where('sessionId', '>', after ?? ''))
    .orderBy('sessionId')
    .limit(limit)
    .execute();
  return rows.map(({ sessionId }) => sessionId);
}

async function listOverdue(
  database: Database,
  { before, limit }: { before: Instant; limit: number },
): Promise<OverdueSession[]> {
  const rows = await database
    .selectFrom('chargeSession')
    .select(['sessionId', 'state', 'nextDueAt'])
    .where('nextDueAt', '<', before)
    .where((eb) => eb.not(eb.exists(missingTasksOf(eb))))
    .orderBy('nextDueAt')
    .limit(limit)
    .execute();
  return rows.flatMap(({ nextDueAt, ...session }) => (nextDueAt === null ? [] : [{ ...session, nextDueAt }]));
}

function isOpenRow(eb: ExpressionBuilder<Schema, 'chargeSession'>) {
  return eb.or([eb('nextDueAt', 'is not', null), eb('chargeSession.state', 'in', OPEN_STATES)]);
}

async function listOpen(
  database: Database,
  { before, limit }: Parameters<BooksStore['listOpen']>[0],
): Promise<string[]> {
  const rows = await database
    .selectFrom('chargeSession')
    .select('sessionId')
    .where(isOpenRow)
    .where('createdAt', '<', before)
    .where((eb) => eb.not(eb.exists(missingTasksOf(eb))))
    .orderBy('createdAt')
    .limit(limit)
    .execute();
  return rows.map(({ sessionId }) => sessionId);
}

async function listEndNoted(database: Database, limit: number): Promise<string[]> {
  const rows = await database
    .selectFrom('chargeSession')
    .select('sessionId')
    .where(isOpenRow)
    .where('endChargeUtc', 'is', null)
    .where('sessionId', 'in', (eb) =>
      eb.selectFrom('inboundMessage').select('inboundMessage.sessionId').where('replyKind', '=', 'endNoted'),
    )
    .limit(limit)
    .execute();
  return rows.map(({ sessionId }) => sessionId);
}

async function listUnknown(database: Database, sessionIds: readonly string[]): Promise<string[]> {
  if (sessionIds.length === 0) return [];
  const { rows } = await sql<{ sessionId: string }>`
    select asked.session_id from unnest(${sessionIds}::text[]) as asked (session_id)
    where not exists (select 1 from charge_session where session_id = asked.session_id)
      and not exists (
        select 1 from inbound_message
        where session_id = asked.session_id and assignment_kind = 'startSession'
      )`.execute(database);
  return rows.map(({ sessionId }) => sessionId);
}

async function listUnbegun(
  database: Database,
  { before, limit }: { before: Instant; limit: number },
): Promise<UnbegunSession[]> {
  return await database
    .selectFrom('inboundMessage')
    .select(['inboundMessage.sessionId', 'dispatchedAt'])
    .where('assignmentKind', '=', 'startSession')
    .where('state', '=', 'assigned')
    .where('dispatchedAt', '<', before)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('chargeSession')
            .select('chargeSession.sessionId')
            .whereRef('chargeSession.sessionId', '=', 'inboundMessage.sessionId'),
        ),
      ),
    )
    .orderBy('dispatchedAt')
    .limit(limit)
    .$narrowType<UnbegunSession>()
    .execute();
}

async function providersInUse(database: Database): Promise<ProviderInUse[]> {
  const byPartners = await database
    .selectFrom('partner')
    .select((eb) => ['provider', eb.fn.countAll<number>().as('partners')])
    .groupBy('provider')
    .execute();
  const bySessions = await database
    .selectFrom('chargeSession')
    .select((eb) => [sql<string>`terms->>'provider'`.as('provider'), eb.fn.countAll<number>().as('sessions')])
    .where(isOpenRow)
    .where((eb) => eb.not(eb.exists(missingTasksOf(eb))))
    .groupBy(sql`terms->>'provider'`)
    .execute();
  const names = new Set([...byPartners, ...bySessions].map(({ provider }) => provider));
  return [...names].toSorted().map((provider) => ({
    provider,
    partners: byPartners.find((row) => row.provider === provider)?.partners ?? 0,
    openSessions: bySessions.find((row) => row.provider === provider)?.sessions ?? 0,
  }));
}

/** That no workflow runs it is known, also when a person has closed the task: it must not take the place of others. */
function missingTasksOf(eb: ExpressionBuilder<Schema, 'chargeSession'>) {
  return attentionOfSession(eb)
    .where('attention.reason', '=', 'workflowMissing')
    .where((task) => task.or([task('clearedAt', 'is', null), task('clearedBy', '<>', SYSTEM)]));
}
