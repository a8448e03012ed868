import type { Selectable } from 'kysely';
import { addMs, earliest, isBefore, type Instant } from '../../domain/instant.ts';
import {
  assign,
  isDecidedBy,
  routeWord,
  slotServiceOf,
  type Assignment,
  type KeywordRoute,
  type OpenSlot,
  type RoutedWord,
} from '../../domain/routing.ts';
import { isReaction } from '../../domain/unwritten-text.ts';
import { limitAssignment, type EarlierTexts, type TextLimits } from '../../domain/text-limits.ts';
import type { PersonalDataCipher } from './cipher.ts';
import type { Trx } from './database.ts';
import { hasSentAgain, placedEnd } from './gateway-stamps.ts';
import {
  findUnrecordedEnd,
  openSlotsOf,
  readGoneSessions,
  withGone,
  type GoneSession,
} from './gone-session.ts';
import { readInstallationId, sessionIdOf } from './installation.ts';
import { endRoutesOfServices, routesOfNumber } from './number-routes.ts';
import type { InboundMessageTable } from './schema.ts';

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
type Slots = Map<string, { sessionId: string | null; lastEndChargeAt: Instant | null }>;

/** What one message is assigned to; starting a session is left to the caller, which mints the id. */
type Decision = { startService: string } | AssignmentColumns;

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

export const textContext = (inboxId: string): string => `inbound_message.text:${inboxId}`;

export function decryptText(
  cipher: PersonalDataCipher,
  row: Pick<InboundRow, 'inboxId' | 'textEncrypted' | 'textKeyId'>,
): string {
  if (!row.textEncrypted || row.textKeyId === null) return '';
  return cipher.decrypt({ keyId: row.textKeyId, data: row.textEncrypted }, textContext(row.inboxId));
}

/**
 * Assigns all `stored` messages of a subscriber, oldest first. The caller holds the subscriber lock. All of them and not
 * only the newest: an ENDCHARGE that arrives while an older CHARGE waits to be routed anew belongs to the session which
 * that CHARGE is about to start.
 */
export async function assignStored(
  trx: Trx,
  deps: { cipher: PersonalDataCipher; newId: () => string; limits: TextLimits },
  subscriberId: string,
): Promise<void> {
  const rows = await trx
    .selectFrom('inboundMessage')
    .selectAll()
    .where('subscriberId', '=', subscriberId)
    .where('state', '=', 'stored')
    .orderBy('sequence')
    .execute();
  if (rows.length === 0) return;

  const slots = await readSlots(trx, subscriberId);
  const gone = await readGoneSessions(trx, subscriberId);
  for (const row of rows) {
    const held = heldSlotsOf(slots);
    const ownRoutes = await routesOfNumber(trx, { gateway: row.gateway, shortNumber: row.shortNumber });
    const text = decryptText(deps.cipher, row);
    // The end words of a session end it on every number.
    const openSlots = openSlotsOf(held, gone);
    const routes = isDecidedBy(ownRoutes, text, openSlots)
      ? ownRoutes
      : [...ownRoutes, ...(await endRoutesOfServices(trx, [...held, ...gone]))];
    const word = routeWord(routes, text, openSlots);
    const decision = isReaction(text)
      ? handledAtOnce(row, { assignmentKind: 'limited', limitReason: 'reaction' })
      : isRoutable(word, ownRoutes, [...held, ...gone])
        ? await decide(trx, { row, word, held, gone, slots, limits: deps.limits })
        : handledAtOnce(row, { assignmentKind: 'unroutable' });
    const columns =
      'startService' in decision
        ? await takeSlot(trx, {
            row,
            serviceId: decision.startService,
            sessionId: sessionIdOf(await readInstallationId(trx), deps.newId()),
            slots,
          })
        : decision;
    if ((columns.replyKind === 'noSession' || columns.replyKind === 'endNoted') && columns.serviceId !== null)
      await rememberEnd(trx, { row, serviceId: columns.serviceId, slots });
    for (const session of gone)
      if (columns.replyKind === 'endNoted' && columns.sessionId === session.sessionId)
        session.isEndNoted = true;
    const placed = columns.signal === 'endCharge' ? await placedEnd(trx, row, columns) : {};
    await trx
      .updateTable('inboundMessage')
      .set({ ...columns, ...placed })
      .where('inboxId', '=', row.inboxId)
      .execute();
  }
}

/** What is never dispatched. */
export function handledAtOnce(
  row: Pick<InboundRow, 'receivedAt'>,
  why: Pick<AssignmentColumns, 'assignmentKind'> & Partial<AssignmentColumns>,
): AssignmentColumns {
  const { receivedAt } = row;
  return { ...UNASSIGNED, ...why, state: 'handled', dispatchedAt: receivedAt, handledAt: receivedAt };
}

