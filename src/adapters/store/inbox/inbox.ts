/** The store of what came in: its parts are the files beside this one; freeing a slot and Stop are here. */
import { sql } from 'kysely';
import { InvariantError, invariant } from '../../../domain/assert.ts';
import type { InboxId, ServiceId, SessionId, SubscriberId } from '../../../domain/ids.ts';
import type { Instant } from '../../../domain/instant.ts';
import {
  WEB_GATEWAY,
  type FreedSlot,
  type InboxStore,
  type SlotFreeing,
} from '../../../ports/inbox-store.ts';
import { inTransaction, type Database, type Trx } from '../database.ts';
import { acceptTexts, type AcceptDeps } from './accept.ts';
import { handledAtOnce, UNASSIGNED } from './assignment.ts';
import { handledColumns, markingDispatched, markingHandled } from './handled.ts';
import { readGatewayStamps } from './gateway-stamps.ts';
import { readEndRequestedAt } from './sessions-without-workflow.ts';
import { readUnroutedNumbers } from './number-routes.ts';
import { readReplyContext } from './reply-context.ts';
import { slotKeyOf, type InboundRow } from './subscriber-texts.ts';
import { postponeDispatch, readUndispatched } from './undispatched.ts';

/** `urgent`: for what a gateway or a customer waits for. */
export function createInboxStore(deps: AcceptDeps & { urgent: Database }): InboxStore {
  const { database, urgent } = deps;
  return {
    accept: (texts) => acceptTexts({ ...deps, database: urgent }, texts),
    acceptStop: (sessionId, receivedAt) => acceptStop({ ...deps, database: urgent }, sessionId, receivedAt),
    stopRequestedAt: async (sessionId) => {
      const row = await database
        .selectFrom('inboundMessage')
        .select('receivedAt')
        .where('gateway', '=', WEB_GATEWAY)
        .where('messageId', '=', sessionId)
        .executeTakeFirst();
      return row?.receivedAt ?? null;
    },
    undispatched: (options) => readUndispatched(deps, options),
    isUndispatched: async (inboxId) => {
      const row = await database
        .selectFrom('inboundMessage')
        .select('inboxId')
        .where('inboxId', '=', inboxId)
        .where('dispatchedAt', 'is', null)
        .executeTakeFirst();
      return row !== undefined;
    },
    markDispatched: async (marks) => {
      await markingDispatched(marks).execute(database);
    },
    postponeDispatch: (inboxId, at, isOwnFailure) =>
      postponeDispatch(database, { inboxId, at, isOwnFailure }),
    markHandled: async (inboxIds, at, sessionId) => {
      await markingHandled(inboxIds, at, sessionId ?? null).execute(database);
    },
    freeSlot: (input) => freeSlot(database, input, { onlyIfAllHandled: false }),
    freeSlotIfAllHandled: (input) => freeSlot(database, input, { onlyIfAllHandled: true }),
    endRequestedAt: (sessionId) => readEndRequestedAt(database, sessionId),
    gatewayStamps: (since) => readGatewayStamps(database, since),
    unroutedNumbers: () => readUnroutedNumbers(database),
    replyContext: (inboxId) => readReplyContext(database, inboxId),
  };
}

async function acceptStop(
  deps: AcceptDeps,
  sessionId: SessionId,
  receivedAt: Instant,
): ReturnType<InboxStore['acceptStop']> {
  const known = await findStop(deps.database, sessionId);
  if (known) return { ...known, duplicate: true };

  return inTransaction(deps.database, async (trx) => {
    const { subscriberId, serviceId } = await lockSlotOf(trx, sessionId);
    const slot = await trx
      .selectFrom('sessionSlot')
      .select('sessionId')
      .where('subscriberId', '=', subscriberId)
      .where('serviceId', '=', serviceId)
      .executeTakeFirst();
    const inserted = await trx
      .insertInto('inboundMessage')
      .values({
        inboxId: deps.newId(),
        gateway: WEB_GATEWAY,
        messageId: sessionId,
        subscriberId,
        shortNumber: '',
        sentAt: receivedAt,
        receivedAt,
        nextDispatchAt: receivedAt,
        ...(slot?.sessionId === sessionId
          ? { ...UNASSIGNED, serviceId, assignmentKind: 'signal', signal: 'endCharge', sessionId }
          : handledAtOnce({ receivedAt }, { assignmentKind: 'unroutable' })),
      })
      .onConflict((conflict) => conflict.columns(['gateway', 'messageId', 'digest']).doNothing())
      .returning(STOP_COLUMNS)
      .executeTakeFirst();
    const stored = inserted ? stopOf(inserted) : await findStop(trx, sessionId);
    invariant(stored !== null, 'an accepted stop is stored');
    return { ...stored, duplicate: inserted === undefined };
  });
}

