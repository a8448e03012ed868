/** Reads what the rules of `domain/text-assignment.ts` need and decides the session or answer of each text (cases 3 and 4). */
import type { InboxId, ServiceId, SubscriberId } from '../../../domain/ids.ts';
import {
  assign,
  isQuestion,
  type OpenSlot,
  assignText,
  findsNoSession,
  isToBeSentAgain,
  lastEndAfter,
  needsEndRoutes,
  readText,
  wantedOf,
  type SessionWithoutWorkflow,
  type SubscriberSessions,
  type TextMeaning,
  type TextLimits,
} from '../../../domain/text-assignment.ts';
import type { PersonalDataCipher } from '../cipher.ts';
import type { Trx } from '../database.ts';
import { clampedEnd } from './gateway-stamps.ts';
import { findEndOfMissingSession } from './sessions-without-workflow.ts';
import { readSlots, type SlotRow } from './open-sessions.ts';
import { sessionIdOf } from '../installation.ts';
import { newSession, TermsNotAgreed, type NewSession, type NewSessionDeps } from './new-session.ts';
import { endRoutesOfServices, routesOfNumbers, type NumberRoute } from './number-routes.ts';
import { earlierTexts, hasSentAgain, type InboundRow } from './subscriber-texts.ts';

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

/** As it stands after the messages assigned so far. */
type Slot = Omit<SlotRow, 'subscriberId' | 'serviceId'> & { isChanged: boolean };

interface Customer {
  slots: Map<ServiceId, Slot>;
  withoutWorkflow: SessionWithoutWorkflow[];
}

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

export const textContext = (inboxId: InboxId): string => `inbound_message.text:${inboxId}`;

export function decryptText(
  cipher: PersonalDataCipher,
  row: Pick<InboundRow, 'inboxId' | 'textEncrypted' | 'textKeyId'>,
): string {
  if (!row.textEncrypted || row.textKeyId === null) return '';
  return cipher.decrypt({ keyId: row.textKeyId, data: row.textEncrypted }, textContext(row.inboxId));
}

export interface AssignDeps extends NewSessionDeps {
  cipher: PersonalDataCipher;
  newId: () => string;
  installationId: (trx: Trx) => Promise<string>;
  limits: TextLimits;
}

/** A text that stays as it was stored. */
export interface Refused {
  row: InboundRow;
  error: TermsNotAgreed;
}

/** To be written by `writeAssigned`. */
export interface Assigned {
  /** that were `stored` */
  texts: InboundRow[];
  sessions: NewSession[];
  slots: ChangedSlot[];
  refused: Refused[];
}

export type ChangedSlot = Omit<SlotRow, 'requestedAt'>;

interface Assigning extends AssignDeps {
  trx: Trx;
  sessions: NewSession[];
  /** of the subscribers, as `readTexts` reads them */
  texts: readonly InboundRow[];
  routes: readonly NumberRoute[];
}

/**
 * Assigns the rows of `texts` that are `stored`, in their order, by changing them: the caller holds the locks of all their
 * subscribers, and writes what comes back. All of a subscriber and not only the newest: an ENDCHARGE that arrives while an older
 * CHARGE waits to be routed again belongs to the session which that CHARGE is about to start: what comes after a text that
 * cannot be assigned waits with it, except the own end word of another session. `added`: subscribers that have nothing yet.
 */
export async function assignStored(
  trx: Trx,
  deps: AssignDeps,
  texts: readonly InboundRow[],
  added: ReadonlySet<SubscriberId> = new Set(),
): Promise<Assigned> {
  const rows = texts.filter(({ state }) => state === 'stored');
  const refused: Refused[] = [];
  const sessions: NewSession[] = [];
  if (rows.length === 0) return { texts: [], sessions, slots: [], refused };
  const subscriberIds = [...new Set(rows.map(({ subscriberId }) => subscriberId))];
  const customers = await readCustomers(trx, subscriberIds, added);
  const assigning = { ...deps, trx, sessions, texts, routes: await routesOfNumbers(trx, rows) };
  for (const row of rows) {
    const waitsFor = refused.flatMap((one) =>
      one.row.subscriberId === row.subscriberId ? [one.error.serviceId] : [],
    );
    const customer = customers.get(row.subscriberId) ?? { slots: new Map(), withoutWorkflow: [] };
    try {
      await assignRow(assigning, row, customer, waitsFor);
    } catch (error) {
      if (!(error instanceof TermsNotAgreed)) throw error;
      refused.push({ row, error });
    }
  }
  const assigned = rows.filter(({ state }) => state !== 'stored');
  return { texts: assigned, sessions, slots: changedSlots(customers), refused };
}

/** `waitsFor`: services that an earlier text of the customer could not start; what follows it waits, too. */
async function assignRow(
  assigning: Assigning,
  row: InboundRow,
  customer: Customer,
  waitsFor: readonly ServiceId[],
): Promise<void> {
  const { slots, withoutWorkflow } = customer;
  const sessions = { held: heldSlotsOf(slots), withoutWorkflow };
  const parsed = await readMeaning(assigning, row, sessions);
  if (waitsFor.length > 0 && !endsAnother(parsed, sessions, waitsFor)) return;
  const columns =
    parsed.kind === 'word'
      ? await assignWord(assigning, { row, parsed, sessions, slots })
      : handledAtOnce(row, ignoredColumns(parsed.why));
  Object.assign(row, columns);
  const { replyKind, sessionId, serviceId } = columns;
  if ((replyKind === 'noSession' || replyKind === 'endNoted') && serviceId !== null)
    rememberEnd(slots, serviceId, row);
  for (const session of withoutWorkflow)
    if (replyKind === 'endNoted' && sessionId === session.sessionId) session.isEndNoted = true;
  const requestedAt = serviceId === null ? null : (slots.get(serviceId)?.requestedAt ?? null);
  if (columns.signal === 'endCharge' && requestedAt !== null)
    Object.assign(row, await clampedEnd(assigning.trx, row, requestedAt));
}

