/**
 * Which session a customer's text belongs to, and what becomes of it: the word, then the sessions it can mean, then the limits. The
 * caller reads the facts under the subscriber's lock.
 */
import type { ServiceId, SessionId } from './ids.ts';
import { assertUnreachable } from './assert.ts';
import { isBefore, msBetween, type Instant, earliest } from './instant.ts';
import { attachedWordsOf, keywordOf, normaliseKeyword, isReaction } from './keyword.ts';
import type { CustomerMessageKind } from './session/customer-messages.ts';

/** A CHARGE older than this by gateway time starts nothing: the customer has gone on long ago. */
export const STALE_CHARGE_MS = 10 * 60_000;

const CORE_END_WORDS: readonly string[] = ['STOP', 'STOPP', 'SLUTT', 'END'];
/** Words that end the customer's only open session on every number, also where a partner owns the word. */
export const GENERAL_END_WORDS: readonly string[] = [
  ...CORE_END_WORDS,
  'AVSLUTT',
  'SLUTTE',
  'AVBRYT',
  'FERDIG',
  'CANCEL',
  'QUIT',
  'STOPALL',
];
type GeneralWord = 'generalEnd' | 'status';
/** Words about the customer's one open session, understood on every number, and what they request of it. */
const GENERAL_WORDS: Record<
  GeneralWord,
  { words: readonly string[]; reserved: readonly string[]; signal: CustomerMessageKind }
> = {
  // The `reserved` ones are for no partner to have.
  generalEnd: { words: GENERAL_END_WORDS, reserved: CORE_END_WORDS, signal: 'endCharge' },
  status: { words: ['STATUS'], reserved: ['STATUS'], signal: 'statusRequested' },
};

const HELP_WORDS: readonly string[] = ['HELP', 'HJELP', 'INFO'];
/** Words that cannot become a partner's: every customer of every number must be able to rely on them. */
export const CORE_WORDS: readonly string[] = [
  ...Object.values(GENERAL_WORDS).flatMap(({ reserved }) => reserved),
  ...HELP_WORDS,
];

/** A row of the keyword table: which word on this number does what for which service. */
export interface KeywordRoute {
  keyword: string;
  serviceId: ServiceId;
  action: 'start' | 'end';
}

/** An open session of the subscriber, on whichever number it was started. */
export interface OpenSlot {
  serviceId: ServiceId;
  sessionId: SessionId;
}

export type RoutedWord =
  | { word: 'start'; serviceId: ServiceId; serviceReference: string | null }
  | { word: 'end'; serviceId: ServiceId }
  | { word: GeneralWord }
  | { word: 'help' }
  | { word: 'unknown' };

export type ReplyKind =
  | 'help'
  | 'unknownWord'
  | 'noSession'
  | 'sendAgain'
  /** several are open, or one without a workflow was meant */
  | 'openSessions'
  /** the session is open and its workflow is gone: the end is kept for the operator */
  | 'endNoted'
  /** this customer has started as many sessions as one may in an hour */
  | 'tooManyStarts';

export type Assignment =
  | { kind: 'startSession' }
  | { kind: 'signal'; sessionId: SessionId; signal: CustomerMessageKind }
  | { kind: 'reply'; replyKind: ReplyKind };

/**
 * What a text asks for. `END CHARGE` is the same as `ENDCHARGE`, and `CHARGE-12` as `CHARGE 12`. The customer's open
 * sessions come first: a general end word is another partner's own word only while nothing else is open, and the own
 * end word of an open session still ends that one of several. What follows a start word is the service reference (a
 * bay, a machine), null when there is none.
 */
export function routeWord(
  routes: readonly KeywordRoute[],
  text: string,
  openSlots: readonly OpenSlot[] = [],
): RoutedWord {
  const { words, rest } = keywordOf(text);
  for (const [index, word] of words.entries()) {
    const owned = ownedWord(routes, word, rest[index] ?? null, openSlots);
    if (owned) return owned;
  }
  for (const word of words) {
    const general = generalWord(word);
    if (general) return general;
  }
  for (const { word, rest: reference } of attachedWordsOf(text)) {
    const attached = ownedWord(routes, word, reference, openSlots) ?? generalWord(word);
    if (attached) return attached;
  }
  return { word: 'unknown' };
}

/** Whether these routes decide what a text asks for: end words added behind them would change nothing. */
export function isDecidedBy(
  routes: readonly KeywordRoute[],
  text: string,
  openSlots: readonly OpenSlot[],
): boolean {
  const [best, ...others] = keywordOf(text).words;
  if (best === undefined || (others.length === 0 && CORE_WORDS.includes(best))) return true;
  const route = routes.find(({ keyword }) => normaliseKeyword(keyword) === best);
  if (!route || GENERAL_END_WORDS.includes(best)) return false;
  return route.action === 'start' || openSlots.some(({ serviceId }) => serviceId === route.serviceId);
}

