import { invariant } from './assert.ts';
import { countSegments, cutGsm7, gsm7Length, SINGLE_SEPTETS, toGsm7 } from './gsm7.ts';
import { MAX_KEYWORD_LENGTH } from './keyword.ts';
import type { Language } from './language.ts';

type PaymentRequest = {
  merchantName: string;
  /** with its currency, from `formatPrice` */
  amount: string;
  link: string;
};

/** An open session; `startTime` is null until it has been paid for. */
type OpenSession = { serviceName: string; startTime: string | null; endWord: string };

type ServiceWords = {
  words: readonly { serviceName: string; startWord: string; endWord: string }[];
  running: readonly OpenSession[];
};

/** The values in each text. Amounts are written prices (`formatPrice`), times are local (`10:00`). */
export interface TextParams {
  paymentLink: PaymentRequest;
  linkAgain: PaymentRequest;
  statusWaiting: PaymentRequest;
  statusActive: { startTime: string; amountSoFar: string; reserved: string; endWord: string };
  statusClosing: Record<string, never>;
  cancelled: { merchantName: string };
  declined: { startWord: string };
  expired: { startWord: string };
  couldNotStart: { startWord: string };
  warning: { endTime: string; endWord: string };
  usedUpContinue: { reserved: string; endWord: string };
  usedUpEnded: { reserved: string };
  nothingCharged: Record<string, never>;
  lateApprovalReleased: { amount: string };
  help: ServiceWords;
  unknownWord: ServiceWords;
  noSession: { starts: readonly { merchantName: string; startWord: string }[] };
  /** the end word of one service while only others run */
  otherRunning: { serviceName: string; running: readonly OpenSession[] };
  sendAgain: { merchantName: string; startWord: string };
  /** `isRecorded`: the session that ends is in the database */
  endNoted: { endTime: string; isRecorded: boolean };
  tooManyStarts: Record<string, never>;
  openSessions: { sessions: readonly OpenSession[] };
}

/** Every text sms2pay sends besides the receipt. */
export type TextKind = keyof TextParams;

/** Merchant and service names are cut to this many septets. */
const MAX_NAME_SEPTETS = 30;
/** No message has room for more list entries, however short they are. */
const MAX_ENTRIES = 60;

/**
 * A text, ready to send: GSM-7 safe, and one message where a payment link has at most 90 characters. Shorter wordings
 * replace a friendly one that is too long; then names are cut, then list entries. A payment link, an amount and a keyword
 * of at most MAX_KEYWORD_LENGTH never are.
 */
export function renderText<K extends TextKind>(kind: K, language: Language, params: TextParams[K]): string {
  const phrases = PHRASES[language];
  const compose = COMPOSED[kind];
  const wordings = (compose ? compose(params, phrases) : filled(phrases[kind], params)).map(toGsm7);
  return wordings.find((wording) => countSegments(wording).segments === 1) ?? wordings.at(-1) ?? '';
}

/** The wordings of a phrase, best first. `{name}` stands for the value of that name, `{list}` for the entries of a list. */
type Phrase = readonly string[];

/** One phrase per text, and those that several texts share. */
type Phrases = Record<
  TextKind | 'endNotedOnly' | 'startsWith' | 'nothingRunning' | 'noService' | 'offer' | 'running' | 'waiting',
  Phrase
>;

