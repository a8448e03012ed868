import type { InboxId, PartnerId, ServiceId, SessionId, SubscriberId } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';
import type { StampFault } from '../domain/gateway-stamp.ts';
import type { SessionTerms } from '../domain/session-terms.ts';
import type { Assignment, ReplyKind } from '../domain/text-assignment.ts';
import type { MoMessage } from './sms-gateway.ts';
import type { ChargeState } from '../domain/session/charge-state.ts';

/** The gateway of requests from a page, which are no texts. No account has this name, so no word is routed on it. */
export const WEB_GATEWAY = 'web';

/**
 * `unroutable`: the number texted is not ours, or the session that was to stop is over; kept, handled at once, never
 * answered.
 */
export type InboxAssignment =
  | { kind: 'startSession'; sessionId: SessionId; terms: SessionTerms }
  | Extract<Assignment, { kind: 'signal' }>
  | { kind: 'reply'; replyKind: ReplyKind }
  | { kind: 'unroutable' };

export interface InboxItem {
  inboxId: InboxId;
  /** items of one slot are dispatched in their order; one that is about none has a slot of its own */
  slot: string;
  /** gateway time, clamped (`domain/gateway-stamp.ts`); first receipt when the gateway sent none */
  sentAt: Instant;
  /** when the first delivery of this message reached us */
  receivedAt: Instant;
  assignment: InboxAssignment;
}

/** A text as a gateway has delivered it. */
export interface InboundText {
  gateway: string;
  message: MoMessage;
  receivedAt: Instant;
}

export interface AcceptedText {
  inboxId: InboxId;
  slot: string;
  duplicate: boolean;
  dispatched: boolean;
  /** a new message whose id the gateway has used for another */
  messageIdReused: boolean;
  /** to be dispatched now; absent where older messages of the slot come first, or nothing is left to do */
  item?: InboxItem;
}

export interface UndispatchedOptions {
  limit: number;
  slotOf?: string;
  dueAt?: Instant;
  /** `inboxId`: where it is one text that cannot be assigned as the settings are */
  onUnassignable?: (error: unknown, inboxId?: InboxId) => void;
}

export interface DispatchMark {
  inboxId: InboxId;
  at: Instant;
  /**
   * of the item that was dispatched; null where its assignment has none. If the row has meanwhile been unassigned or assigned
   * to another session, it is not marked, and is dispatched again to where it belongs now.
   */
  sessionId: SessionId | null;
}

/**
 * What came in. Rows go stored -> assigned -> handled; `dispatchedAt` says that Temporal has accepted the start or
 * signal. Unique by gateway, messageId, sender, number and text.
 */