/** What the word table says about a word; null where it says nothing or an open session comes before it. */
function ownedWord(
  routes: readonly KeywordRoute[],
  word: string,
  serviceReference: string | null,
  openSlots: readonly OpenSlot[],
): RoutedWord | null {
  if (CORE_WORDS.includes(word)) return null;
  const owners = routes.filter((candidate) => normaliseKeyword(candidate.keyword) === word);
  const openEnd = owners.find(
    ({ action, serviceId }) => action === 'end' && openSlots.some((slot) => slot.serviceId === serviceId),
  );
  const [first] = owners;
  const isGeneral = GENERAL_END_WORDS.includes(word) && openSlots.length > 0;
  if (!first || (isGeneral && !openEnd)) return null;
  // Two numbers may have the same end word: it ends what is open, not what the number that was texted would name.
  const route = openEnd && (isGeneral || first.action === 'end') ? openEnd : first;
  const { serviceId } = route;
  return route.action === 'start'
    ? { word: 'start', serviceId, serviceReference }
    : { word: 'end', serviceId };
}

function generalWord(word: string): RoutedWord | null {
  for (const name of Object.keys(GENERAL_WORDS) as GeneralWord[])
    if (GENERAL_WORDS[name].words.includes(word)) return { word: name };
  if (HELP_WORDS.includes(word)) return { word: 'help' };
  return null;
}

/** A word about the customer's one open session, whichever it is. */
function isGeneralWord(word: RoutedWord): word is { word: GeneralWord } {
  return word.word in GENERAL_WORDS;
}

/** A general word that ends nothing. */
export function isQuestion(word: RoutedWord): boolean {
  return isGeneralWord(word) && GENERAL_WORDS[word.word].signal !== 'endCharge';
}

/** The service whose slot a text is about, when it is about one. */
export function slotServiceOf(word: RoutedWord, openSlots: readonly OpenSlot[]): string | null {
  if (word.word === 'start' || word.word === 'end') return word.serviceId;
  if (isGeneralWord(word)) return openSlots.length === 1 ? (openSlots[0]?.serviceId ?? null) : null;
  return null;
}

/**
 * Which session a text belongs to, decided under the subscriber lock. `sentAt` is gateway time, else first receipt.
 * STATUS and a general end word with several open sessions are answered with all of them and their own end words:
 * ending one of them by guess could leave the wrong one running.
 */
export function assign(input: {
  word: RoutedWord;
  openSlots: readonly OpenSlot[];
  lastEndChargeAt: Instant | null;
  sentAt: Instant;
  receivedAt: Instant;
  /** the customer was answered `sendAgain` and has done so: the stamp no longer counts */
  isSentAgain?: boolean;
}): Assignment {
  const { word, openSlots } = input;
  if (isGeneralWord(word)) {
    const [only, ...others] = openSlots;
    if (!only) return { kind: 'reply', replyKind: 'noSession' };
    if (others.length > 0) return { kind: 'reply', replyKind: 'openSessions' };
    return { kind: 'signal', sessionId: only.sessionId, signal: GENERAL_WORDS[word.word].signal };
  }
  switch (word.word) {
    case 'help':
      return { kind: 'reply', replyKind: 'help' };
    case 'unknown':
      return { kind: 'reply', replyKind: 'unknownWord' };
    case 'end': {
      const open = openSlots.find((slot) => slot.serviceId === word.serviceId);
      if (!open) return { kind: 'reply', replyKind: 'noSession' };
      return { kind: 'signal', sessionId: open.sessionId, signal: 'endCharge' };
    }
    case 'start': {
      const open = openSlots.find((slot) => slot.serviceId === word.serviceId);
      if (open) return { kind: 'signal', sessionId: open.sessionId, signal: 'chargeRepeated' };
      return isStaleCharge(input) && !input.isSentAgain
        ? { kind: 'reply', replyKind: 'sendAgain' }
        : { kind: 'startSession' };
    }
    default:
      return assertUnreachable(word);
  }
}

function isStaleCharge(input: {
  lastEndChargeAt: Instant | null;
  sentAt: Instant;
  receivedAt: Instant;
}): boolean {
  if (msBetween(input.sentAt, input.receivedAt) > STALE_CHARGE_MS) return true;
  return input.lastEndChargeAt !== null && !isBefore(input.lastEndChargeAt, input.sentAt);
}

/** How many texts of one customer are acted on. What is over a limit is stored, and handled with the reason. */
export interface TextLimits {
  startsPerHour: number;
  /** per session and kind of text (STATUS, start word again, end word again); above it one a minute still passes */
  sessionTextsPerHour: number;
  /** texts that belong to no session */
  otherTextsPerMinute: number;
  /** answers to those; while a session is open see `isReplyAllowed` */
  repliesPerHour: number;
}

export const DEFAULT_TEXT_LIMITS: TextLimits = {
  startsPerHour: 10,
  sessionTextsPerHour: 10,
  otherTextsPerMinute: 10,
  repliesPerHour: 6,
};

export type TextLimitReason = 'tooManySessionTexts' | 'tooManyTexts' | 'reaction';

