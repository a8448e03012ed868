/** What a phone adds to a text or sends by itself: reactions to a message, and mail signatures. */

/** Marks of invisible width that phones put around a quoted text. */
const SHOWS_NOTHING = /\p{Default_Ignorable_Code_Point}/gu;

const VERBS = [
  'liked',
  'disliked',
  'loved',
  'laughed at',
  'emphasi[sz]ed',
  'questioned',
  'reacted .{1,30}? to',
  'reacted with .{1,30}? to',
  'removed an? .{1,30}? from',
  'likte',
  'mislikte',
  'elsket',
  'lo av',
  'ler av',
  'uthevet',
  'fremhevet',
  'understreket',
  'betonte',
  'stilte spørsmål (?:ved|til)',
  'reagerte .{1,30}? (?:på|til)',
  'fjernet .{1,40}? fra',
  '[\\p{Extended_Pictographic}\\p{Emoji_Modifier}]{1,12}\\s{0,3}(?:to|til|på)',
].join('|');
/** What stands for a picture: a bare `Liked it` is a person's own text. */
const PICTURE = '(?:an? (?:image|photo|picture|video|message)|(?:et|en) (?:bilde|video|melding))';
const QUOTES = '"“”„«»‘’';
const REACTION_TO_TEXT = new RegExp(`^\\s{0,3}(?:${VERBS})\\s{1,3}[${QUOTES}]`, 'iu');
const REACTION_TO_PICTURE = new RegExp(`^\\s{0,3}(?:${VERBS})\\s{1,3}${PICTURE}[.\\s]{0,5}$`, 'iu');
const ENDS_QUOTED = new RegExp(`[${QUOTES}…][.\\s]{0,5}$`, 'u');

/** The patterns read no more of a text's two ends. */
const END_LENGTH = 200;

/**
 * Whether a text is what a phone sends for a reaction (`Liked "..."`, `Likte «...»`, `👍 to "..."`). It requests nothing, and
 * is never answered: so nothing may stand behind the quoted text.
 */
export function isReaction(text: string): boolean {
  const head = text.slice(0, END_LENGTH).replace(SHOWS_NOTHING, '');
  if (text.length <= END_LENGTH && REACTION_TO_PICTURE.test(head)) return true;
  const tail = text.slice(-END_LENGTH).replace(SHOWS_NOTHING, '');
  return REACTION_TO_TEXT.test(head) && ENDS_QUOTED.test(tail);
}

const SIGNATURES = [
  /^[^\S\r\n]{0,10}(?:--|__+|—)[^\S\r\n]{0,10}$/m,
  /\b(?:sent from (?:my|outlook|mail|yahoo|samsung|proton)|get outlook for)\b/i,
  /\b(?:sendt fra (?:min|mitt|mobilen|outlook|e-post)|skaff deg outlook|last ned outlook|hent outlook for)\b/i,
];

/** The text before a mail signature: a line of `--`, `Sent from my iPhone`, `Sendt fra min iPhone`, and all that follows. */
function withoutSignature(text: string): string {
  const begins = SIGNATURES.map((signature) => text.search(signature)).filter((at) => at >= 0);
  return text.slice(0, Math.min(text.length, ...begins));
}

/** The longest keyword the texts we send have room for; checked when a keyword route is saved. */
export const MAX_KEYWORD_LENGTH = 20;
/** A service reference (bay, machine) is cut to this many characters. */
export const MAX_REFERENCE_LENGTH = 40;

/** More than this is no reference; it also bounds what the patterns below work on. */
const MAX_RAW_REFERENCE_LENGTH = 200;

