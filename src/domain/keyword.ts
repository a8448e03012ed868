/** The longest keyword the texts we send have room for; whoever saves a keyword route checks it. */
export const LONGEST_KEYWORD = 20;
/** A service reference (bay, machine) is cut to this many characters. */
export const LONGEST_REFERENCE = 40;

/** More than this is no reference; it also bounds what the patterns below work on. */
const LONGEST_UNCLEANED_REFERENCE = 200;

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

/**
 * The keywords a text may mean, best first, and for each the reference that follows it (null: none).
 * `charge bay 12` is CHARGEBAY followed by `12`, or CHARGE followed by `bay 12`: a partner's END CHARGE must be found
 * before END is. Text without a word has no candidates.
 */
export function keywordOf(text: string): { words: string[]; rest: (string | null)[] } {
  const tokens = text.split(SPACES).filter((token) => normaliseKeyword(token) !== '');
  const [first, second, ...others] = tokens;
  if (first === undefined) return { words: [], rest: [] };
  if (second === undefined) return { words: [normaliseKeyword(first)], rest: [null] };
  return {
    words: [normaliseKeyword(first + second), normaliseKeyword(first)],
    rest: [referenceOf(others), referenceOf([second, ...others])],
  };
}

function referenceOf(tokens: readonly string[]): string | null {
  const kept = tokens
    .join(' ')
    .slice(0, LONGEST_UNCLEANED_REFERENCE)
    .normalize('NFC')
    .replace(NOT_IN_A_REFERENCE, '')
    .replace(OUTER_PUNCTUATION, '');
  // By code point: a cut surrogate pair cannot be stored as UTF-8.
  const cut = Array.from(kept).slice(0, LONGEST_REFERENCE).join('').trim();
  return /[\p{L}\p{N}]/u.test(cut) ? cut : null;
}