const STOP_COLUMNS = ['inboxId', 'subscriberId', 'serviceId', 'dispatchedAt'] as const;

interface StoredStop {
  inboxId: InboxId;
  slot: string;
  dispatched: boolean;
}

function stopOf(row: Pick<InboundRow, (typeof STOP_COLUMNS)[number]>): StoredStop {
  return { inboxId: row.inboxId, slot: slotKeyOf(row), dispatched: row.dispatchedAt !== null };
}

async function findStop(database: Database | Trx, sessionId: SessionId): Promise<StoredStop | null> {
  const row = await database
    .selectFrom('inboundMessage')
    .select(STOP_COLUMNS)
    .where('gateway', '=', WEB_GATEWAY)
    .where('messageId', '=', sessionId)
    .executeTakeFirst();
  return row ? stopOf(row) : null;
}

async function freeSlot(
  database: Database,
  { sessionId, handledInboxIds, lastEndChargeAt, at }: FreedSlot,
  { onlyIfAllHandled }: { onlyIfAllHandled: boolean },
): Promise<SlotFreeing> {
  return inTransaction(database, async (trx) => {
    const { subscriberId, serviceId } = await lockSlotOf(trx, sessionId);
    // The start message counts as handled since its session exists: unassigned, it would start another one.
    const { rows } = await sql<SlotFreeing>`
      with text as (
        select inbox_id, assignment_kind = 'startSession' or inbox_id = any(${[...handledInboxIds]}::text[]) as is_handled
        from inbound_message
        where session_id = ${sessionId} and state = 'assigned'
          and (assignment_kind <> 'reply' or inbox_id = any(${[...handledInboxIds]}::text[]))
        order by sequence for update
      ), allowed as (
        select where not ${onlyIfAllHandled}::boolean or not exists (select from text where not is_handled)
      ), freed as (
        update session_slot set session_id = nullif(session_id, ${sessionId}),
          -- greatest() ignores null: the later of the two, or the one that is known
          last_end_charge_at = greatest(last_end_charge_at, ${lastEndChargeAt}::timestamptz)
        where subscriber_id = ${subscriberId} and service_id = ${serviceId} and exists (select from allowed)
      ), handled as (
        update inbound_message set ${handledColumns(at)}
        where inbox_id in (select inbox_id from text where is_handled) and exists (select from allowed)
      ), unassigned as (
        update inbound_message
        set state = 'stored', assignment_kind = null, signal = null, session_id = null, dispatched_at = null,
          dispatch_attempts = 0, next_dispatch_at = ${at}
        where inbox_id in (select inbox_id from text where not is_handled) and exists (select from allowed)
        returning inbox_id
      )
      select exists (select from allowed) as is_freed, (select count(*) from unassigned) as unassigned,
        (select received_at from inbound_message where gateway = ${WEB_GATEWAY} and message_id = ${sessionId})
          as stop_requested_at`.execute(trx);
    const [freed] = rows;
    invariant(freed !== undefined, 'a select of values has a row');
    return freed;
  });
}

/**
 * Takes the lock of the session's subscriber (`lockSubscriber`); the slot is also known after it was freed. What the lock
 * protects is read by a later statement.
 */
async function lockSlotOf(
  trx: Trx,
  sessionId: SessionId,
): Promise<{ subscriberId: SubscriberId; serviceId: ServiceId }> {
  const session = await trx
    .selectFrom('chargeSession')
    .innerJoin('subscriber', 'subscriber.subscriberId', 'chargeSession.subscriberId')
    .select(['chargeSession.subscriberId', 'chargeSession.serviceId'])
    .where('chargeSession.sessionId', '=', sessionId)
    .forNoKeyUpdate('subscriber')
    .executeTakeFirst();
  if (!session) throw new InvariantError(`session ${sessionId} was started by no message`);
  return session;
}
