/**
 * Which session a customer's text belongs to, and what becomes of it: the word, then the sessions it can mean, then the limits. The
 * caller reads the facts under the subscriber's lock.
 */
import { earliest, isBefore, type Instant } from './instant.ts';
import {
  isDecidedBy,
  routeWord,
  slotServiceOf,
  type Assignment,
  type KeywordRoute,
  type OpenSlot,
  type RoutedWord,
} from './routing.ts';
import { limitAssignment, type EarlierTexts, type TextLimitReason, type TextLimits } from './text-limits.ts';
import { isReaction } from './unwritten-text.ts';

/** An open session that no workflow runs any more. */
export interface SessionWithoutWorkflow extends OpenSlot {
  /** the customer has ended it, by a text or by Stop */
  isEndNoted: boolean;
}

/** A subscriber's sessions that are not over: `held` hold a slot, `withoutWorkflow` are the newest of each service that nothing runs. */
export interface SubscriberSessions {
  held: readonly OpenSlot[];
  withoutWorkflow: readonly SessionWithoutWorkflow[];
}

/** What the customer has open: held sessions, and of other services the ones without a workflow whose end is not noted. */
export function openSlotsOf({ held, withoutWorkflow }: SubscriberSessions): OpenSlot[] {
  return withThoseWithoutWorkflow({
    held,
    withoutWorkflow: withoutWorkflow.filter(({ isEndNoted }) => !isEndNoted),
  });
}

function withThoseWithoutWorkflow({ held, withoutWorkflow }: SubscriberSessions): OpenSlot[] {
  return [
    ...held,
    ...withoutWorkflow.filter(({ serviceId }) => held.every((slot) => slot.serviceId !== serviceId)),
  ];
}

export type TextMeaning =
  /** a phone's own text, or a number that is not ours: handled at once */
  | { kind: 'ignored'; why: { kind: 'limited'; reason: TextLimitReason } | { kind: 'unroutable' } }
  /** `openSlots`: the sessions the word can mean; `serviceId`: the one service it is about */
  | { kind: 'word'; word: RoutedWord; openSlots: OpenSlot[]; serviceId: string | null };

/** The end words of a session end it on every number: `endRoutes` are read only where the number's own routes leave it open. */
export function needsEndRoutes(
  text: string,
  ownRoutes: readonly KeywordRoute[],
  sessions: SubscriberSessions,
): boolean {
  return !isDecidedBy(ownRoutes, text, openSlotsOf(sessions));
}

/** What a text asks for. `endRoutes`: end words of the subscriber's sessions, on all numbers. */
export function readText(
  text: string,
  routes: { own: readonly KeywordRoute[]; end: readonly KeywordRoute[] },
  sessions: SubscriberSessions,
): TextMeaning {
  if (isReaction(text)) return { kind: 'ignored', why: { kind: 'limited', reason: 'reaction' } };
  const word = routeWord([...routes.own, ...routes.end], text, openSlotsOf(sessions));
  if (!isRoutable(word, routes.own, sessions)) return { kind: 'ignored', why: { kind: 'unroutable' } };
  const openSlots = slotsFor(word, sessions);
  return { kind: 'word', word, openSlots, serviceId: slotServiceOf(word, openSlots) };
}

/**
 * A number that no route names takes only the words that end or show an open session. A request to stop that its session
 * put back has neither route nor word: it was meant for that session alone.
 */
function isRoutable(
  { word }: RoutedWord,
  ownRoutes: readonly KeywordRoute[],
  { held, withoutWorkflow }: SubscriberSessions,
): boolean {
  const endsOrShows = word === 'generalEnd' || word === 'end' || word === 'status';
  return ownRoutes.length > 0 || (held.length + withoutWorkflow.length > 0 && endsOrShows);
}

/**
 * The sessions a word can mean. A session without a workflow holds up no start. Once its end is noted it is meant by its own end word, and by a
 * general word only where nothing else is open.
 */
function slotsFor({ word }: RoutedWord, sessions: SubscriberSessions): OpenSlot[] {
  if (word === 'start') return [...sessions.held];
  if (word === 'end') return withThoseWithoutWorkflow(sessions);
  const open = openSlotsOf(sessions);
  return open.length > 0 ? open : sessions.withoutWorkflow.slice(0, 1);
}