/** What this customer's earlier texts were assigned to, each counted back from the receipt of this one. */
export interface EarlierTexts {
  startsLastHour: number;
  /** the same signal to the same session */
  sameSignalsLastHour: number;
  sameSignalsLastMinute: number;
  repliesLastMinute: number;
}

/**
 * The assignment that limits leave: a start too many is answered, once more of the same than is useful is left alone. The first end
 * words of a session always reach it, whatever else was texted: each kind is counted by itself.
 */
function limitAssignment(
  assignment: Assignment,
  earlier: EarlierTexts,
  limits: TextLimits,
): Assignment | { kind: 'limited'; reason: TextLimitReason } {
  if (assignment.kind === 'signal')
    return earlier.sameSignalsLastHour < limits.sessionTextsPerHour || earlier.sameSignalsLastMinute === 0
      ? assignment
      : { kind: 'limited', reason: 'tooManySessionTexts' };
  const allowed: Assignment =
    assignment.kind === 'startSession' && earlier.startsLastHour >= limits.startsPerHour
      ? { kind: 'reply', replyKind: 'tooManyStarts' }
      : assignment;
  if (allowed.kind === 'reply' && earlier.repliesLastMinute >= limits.otherTextsPerMinute)
    return { kind: 'limited', reason: 'tooManyTexts' };
  return allowed;
}

/** Answers to end words and STATUS that went to no session, and that an end was noted. */
const COUNTED_APART: readonly (readonly string[])[] = [['noSession', 'openSessions'], ['endNoted']];

/** The kinds among which one answer a minute passes above the hourly limit: `kinds`, or with `others` all but these. */
export function kindsCountedWith(replyKind: string): { kinds: readonly string[]; others: boolean } {
  const kinds = COUNTED_APART.find((alike) => alike.includes(replyKind));
  return kinds ? { kinds, others: false } : { kinds: COUNTED_APART.flat(), others: true };
}

/**
 * Whether a text that belongs to no session is answered. While a session is open nobody is left in silence: above the
 * hourly limit one answer a minute still goes out, and one to an end word or STATUS, so that a flood of other words takes
 * it from none. Not more: each answer costs us a text.
 */
export function isReplyAllowed(
  earlier: { hasOpenSession: boolean; repliesLastHour: number; alikeLastMinute: number },
  repliesPerHour: number,
): boolean {
  if (earlier.repliesLastHour < repliesPerHour) return true;
  return earlier.hasOpenSession && earlier.alikeLastMinute === 0;
}

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
  | { kind: 'word'; word: RoutedWord; openSlots: OpenSlot[]; serviceId: ServiceId | null };

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
 * unassigned has neither route nor word: it was meant for that session alone.
 */
function isRoutable(
  word: RoutedWord,
  ownRoutes: readonly KeywordRoute[],
  { held, withoutWorkflow }: SubscriberSessions,
): boolean {
  const endsOrShows = word.word === 'end' || isGeneralWord(word);
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
  if (!isQuestion(word) || isEndNoted)
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
): { sessionId: SessionId | null; isEndNoted: boolean } | undefined {
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
  | { kind: 'startSession'; serviceId: ServiceId }
  | Extract<Assignment, { kind: 'signal' }>
  | {
      kind: 'reply';
      replyKind: Extract<Assignment, { kind: 'reply' }>['replyKind'];
      sessionId: SessionId | null;
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

/** Ends a session for which the partner has no end word of its own. */
const END_WORD_OF_ALL = GENERAL_END_WORDS[0] ?? 'STOP';

interface NamedRoute extends KeywordRoute {
  serviceName: string;
  merchantName: string;
}

interface ServiceWords {
  serviceId: ServiceId;
  serviceName: string;
  merchantName: string;
  startWord: string;
  endWord: string;
}

/** The first start word and end word of each service of a number. `endRoutes`: end words on other numbers. */
export function serviceWords(
  routes: readonly NamedRoute[],
  endRoutes: readonly KeywordRoute[],
): ServiceWords[] {
  const starts = routes.filter(({ action }) => action === 'start');
  const ends = [...routes, ...endRoutes].filter(({ action }) => action === 'end');
  return starts
    .filter(({ serviceId }, index) => starts.findIndex((other) => other.serviceId === serviceId) === index)
    .map(({ serviceId, serviceName, merchantName, keyword }) => ({
      serviceId,
      serviceName,
      merchantName,
      startWord: keyword,
      endWord: ends.find((route) => route.serviceId === serviceId)?.keyword ?? END_WORD_OF_ALL,
    }));
}

/** The first word that this number takes as the end of the service's session: another open session's may be the same. */
export function ownEndWord(
  serviceId: ServiceId,
  routes: readonly KeywordRoute[],
  openSessions: readonly OpenSlot[],
): string {
  const own = routes.find(({ keyword }) => {
    const ends = routeWord(routes, keyword, openSessions);
    return ends.word === 'end' && ends.serviceId === serviceId;
  });
  return own?.keyword ?? END_WORD_OF_ALL;
}
