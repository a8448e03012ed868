import { sql, type RawBuilder } from 'kysely';
import type { InboxId, SessionId } from '../../../domain/ids.ts';
import type { Instant } from '../../../domain/instant.ts';
import type { DispatchMark } from '../../../ports/inbox-store.ts';

/**
 * Marks these texts of a session handled, and so dispatched, also when the dispatcher crashed before it recorded that; rows that
 * have left the session stay as they are. Rows are locked in the order of their storing, as everywhere: two statements
 * with several rows never wait for each other.
 */
export function markingHandled(
  inboxIds: readonly InboxId[],
  at: Instant,
  sessionId: SessionId | null,
): RawBuilder<Record<string, unknown>> {
  return sql`update inbound_message set ${handledColumns(at)}
    where inbox_id in (
      select inbox_id from inbound_message
      where inbox_id = any(${inboxIds}::text[]) and state = 'assigned'
        and (${sessionId}::text is null or session_id = ${sessionId})
      order by sequence for update
    ) and state = 'assigned'`;
}

/** See `InboxStore.markDispatched`: nobody waits for a row that somebody else is changing, nor do the other rows. */
export function markingDispatched(marks: readonly DispatchMark[]): RawBuilder<Record<string, unknown>> {
  return sql`with mark as (
      select text.inbox_id, given.at
      from inbound_message as text, unnest(
        ${marks.map(({ inboxId }) => inboxId)}::text[],
        ${marks.map(({ at }) => at)}::timestamptz[],
        ${marks.map(({ sessionId }) => sessionId)}::text[]
      ) as given (inbox_id, at, session_id)
      where text.inbox_id = given.inbox_id and text.state = 'assigned' and text.dispatched_at is null
        and (given.session_id is null or text.session_id = given.session_id)
      for update of text skip locked
    )
    update inbound_message set dispatched_at = mark.at from mark where inbound_message.inbox_id = mark.inbox_id`;
}

/** What an update of `inbound_message` sets. */
export function handledColumns(at: Instant): RawBuilder<unknown> {
  return sql`state = 'handled', handled_at = ${at}::timestamptz, dispatched_at = coalesce(dispatched_at, ${at}::timestamptz)`;
}
