import { countSegments, cutGsm7, gsm7Length, SINGLE_SEPTETS, toGsm7 } from './gsm7.ts';
import { LONGEST_KEYWORD } from './keyword.ts';
import type { Language } from './language.ts';

interface Ask {
  merchantName: string;
  /** with its currency, from `formatPrice` */
  amount: string;
  link: string;
}

interface OfferedWords {
  words: readonly { serviceName: string; startWord: string; endWord: string }[];
}

/** An open session; `startTime` is null until it has been paid for. */
interface Running {
  serviceName: string;
  startTime: string | null;
  endWord: string;
}

/** What each text is made of. Amounts are written prices (`formatPrice`), times are local (`10:00`). */
export interface TextParams {
  paymentLink: Ask;
  linkAgain: Ask;
  statusWaiting: Ask;
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
  help: OfferedWords & { running: readonly Running[] };
  unknownWord: OfferedWords & { running: readonly Running[] };
  noSession: { starts: readonly { merchantName: string; startWord: string }[] };
  /** the end word of one service while only others run */
  otherRunning: { serviceName: string; running: readonly Running[] };
  sendAgain: { merchantName: string; startWord: string };
  /** `isRecorded`: the session that ends is on record */
  endNoted: { endTime: string; isRecorded: boolean };
  tooManyStarts: Record<string, never>;
  openSessions: { sessions: readonly Running[] };
}

/** Every text sms2pay sends besides the receipt. */
export type TextKind = keyof TextParams;

/** Merchant and service names are cut to this many septets. */
const LONGEST_NAME = 30;

/**
 * A text, ready to send: GSM-7 safe, and one message as long as a link has at most 90 characters. Where the friendly
 * wording is too long a shorter one is taken; names give way, then list entries; a link, an amount and a keyword of at
 * most LONGEST_KEYWORD never do.
 */
export function renderText<K extends TextKind>(kind: K, language: Language, params: TextParams[K]): string {
  const wordings = TEXTS[kind][language](params).map(toGsm7);
  return wordings.find((wording) => countSegments(wording).segments === 1) ?? wordings.at(-1) ?? '';
}

/** The wordings of one text, best first. */
type Wordings<P> = (params: P) => readonly string[];

