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
 * Whether a text is what a phone sends for a reaction (`Liked "..."`, `Likte «...»`, `👍 to "..."`). It asks for nothing, and
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
export function withoutSignature(text: string): string {
  const begins = SIGNATURES.map((signature) => text.search(signature)).filter((at) => at >= 0);
  return text.slice(0, Math.min(text.length, ...begins));
}