/** The own end word of another service's open session: a use that is paid for must not wait. */
function endsAnother(
  parsed: TextMeaning,
  { held }: SubscriberSessions,
  waitsFor: readonly ServiceId[],
): boolean {
  if (parsed.kind !== 'word' || parsed.word.word !== 'end') return false;
  const ended = parsed.word.serviceId;
  return !waitsFor.includes(ended) && held.some(({ serviceId }) => serviceId === ended);
}

async function readMeaning(
  { trx, cipher, routes }: Assigning,
  row: InboundRow,
  sessions: SubscriberSessions,
): Promise<TextMeaning> {
  const own = routes.filter(
    ({ gateway, shortNumber }) => gateway === row.gateway && shortNumber === row.shortNumber,
  );
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
  assigning: Assigning,
  input: {
    row: InboundRow;
    parsed: Extract<TextMeaning, { kind: 'word' }>;
    sessions: SubscriberSessions;
    slots: Customer['slots'];
  },
): Promise<AssignmentColumns> {
  const { row, parsed, sessions, slots } = input;
  const { trx, texts, limits } = assigning;
  const { serviceId } = parsed;
  const lastEndChargeAt = serviceId === null ? null : (slots.get(serviceId)?.lastEndChargeAt ?? null);
  const facts = { ...parsed, sentAt: row.sentAt, receivedAt: row.receivedAt, lastEndChargeAt };
  const first = assign(facts);
  const isSentAgain = isToBeSentAgain(first) && hasSentAgain(texts, row, serviceId);
  const assigned = isSentAgain ? assign({ ...facts, isSentAgain }) : first;
  const missingSession = findsNoSession(assigned)
    ? await findEndOfMissingSession(trx, row.subscriberId)
    : null;
  const wanted = wantedOf(parsed, assigned, {
    withoutWorkflow: sessions.withoutWorkflow,
    missingSession: missingSession && { isEndNoted: missingSession.noted !== null },
  });
  const assignment = assignText(parsed, wanted, earlierTexts(texts, row, wanted.assignment), limits);
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
      const { serviceId: started } = assignment;
      const serviceReference = parsed.word.word === 'start' ? parsed.word.serviceReference : null;
      return await startSession(assigning, { row, serviceId: started, serviceReference, slots });
    }
  }
}

async function startSession(
  assigning: Assigning,
  start: {
    row: InboundRow;
    serviceId: ServiceId;
    serviceReference: string | null;
    slots: Customer['slots'];
  },
): Promise<AssignmentColumns> {
  const { row, serviceId, serviceReference, slots } = start;
  const { trx, installationId, newId, sessions } = assigning;
  const sessionId = sessionIdOf(await installationId(trx), newId());
  const { session, terms } = await newSession(trx, assigning, {
    row,
    sessionId,
    serviceId,
    serviceReference,
  });
  sessions.push(session);
  row.terms = terms;
  takeSlot(slots, serviceId, { sessionId, requestedAt: row.sentAt });
  return { ...UNASSIGNED, assignmentKind: 'startSession', sessionId, serviceId };
}

function takeSlot(
  slots: Customer['slots'],
  serviceId: ServiceId,
  session: Pick<Slot, 'sessionId' | 'requestedAt'>,
): void {
  const lastEndChargeAt = slots.get(serviceId)?.lastEndChargeAt ?? null;
  slots.set(serviceId, { ...session, lastEndChargeAt, isChanged: true });
}

function rememberEnd(slots: Customer['slots'], serviceId: ServiceId, row: InboundRow): void {
  const known = slots.get(serviceId) ?? { sessionId: null, requestedAt: null, lastEndChargeAt: null };
  const lastEndChargeAt = lastEndAfter(known.lastEndChargeAt, row);
  slots.set(serviceId, { ...known, lastEndChargeAt, isChanged: true });
}

async function readCustomers(
  trx: Trx,
  subscriberIds: readonly SubscriberId[],
  added: ReadonlySet<SubscriberId>,
): Promise<ReadonlyMap<SubscriberId, Customer>> {
  const { slots, withoutWorkflow } = await readSlots(
    trx,
    subscriberIds.filter((id) => !added.has(id)),
  );
  const customerOf = (id: SubscriberId): Customer => ({
    slots: new Map(
      slots.flatMap(({ subscriberId, serviceId, ...slot }) =>
        subscriberId === id ? [[serviceId, { ...slot, isChanged: false }]] : [],
      ),
    ),
    withoutWorkflow: withoutWorkflow.filter(({ subscriberId }) => subscriberId === id),
  });
  return new Map(subscriberIds.map((id) => [id, customerOf(id)]));
}

function changedSlots(customers: ReadonlyMap<SubscriberId, Customer>): ChangedSlot[] {
  return [...customers].flatMap(([subscriberId, { slots }]) =>
    [...slots].flatMap(([serviceId, { sessionId, lastEndChargeAt, isChanged }]) =>
      isChanged ? [{ subscriberId, serviceId, sessionId, lastEndChargeAt }] : [],
    ),
  );
}

/** On whichever number they were started, and whether or not that is still routed. */
function heldSlotsOf(slots: Customer['slots']): OpenSlot[] {
  return [...slots].flatMap(([serviceId, { sessionId }]) =>
    sessionId === null ? [] : [{ serviceId, sessionId }],
  );
}
