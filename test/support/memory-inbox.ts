import { ORDINARY_TERMS } from './terms.ts';
import {
  assign,
  type KeywordRoute,
  type OpenSlot,
  lastEndAfter,
  readText,
} from '../../src/domain/text-assignment.ts';
import { acceptStamp } from '../../src/domain/gateway-stamp.ts';
import { addMs, isBefore, type Instant } from '../../src/domain/instant.ts';
import {
  WEB_GATEWAY,
  type AcceptedText,
  type DispatchMark,
  type InboundText,
  type InboxAssignment,
  type InboxItem,
  type InboxStore,
  type UndispatchedOptions,
} from '../../src/ports/inbox-store.ts';
import type { MoMessage } from '../../src/ports/sms-gateway.ts';

interface Row extends MoMessage {
  inboxId: string;
  gateway: string;
  receivedAt: Instant;
  state: 'stored' | 'assigned' | 'handled';
  dispatchedAt: Instant | null;
  dispatchAttempts: number;
  nextDispatchAt: Instant;
  assignment: InboxAssignment | null;
  serviceId: string | null;
}

interface Slot {
  sessionId: string | null;
  lastEndChargeAt: Instant | null;
}

type DispatchInbox = Pick<
  InboxStore,
  | 'accept'
  | 'acceptStop'
  | 'stopRequestedAt'
  | 'endRequestedAt'
  | 'undispatched'
  | 'markDispatched'
  | 'postponeDispatch'
  | 'markHandled'
  | 'freeSlot'
>;

/** An inbox in memory that assigns by the real routing rules. `down`: every call fails, as when the database is gone. */
export class MemoryInbox implements DispatchInbox {
  readonly rows: Row[] = [];
  down = false;
  /** ends of sessions whose workflow is gone, by session */
  readonly askedEnds = new Map<string, Instant>();
  readonly #slots = new Map<string, Slot>();
  readonly #routes: Record<string, KeywordRoute[]>;
  readonly #holders = new Map<string, { msisdn: string; serviceId: string }>();
  #sessions = 0;

  /** routes by number */
  constructor(routes: Record<string, KeywordRoute[]>) {
    this.#routes = routes;
  }

  row(inboxId: string): Row {
    const row = this.rows.find((candidate) => candidate.inboxId === inboxId);
    if (!row) throw new Error(`no row ${inboxId}`);
    return row;
  }

