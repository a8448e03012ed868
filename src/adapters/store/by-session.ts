/** Rows of several sessions, read by one statement and told apart afterwards. */
import { sql, type RawBuilder } from 'kysely';
import type { SessionId } from '../../domain/ids.ts';

/** For `where('sessionId', '=', ...)`: one text of the statement, however many they are. */
export function anyOf(sessionIds: readonly SessionId[]): RawBuilder<SessionId> {
  return sql<SessionId>`any(${[...sessionIds]}::text[])`;
}

/** The rows of one session at a time, in their order, without its id. */
export function bySession<Row extends { sessionId: SessionId }>(
  rows: readonly Row[],
): (sessionId: SessionId) => Omit<Row, 'sessionId'>[] {
  const found = new Map<SessionId, Omit<Row, 'sessionId'>[]>();
  for (const { sessionId, ...row } of rows) {
    const known = found.get(sessionId);
    if (known === undefined) found.set(sessionId, [row]);
    else known.push(row);
  }
  return (sessionId) => found.get(sessionId) ?? [];
}
