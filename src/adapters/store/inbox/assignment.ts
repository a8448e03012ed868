/** Reads what the rules of `domain/text-assignment.ts` need and records the session or answer of each text (cases 3 and 4). */
import type { InboxId, ServiceId, SessionId, SubscriberId } from '../../../domain/ids.ts';
import type { Selectable } from 'kysely';
import { addMs, type Instant } from '../../../domain/instant.ts';
import {
  assign,
  isQuestion,
  type Assignment,
  type OpenSlot,
  assignText,
  findsNoSession,
  isToBeSentAgain,
  lastEndAfter,
  needsEndRoutes,
  readText,
  wantedOf,
  type SubscriberSessions,
  type TextMeaning,
  type EarlierTexts,
  type TextLimits,
} from '../../../domain/text-assignment.ts';
import type { PersonalDataCipher } from '../cipher.ts';
import type { Trx } from '../database.ts';
import { hasSentAgain, clampedEnd } from './gateway-stamps.ts';
import { findEndOfMissingSession, readSessionsWithoutWorkflow } from './sessions-without-workflow.ts';
import { readInstallationId, sessionIdOf } from '../installation.ts';
import { endRoutesOfServices, routesOfNumber } from './number-routes.ts';
import type { InboundMessageTable } from '../schema.ts';

type InboundRow = Selectable<InboundMessageTable>;
type AssignmentColumns = Pick<
  InboundRow,
  | 'state'
  | 'assignmentKind'
  | 'signal'
  | 'replyKind'
  | 'limitReason'
  | 'sessionId'
  | 'serviceId'
  | 'dispatchedAt'
  | 'handledAt'
>;
/** The subscriber's slots by service, as they stand after the messages assigned so far. */
type Slots = Map<string, { sessionId: SessionId | null; lastEndChargeAt: Instant | null }>;

export const UNASSIGNED: AssignmentColumns = {
  state: 'assigned',
  assignmentKind: null,
  signal: null,
  replyKind: null,
  limitReason: null,
  sessionId: null,
  serviceId: null,
  dispatchedAt: null,
  handledAt: null,
};

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

export const textContext = (inboxId: InboxId): string => `inbound_message.text:${inboxId}`;

export function decryptText(
  cipher: PersonalDataCipher,
  row: Pick<InboundRow, 'inboxId' | 'textEncrypted' | 'textKeyId'>,
): string {
  if (!row.textEncrypted || row.textKeyId === null) return '';
  return cipher.decrypt({ keyId: row.textKeyId, data: row.textEncrypted }, textContext(row.inboxId));
}

interface AssignDeps {
  cipher: PersonalDataCipher;
  newId: () => string;
  limits: TextLimits;
}

/**
 * Assigns all `stored` messages of a subscriber, oldest first. The caller holds the subscriber lock. All of them and not
 * only the newest: an ENDCHARGE that arrives while an older CHARGE waits to be routed again belongs to the session which
 * that CHARGE is about to start.
 */
export async function assignStored(trx: Trx, deps: AssignDeps, subscriberId: SubscriberId): Promise<void> {
  const rows = await trx
    .selectFrom('inboundMessage')
    .selectAll()
    .where('subscriberId', '=', subscriberId)
    .where('state', '=', 'stored')
    .orderBy('sequence')
    .execute();
  if (rows.length === 0) return;

  const slots = await readSlots(trx, subscriberId);
  const withoutWorkflow = await readSessionsWithoutWorkflow(trx, subscriberId);
  for (const row of rows) {
    const sessions = { held: heldSlotsOf(slots), withoutWorkflow };
    const parsed = await readMeaning(trx, deps, row, sessions);
    const columns =
      parsed.kind === 'word'
        ? await assignWord(trx, deps, { row, parsed, sessions, slots })
        : handledAtOnce(row, ignoredColumns(parsed.why));
    if ((columns.replyKind === 'noSession' || columns.replyKind === 'endNoted') && columns.serviceId !== null)
      await rememberEnd(trx, { row, serviceId: columns.serviceId, slots });
    for (const session of withoutWorkflow)
      if (columns.replyKind === 'endNoted' && columns.sessionId === session.sessionId)
        session.isEndNoted = true;
    const clamped = columns.signal === 'endCharge' ? await clampedEnd(trx, row, columns) : {};
    await trx
      .updateTable('inboundMessage')
      .set({ ...columns, ...clamped })
      .where('inboxId', '=', row.inboxId)
      .execute();
  }
}