export interface InboxStore {
  /**
   * One transaction for all of them: upserts and locks the subscribers, inserts the rows, assigns them
   * (`domain/text-assignment.ts`); a start adds the session with its terms and takes the slot. A text over a limit (same file) is
   * handled at once, with the reason, and never dispatched. A message with the messageId, sender, number and text of a
   * stored one is its double: that row is returned, and nothing changes. Results in the order of the texts.
   */
  accept(texts: readonly InboundText[]): Promise<AcceptedText[]>;
  /**
   * The customer requested Stop on the session's page: stored and assigned like a text with its end word, in one transaction
   * under the same lock. It is the session's one message of `WEB_GATEWAY`, so a second request returns the first, whose
   * receipt is the end. When the session no longer holds its slot the message is handled at once. Throws InvariantError
   * when there is no such session.
   */
  acceptStop(sessionId: SessionId, receivedAt: Instant): Promise<Omit<AcceptedText, 'messageIdReused'>>;
  /** First receipt of the session's Stop; null when it was not requested. */
  stopRequestedAt(sessionId: SessionId): Promise<Instant | null>;
  /**
   * When the customer ended an open session that no workflow runs any more, by text or by Stop: the earlier of sending and
   * receipt of the first. null: not requested, or the session has an end of its own.
   */
  endRequestedAt(sessionId: SessionId): Promise<Instant | null>;
  /**
   * Undispatched rows in the order of their storing, which is the order of their assignment; `stored` ones are assigned
   * first. With `slotOf`: only that row and older undispatched rows of the same slot, so that its messages reach the
   * workflow in order. `dueAt`: only rows that are due then and behind none of their slot that is not; without
   * `slotOf` those that have waited longest come first, so that every row has its turn. `onUnassignable` is called for a subscriber whose rows could not be
   * assigned; without it that throws.
   */
  undispatched(options: UndispatchedOptions): Promise<InboxItem[]>;
  /** Whether this row still waits to be dispatched; false where there is none. */
  isUndispatched(inboxId: InboxId): Promise<boolean>;
  /**
   * In one statement. Rows that are handled or marked already stay as they are, and those that somebody else is changing just
   * then, mostly to handle them: otherwise they are dispatched again.
   */
  markDispatched(marks: readonly DispatchMark[]): Promise<void>;
  /**
   * It could not be dispatched at `at`: its next attempt is later, the later the more often it has failed by itself
   * (`isOwnFailure`). Returns how often that has happened.
   */
  postponeDispatch(inboxId: InboxId, at: Instant, isOwnFailure: boolean): Promise<number>;
  /** Also marks them dispatched. `sessionId`: the session that handled them; rows that have left it stay as they are. */
  markHandled(inboxIds: readonly string[], at: Instant, sessionId?: SessionId): Promise<void>;
  /**
   * One transaction under the subscriber lock: marks `handledInboxIds` handled, puts every other unhandled row of the session
   * back to `stored` (undispatched, unassigned), remembers the later of the slot's and this `lastEndChargeAt`, and empties
   * the slot if this session holds it. Harmless when repeated.
   */
  freeSlot(input: FreedSlot): Promise<SlotFreeing>;
  /** The same, unless a row would be put back: then it does nothing. */
  freeSlotIfAllHandled(input: FreedSlot): Promise<SlotFreeing>;
  /** How the stamps of each gateway account were that has stamped a text received at `since` or later. */
  gatewayStamps(since: Instant): Promise<GatewayStamps[]>;
  /** The numbers that no route names now though customers have texted to them without an answer. */
  unroutedNumbers(): Promise<UnroutedNumber[]>;
  /** What a reply workflow needs to answer this message. */
  replyContext(inboxId: InboxId): Promise<ReplyContext>;
}

export interface FreedSlot {
  sessionId: SessionId;
  handledInboxIds: readonly string[];
  lastEndChargeAt: Instant | null;
  at: Instant;
}

export interface SlotFreeing {
  isFreed: boolean;
  /** how many rows were put back */
  unassigned: number;
  /** see `InboxStore.stopRequestedAt` */
  stopRequestedAt: Instant | null;
}

export interface GatewayStamps {
  gateway: string;
  /** of the text received last that shows the clock to be off; null where none does */
  lastFault: { fault: StampFault; offsetSeconds: number; receivedAt: Instant } | null;
}

/** An end word that no workflow could take; the first of several. */
export interface NotedEnd {
  inboxId: InboxId;
  endedAt: Instant;
}

export interface UnroutedNumber {
  gateway: string;
  shortNumber: string;
  /** how many were neither answered nor handed on, and when the first and the last of them came */
  texts: number;
  firstAt: Instant;
  lastAt: Instant;
}

export interface ReplyContext {
  subscriberId: SubscriberId;
  gateway: string;
  shortNumber: string;
  messageId: string;
  /**
   * partner whose language answers: of the service that was meant, else of the first open session, else the first one
   * with a route on this number
   */
  partnerId: PartnerId;
  /** the service whose start or end word was texted; null for words that belong to no service */
  serviceId: ServiceId | null;
  replyKind: ReplyKind;
  /** `endNoted`: the customer's end, and whether that session is recorded; otherwise null */
  notedEnd: (NotedEnd & { isRecorded: boolean }) | null;
  /** start and end words routed on this number, service by service */
  words: {
    serviceId: ServiceId;
    serviceName: string;
    merchantName: string;
    startWord: string;
    endWord: string;
  }[];
  /** the service that was meant, by its name; null for words that belong to no service */
  meantServiceName: string | null;
  /**
   * the subscriber's open sessions, on whichever number, each with an end word that this number takes; also those whose
   * workflow is gone, until their end is noted
   */
  openSessions: {
    sessionId: SessionId;
    serviceId: ServiceId;
    timeZone: string;
    serviceName: string;
    endWord: string;
    startedAt: Instant | null;
    state: ChargeState;
  }[];
}