const TEXTS: { readonly [K in TextKind]: Record<Language, Wordings<TextParams[K]>> } = {
  paymentLink: {
    nb: ({ merchantName, amount, link }) =>
      naming(
        merchantName,
        (name) =>
          `${name} ber deg reservere ${amount}. Du betaler bare for det du bruker, resten får du tilbake: ${link}`,
        (name) => `${name}: reserver ${amount}, betal bare for det du bruker: ${link}`,
      ),
    en: ({ merchantName, amount, link }) =>
      naming(
        merchantName,
        (name) =>
          `${name} asks you to reserve ${amount}. You pay only for what you use and get the rest back: ${link}`,
        (name) => `${name}: reserve ${amount}, pay only for what you use: ${link}`,
      ),
  },
  linkAgain: {
    nb: ({ merchantName, amount, link }) =>
      naming(
        merchantName,
        (name) =>
          `Her er lenken igjen: ${name} ber deg reservere ${amount}. Du betaler bare for det du bruker: ${link}`,
        (name) => `Igjen fra ${name}: reserver ${amount}, betal bare for bruk: ${link}`,
      ),
    en: ({ merchantName, amount, link }) =>
      naming(
        merchantName,
        (name) =>
          `Here is the link again: ${name} asks you to reserve ${amount}. You pay only for what you use: ${link}`,
        (name) => `Again from ${name}: reserve ${amount}, pay only for use: ${link}`,
      ),
  },
  statusWaiting: {
    nb: ({ merchantName, amount, link }) =>
      naming(
        merchantName,
        (name) =>
          `Ikke startet ennå: ${name} venter på at du reserverer ${amount}. Du betaler bare for det du bruker: ${link}`,
        (name) => `Ikke startet ennå: reserver ${amount} hos ${name}: ${link}`,
      ),
    en: ({ merchantName, amount, link }) =>
      naming(
        merchantName,
        (name) =>
          `Not started yet: ${name} waits for you to reserve ${amount}. You pay only for what you use: ${link}`,
        (name) => `Not started yet: reserve ${amount} for ${name}: ${link}`,
      ),
  },
  statusActive: {
    nb: ({ startTime, amountSoFar, reserved, endWord }) => [
      `Startet kl. ${startTime}. Til nå ${amountSoFar} av ${reserved} reservert. Send ${word(endWord)} for å avslutte.`,
    ],
    en: ({ startTime, amountSoFar, reserved, endWord }) => [
      `Started at ${startTime}. So far ${amountSoFar} of ${reserved} reserved. Send ${word(endWord)} to end.`,
    ],
  },
  statusClosing: {
    nb: () => ['Bruken er avsluttet, og betalingen gjøres opp nå. Du trenger ikke gjøre noe.'],
    en: () => ['Your use has ended and the payment is being settled now. You need not do anything.'],
  },
  cancelled: {
    nb: ({ merchantName }) => naming(merchantName, (name) => `Avbrutt. ${name} trekker deg ikke for noe.`),
    en: ({ merchantName }) => naming(merchantName, (name) => `Cancelled. ${name} charges you nothing.`),
  },
  declined: {
    nb: ({ startWord }) => [
      `Betalingen ble ikke godkjent, så ingenting er startet. Send ${word(startWord)} for å prøve igjen.`,
    ],
    en: ({ startWord }) => [
      `The payment was not approved, so nothing has started. Send ${word(startWord)} to try again.`,
    ],
  },
  expired: {
    nb: ({ startWord }) => [
      `Betalingslenken er utløpt, og ingenting er startet. Send ${word(startWord)} for å få en ny.`,
    ],
    en: ({ startWord }) => [
      `The payment link has expired and nothing has started. Send ${word(startWord)} to get a new one.`,
    ],
  },
  couldNotStart: {
    nb: ({ startWord }) => [
      `Beklager, vi fikk ikke startet nå. Du er ikke trukket for noe. Send ${word(startWord)} for å prøve igjen om litt.`,
    ],
    en: ({ startWord }) => [
      `Sorry, we could not start now. You have not been charged. Send ${word(startWord)} to try again in a while.`,
    ],
  },
  warning: {
    nb: ({ endTime, endWord }) => [
      `Bruken avsluttes av seg selv kl. ${endTime}. Send ${word(endWord)} for å avslutte før.`,
    ],
    en: ({ endTime, endWord }) => [
      `Your use ends by itself at ${endTime}. Send ${word(endWord)} to end it sooner.`,
    ],
  },
  usedUpContinue: {
    nb: ({ reserved, endWord }) => [
      `Reservasjonen på ${reserved} er brukt opp. Du betaler ikke mer enn det. Send ${word(endWord)} når du er ferdig.`,
    ],
    en: ({ reserved, endWord }) => [
      `The reserved ${reserved} is used up. You pay no more than that. Send ${word(endWord)} when you are done.`,
    ],
  },
  usedUpEnded: {
    nb: ({ reserved }) => [`Reservasjonen på ${reserved} er brukt opp, så bruken er avsluttet.`],
    en: ({ reserved }) => [`The reserved ${reserved} is used up, so your use has ended.`],
  },
  nothingCharged: {
    nb: () => ['Bruken er avsluttet. Du trekkes ikke for noe og får tilbake det som var reservert.'],
    en: () => ['Your use has ended. You are charged nothing and get back what was reserved.'],
  },
  lateApprovalReleased: {
    nb: ({ amount }) => [`Du godkjente ${amount} for sent. Du trekkes ikke for noe og får beløpet tilbake.`],
    en: ({ amount }) => [`You approved ${amount} too late. You are charged nothing and get the amount back.`],
  },
  help: {
    nb: ({ words, running }) =>
      runningFirst(
        runningNb(running),
        listing(
          words,
          offersNb,
          (list) => `Send ${list}. Send STATUS for å se hva som er i gang.`,
          NO_SERVICE_NB,
        ),
      ),
    en: ({ words, running }) =>
      runningFirst(
        runningEn(running),
        listing(
          words,
          offersEn,
          (list) => `Send ${list}. Send STATUS to see what is running.`,
          NO_SERVICE_EN,
        ),
      ),
  },
  unknownWord: {
    nb: ({ words, running }) =>
      runningFirst(
        runningNb(running),
        listing(words, offersNb, (list) => `Det ordet kjenner vi ikke. Send ${list}.`, NO_SERVICE_NB),
      ),
    en: ({ words, running }) =>
      runningFirst(
        runningEn(running),
        listing(words, offersEn, (list) => `We do not know that word. Send ${list}.`, NO_SERVICE_EN),
      ),
  },
  noSession: {
    nb: ({ starts: [only, ...others] }) =>
      only && others.length === 0
        ? naming(
            only.merchantName,
            (name) => `Du har ingenting i gang hos ${name}. Send ${word(only.startWord)} for å starte.`,
          )
        : listing(
            only ? [only, ...others] : [],
            startings,
            (list) => `Du har ingenting i gang. Start med: ${list}.`,
            'Du har ingenting i gang.',
          ),
    en: ({ starts: [only, ...others] }) =>
      only && others.length === 0
        ? naming(
            only.merchantName,
            (name) => `You have nothing running at ${name}. Send ${word(only.startWord)} to start.`,
          )
        : listing(
            only ? [only, ...others] : [],
            startings,
            (list) => `You have nothing running. Start with: ${list}.`,
            'You have nothing running.',
          ),
  },
  otherRunning: {
    nb: ({ serviceName, running }) =>
      withRunning((name) => `${name} er ikke i gang.`, serviceName, runningNb(running)),
    en: ({ serviceName, running }) =>
      withRunning((name) => `${name} is not running.`, serviceName, runningEn(running)),
  },
  sendAgain: {
    nb: ({ merchantName, startWord }) =>
      naming(
        merchantName,
        (name) =>
          `${name}: Meldingen din kom for sent fram, så ingenting er startet. Send ${word(startWord)} igjen om du fortsatt vil starte.`,
        (name) => `${name}: Meldingen kom for sent, ingenting er startet. Send ${word(startWord)} igjen.`,
      ),
    en: ({ merchantName, startWord }) =>
      naming(
        merchantName,
        (name) =>
          `${name}: Your message reached us too late, so nothing has started. Send ${word(startWord)} again if you still want to start.`,
        (name) => `${name}: Your message came too late, nothing has started. Send ${word(startWord)} again.`,
      ),
  },
  endNoted: {
    nb: ({ endTime, isRecorded }) => [
      isRecorded
        ? `Vi har notert at du avsluttet kl. ${endTime}. Du betaler ikke for tiden etter det. Beløpet er ikke klart ennå.`
        : `Vi har notert at du avsluttet kl. ${endTime}. Hadde du noe i gang, betaler du ikke for tiden etter det.`,
    ],
    en: ({ endTime, isRecorded }) => [
      isRecorded
        ? `We have noted that you ended at ${endTime}. You do not pay for the time after that. The amount is not ready yet.`
        : `We have noted that you ended at ${endTime}. If you had something running, you do not pay for the time after that.`,
    ],
  },
  tooManyStarts: {
    nb: () => ['Du har startet mange ganger den siste timen, så ingenting er startet nå. Prøv igjen senere.'],
    en: () => ['You have started many times within the hour, so nothing has started now. Try again later.'],
  },
  openSessions: {
    nb: ({ sessions }) =>
      sessions.length === 1
        ? runningNb(sessions)
        : listing(
            sessions,
            endings,
            (list) => `Du har flere i gang. Avslutt med: ${list}.`,
            'Du har ingenting i gang.',
          ),
    en: ({ sessions }) =>
      sessions.length === 1
        ? runningEn(sessions)
        : listing(
            sessions,
            endings,
            (list) => `You have several running. End with: ${list}.`,
            'You have nothing running.',
          ),
  },
};