  async accept(texts: readonly InboundText[]): Promise<AcceptedText[]> {
    await this.#answer();
    return texts.map((text) => this.#accept(text));
  }

  #accept({ gateway, message, receivedAt }: InboundText): AcceptedText {
    const sameId = this.rows.filter((row) => row.gateway === gateway && row.messageId === message.messageId);
    const known = sameId.find(
      ({ msisdn, shortNumber, text }) =>
        msisdn === message.msisdn && shortNumber === message.shortNumber && text === message.text,
    );
    if (known) return { ...this.#accepted(known), duplicate: true, messageIdReused: false };
    const row: Row = {
      ...message,
      sentAt: acceptStamp(message.sentAt, receivedAt).sentAt,
      inboxId: `in-${this.rows.length + 1}`,
      gateway,
      receivedAt,
      state: 'stored',
      dispatchedAt: null,
      dispatchAttempts: 0,
      nextDispatchAt: receivedAt,
      assignment: null,
      serviceId: null,
    };
    this.rows.push(row);
    this.#assignStored(row.msisdn);
    return { ...this.#accepted(row), duplicate: false, messageIdReused: sameId.length > 0 };
  }

  #accepted(row: Row): Omit<AcceptedText, 'duplicate' | 'messageIdReused'> {
    const first = this.rows.find((other) => other.dispatchedAt === null && slotOf(other) === slotOf(row));
    return {
      ...acceptedAs(row),
      ...(first === row && row.state === 'assigned' ? { item: itemOf(row) } : {}),
    };
  }

  /** The session is taken to be a customer's on number 27222. */
  holdSlot(sessionId: string, holder: { msisdn: string; serviceId: string }): void {
    this.#slotOf(holder.msisdn, holder.serviceId).sessionId = sessionId;
    this.#holders.set(sessionId, holder);
  }

  async acceptStop(sessionId: string, receivedAt: Instant) {
    await this.#answer();
    const known = this.#stopOf(sessionId);
    if (known) return { ...acceptedAs(known), duplicate: true };
    const holder = this.#holders.get(sessionId);
    if (!holder) throw new Error(`session ${sessionId} was started by no message`);
    const { msisdn, serviceId } = holder;
    const held = this.#slotOf(msisdn, serviceId).sessionId === sessionId;
    const row: Row = {
      messageId: sessionId,
      gateway: WEB_GATEWAY,
      msisdn,
      shortNumber: '',
      text: '',
      sentAt: receivedAt,
      inboxId: `in-${this.rows.length + 1}`,
      receivedAt,
      state: held ? 'assigned' : 'handled',
      dispatchedAt: held ? null : receivedAt,
      dispatchAttempts: 0,
      nextDispatchAt: receivedAt,
      assignment: held ? { kind: 'signal', sessionId, signal: 'endCharge' } : { kind: 'unroutable' },
      serviceId: held ? serviceId : null,
    };
    this.rows.push(row);
    return { ...acceptedAs(row), duplicate: false };
  }

  async stopRequestedAt(sessionId: string): Promise<Instant | null> {
    await this.#answer();
    return this.#stopOf(sessionId)?.receivedAt ?? null;
  }

  async endRequestedAt(sessionId: string): Promise<Instant | null> {
    await this.#answer();
    return this.askedEnds.get(sessionId) ?? null;
  }

  async undispatched({ limit, slotOf: slotOfId, dueAt }: UndispatchedOptions): Promise<InboxItem[]> {
    await this.#answer();
    for (const { msisdn, state } of this.rows) if (state === 'stored') this.#assignStored(msisdn);
    const waiting = this.rows.filter((row) => row.state === 'assigned' && row.dispatchedAt === null);
    const asked = slotOfId === undefined ? null : this.row(slotOfId);
    const isDispatchable = (row: Row, at: Instant): boolean =>
      waiting
        .slice(0, waiting.indexOf(row) + 1)
        .every((older) => slotOf(older) !== slotOf(row) || isDue(older, at));
    return waiting
      .filter((row) => !asked || (slotOf(row) === slotOf(asked) && this.#isUpTo(row, asked)))
      .filter((row) => dueAt === undefined || isDispatchable(row, dueAt))
      .toSorted((a, b) =>
        dueAt === undefined || asked ? 0 : a.nextDispatchAt.localeCompare(b.nextDispatchAt),
      )
      .slice(0, limit)
      .map(itemOf);
  }

  #isUpTo(row: Row, asked: Row): boolean {
    return this.rows.indexOf(row) <= this.rows.indexOf(asked);
  }

  async postponeDispatch(inboxId: string, at: Instant, isOwnFailure: boolean): Promise<number> {
    await this.#answer();
    const row = this.row(inboxId);
    const waitMs = isOwnFailure ? Math.min(LONGEST_WAIT_MS, 3000 * 2 ** row.dispatchAttempts) : 3000;
    if (isOwnFailure) row.dispatchAttempts += 1;
    row.nextDispatchAt = addMs(at, waitMs);
    return row.dispatchAttempts;
  }

  async markDispatched(marks: readonly DispatchMark[]): Promise<void> {
    await this.#answer();
    for (const { inboxId, at, sessionId } of marks) {
      const row = this.row(inboxId);
      if (row.state !== 'assigned' || (sessionId !== null && sessionIdOf(row.assignment) !== sessionId))
        continue;
      row.dispatchedAt ??= at;
    }
  }

  async markHandled(inboxIds: readonly string[], at: Instant, sessionId?: string): Promise<void> {
    await this.#answer();
    for (const inboxId of inboxIds) {
      const row = this.row(inboxId);
      if (sessionId !== undefined && sessionIdOf(row.assignment) !== sessionId) continue;
      row.state = 'handled';
      row.dispatchedAt ??= at;
    }
  }

  async freeSlot({ sessionId, handledInboxIds, lastEndChargeAt, at }: Parameters<InboxStore['freeSlot']>[0]) {
    await this.#answer();
    let unassigned = 0;
    for (const slot of this.#slots.values()) {
      if (slot.sessionId !== sessionId) continue;
      slot.sessionId = null;
      slot.lastEndChargeAt = later(slot.lastEndChargeAt, lastEndChargeAt);
    }
    for (const row of this.rows) {
      if (row.state !== 'assigned' || sessionIdOf(row.assignment) !== sessionId) continue;
      if (row.assignment?.kind === 'startSession' || handledInboxIds.includes(row.inboxId)) {
        row.state = 'handled';
        row.dispatchedAt ??= at;
      } else {
        Object.assign(row, { state: 'stored', assignment: null, dispatchedAt: null });
        Object.assign(row, { dispatchAttempts: 0, nextDispatchAt: at });
        unassigned += 1;
      }
    }
    const stopRequestedAt = this.#stopOf(sessionId)?.receivedAt ?? null;
    return { isFreed: true, unassigned, stopRequestedAt };
  }

  /** Calls are answered in a later turn, so that concurrent callers interleave as they do with a database. */
  async #answer(): Promise<void> {
    await Promise.resolve();
    if (this.down) throw new Error('connect ECONNREFUSED 127.0.0.1:5432 while storing 4790000001');
  }

  #assignStored(msisdn: string): void {
    for (const row of this.rows)
      if (row.msisdn === msisdn && row.state === 'stored') {
        this.#assign(row);
      }
  }