const PHRASES: Record<Language, Phrases> = {
  nb: {
    paymentLink: [
      '{merchantName} ber deg reservere {amount}. Du betaler bare for det du bruker, resten får du tilbake: {link}',
      '{merchantName}: reserver {amount}, betal bare for det du bruker: {link}',
    ],
    linkAgain: [
      'Her er lenken igjen: {merchantName} ber deg reservere {amount}. Du betaler bare for det du bruker: {link}',
      'Igjen fra {merchantName}: reserver {amount}, betal bare for bruk: {link}',
    ],
    statusWaiting: [
      'Ikke startet ennå: {merchantName} venter på at du reserverer {amount}. Du betaler bare for det du bruker: {link}',
      'Ikke startet ennå: reserver {amount} hos {merchantName}: {link}',
    ],
    statusActive: [
      'Startet kl. {startTime}. Til nå {amountSoFar} av {reserved} reservert. Send {endWord} for å avslutte.',
    ],
    statusClosing: ['Bruken er avsluttet, og betalingen gjøres opp nå. Du trenger ikke gjøre noe.'],
    cancelled: ['Avbrutt. {merchantName} trekker deg ikke for noe.'],
    declined: ['Betalingen ble ikke godkjent, så ingenting er startet. Send {startWord} for å prøve igjen.'],
    expired: ['Betalingslenken er utløpt, og ingenting er startet. Send {startWord} for å få en ny.'],
    couldNotStart: [
      'Beklager, vi fikk ikke startet nå. Du er ikke trukket for noe. Send {startWord} for å prøve igjen om litt.',
    ],
    warning: ['Bruken avsluttes av seg selv kl. {endTime}. Send {endWord} for å avslutte før.'],
    usedUpContinue: [
      'Reservasjonen på {reserved} er brukt opp. Du betaler ikke mer enn det. Send {endWord} når du er ferdig.',
    ],
    usedUpEnded: ['Reservasjonen på {reserved} er brukt opp, så bruken er avsluttet.'],
    nothingCharged: ['Bruken er avsluttet. Du trekkes ikke for noe og får tilbake det som var reservert.'],
    lateApprovalReleased: ['Du godkjente {amount} for sent. Du trekkes ikke for noe og får beløpet tilbake.'],
    help: ['Send {list}. Send STATUS for å se hva som er i gang.'],
    unknownWord: ['Det ordet kjenner vi ikke. Send {list}.'],
    noSession: ['Du har ingenting i gang hos {merchantName}. Send {startWord} for å starte.'],
    otherRunning: ['{serviceName} er ikke i gang.'],
    sendAgain: [
      '{merchantName}: Meldingen din kom for sent fram, så ingenting er startet. Send {startWord} igjen om du fortsatt vil starte.',
      '{merchantName}: Meldingen kom for sent, ingenting er startet. Send {startWord} igjen.',
    ],
    endNoted: [
      'Vi har notert at du avsluttet kl. {endTime}. Du betaler ikke for tiden etter det. Beløpet er ikke klart ennå.',
    ],
    endNotedOnly: [
      'Vi har notert at du avsluttet kl. {endTime}. Hadde du noe i gang, betaler du ikke for tiden etter det.',
    ],
    tooManyStarts: [
      'Du har startet mange ganger den siste timen, så ingenting er startet nå. Prøv igjen senere.',
    ],
    openSessions: ['Du har flere i gang. Avslutt med: {list}.'],
    startsWith: ['Du har ingenting i gang. Start med: {list}.'],
    nothingRunning: ['Du har ingenting i gang.'],
    noService: ['Dette nummeret har ingen tjeneste nå.'],
    offer: [
      '{startWord} for å starte og {endWord} for å avslutte {serviceName}',
      '{startWord} for å starte, {endWord} for å avslutte',
      '{startWord}/{endWord}',
    ],
    running: [
      '{serviceName} er i gang siden kl. {startTime}. Send {endWord} for å avslutte.',
      'Send {endWord} for å avslutte det som er i gang.',
    ],
    waiting: [
      '{serviceName} venter på betaling. Send {endWord} for å avbryte.',
      'Send {endWord} for å avbryte det som er i gang.',
    ],
  },
  en: {
    paymentLink: [
      '{merchantName} asks you to reserve {amount}. You pay only for what you use and get the rest back: {link}',
      '{merchantName}: reserve {amount}, pay only for what you use: {link}',
    ],
    linkAgain: [
      'Here is the link again: {merchantName} asks you to reserve {amount}. You pay only for what you use: {link}',
      'Again from {merchantName}: reserve {amount}, pay only for use: {link}',
    ],
    statusWaiting: [
      'Not started yet: {merchantName} waits for you to reserve {amount}. You pay only for what you use: {link}',
      'Not started yet: reserve {amount} for {merchantName}: {link}',
    ],
    statusActive: [
      'Started at {startTime}. So far {amountSoFar} of {reserved} reserved. Send {endWord} to end.',
    ],
    statusClosing: ['Your use has ended and the payment is being settled now. You need not do anything.'],
    cancelled: ['Cancelled. {merchantName} charges you nothing.'],
    declined: ['The payment was not approved, so nothing has started. Send {startWord} to try again.'],
    expired: ['The payment link has expired and nothing has started. Send {startWord} to get a new one.'],
    couldNotStart: [
      'Sorry, we could not start now. You have not been charged. Send {startWord} to try again in a while.',
    ],
    warning: ['Your use ends by itself at {endTime}. Send {endWord} to end it sooner.'],
    usedUpContinue: [
      'The reserved {reserved} is used up. You pay no more than that. Send {endWord} when you are done.',
    ],
    usedUpEnded: ['The reserved {reserved} is used up, so your use has ended.'],
    nothingCharged: ['Your use has ended. You are charged nothing and get back what was reserved.'],
    lateApprovalReleased: [
      'You approved {amount} too late. You are charged nothing and get the amount back.',
    ],
    help: ['Send {list}. Send STATUS to see what is running.'],
    unknownWord: ['We do not know that word. Send {list}.'],
    noSession: ['You have nothing running at {merchantName}. Send {startWord} to start.'],
    otherRunning: ['{serviceName} is not running.'],
    sendAgain: [
      '{merchantName}: Your message reached us too late, so nothing has started. Send {startWord} again if you still want to start.',
      '{merchantName}: Your message came too late, nothing has started. Send {startWord} again.',
    ],
    endNoted: [
      'We have noted that you ended at {endTime}. You do not pay for the time after that. The amount is not ready yet.',
    ],
    endNotedOnly: [
      'We have noted that you ended at {endTime}. If you had something running, you do not pay for the time after that.',
    ],
    tooManyStarts: [
      'You have started many times within the hour, so nothing has started now. Try again later.',
    ],
    openSessions: ['You have several running. End with: {list}.'],
    startsWith: ['You have nothing running. Start with: {list}.'],
    nothingRunning: ['You have nothing running.'],
    noService: ['This number has no service now.'],
    offer: [
      '{startWord} to start and {endWord} to end {serviceName}',
      '{startWord} to start, {endWord} to end',
      '{startWord}/{endWord}',
    ],
    running: [
      '{serviceName} has been running since {startTime}. Send {endWord} to stop it.',
      'Send {endWord} to stop what is running.',
    ],
    waiting: [
      '{serviceName} waits for payment. Send {endWord} to cancel it.',
      'Send {endWord} to cancel what is running.',
    ],
  },
};

