import { sql } from 'kysely';
import type { OperatorTask, OperatorTaskStore } from '../../ports/operator-task-store.ts';
import type { Database } from './database.ts';

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

export function createOperatorTaskStore(database: Database): OperatorTaskStore {
  return {
    open: async ({ subject, reason, sessionId, details }, at) => {
      const written = await database
        .insertInto('operatorTask')
        .values({
          subject,
          reason,
          sessionId,
          details: JSON.stringify(details),
          openedAt: at,
          lastSeenAt: at,
        })
        .onConflict((conflict) =>
          conflict
            .columns(['subject', 'reason'])
            .where('closedAt', 'is', null)
            .doUpdateSet({ details: JSON.stringify(details), lastSeenAt: at }),
        )
        // The system column is 0 only in a row that this very statement inserted.
        .returning(sql<boolean>`xmax = 0`.as('opened'))
        .executeTakeFirstOrThrow();
      return { opened: written.opened };
    },
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
    listOpen: (limit) =>
      database
        .selectFrom('operatorTask')
        .select(COLUMNS)
        .where('closedAt', 'is', null)
        .orderBy('sequence')
        .limit(limit)
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
