import type { Selectable } from 'kysely';
import { addMs, earliest, isBefore, type Instant } from '../../domain/instant.ts';
import {
  assign,
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
import { findGoneSession, type GoneSession } from './gone-session.ts';
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
  for (const row of rows) {
    const { gateway, shortNumber } = row;
    const openSlots = openSlotsOf(slots);
    const ownRoutes = await routesOfNumber(trx, { gateway, shortNumber });
    const routes = [...ownRoutes, ...(await endRoutesOfServices(trx, openSlots))];
    const text = decryptText(deps.cipher, row);
    const word = routeWord(routes, text, openSlots);
    const decision = isReaction(text)
      ? handledAtOnce(row, { assignmentKind: 'limited', limitReason: 'reaction' })
      : isRoutable(word, ownRoutes, openSlots)
        ? await decide(trx, { row, word, routes: ownRoutes, openSlots, slots, limits: deps.limits })
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
    /** of the number that was texted */
    routes: readonly KeywordRoute[];
    openSlots: readonly OpenSlot[];
    slots: Slots;
    limits: TextLimits;
  },
): Promise<Decision> {
  const { row, word, openSlots, slots, limits } = input;
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
  const gone = await goneSessionOf(trx, input, assigned);
  const wanted: Assignment = gone ? { kind: 'reply', replyKind: 'endNoted' } : assigned;
  // The first end of a session is kept whatever else was texted.
  const isFirstEnd = gone !== null && !gone.isEndNoted;
  const assignment = isFirstEnd
    ? wanted
    : limitAssignment(wanted, await readEarlierTexts(trx, row, wanted), limits);
  switch (assignment.kind) {
    case 'limited':
      return handledAtOnce(row, { assignmentKind: 'limited', limitReason: assignment.reason });
    case 'reply': {
      const { replyKind } = assignment;
      const sessionId = replyKind === 'endNoted' ? (gone?.sessionId ?? null) : null;
      const endedService = word.word === 'status' ? null : (gone?.serviceId ?? serviceId);
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

/** Whose end this text is, though no workflow can take it: it must not be answered as if nothing were running. */
async function goneSessionOf(
  trx: Trx,
  { row, word, routes }: Pick<Parameters<typeof decide>[1], 'row' | 'word' | 'routes'>,
  assigned: Assignment,
): Promise<GoneSession | null> {
  if (assigned.kind !== 'reply' || assigned.replyKind !== 'noSession') return null;
  const serviceIds = word.word === 'end' ? [word.serviceId] : routes.map((route) => route.serviceId);
  const gone = await findGoneSession(trx, { subscriberId: row.subscriberId, serviceIds });
  return word.word === 'status' && !gone?.isEndNoted ? null : gone;
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
function openSlotsOf(slots: Slots): OpenSlot[] {
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
  openSlots: readonly OpenSlot[],
): boolean {
  const endsOrShows = word.word === 'generalEnd' || word.word === 'end' || word.word === 'status';
  return ownRoutes.length > 0 || (openSlots.length > 0 && endsOrShows);
}