const NO_SERVICE_NB = 'Dette nummeret har ingen tjeneste nå.';
const NO_SERVICE_EN = 'This number has no service now.';

type Offer = OfferedWords['words'][number];
type Forms<T> = readonly ((item: T) => string)[];

const offersNb: Forms<Offer> = [
  (offer) =>
    `${word(offer.startWord)} for å starte og ${word(offer.endWord)} for å avslutte ${shortName(offer.serviceName)}`,
  (offer) => `${word(offer.startWord)} for å starte, ${word(offer.endWord)} for å avslutte`,
  (offer) => `${word(offer.startWord)}/${word(offer.endWord)}`,
];
const offersEn: Forms<Offer> = [
  (offer) =>
    `${word(offer.startWord)} to start and ${word(offer.endWord)} to end ${shortName(offer.serviceName)}`,
  (offer) => `${word(offer.startWord)} to start, ${word(offer.endWord)} to end`,
  (offer) => `${word(offer.startWord)}/${word(offer.endWord)}`,
];
const startings: Forms<TextParams['noSession']['starts'][number]> = [
  (start) => `${word(start.startWord)} (${shortName(start.merchantName)})`,
  (start) => word(start.startWord),
];
const endings: Forms<TextParams['openSessions']['sessions'][number]> = [
  (session) => `${word(session.endWord)} (${shortName(session.serviceName)})`,
  (session) => word(session.endWord),
];

