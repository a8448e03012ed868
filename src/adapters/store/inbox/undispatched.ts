/** What waits for dispatch: which rows are due, in which order, and when one that failed is tried again. */
import { sql, type Expression, type ExpressionBuilder } from 'kysely';
import { InvariantError } from '../../../domain/assert.ts';
import type { InboxId, SubscriberId } from '../../../domain/ids.ts';
import { addMs, type Instant } from '../../../domain/instant.ts';
import type { InboxAssignment, InboxItem, UndispatchedOptions } from '../../../ports/inbox-store.ts';
import { StoreUnavailable } from '../../../ports/stores.ts';
import { inTransaction, type Database, type Trx } from '../database.ts';
import type { InboundMessageTable, Schema } from '../schema.ts';
import { lockSubscriber } from '../subscribers.ts';
import { assignStored, type AssignDeps, type Refused } from './assignment.ts';
import { readTexts, slotKeyOf, type InboundRow } from './subscriber-texts.ts';
import { writeAssigned } from './write-assigned.ts';

const FIRST_WAIT_MS = 3_000;
const LONGEST_WAIT_MS = 5 * 60_000;

/** See `InboxStore.undispatched`. */
export async function readUndispatched(
  deps: AssignDeps & { database: Database },
  options: UndispatchedOptions,
): Promise<InboxItem[]> {
  for (const subscriberId of await subscribersWithStored(deps.database, options))
    try {
      const refused = await inTransaction(deps.database, async (trx) => {
        await lockSubscriber(trx, subscriberId);
        return await assignWaiting(trx, deps, subscriberId);
      });
      // What a slot alone is read for may be another one's; polling reads and reports all.
      for (const { row, error } of refused) options.onUnassignable?.(error, row.inboxId);
    } catch (error) {
      // One customer's text that cannot be read must not hold back everybody's.
      if (!options.onUnassignable || error instanceof StoreUnavailable) throw error;
      options.onUnassignable(error);
    }

  const { slotOf, dueAt } = options;
  let query = deps.database
    .selectFrom('inboundMessage as message')
    .leftJoin('chargeSession as started', 'started.inboxId', 'message.inboxId')
    .selectAll('message')
    .select('started.terms')
    .where('message.dispatchedAt', 'is', null)
    .where('message.state', '=', 'assigned')
    .$if(dueAt !== undefined && slotOf === undefined, (due) => due.orderBy('message.nextDispatchAt'))
    .orderBy('message.sequence')
    .limit(options.limit);
  if (dueAt !== undefined) query = query.where((eb) => isDispatchable(eb, dueAt));
  if (slotOf !== undefined)
    query = query
      .innerJoin('inboundMessage as target', 'target.subscriberId', 'message.subscriberId')
      .where('target.inboxId', '=', slotOf)
      .where((eb) =>
        eb.or([
          eb('message.inboxId', '=', slotOf),
          eb.and([
            eb('message.serviceId', '=', eb.ref('target.serviceId')),
            eb('message.sequence', '<', eb.ref('target.sequence')),
          ]),
        ]),
      );
  return (await query.execute()).map(toItem);
}

/** It is due, and no older row of its slot waits for a later attempt. */
function isDispatchable(
  eb: ExpressionBuilder<Schema & { message: InboundMessageTable }, 'message'>,
  at: Instant,
) {
  return eb.and([
    isDue(eb.ref('message.nextDispatchAt'), at),
    eb.not(
      eb.exists(
        eb
          .selectFrom('inboundMessage as older')
          .select('older.inboxId')
          .whereRef('older.subscriberId', '=', 'message.subscriberId')
          .whereRef('older.serviceId', '=', 'message.serviceId')
          .whereRef('older.sequence', '<', 'message.sequence')
          .where('older.state', '=', 'assigned')
          .where('older.dispatchedAt', 'is', null)
          .where((older) => older.not(isDue(older.ref('older.nextDispatchAt'), at))),
      ),
    ),
  ]);
}