  #assign(row: Row): void {
    const held: OpenSlot[] = [...this.#slots].flatMap(([key, { sessionId }]) => {
      const [msisdn, serviceId] = key.split(' ');
      return msisdn === row.msisdn && serviceId !== undefined && sessionId !== null
        ? [{ serviceId, sessionId }]
        : [];
    });
    const routes = { own: this.#routes[row.shortNumber] ?? [], end: [] };
    const parsed = readText(row.text, routes, { held, withoutWorkflow: [] });
    if (parsed.kind === 'ignored') {
      const assignment = { kind: 'unroutable' };
      Object.assign(row, { state: 'handled', dispatchedAt: row.receivedAt, assignment });
      return;
    }
    const { word, serviceId } = parsed;
    const slot = serviceId === null ? null : this.#slotOf(row.msisdn, serviceId);
    const times = { sentAt: row.sentAt ?? row.receivedAt, receivedAt: row.receivedAt };
    const assignment = assign({ ...parsed, ...times, lastEndChargeAt: slot?.lastEndChargeAt ?? null });
    if (word.word === 'end' && assignment.kind === 'reply' && slot !== null)
      slot.lastEndChargeAt = lastEndAfter(slot.lastEndChargeAt, times);
    row.state = 'assigned';
    row.serviceId = serviceId;
    if (assignment.kind !== 'startSession') row.assignment = assignment;
    else if (slot) {
      this.#sessions += 1;
      slot.sessionId = `session-${this.#sessions}`;
      row.assignment = { kind: 'startSession', sessionId: slot.sessionId, terms: ORDINARY_TERMS };
    }
  }

  #stopOf(sessionId: string): Row | undefined {
    return this.rows.find((row) => row.gateway === WEB_GATEWAY && row.messageId === sessionId);
  }

  #slotOf(msisdn: string, serviceId: string): Slot {
    const key = `${msisdn} ${serviceId}`;
    const slot = this.#slots.get(key) ?? { sessionId: null, lastEndChargeAt: null };
    this.#slots.set(key, slot);
    return slot;
  }
}

function later(known: Instant | null, given: Instant | null): Instant | null {
  return known === null || (given !== null && isBefore(known, given)) ? given : known;
}

/** As the store does (undispatched.ts). */
const LONGEST_WAIT_MS = 5 * 60_000;

function isDue({ nextDispatchAt }: Row, at: Instant): boolean {
  return !isBefore(at, nextDispatchAt) || isBefore(addMs(at, LONGEST_WAIT_MS), nextDispatchAt);
}

function slotOf({ msisdn, serviceId, inboxId }: Row): string {
  return serviceId === null ? inboxId : `${msisdn}/${serviceId}`;
}

function itemOf(row: Row): InboxItem {
  const { inboxId, sentAt, receivedAt, assignment } = row;
  if (!assignment) throw new Error(`${inboxId} is not assigned`);
  return { inboxId, slot: slotOf(row), sentAt: sentAt ?? receivedAt, receivedAt, assignment };
}

function acceptedAs(row: Row) {
  return { inboxId: row.inboxId, slot: slotOf(row), dispatched: row.dispatchedAt !== null };
}

function sessionIdOf(assignment: InboxAssignment | null): string | null {
  return assignment && 'sessionId' in assignment ? assignment.sessionId : null;
}
