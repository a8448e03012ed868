import { sql, type ExpressionBuilder } from 'kysely';
import type { Instant } from '../../domain/instant.ts';
import { SYSTEM, type OperatorTask, type OperatorTaskStore } from '../../ports/operator-task-store.ts';
import type { Database } from './database.ts';
import type { Schema } from './schema.ts';

const COLUMNS = [
  'subject',
  'reason',
  'sessionId',
  'details',
  'openedAt',
  'lastSeenAt',
  'closedAt',
  'closedBy',
] as const satisfies readonly (keyof OperatorTask)[];

/** Of a session in a query; to be narrowed, and asked for its existence. */
export function tasksOfSession(eb: ExpressionBuilder<Schema, 'chargeSession'>) {
  return eb
    .selectFrom('operatorTask')
    .select('operatorTask.sequence')
    .whereRef('operatorTask.sessionId', '=', 'chargeSession.sessionId');
}

export function createOperatorTaskStore(database: Database): OperatorTaskStore {
  return {
    open: (task, at) => openTask(database, task, at),
    close: async ({ subject, reason, closedBy }, at) => {
      const closed = await database
        .updateTable('operatorTask')
        .set({ closedAt: at, closedBy })
        .where('subject', '=', subject)
        .where('reason', '=', reason)
        .where('closedAt', 'is', null)
        .executeTakeFirst();
      return closed.numUpdatedRows > 0n;
    },
    listOpen: (limit, reasons) =>
      database
        .selectFrom('operatorTask')
        .select(COLUMNS)
        .where('closedAt', 'is', null)
        .$if(reasons !== undefined, (query) => query.where('reason', 'in', [...(reasons ?? [])]))
        .orderBy('sequence')
        .limit(limit)
        .execute(),
    listOpenOf: (sessionIds) =>
      sessionIds.length === 0
        ? Promise.resolve([])
        : database
            .selectFrom('operatorTask')
            .select(COLUMNS)
            .where('sessionId', 'in', [...sessionIds])
            .where('closedAt', 'is', null)
            .orderBy('sequence')
            .execute(),
    listForSession: (sessionId) =>
      database
        .selectFrom('operatorTask')
        .select(COLUMNS)
        .where('sessionId', '=', sessionId)
        .orderBy('sequence')
        .execute(),
  };
}

async function openTask(
  database: Database,
  { subject, reason, sessionId, details }: Parameters<OperatorTaskStore['open']>[0],
  at: Instant,
): Promise<{ opened: boolean }> {
  const written = JSON.stringify(details);
  // The system column is 0 only in a row that this very statement inserted.
  const { rows } = await sql<{ opened: boolean }>`
    insert into operator_task (subject, reason, session_id, details, opened_at, last_seen_at)
    select ${subject}::text, ${reason}::text, ${sessionId}::text, ${written}::jsonb, ${at}::timestamptz, ${at}::timestamptz
    where not exists (
      select 1 from (
        select details, closed_by from operator_task
        where subject = ${subject} and reason = ${reason} order by sequence desc limit 1
      ) as last
      where last.closed_by <> ${SYSTEM} and last.details = ${written}::jsonb
    )
    on conflict (subject, reason) where closed_at is null
      do update set details = excluded.details, last_seen_at = excluded.last_seen_at
    returning xmax = 0 as opened`.execute(database);
  return { opened: rows[0]?.opened ?? false };
}