/** List entries in every language, longest form first. */
const START_ENTRY: Phrase = ['{startWord} ({merchantName})', '{startWord}'];
const END_ENTRY: Phrase = ['{endWord} ({serviceName})', '{endWord}'];

/** The texts that are more than one phrase. */
const COMPOSED: {
  readonly [K in TextKind]?: (params: TextParams[K], phrases: Phrases) => readonly string[];
} = {
  help: (params, phrases) => offersOf(params, phrases.help, phrases),
  unknownWord: (params, phrases) => offersOf(params, phrases.unknownWord, phrases),
  noSession: ({ starts: [only, ...others] }, phrases) =>
    only && others.length === 0
      ? filled(phrases.noSession, only)
      : listing(only ? [only, ...others] : [], START_ENTRY, phrases.startsWith, phrases.nothingRunning),
  otherRunning: ({ serviceName, running }, phrases) => {
    const notRunning = filled(phrases.otherRunning, { serviceName });
    const wordings = runningOf(running, phrases);
    return [...wordings.map((wording) => [...notRunning, wording].join(' ')), ...wordings];
  },
  endNoted: ({ endTime, isRecorded }, phrases) =>
    filled(isRecorded ? phrases.endNoted : phrases.endNotedOnly, { endTime }),
  openSessions: ({ sessions }, phrases) =>
    sessions.length === 0 ? phrases.nothingRunning : runningOf(sessions, phrases),
};