async function readMeaning(
  trx: Trx,
  { cipher }: AssignDeps,
  row: InboundRow,
  sessions: SubscriberSessions,
): Promise<TextMeaning> {
  const own = await routesOfNumber(trx, row);
  const text = decryptText(cipher, row);
  const end = needsEndRoutes(text, own, sessions)
    ? await endRoutesOfServices(trx, [...sessions.held, ...sessions.withoutWorkflow])
    : [];
  return readText(text, { own, end }, sessions);
}

function ignoredColumns(why: Extract<TextMeaning, { kind: 'ignored' }>['why']) {
  return why.kind === 'limited'
    ? { assignmentKind: why.kind, limitReason: why.reason }
    : { assignmentKind: why.kind };
}

/** What is never dispatched. */
export function handledAtOnce(
  row: Pick<InboundRow, 'receivedAt'>,
  why: Pick<AssignmentColumns, 'assignmentKind'> & Partial<AssignmentColumns>,
): AssignmentColumns {
  const { receivedAt } = row;
  return { ...UNASSIGNED, ...why, state: 'handled', dispatchedAt: receivedAt, handledAt: receivedAt };
}

async function assignWord(
  trx: Trx,
  deps: AssignDeps,
  input: {
    row: InboundRow;
    parsed: Extract<TextMeaning, { kind: 'word' }>;
    sessions: SubscriberSessions;
    slots: Slots;
  },
): Promise<AssignmentColumns> {
  const { row, parsed, sessions, slots } = input;
  const { serviceId } = parsed;
  const lastEndChargeAt = serviceId === null ? null : (slots.get(serviceId)?.lastEndChargeAt ?? null);
  const facts = { ...parsed, sentAt: row.sentAt, receivedAt: row.receivedAt, lastEndChargeAt };
  const first = assign(facts);
  const isSentAgain = isToBeSentAgain(first) && (await hasSentAgain(trx, row, serviceId));
  const assigned = isSentAgain ? assign({ ...facts, isSentAgain }) : first;
  const missingSession = findsNoSession(assigned)
    ? await findEndOfMissingSession(trx, row.subscriberId)
    : null;
  const wanted = wantedOf(parsed, assigned, {
    withoutWorkflow: sessions.withoutWorkflow,
    missingSession: missingSession && { isEndNoted: missingSession.noted !== null },
  });
  const earlier = await readEarlierTexts(trx, row, wanted.assignment);
  const assignment = assignText(parsed, wanted, earlier, deps.limits);
  switch (assignment.kind) {
    case 'limited':
      return handledAtOnce(row, ignoredColumns(assignment));
    case 'reply': {
      const { replyKind, sessionId } = assignment;
      const about = isQuestion(parsed.word) ? null : serviceId;
      return { ...UNASSIGNED, serviceId: about, assignmentKind: 'reply', replyKind, sessionId };
    }
    case 'signal': {
      const { sessionId, signal } = assignment;
      return { ...UNASSIGNED, serviceId, assignmentKind: 'signal', sessionId, signal };
    }
    case 'startSession': {
      const sessionId = sessionIdOf(await readInstallationId(trx), deps.newId());
      return await takeSlot(trx, { row, serviceId: assignment.serviceId, sessionId, slots });
    }
  }
}

