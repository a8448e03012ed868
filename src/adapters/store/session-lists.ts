/** Which sessions are begun, open, overdue or unknown: pages of ids for watches, reconciliation and proofs. */
import type { SessionId } from '../../domain/ids.ts';
import { sql, type ExpressionBuilder } from 'kysely';
import type { Instant } from '../../domain/instant.ts';
import { OPEN_STATES } from '../../domain/session/charge-state.ts';
import { SYSTEM } from '../../ports/attention-store.ts';
import type {
  LedgerStore,
  OverdueSession,
  ProviderInUse,
  NotBegunSession,
} from '../../ports/ledger-store.ts';
import { attentionOfSession } from './attention.ts';
import type { Database } from './database.ts';
import type { Schema } from './schema.ts';

export async function listBegun(
  database: Database,
  { partnerId, from, to, after, limit }: Parameters<LedgerStore['listBegun']>[0],
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

export async function listToReconcile(
  database: Database,
  { endedSince, openSince, after, limit }: Parameters<LedgerStore['listToReconcile']>[0],
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
          .selectFrom('payment')
          .select('payment.paymentNumber')
          .whereRef('payment.sessionId', '=', 'chargeSession.sessionId'),
      ),
    )
    .$if(after !== null, (query) => query.where('sessionId', '>', after ?? ''))
    .orderBy('sessionId')
    .limit(limit)
    .execute();
  return rows.map(({ sessionId }) => sessionId);
}

export async function listOverdue(
  database: Database,
  { before, limit }: { before: Instant; limit: number },
): Promise<OverdueSession[]> {
  const rows = await database
    .selectFrom('chargeSession')
    .select(['sessionId', 'state', 'nextDueAt'])
    .where('nextDueAt', '<', before)
    .where((eb) => eb.not(eb.exists(workflowMissingEntriesOf(eb))))
    .orderBy('nextDueAt')
    .limit(limit)
    .execute();
  return rows.flatMap(({ nextDueAt, ...session }) => (nextDueAt === null ? [] : [{ ...session, nextDueAt }]));
}

export function isOpenRow(eb: ExpressionBuilder<Schema, 'chargeSession'>) {
  return eb.or([eb('nextDueAt', 'is not', null), eb('chargeSession.state', 'in', OPEN_STATES)]);
}

export async function listOpen(
  database: Database,
  { before, limit }: Parameters<LedgerStore['listOpen']>[0],
): Promise<string[]> {
  const rows = await database
    .selectFrom('chargeSession')
    .select('sessionId')
    .where(isOpenRow)
    // One whose workflow has not recorded anything is another case: `listNotBegun`.
    .where('revision', '>', 0)
    .where('createdAt', '<', before)
    .where((eb) => eb.not(eb.exists(workflowMissingEntriesOf(eb))))
    .orderBy('createdAt')
    .limit(limit)
    .execute();
  return rows.map(({ sessionId }) => sessionId);
}

export async function listEndNoted(database: Database, limit: number): Promise<string[]> {
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

export async function listUnknown(database: Database, sessionIds: readonly string[]): Promise<string[]> {
  if (sessionIds.length === 0) return [];
  const { rows } = await sql<{ sessionId: SessionId }>`
    select listed.session_id from unnest(${sessionIds}::text[]) as listed (session_id)
    where not exists (select 1 from charge_session where session_id = listed.session_id)`.execute(database);
  return rows.map(({ sessionId }) => sessionId);
}

export async function listNotBegun(
  database: Database,
  { before, limit }: { before: Instant; limit: number },
): Promise<NotBegunSession[]> {
  return await database
    .selectFrom('inboundMessage')
    .innerJoin('chargeSession', 'chargeSession.sessionId', 'inboundMessage.sessionId')
    .select(['inboundMessage.sessionId', 'dispatchedAt'])
    .where('assignmentKind', '=', 'startSession')
    .where('inboundMessage.state', '=', 'assigned')
    .where('dispatchedAt', '<', before)
    .where('revision', '=', 0)
    .orderBy('dispatchedAt')
    .limit(limit)
    .$narrowType<NotBegunSession>()
    .execute();
}

export async function providersInUse(database: Database): Promise<ProviderInUse[]> {
  const byPartners = await database
    .selectFrom('partner')
    .select((eb) => ['provider', eb.fn.countAll<number>().as('partners')])
    .groupBy('provider')
    .execute();
  const bySessions = await database
    .selectFrom('chargeSession')
    .select((eb) => [sql<string>`terms->>'provider'`.as('provider'), eb.fn.countAll<number>().as('sessions')])
    .where(isOpenRow)
    .where((eb) => eb.not(eb.exists(workflowMissingEntriesOf(eb))))
    .groupBy(sql`terms->>'provider'`)
    .execute();
  const names = new Set([...byPartners, ...bySessions].map(({ provider }) => provider));
  return [...names].toSorted().map((provider) => ({
    provider,
    partners: byPartners.find((row) => row.provider === provider)?.partners ?? 0,
    openSessions: bySessions.find((row) => row.provider === provider)?.sessions ?? 0,
  }));
}

/** Entries about a session without a workflow, open or cleared by an operator: such a session takes no place of others. */
function workflowMissingEntriesOf(eb: ExpressionBuilder<Schema, 'chargeSession'>) {
  return attentionOfSession(eb)
    .where('attention.reason', '=', 'workflowMissing')
    .where((entry) => entry.or([entry('clearedAt', 'is', null), entry('clearedBy', '<>', SYSTEM)]));
}