/** What a text is to become, unless limits say otherwise. */
interface WantedAssignment {
  assignment: Assignment;
  /** the session whose end is noted; null: it may be one that is not in the database */
  endedSessionId: string | null;
  /** kept whatever else was texted */
  isFirstEnd: boolean;
}

/**
 * Where no workflow can take the text, its end is noted, or STATUS is answered with the word that ends it; never with "nothing
 * is running". `missingSession`: workflows run whose sessions are not in the database, so that any customer may have one.
 */
export function wantedOf(
  { word }: Extract<TextMeaning, { kind: 'word' }>,
  assigned: Assignment,
  {
    withoutWorkflow,
    missingSession,
  }: { withoutWorkflow: readonly SessionWithoutWorkflow[]; missingSession: { isEndNoted: boolean } | null },
): WantedAssignment {
  const ended = endedBy(assigned, withoutWorkflow, missingSession);
  if (!ended) return { assignment: assigned, endedSessionId: null, isFirstEnd: false };
  const { sessionId, isEndNoted } = ended;
  if (word.word !== 'status' || isEndNoted)
    return {
      assignment: { kind: 'reply', replyKind: 'endNoted' },
      endedSessionId: sessionId,
      isFirstEnd: !isEndNoted,
    };
  const replyKind = sessionId === null ? 'help' : 'openSessions';
  return { assignment: { kind: 'reply', replyKind }, endedSessionId: null, isFirstEnd: false };
}

function endedBy(
  assigned: Assignment,
  withoutWorkflow: readonly SessionWithoutWorkflow[],
  missingSession: { isEndNoted: boolean } | null,
): { sessionId: string | null; isEndNoted: boolean } | undefined {
  if (assigned.kind === 'signal')
    return withoutWorkflow.find(({ sessionId }) => sessionId === assigned.sessionId);
  if (!findsNoSession(assigned) || missingSession === null) return undefined;
  return { sessionId: null, isEndNoted: missingSession.isEndNoted };
}

export function findsNoSession(assigned: Assignment): boolean {
  return assigned.kind === 'reply' && assigned.replyKind === 'noSession';
}

export function isToBeSentAgain(assigned: Assignment): boolean {
  return assigned.kind === 'reply' && assigned.replyKind === 'sendAgain';
}

type TextAssignment =
  | { kind: 'startSession'; serviceId: string }
  | Extract<Assignment, { kind: 'signal' }>
  | {
      kind: 'reply';
      replyKind: Extract<Assignment, { kind: 'reply' }>['replyKind'];
      sessionId: string | null;
    }
  | { kind: 'limited'; reason: TextLimitReason };

/** What a text becomes. `earlier`: the customer's texts before it, by what is wanted. */
export function assignText(
  { serviceId }: Extract<TextMeaning, { kind: 'word' }>,
  { assignment: wanted, endedSessionId, isFirstEnd }: WantedAssignment,
  earlier: EarlierTexts,
  limits: TextLimits,
): TextAssignment {
  const assignment = isFirstEnd ? wanted : limitAssignment(wanted, earlier, limits);
  switch (assignment.kind) {
    case 'reply': {
      const { replyKind } = assignment;
      return { kind: 'reply', replyKind, sessionId: replyKind === 'endNoted' ? endedSessionId : null };
    }
    case 'startSession':
      if (serviceId === null) throw new Error('a start word names no service');
      return { kind: 'startSession', serviceId };
    default:
      return assignment;
  }
}

/**
 * The slot's last end after an end word that found no session: the CHARGE it has overtaken on its way must start none. A gateway
 * whose clock is ahead does not shut out later texts.
 */
export function lastEndAfter(
  known: Instant | null,
  { sentAt, receivedAt }: { sentAt: Instant; receivedAt: Instant },
): Instant {
  const endedAt = earliest(sentAt, receivedAt);
  return known === null || isBefore(known, endedAt) ? endedAt : known;
}

/** The session of `inUse` that a text ends by itself, as at the instant it was sent. */
export function endedByText<S extends OpenSlot>(
  text: string,
  routes: readonly KeywordRoute[],
  inUse: readonly S[],
): S | undefined {
  const word = routeWord(routes, text, inUse);
  if (word.word !== 'end' && word.word !== 'generalEnd') return undefined;
  const serviceId = slotServiceOf(word, inUse);
  return inUse.find((session) => session.serviceId === serviceId);
}
