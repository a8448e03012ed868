import type { SessionId } from '../../domain/ids.ts';
import { sql, type ExpressionBuilder, type RawBuilder } from 'kysely';
import { isSessionReason, SESSION_REASONS, type RaisedReason } from '../../domain/attention.ts';
import type { Instant } from '../../domain/instant.ts';
import { SYSTEM, type AttentionEntry, type AttentionStore } from '../../ports/attention-store.ts';
import type { Database, Trx } from './database.ts';
import type { Schema } from './schema.ts';

const COLUMNS = [
  'subject',
  'reason',
  'sessionId',
  'details',
  'raisedAt',
  'lastSeenAt',
  'clearedAt',
  'clearedBy',
] as const satisfies readonly (keyof AttentionEntry)[];

/** Of a session in a query; to be narrowed, for `exists`. */
export function attentionOfSession(eb: ExpressionBuilder<Schema, 'chargeSession'>) {
  return eb
    .selectFrom('attention')
    .select('attention.sequence')
    .whereRef('attention.sessionId', '=', 'chargeSession.sessionId');
}

/** Of a session in a query: the reasons of its open entries, oldest first. */
export const openReasons = sql<RaisedReason[]>`array(select reason from attention
  where attention.session_id = charge_session.session_id and cleared_at is null order by sequence)`;

export function createAttentionStore(database: Database): AttentionStore {
  return {
    raise: (entry, at) => raise(database, entry, at),
    clear: async ({ subject, reason, clearedBy }, at) => {
      const cleared = await database
        .updateTable('attention')
        .set({ clearedAt: at, clearedBy })
        .where('subject', '=', subject)
        .where('reason', '=', reason)
        .where('clearedAt', 'is', null)
        .executeTakeFirst();
      return cleared.numUpdatedRows > 0n;
    },
    list: async ({ reasons, sessionIds, andCleared = false, limit }) => {
      if (reasons?.length === 0 || sessionIds?.length === 0) return [];
      let query = database.selectFrom('attention').select(COLUMNS).orderBy('sequence');
      if (!andCleared) query = query.where('clearedAt', 'is', null);
      if (reasons !== undefined) query = query.where('reason', 'in', [...reasons]);
      if (sessionIds !== undefined) query = query.where('sessionId', 'in', [...sessionIds]);
      if (limit !== undefined) query = query.limit(limit);
      return await query.execute();
    },
  };
}

/**
 * What an operator has cleared is not raised again until its details change, except by its session or an action of it: each of
 * those is a new event.
 */
async function raise(
  database: Database | Trx,
  { subject, reason, sessionId, details }: Parameters<AttentionStore['raise']>[0],
  at: Instant,
): Promise<{ raised: boolean }> {
  const written = JSON.stringify(details);
  // The system column is 0 only in a row that this very statement inserted.
  const { rows } = await sql<{ raised: boolean }>`
    insert into attention (subject, reason, session_id, details, raised_at, last_seen_at)
    select ${subject}::text, ${reason}::text, ${sessionId}::text, ${written}::jsonb, ${at}::timestamptz, ${at}::timestamptz
    where ${isSessionReason(reason)}::boolean or not exists (
      select 1 from (
        select details, cleared_by from attention
        where subject = ${subject} and reason = ${reason} order by sequence desc limit 1
      ) as last
      where last.cleared_by <> ${SYSTEM} and last.details = ${written}::jsonb
    )
    on conflict (subject, reason) where cleared_at is null
      do update set details = excluded.details, last_seen_at = excluded.last_seen_at
    returning xmax = 0 as raised`.execute(database);
  return { raised: rows[0]?.raised ?? false };
}

/** Of all the reasons that sessions record: those that hold now, and those that do not. */
export function sessionReasons(reasons: readonly RaisedReason[]): {
  raised: RaisedReason[];
  cleared: RaisedReason[];
} {
  return {
    raised: reasons.filter(isSessionReason),
    cleared: SESSION_REASONS.filter((reason) => !reasons.includes(reason)),
  };
}

/**
 * Parts of the one statement that writes a session's row: its own open entries become those that hold now. `recorded` names the
 * part that returns the session's id if the row was written.
 */
export function clearingReasons(
  recorded: string,
  reasons: readonly RaisedReason[],
  at: Instant,
): RawBuilder<Record<string, unknown>> {
  return sql`update attention set cleared_at = ${at}, cleared_by = ${SYSTEM}
    where session_id in (select session_id from ${sql.table(recorded)})
      and reason = any(${reasons}::text[]) and cleared_at is null`;
}

export function raisingReasons(
  recorded: string,
  reasons: readonly RaisedReason[],
  at: Instant,
): RawBuilder<Record<string, unknown>> {
  return sql`insert into attention (subject, reason, session_id, details, raised_at, last_seen_at)
    select session_id, reason, session_id, '{}'::jsonb, ${at}::timestamptz, ${at}::timestamptz
    from ${sql.table(recorded)}, unnest(${reasons}::text[]) as reason
    on conflict (subject, reason) where cleared_at is null
      do update set details = excluded.details, last_seen_at = excluded.last_seen_at`;
}

/** Clears the session's open entries with these reasons. */
export async function clearReasons(
  trx: Trx,
  input: { sessionId: SessionId; reasons: readonly RaisedReason[]; clearedBy: string },
  at: Instant,
): Promise<void> {
  const { sessionId, reasons, clearedBy } = input;
  if (reasons.length === 0) return;
  await trx
    .updateTable('attention')
    .set({ clearedAt: at, clearedBy })
    .where('sessionId', '=', sessionId)
    .where('reason', 'in', [...reasons])
    .where('clearedAt', 'is', null)
    .execute();
}

/** Raises an entry about a session within the caller's transaction. */
export async function raiseForSession(
  trx: Trx,
  { sessionId, reason }: { sessionId: SessionId; reason: RaisedReason },
  at: Instant,
): Promise<void> {
  await raise(trx, { subject: sessionId, reason, sessionId, details: {} }, at);
}