/** What lies further ahead than any wait was written by a clock that has been set back since. */
function isDue(nextDispatchAt: Expression<Instant>, at: Instant) {
  const longest = addMs(at, LONGEST_WAIT_MS);
  return sql<boolean>`(${nextDispatchAt} <= ${at}::timestamptz or ${nextDispatchAt} > ${longest}::timestamptz)`;
}

/** See `InboxStore.postponeDispatch`. */
export async function postponeDispatch(
  database: Database,
  { inboxId, at, isOwnFailure }: { inboxId: InboxId; at: Instant; isOwnFailure: boolean },
): Promise<number> {
  const failures = isOwnFailure ? sql<number>`dispatch_attempts + 1` : sql<number>`dispatch_attempts`;
  // The first wait doubles with each failure of its own; a server that nobody reaches is tried again after the first wait.
  const waitMs = isOwnFailure
    ? sql`least(${sql.lit(FIRST_WAIT_MS)} * 2 ^ least(dispatch_attempts, 20), ${sql.lit(LONGEST_WAIT_MS)})`
    : sql.lit(FIRST_WAIT_MS);
  const row = await database
    .updateTable('inboundMessage')
    .set({
      dispatchAttempts: failures,
      nextDispatchAt: sql<Instant>`${at}::timestamptz + ${waitMs} * interval '1 millisecond'`,
    })
    .where('inboxId', '=', inboxId)
    .where('dispatchedAt', 'is', null)
    .returning('dispatchAttempts')
    .executeTakeFirst();
  return row?.dispatchAttempts ?? 0;
}

/** The caller holds the subscriber lock. */
async function assignWaiting(trx: Trx, deps: AssignDeps, subscriberId: SubscriberId): Promise<Refused[]> {
  const texts = await readTexts(trx, { subscriberIds: [subscriberId], ids: [], receivedAt: null });
  const assigned = await assignStored(trx, deps, texts);
  await writeAssigned(trx, assigned);
  return assigned.refused;
}

/** Subscribers with messages that wait to be assigned again, the longest waiting first. */
async function subscribersWithStored(
  database: Database,
  options: Pick<UndispatchedOptions, 'limit' | 'slotOf' | 'dueAt'>,
): Promise<string[]> {
  let query = database
    .selectFrom('inboundMessage')
    .select('subscriberId')
    .where('state', '=', 'stored')
    .groupBy('subscriberId')
    .orderBy((eb) => eb.fn.min('sequence'))
    .limit(options.limit);
  const { slotOf, dueAt } = options;
  // What follows the first waits for it.
  const first = sql<Instant>`(array_agg(next_dispatch_at order by sequence))[1]`;
  if (dueAt !== undefined) query = query.having(isDue(first, dueAt));
  if (slotOf !== undefined)
    query = query.where('subscriberId', 'in', (eb) =>
      eb.selectFrom('inboundMessage').select('subscriberId').where('inboxId', '=', slotOf),
    );
  return (await query.execute()).map((row) => row.subscriberId);
}

export function toItem(row: InboundRow): InboxItem {
  const { inboxId, sentAt, receivedAt } = row;
  return { inboxId, slot: slotKeyOf(row), sentAt, receivedAt, assignment: assignmentOf(row) };
}

function assignmentOf(row: InboundRow): InboxAssignment {
  const { assignmentKind, sessionId, signal, replyKind, terms = null } = row;
  if (assignmentKind === 'startSession' && sessionId !== null && terms !== null)
    return { kind: 'startSession', sessionId, terms };
  if (assignmentKind === 'signal' && sessionId !== null && signal !== null)
    return { kind: 'signal', sessionId, signal };
  if (assignmentKind === 'reply' && replyKind !== null) return { kind: 'reply', replyKind };
  if (assignmentKind === 'unroutable') return { kind: 'unroutable' };
  throw new InvariantError(`message ${row.inboxId} is assigned to nothing`);
}