/** What runs, then the words of the number's services where there is room. */
function offersOf({ words, running }: ServiceWords, sentence: Phrase, phrases: Phrases): readonly string[] {
  const offers = listing(words, phrases.offer, sentence, phrases.noService);
  const wordings = runningOf(running, phrases);
  const [best] = wordings;
  return best === undefined ? offers : [...offers.map((wording) => `${best} ${wording}`), ...wordings];
}

/** What runs and how to end it; none when nothing runs. */
function runningOf([only, ...others]: readonly OpenSession[], phrases: Phrases): readonly string[] {
  if (!only) return [];
  if (others.length > 0)
    return listing([only, ...others], END_ENTRY, phrases.openSessions, phrases.nothingRunning);
  return filled(only.startTime === null ? phrases.waiting : phrases.running, only);
}

/** All entries in ever shorter forms, then as many as fit in the shortest form; `none` when there are none. */
function listing(
  items: readonly Values[],
  entry: Phrase,
  [sentence = '']: Phrase,
  none: Phrase,
): readonly string[] {
  if (items.length === 0) return none;
  const withList = (entries: readonly string[]): string => fill(sentence, { list: entries.join('; ') });
  const all = entry.map((form) => items.map((item) => fill(form, item)));
  const shortest = all.at(-1)?.slice(0, MAX_ENTRIES) ?? [];
  const some = shortest.map((_, dropped) => [...shortest.slice(0, shortest.length - dropped), '...']);
  return [...all, ...some].map(withList);
}

type Values = Readonly<Record<string, unknown>>;

/** The wordings of a phrase, and the last of them with only as much of the merchant's name as there is room for. */
function filled(phrase: Phrase, values: Values): string[] {
  const whole = phrase.map((wording) => fill(wording, values));
  const last = phrase.at(-1);
  if (last === undefined || typeof values['merchantName'] !== 'string') return whole;
  const room = Math.max(0, SINGLE_SEPTETS - gsm7Length(toGsm7(fill(last, { ...values, merchantName: '' }))));
  const merchantName = cutGsm7(shortName(values['merchantName']), room).trim();
  return [...whole, fill(last, { ...values, merchantName })];
}

/** In one pass and by function, so that neither `{` nor `$&` in a value means anything. */
function fill(wording: string, values: Values): string {
  return wording.replace(/\{(\w+)\}/g, (_, name: string) => {
    const value = values[name];
    invariant(typeof value === 'string', `a text has no value ${name}`);
    if (name === 'merchantName' || name === 'serviceName') return shortName(value);
    return name === 'startWord' || name === 'endWord' ? keyword(value) : value;
  });
}

/** A name on one line without pictures, cut to MAX_NAME_SEPTETS, at a space when that leaves most of it. */
function shortName(name: string): string {
  const plain = oneLine(toGsm7(name.replace(/[\p{So}\p{Emoji_Modifier}]/gu, ''))) || oneLine(toGsm7(name));
  const cut = cutGsm7(plain, MAX_NAME_SEPTETS);
  if (cut === plain) return plain;
  const space = cut.lastIndexOf(' ');
  return (space >= MAX_NAME_SEPTETS / 2 ? cut.slice(0, space) : cut).trim();
}

/** A saved keyword is never longer, so this cuts only what cannot be a keyword. */
function keyword(text: string): string {
  return cutGsm7(oneLine(toGsm7(text)), MAX_KEYWORD_LENGTH);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
