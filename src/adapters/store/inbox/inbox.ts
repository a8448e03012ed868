/** Stores customers' texts, assigns them under the subscriber lock (ADR 0005) and lists what waits for dispatch. */
import type { InboxId, ServiceId, SessionId, SubscriberId } from '../../../domain/ids.ts';
import { sql, type Selectable } from 'kysely';
import { InvariantError, invariant } from '../../../domain/assert.ts';
import { acceptStamp } from '../../../domain/gateway-stamp.ts';
import type { Instant } from '../../../domain/instant.ts';
import type { TextLimits } from '../../../domain/text-assignment.ts';
import {
  WEB_GATEWAY,
  type InboxAssignment,
  type InboxItem,
  type InboxStore,
  type UndispatchedOptions,
} from '../../../ports/inbox-store.ts';
import { StoreUnavailable } from '../../../ports/stores.ts';
import type { MoMessage } from '../../../ports/sms-gateway.ts';
import type { PersonalDataCipher } from '../cipher.ts';
import { inTransaction, type Database, type Trx } from '../database.ts';
import { assignStored, handledAtOnce, textContext, UNASSIGNED } from './assignment.ts';
import { readGatewayStamps } from './gateway-stamps.ts';
import { readEndRequestedAt } from './sessions-without-workflow.ts';
import { readUnroutedNumbers } from './number-routes.ts';
import { readReplyContext } from './reply-context.ts';
import type { InboundMessageTable } from '../schema.ts';
import { lockOrAddSubscriber, lockSubscriber } from '../subscribers.ts';

interface InboxDeps {
  database: Database;
  cipher: PersonalDataCipher;
  newId: () => string;
  limits: TextLimits;
}

export function createInboxStore(deps: InboxDeps): InboxStore {
  const { database } = deps;
  return {
    accept: (gateway, message, receivedAt) => accept(deps, { gateway, message, receivedAt }),
    acceptStop: (sessionId, receivedAt) => acceptStop(deps, sessionId, receivedAt),
    stopRequestedAt: async (sessionId) => {
      const row = await database
        .selectFrom('inboundMessage')
        .select('receivedAt')
        .where('gateway', '=', WEB_GATEWAY)
        .where('messageId', '=', sessionId)
        .executeTakeFirst();
      return row?.receivedAt ?? null;
    },
    undispatched: (options) => undispatched(deps, options),
    isUndispatched: async (inboxId) => {
      const row = await database
        .selectFrom('inboundMessage')
        .select('inboxId')
        .where('inboxId', '=', inboxId)
        .where('dispatchedAt', 'is', null)
        .executeTakeFirst();
      return row !== undefined;
    },
    markDispatched: async (inboxId, at, sessionId) => {
      await database
        .updateTable('inboundMessage')
        .set({ dispatchedAt: at })
        .where('inboxId', '=', inboxId)
        .where('state', '=', 'assigned')
        .where('dispatchedAt', 'is', null)
        .$if(sessionId !== undefined, (query) => query.where('sessionId', '=', sessionId ?? null))
        .execute();
    },
    markHandled: async (inboxIds, at, sessionId) => {
      // One by one: without the subscriber lock, holding several rows at once could deadlock with freeSlot.
      for (const inboxId of inboxIds)
        await database
          .updateTable('inboundMessage')
          .set(handledAt(at))
          .where('inboxId', '=', inboxId)
          .where('state', '=', 'assigned')
          .$if(sessionId !== undefined, (query) => query.where('sessionId', '=', sessionId ?? null))
          .execute();
    },
    freeSlot: (input) => freeSlot(database, input),
    endRequestedAt: (sessionId) => readEndRequestedAt(database, sessionId),
    gatewayStamps: (since) => readGatewayStamps(database, since),
    unroutedNumbers: () => readUnroutedNumbers(database),
    replyContext: (inboxId) => readReplyContext(database, inboxId),
  };
}