const SPACES = /[\p{Cc}\p{Z}]+/u;
/** Marks, and what shows nothing: zero-width characters, variation selectors, fillers. */
const INVISIBLE = /[\p{M}\p{Default_Ignorable_Code_Point}]/gu;
/** Modifier letters are what phones type for an apostrophe. */
const NEITHER_LETTER_NOR_DIGIT = /[^\p{L}\p{Nd}]|\p{Lm}/gu;
const NOT_IN_A_REFERENCE = /[^\p{L}\p{M}\p{N}\p{P}\p{Sm} ]|\p{Default_Ignorable_Code_Point}|\p{Me}/gu;
const OUTER_PUNCTUATION = /^[\s.,:;!?'"\p{Pi}\p{Pf}\p{Ps}-]+|[\s.,:;!?'"\p{Pi}\p{Pf}-]+$/gu;

/**
 * The form in which keywords are compared: upper case, accents folded (é is E, å is A; Ø and Æ are letters of their
 * own and stay), and only letters and digits kept. Both the stored word and the texted one go through it.
 */
export function normaliseKeyword(text: string): string {
  return text.toUpperCase().normalize('NFD').replace(INVISIBLE, '').replace(NEITHER_LETTER_NOR_DIGIT, '');
}

/** Longer first tokens are no word with a reference attached to it. */
const MAX_ATTACHED_LENGTH = MAX_KEYWORD_LENGTH + MAX_REFERENCE_LENGTH;
const SEPARATOR = /[-:;,.#/_+=*]/;

/**
 * The keywords that the first token may begin with, longest first, and the reference attached to each: `CHARGE4412`,
 * `CHARGE-4412`, `CHARGE:4412`, `CHARGE,4412` and `CHARGE#12` are CHARGE and what follows. Empty where nothing is attached.
 */
export function attachedWordsOf(text: string): { word: string; rest: string | null }[] {
  const [first = '', ...others] = tokensOf(text);
  const attached = first.replace(INVISIBLE, '');
  if (attached.length > MAX_ATTACHED_LENGTH) return [];
  const ends = Array.from({ length: attached.length }, (_, at) => at).filter(
    (at) => at > 0 && beginsReference(attached, at),
  );
  return ends.toReversed().flatMap((at) => {
    const word = normaliseKeyword(attached.slice(0, at));
    const rest = referenceOf([attached.slice(at).replace(/^[-:;,.#/_+=*]+/, ''), ...others]);
    return word === '' || rest === null ? [] : [{ word, rest }];
  });
}

function beginsReference(token: string, at: number): boolean {
  const [before = '', here = ''] = [token[at - 1], token[at]];
  return SEPARATOR.test(here) || (/\d/.test(here) && /\p{L}/u.test(before));
}

/**
 * The keywords a text may mean, best first, and for each the reference that follows it (null: none).
 * `charge bay 12` is CHARGEBAY followed by `12`, or CHARGE followed by `bay 12`: a partner's END CHARGE must be found
 * before END is. Text without a word has no candidates.
 */
export function keywordOf(text: string): { words: string[]; rest: (string | null)[] } {
  const [first, second, ...others] = tokensOf(text);
  if (first === undefined) return { words: [], rest: [] };
  if (second === undefined) return { words: [normaliseKeyword(first)], rest: [null] };
  return {
    words: [normaliseKeyword(first + second), normaliseKeyword(first)],
    rest: [referenceOf(others), referenceOf([second, ...others])],
  };
}

/** A reaction has no tokens, and a mail signature is none of them. */
function tokensOf(text: string): string[] {
  const written = isReaction(text) ? '' : withoutSignature(text);
  return written.split(SPACES).filter((token) => normaliseKeyword(token) !== '');
}

function referenceOf(tokens: readonly string[]): string | null {
  const kept = tokens
    .join(' ')
    .slice(0, MAX_RAW_REFERENCE_LENGTH)
    .normalize('NFC')
    .replace(NOT_IN_A_REFERENCE, '')
    .replace(OUTER_PUNCTUATION, '');
  // By code point: a cut surrogate pair cannot be stored as UTF-8.
  const cut = Array.from(kept).slice(0, MAX_REFERENCE_LENGTH).join('').trim();
  return /[\p{L}\p{N}]/u.test(cut) ? cut : null;
}
