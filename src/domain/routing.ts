import { assertUnreachable } from './assert.ts';
import { isBefore, msBetween, type Instant } from './instant.ts';
import { gluedWordsOf, keywordOf, normaliseKeyword } from './keyword.ts';
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
const STATUS_WORDS: readonly string[] = ['STATUS'];
const HELP_WORDS: readonly string[] = ['HELP', 'HJELP', 'INFO'];
/** Words that cannot become a partner's: every customer of every number must be able to rely on them. */
export const CORE_WORDS: readonly string[] = [...CORE_END_WORDS, ...STATUS_WORDS, ...HELP_WORDS];

/** A row of the keyword table: which word on this number does what for which service. */
export interface KeywordRoute {
  keyword: string;
  serviceId: string;
  action: 'start' | 'end';
}

/** An open session of the subscriber, on whichever number it was started. */
export interface OpenSlot {
  serviceId: string;
  sessionId: string;
}

export type RoutedWord =
  | { word: 'start'; serviceId: string; serviceReference: string | null }
  | { word: 'end'; serviceId: string }
  | { word: 'generalEnd' }
  | { word: 'status' }
  | { word: 'help' }
  | { word: 'unknown' };

export type ReplyKind =
  | 'help'
  | 'unknownWord'
  | 'noSession'
  | 'sendAgain'
  /** several are open, or one whose workflow is gone was asked for */
  | 'openSessions'
  /** the session is open and its workflow is gone: the end is kept for the operator */
  | 'endNoted'
  /** this customer has started as many sessions as one may in an hour */
  | 'tooManyStarts';

export type Assignment =
  | { kind: 'startSession' }
  | { kind: 'signal'; sessionId: string; signal: CustomerMessageKind }
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
  for (const { word, rest: reference } of gluedWordsOf(text)) {
    const glued = ownedWord(routes, word, reference, openSlots) ?? generalWord(word);
    if (glued) return glued;
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
  if (GENERAL_END_WORDS.includes(word)) return { word: 'generalEnd' };
  if (STATUS_WORDS.includes(word)) return { word: 'status' };
  if (HELP_WORDS.includes(word)) return { word: 'help' };
  return null;
}

/** The service whose slot a text is about, when it is about one. Its row must be locked before `assign`. */
export function slotServiceOf(word: RoutedWord, openSlots: readonly OpenSlot[]): string | null {
  if (word.word === 'start' || word.word === 'end') return word.serviceId;
  if (word.word === 'generalEnd' || word.word === 'status')
    return openSlots.length === 1 ? (openSlots[0]?.serviceId ?? null) : null;
  return null;
}

/**
 * Which session a text belongs to, decided under the slot lock. `sentAt` is gateway time, else first receipt.
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
  switch (word.word) {
    case 'help':
      return { kind: 'reply', replyKind: 'help' };
    case 'unknown':
      return { kind: 'reply', replyKind: 'unknownWord' };
    case 'status':
    case 'generalEnd': {
      const [only, ...others] = openSlots;
      if (!only) return { kind: 'reply', replyKind: 'noSession' };
      if (others.length > 0) return { kind: 'reply', replyKind: 'openSessions' };
      const signal = word.word === 'status' ? 'statusRequested' : 'endCharge';
      return { kind: 'signal', sessionId: only.sessionId, signal };
    }
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