/** Counted by the instants of receipt, under the subscriber lock: many at once cannot all be the first. */
async function readEarlierTexts(trx: Trx, row: InboundRow, wanted: Assignment): Promise<EarlierTexts> {
  const hourAgo = addMs(row.receivedAt, -HOUR_MS);
  const minuteAgo = addMs(row.receivedAt, -MINUTE_MS);
  return trx
    .selectFrom('inboundMessage')
    .select((eb) => [
      eb.fn.countAll<number>().filterWhere('assignmentKind', '=', 'startSession').as('startsLastHour'),
      eb.fn
        .countAll<number>()
        .filterWhere('sessionId', '=', wanted.kind === 'signal' ? wanted.sessionId : null)
        .filterWhere('signal', '=', wanted.kind === 'signal' ? wanted.signal : null)
        .as('sameSignalsLastHour'),
      eb.fn
        .countAll<number>()
        .filterWhere('sessionId', '=', wanted.kind === 'signal' ? wanted.sessionId : null)
        .filterWhere('signal', '=', wanted.kind === 'signal' ? wanted.signal : null)
        .filterWhere('receivedAt', '>', minuteAgo)
        .as('sameSignalsLastMinute'),
      eb.fn
        .countAll<number>()
        .filterWhere('assignmentKind', '=', 'reply')
        .filterWhere('receivedAt', '>=', minuteAgo)
        .as('repliesLastMinute'),
    ])
    .where('subscriberId', '=', row.subscriberId)
    .where('receivedAt', '>=', hourAgo)
    .where('assignmentKind', 'in', ['startSession', 'signal', 'reply'])
    .where('inboxId', '!=', row.inboxId)
    .executeTakeFirstOrThrow();
}

async function takeSlot(
  trx: Trx,
  start: { row: InboundRow; serviceId: ServiceId; sessionId: SessionId; slots: Slots },
): Promise<AssignmentColumns> {
  const { row, serviceId, sessionId, slots } = start;
  await trx
    .insertInto('sessionSlot')
    .values({ subscriberId: row.subscriberId, serviceId, sessionId, lastEndChargeAt: null })
    .onConflict((conflict) => conflict.columns(['subscriberId', 'serviceId']).doUpdateSet({ sessionId }))
    .execute();
  slots.set(serviceId, { sessionId, lastEndChargeAt: slots.get(serviceId)?.lastEndChargeAt ?? null });
  return { ...UNASSIGNED, assignmentKind: 'startSession', sessionId, serviceId };
}

async function rememberEnd(
  trx: Trx,
  { row, serviceId, slots }: { row: InboundRow; serviceId: ServiceId; slots: Slots },
): Promise<void> {
  const lastEndChargeAt = lastEndAfter(slots.get(serviceId)?.lastEndChargeAt ?? null, row);
  await trx
    .insertInto('sessionSlot')
    .values({ subscriberId: row.subscriberId, serviceId, sessionId: null, lastEndChargeAt })
    .onConflict((conflict) =>
      conflict.columns(['subscriberId', 'serviceId']).doUpdateSet({ lastEndChargeAt }),
    )
    .execute();
  slots.set(serviceId, { sessionId: slots.get(serviceId)?.sessionId ?? null, lastEndChargeAt });
}

async function readSlots(trx: Trx, subscriberId: SubscriberId): Promise<Slots> {
  const rows = await trx
    .selectFrom('sessionSlot')
    .select(['serviceId', 'sessionId', 'lastEndChargeAt'])
    .where('subscriberId', '=', subscriberId)
    .orderBy('serviceId')
    .execute();
  return new Map(rows.map(({ serviceId, ...slot }) => [serviceId, slot]));
}

/** On whichever number they were started, and whether or not that is still routed. */
function heldSlotsOf(slots: Slots): OpenSlot[] {
  return [...slots].flatMap(([serviceId, { sessionId }]) =>
    sessionId === null ? [] : [{ serviceId, sessionId }],
  );
}