async function decide(
  trx: Trx,
  input: {
    row: InboundRow;
    word: RoutedWord;
    held: readonly OpenSlot[];
    gone: readonly GoneSession[];
    slots: Slots;
    limits: TextLimits;
  },
): Promise<Decision> {
  const { row, word, held, gone, slots, limits } = input;
  const openSlots = slotsFor(word, held, gone);
  const serviceId = slotServiceOf(word, openSlots);
  const facts = {
    word,
    openSlots,
    lastEndChargeAt: serviceId === null ? null : (slots.get(serviceId)?.lastEndChargeAt ?? null),
    sentAt: row.sentAt,
    receivedAt: row.receivedAt,
  };
  const first = assign(facts);
  const isRefused = first.kind === 'reply' && first.replyKind === 'sendAgain';
  const isSentAgain = isRefused && (await hasSentAgain(trx, row, serviceId));
  const assigned = isSentAgain ? assign({ ...facts, isSentAgain }) : first;
  const ended = await unreachable(trx, { row, gone, assigned });
  const wanted = ended ? answerFor(ended, word) : assigned;
  // The first end of a session is kept whatever else was texted.
  const isFirstEnd = isEndNoted(wanted) && ended?.isEndNoted === false;
  const assignment = isFirstEnd
    ? wanted
    : limitAssignment(wanted, await readEarlierTexts(trx, row, wanted), limits);
  switch (assignment.kind) {
    case 'limited':
      return handledAtOnce(row, { assignmentKind: 'limited', limitReason: assignment.reason });
    case 'reply': {
      const { replyKind } = assignment;
      const sessionId = isEndNoted(assignment) ? (ended?.sessionId ?? null) : null;
      const endedService = word.word === 'status' ? null : serviceId;
      return { ...UNASSIGNED, serviceId: endedService, assignmentKind: 'reply', replyKind, sessionId };
    }
    case 'signal': {
      const { sessionId, signal } = assignment;
      return { ...UNASSIGNED, serviceId, assignmentKind: 'signal', sessionId, signal };
    }
    case 'startSession':
      if (serviceId === null) throw new Error('a start word names no service');
      return { startService: serviceId };
  }
}

/**
 * The sessions this word can mean. A session whose workflow is gone holds up no start. Once its end is noted it is meant by
 * its own end word, and by a general word only where nothing else is open.
 */
function slotsFor(word: RoutedWord, held: readonly OpenSlot[], gone: readonly GoneSession[]): OpenSlot[] {
  if (word.word === 'start') return [...held];
  if (word.word === 'end') return withGone(held, gone);
  const open = openSlotsOf(held, gone);
  return open.length > 0 ? open : gone.slice(0, 1);
}

/** What the text is about and no workflow can take; `sessionId` null: it may be one that is not on record. */
async function unreachable(
  trx: Trx,
  { row, gone, assigned }: { row: InboundRow; gone: readonly GoneSession[]; assigned: Assignment },
): Promise<{ sessionId: string | null; isEndNoted: boolean } | undefined> {
  if (assigned.kind === 'signal') return gone.find(({ sessionId }) => sessionId === assigned.sessionId);
  if (assigned.kind !== 'reply' || assigned.replyKind !== 'noSession') return undefined;
  const unrecorded = await findUnrecordedEnd(trx, row.subscriberId);
  return unrecorded ? { sessionId: null, isEndNoted: unrecorded.noted !== null } : undefined;
}

/** The end is noted, or STATUS is answered with the word that ends it; never with "nothing is running". */
function answerFor(
  { sessionId, isEndNoted: isKnown }: { sessionId: string | null; isEndNoted: boolean },
  word: RoutedWord,
): Assignment {
  if (word.word !== 'status' || isKnown) return { kind: 'reply', replyKind: 'endNoted' };
  return { kind: 'reply', replyKind: sessionId === null ? 'help' : 'openSessions' };
}

function isEndNoted(assignment: ReturnType<typeof limitAssignment>): boolean {
  return assignment.kind === 'reply' && assignment.replyKind === 'endNoted';
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
  start: { row: InboundRow; serviceId: string; sessionId: string; slots: Slots },
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

/** An ENDCHARGE that found no session: the CHARGE it has overtaken on its way must start none. */
async function rememberEnd(
  trx: Trx,
  { row, serviceId, slots }: { row: InboundRow; serviceId: string; slots: Slots },
): Promise<void> {
  // A gateway whose clock is ahead must not shut out later texts.
  const endedAt = earliest(row.sentAt, row.receivedAt);
  const known = slots.get(serviceId)?.lastEndChargeAt ?? null;
  const lastEndChargeAt = known === null || isBefore(known, endedAt) ? endedAt : known;
  await trx
    .insertInto('sessionSlot')
    .values({ subscriberId: row.subscriberId, serviceId, sessionId: null, lastEndChargeAt })
    .onConflict((conflict) =>
      conflict.columns(['subscriberId', 'serviceId']).doUpdateSet({ lastEndChargeAt }),
    )
    .execute();
  slots.set(serviceId, { sessionId: slots.get(serviceId)?.sessionId ?? null, lastEndChargeAt });
}

async function readSlots(trx: Trx, subscriberId: string): Promise<Slots> {
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

/**
 * A number that no route names takes only the words that end or show an open session. A request to stop that its session
 * put back has neither route nor word: it was meant for that session alone.
 */
function isRoutable(
  word: RoutedWord,
  ownRoutes: readonly KeywordRoute[],
  endable: readonly OpenSlot[],
): boolean {
  const endsOrShows = word.word === 'generalEnd' || word.word === 'end' || word.word === 'status';
  return ownRoutes.length > 0 || (endable.length > 0 && endsOrShows);
}