async function accept(
  deps: InboxDeps,
  { gateway, message, receivedAt }: { gateway: string; message: MoMessage; receivedAt: Instant },
): ReturnType<InboxStore['accept']> {
  // Digests of all keys: while these are rotated, another process may have stored the first delivery with another one.
  const digests = deps.cipher.messageDigests(message);
  const id = { gateway, messageId: message.messageId, digests };
  const known = await findMessage(deps.database, id);
  if (known) return { ...known, duplicate: true, messageIdReused: false };

  return inTransaction(deps.database, async (trx) => {
    // Locked before the insert, so that the sequence of a subscriber's messages is the order of their assignment.
    const subscriberId = await lockOrAddSubscriber(trx, deps.cipher, {
      msisdn: message.msisdn,
      newId: deps.newId,
    });
    const storedMeanwhile = await findMessage(trx, id);
    if (storedMeanwhile) return { ...storedMeanwhile, duplicate: true, messageIdReused: false };
    const inboxId = deps.newId();
    const text = deps.cipher.encrypt(message.text, textContext(inboxId));
    const stamp = acceptStamp(message.sentAt, receivedAt);
    await trx
      .insertInto('inboundMessage')
      .values({
        inboxId,
        gateway,
        messageId: message.messageId,
        digest: digests[0],
        subscriberId,
        shortNumber: message.shortNumber,
        textEncrypted: text.data,
        textKeyId: text.keyId,
        sentAt: stamp.sentAt,
        stampOffsetSeconds: stamp.offsetSeconds,
        stampFault: stamp.fault,
        receivedAt,
        state: 'stored',
      })
      .execute();
    await assignStored(trx, deps, subscriberId);
    return { inboxId, duplicate: false, ...(await readAccepted(trx, inboxId)) };
  });
}

async function readAccepted(
  trx: Trx,
  inboxId: InboxId,
): Promise<{ dispatched: boolean; messageIdReused: boolean }> {
  const row = await trx
    .selectFrom('inboundMessage as accepted')
    .select('dispatchedAt')
    .select((eb) =>
      eb
        .exists(
          eb
            .selectFrom('inboundMessage as other')
            .select('other.inboxId')
            .whereRef('other.gateway', '=', 'accepted.gateway')
            .whereRef('other.messageId', '=', 'accepted.messageId')
            .whereRef('other.inboxId', '!=', 'accepted.inboxId'),
        )
        .as('messageIdReused'),
    )
    .where('inboxId', '=', inboxId)
    .executeTakeFirstOrThrow();
  return { dispatched: row.dispatchedAt !== null, messageIdReused: Boolean(row.messageIdReused) };
}

async function acceptStop(
  deps: InboxDeps,
  sessionId: SessionId,
  receivedAt: Instant,
): Promise<{ inboxId: InboxId; duplicate: boolean; dispatched: boolean }> {
  const id = { gateway: WEB_GATEWAY, messageId: sessionId };
  const known = await findMessage(deps.database, id);
  if (known) return { ...known, duplicate: true };

  return inTransaction(deps.database, async (trx) => {
    const { subscriberId, serviceId } = await slotOfSession(trx, sessionId);
    await lockSubscriber(trx, subscriberId);
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
        ...(slot?.sessionId === sessionId
          ? { ...UNASSIGNED, serviceId, assignmentKind: 'signal', signal: 'endCharge', sessionId }
          : handledAtOnce({ receivedAt }, { assignmentKind: 'unroutable' })),
      })
      .onConflict((conflict) => conflict.columns(['gateway', 'messageId', 'digest']).doNothing())
      .returning('inboxId')
      .executeTakeFirst();
    const stored = await findMessage(trx, id);
    invariant(stored !== null, 'an accepted stop is stored');
    return { ...stored, duplicate: inserted === undefined };
  });
}

/** Without `digests`: the message of a gateway that never uses an id for two. */
async function findMessage(
  database: Database | Trx,
  { gateway, messageId, digests }: { gateway: string; messageId: string; digests?: readonly Buffer[] },
): Promise<{ inboxId: InboxId; dispatched: boolean } | null> {
  const row = await database
    .selectFrom('inboundMessage')
    .select(['inboxId', 'dispatchedAt'])
    .where('gateway', '=', gateway)
    .where('messageId', '=', messageId)
    .$if(digests !== undefined, (query) => query.where('digest', 'in', digests ?? []))
    .executeTakeFirst();
  return row ? { inboxId: row.inboxId, dispatched: row.dispatchedAt !== null } : null;
}

