/** Characters of the GSM 7-bit default alphabet (3GPP TS 23.038, 6.2.1): one septet each. */
const BASIC = new Set(
  '@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !"#¤%&\'()*+,-./0123456789:;<=>?' +
    '¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà',
);
/** Its extension table (6.2.1.1): an escape and a character, two septets. */
const EXTENSION = new Set('\f^{}\\[~]|€');

/** What people's editors type, and Sámi, Icelandic and Polish letters that no normalisation decomposes. */
const SUBSTITUTES: ReadonlyMap<string, string> = new Map([
  ...pairs('‘’‚‛′´`ʼ', "'"),
  ...pairs('“”„‟″«»', '"'),
  ...pairs('‐‑‒–—―−•·', '-'),
  ...pairs('đð', 'd'),
  ...pairs('ĐÐ', 'D'),
  ...pairs('µμ', 'u'),
  ...pairs('\u2028\u2029', '\n'),
  ['…', '...'],
  ['×', 'x'],
  ['ŋ', 'n'],
  ['Ŋ', 'N'],
  ['ŧ', 't'],
  ['Ŧ', 'T'],
  ['ł', 'l'],
  ['Ł', 'L'],
  ['ı', 'i'],
  ['þ', 'th'],
  ['Þ', 'Th'],
  ['œ', 'oe'],
  ['Œ', 'OE'],
]);

function pairs(characters: string, substitute: string): [string, string][] {
  return Array.from(characters, (character) => [character, substitute]);
}

/** Septets of one text message, and of one part of a longer one (the rest is the concatenation header). */
export const SINGLE_SEPTETS = 160;
const PART_SEPTETS = 153;
/** The same in UTF-16 code units, when one character is not GSM-7. */
const SINGLE_UNITS = 70;
const PART_UNITS = 67;

/** True when the text needs no 16-bit alphabet, so that 160 characters fit in one message. */
export function isGsm7(text: string): boolean {
  return notGsm7(text).length === 0;
}

/** The characters of a text that GSM-7 lacks, each once, in order. */
export function notGsm7(text: string): string[] {
  return [...new Set(text)].filter((character) => !BASIC.has(character) && !EXTENSION.has(character));
}

/**
 * The nearest text that GSM-7 can write: typographic characters become plain ones, accents it lacks are dropped, what
 * is invisible goes, and the rest (emoji, other scripts) becomes `?`. GSM-7 text comes back unchanged.
 */
export function toGsm7(text: string): string {
  return Array.from(text.normalize('NFC'), gsm7Of).join('');
}

function gsm7Of(character: string): string {
  if (isGsm7(character)) return character;
  const substitute = SUBSTITUTES.get(character);
  if (substitute !== undefined) return substitute;
  if (/[\p{Cc}\p{Zs}]/u.test(character)) return ' ';
  if (/\p{Default_Ignorable_Code_Point}/u.test(character)) return '';
  const folded = character.normalize('NFKD').replace(/\p{M}/gu, '');
  const plain = Array.from(folded, (part) => SUBSTITUTES.get(part) ?? part).join('');
  return isGsm7(plain) ? plain : '?';
}

/** Septets of a GSM-7 text. Characters GSM-7 lacks count one, as the `?` they would become. */
export function gsm7Length(text: string): number {
  return Array.from(text, septetsOf).reduce((sum, septets) => sum + septets, 0);
}

/** The longest beginning of a GSM-7 text within `maximumSeptets`. */
export function cutGsm7(text: string, maximumSeptets: number): string {
  let septets = 0;
  let kept = '';
  for (const character of text) {
    septets += septetsOf(character);
    if (septets > maximumSeptets) break;
    kept += character;
  }
  return kept;
}

/**
 * How many messages a text is billed as. An extension character, and a pair of surrogates, is never split across two
 * parts, so a part can end one short. An empty text is one message.
 */
export function countSegments(text: string): { encoding: 'GSM-7' | 'UCS-2'; segments: number } {
  const characters = Array.from(text);
  return isGsm7(text)
    ? { encoding: 'GSM-7', segments: segmentsOf(characters.map(septetsOf), SINGLE_SEPTETS, PART_SEPTETS) }
    : {
        encoding: 'UCS-2',
        segments: segmentsOf(
          characters.map((character) => character.length),
          SINGLE_UNITS,
          PART_UNITS,
        ),
      };
}

function septetsOf(character: string): number {
  return EXTENSION.has(character) ? 2 : 1;
}

function segmentsOf(sizes: readonly number[], single: number, part: number): number {
  if (sizes.reduce((sum, size) => sum + size, 0) <= single) return 1;
  let segments = 1;
  let used = 0;
  for (const size of sizes) {
    if (used + size > part) {
      segments += 1;
      used = 0;
    }
    used += size;
  }
  return segments;
}