/** What runs and how to end it, best wording first; none when nothing runs. */
function runningNb(running: readonly Running[]): readonly string[] {
  const [only, ...others] = running;
  if (!only) return [];
  if (others.length > 0) return TEXTS.openSessions.nb({ sessions: running });
  const name = shortName(only.serviceName);
  const [state, verb] =
    only.startTime === null
      ? ['venter på betaling', 'avbryte']
      : [`er i gang siden kl. ${only.startTime}`, 'avslutte'];
  return [
    `${name} ${state}. Send ${word(only.endWord)} for å ${verb}.`,
    `Send ${word(only.endWord)} for å ${verb} det som er i gang.`,
  ];
}

function runningEn(running: readonly Running[]): readonly string[] {
  const [only, ...others] = running;
  if (!only) return [];
  if (others.length > 0) return TEXTS.openSessions.en({ sessions: running });
  const name = shortName(only.serviceName);
  const [state, verb] =
    only.startTime === null
      ? ['waits for payment', 'cancel']
      : [`has been running since ${only.startTime}`, 'stop'];
  return [
    `${name} ${state}. Send ${word(only.endWord)} to ${verb} it.`,
    `Send ${word(only.endWord)} to ${verb} what is running.`,
  ];
}

/** What runs, then the rest where there is room; the rest alone when nothing runs. */
function runningFirst(running: readonly string[], rest: readonly string[]): readonly string[] {
  const [best] = running;
  if (best === undefined) return rest;
  return [...rest.map((wording) => `${best} ${wording}`), ...running];
}

/** A sentence about one service before what runs instead; its name gives way first. */
function withRunning(
  sentence: (name: string) => string,
  serviceName: string,
  running: readonly string[],
): readonly string[] {
  return [...running.map((wording) => `${sentence(shortName(serviceName))} ${wording}`), ...running];
}

/** The wordings around a name, and the last of them with only as much of the name as there is room for. */
function naming(name: string, ...wordings: ((name: string) => string)[]): string[] {
  const [last] = wordings.slice(-1);
  const whole = wordings.map((wording) => wording(shortName(name)));
  if (!last) return whole;
  const room = Math.max(0, SINGLE_SEPTETS - gsm7Length(toGsm7(last(''))));
  return [...whole, last(cutGsm7(shortName(name), room).trim())];
}

/** More entries than fit in one message however short they are. */
const MAX_ENTRIES = 60;

/** All entries in ever shorter forms, then as many as fit in the shortest form; `none` when there are none. */
function listing<T>(
  items: readonly T[],
  forms: Forms<T>,
  sentence: (list: string) => string,
  none: string,
): readonly string[] {
  const [shortest] = forms.slice(-1);
  if (items.length === 0 || !shortest) return [none];
  const all = forms.map((form) => sentence(items.map(form).join('; ')));
  const entries = items.slice(0, MAX_ENTRIES).map(shortest);
  const some = entries.map((_, dropped) =>
    sentence([...entries.slice(0, entries.length - dropped), '...'].join('; ')),
  );
  return [...all, ...some];
}

/** A name on one line without pictures, cut to LONGEST_NAME, at a space when that leaves most of it. */
function shortName(name: string): string {
  const plain = oneLine(toGsm7(name.replace(/[\p{So}\p{Emoji_Modifier}]/gu, ''))) || oneLine(toGsm7(name));
  const cut = cutGsm7(plain, LONGEST_NAME);
  if (cut === plain) return plain;
  const space = cut.lastIndexOf(' ');
  return (space >= LONGEST_NAME / 2 ? cut.slice(0, space) : cut).trim();
}

/** A saved keyword is never longer, so this cuts only what cannot be a keyword. */
function word(keyword: string): string {
  return cutGsm7(oneLine(toGsm7(keyword)), LONGEST_KEYWORD);
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