async function undispatched(deps: InboxDeps, options: UndispatchedOptions): Promise<InboxItem[]> {
  for (const subscriberId of await subscribersWithStored(deps.database, options))
    try {
      await inTransaction(deps.database, async (trx) => {
        await lockSubscriber(trx, subscriberId);
        await assignStored(trx, deps, subscriberId);
      });
    } catch (error) {
      // One customer's text that cannot be read must not hold back everybody's.
      if (!options.onUnassignable || error instanceof StoreUnavailable) throw error;
      options.onUnassignable(error);
    }

  let query = deps.database
    .selectFrom('inboundMessage as message')
    .selectAll('message')
    .where('message.dispatchedAt', 'is', null)
    .where('message.state', '=', 'assigned')
    .orderBy('message.sequence')
    .limit(options.limit);
  const { slotOf, after } = options;
  if (after !== undefined)
    query = query.where('message.sequence', '>', (eb) =>
      eb.selectFrom('inboundMessage').select('sequence').where('inboxId', '=', after),
    );
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

/** Subscribers with messages that wait to be assigned again, the longest waiting first. */
async function subscribersWithStored(
  database: Database,
  options: { limit: number; slotOf?: string },
): Promise<string[]> {
  let query = database
    .selectFrom('inboundMessage')
    .select('subscriberId')
    .where('state', '=', 'stored')
    .groupBy('subscriberId')
    .orderBy((eb) => eb.fn.min('sequence'))
    .limit(options.limit);
  const { slotOf } = options;
  if (slotOf !== undefined)
    query = query.where('subscriberId', 'in', (eb) =>
      eb.selectFrom('inboundMessage').select('subscriberId').where('inboxId', '=', slotOf),
    );
  return (await query.execute()).map((row) => row.subscriberId);
}

async function freeSlot(
  database: Database,
  input: Parameters<InboxStore['freeSlot']>[0],
): Promise<{ unassigned: number }> {
  const { sessionId, handledInboxIds, lastEndChargeAt, at } = input;
  return inTransaction(database, async (trx) => {
    const slot = await slotOfSession(trx, sessionId);
    await lockSubscriber(trx, slot.subscriberId);
    await trx
      .updateTable('sessionSlot')
      .set((eb) => ({
        // greatest() ignores null: the later of the two, or the one that is known
        lastEndChargeAt: sql<Instant | null>`greatest(last_end_charge_at, ${lastEndChargeAt}::timestamptz)`,
        sessionId: eb.fn<string | null>('nullif', ['sessionId', eb.val(sessionId)]),
      }))
      .where('subscriberId', '=', slot.subscriberId)
      .where('serviceId', '=', slot.serviceId)
      .execute();
    // The start message counts as handled since its session exists: unassigned, it would start another one.
    await trx
      .updateTable('inboundMessage')
      .set(handledAt(at))
      .where('sessionId', '=', sessionId)
      .where('state', '=', 'assigned')
      .where((eb) =>
        eb.or([
          eb('assignmentKind', '=', 'startSession'),
          ...(handledInboxIds.length > 0 ? [eb('inboxId', 'in', handledInboxIds)] : []),
        ]),
      )
      .execute();
    const unassigned = await trx
      .updateTable('inboundMessage')
      .set({ state: 'stored', assignmentKind: null, signal: null, sessionId: null, dispatchedAt: null })
      .where('sessionId', '=', sessionId)
      .where('state', '=', 'assigned')
      .where('assignmentKind', '=', 'signal')
      .executeTakeFirst();
    return { unassigned: Number(unassigned.numUpdatedRows) };
  });
}

/** Also known after the slot was freed, and before the session's row was made. */
async function slotOfSession(
  trx: Trx,
  sessionId: SessionId,
): Promise<{ subscriberId: SubscriberId; serviceId: ServiceId }> {
  const begun = await trx
    .selectFrom('chargeSession')
    .select(['subscriberId', 'serviceId'])
    .where('sessionId', '=', sessionId)
    .executeTakeFirst();
  if (begun) return begun;
  const started = await trx
    .selectFrom('inboundMessage')
    .select(['subscriberId', 'serviceId'])
    .where('sessionId', '=', sessionId)
    .where('assignmentKind', '=', 'startSession')
    .executeTakeFirst();
  if (!started || started.serviceId === null)
    throw new InvariantError(`session ${sessionId} was started by no message`);
  return { subscriberId: started.subscriberId, serviceId: started.serviceId };
}

/** What is handled needs no dispatch any more, also when the dispatcher crashed before it recorded that. */
function handledAt(at: Instant) {
  return {
    state: 'handled' as const,
    handledAt: at,
    dispatchedAt: sql<Instant>`coalesce(dispatched_at, ${at}::timestamptz)`,
  };
}

function toItem(row: Selectable<InboundMessageTable>): InboxItem {
  const { inboxId, sentAt, receivedAt } = row;
  return { inboxId, sentAt, receivedAt, assignment: assignmentOf(row) };
}

function assignmentOf(row: Selectable<InboundMessageTable>): InboxAssignment {
  const { assignmentKind, sessionId, signal, replyKind } = row;
  if (assignmentKind === 'startSession' && sessionId !== null) return { kind: 'startSession', sessionId };
  if (assignmentKind === 'signal' && sessionId !== null && signal !== null)
    return { kind: 'signal', sessionId, signal };
  if (assignmentKind === 'reply' && replyKind !== null) return { kind: 'reply', replyKind };
  if (assignmentKind === 'unroutable') return { kind: 'unroutable' };
  throw new InvariantError(`message ${row.inboxId} is assigned to nothing`);
}
