/** A full international phone number (E.164), digits only, no plus: `4790000001`. Personal: never logged. */
type Msisdn = string;

/** Country codes never begin with 0 (ITU-T E.164); fewer than 8 digits is a short number, not a subscriber. */
const E164 = /^[1-9]\d{7,14}$/;
const WRITTEN_NUMBER = /^\+?[\d\s().-]+$/;

/** How the customers of a country write a number that can text, without its country code. */
const NATIONAL_FORMS = {
  NO: { callingCode: '47', pattern: /^([49]\d{7})$/, length: 8 },
  DK: { callingCode: '45', pattern: /^([2-9]\d{7})$/, length: 8 },
  SE: { callingCode: '46', pattern: /^0(7\d{8})$/, length: null },
  FI: { callingCode: '358', pattern: /^0((?:4|50)\d{5,8})$/, length: null },
} as const;
export type NationalCountry = keyof typeof NATIONAL_FORMS;

/** The country (ISO 3166-1) whose national numbers can be read, or null. `calling`: of a full number's first digits. */
export function nationalCountryOf(place: { iso: string } | { calling: Msisdn }): NationalCountry | null {
  for (const country of ['NO', 'DK', 'SE', 'FI'] as const)
    if (
      'iso' in place ? place.iso === country : place.calling.startsWith(NATIONAL_FORMS[country].callingCode)
    )
      return country;
  return null;
}

/**
 * Reads a number as people and gateways write it: `+47 900 00 001`, `tel:+4790000001`, `004790000001`, `4790000001`; null
 * when it is none. A number without a country code is ambiguous: it is read as one of `country`, that of the number it
 * texted, and as none without that, because a guess may text a stranger abroad.
 */
export function parseMsisdn(text: string, country: NationalCountry | null = null): Msisdn | null {
  // Zero-width and direction marks come along when a number is copied; hyphens have many forms.
  const written = text
    .replace(/\p{Cf}/gu, '')
    .replace(/\p{Pd}/gu, '-')
    .trim()
    .replace(/^tel:\s*/i, '')
    .replace(/^\((\+\d+)\)/, '$1');
  // "+47 (0)900 00 001": the trunk digit is not part of the number, and guessing may text a stranger.
  if (!WRITTEN_NUMBER.test(written) || written.includes('(0)')) return null;
  const digits = written.replace(/\D/g, '');
  if (written.startsWith('+')) return E164.test(digits) ? digits : null;
  if (digits.startsWith('00')) return E164.test(digits.slice(2)) ? digits.slice(2) : null;
  if (country === null) return E164.test(digits) && !NATIONAL_FORMS.NO.pattern.test(digits) ? digits : null;
  const { callingCode, pattern, length } = NATIONAL_FORMS[country];
  const national = pattern.exec(digits)?.[1];
  if (national !== undefined) return callingCode + national;
  return E164.test(digits) && digits.length !== length ? digits : null;
}

/** What customers dial to text a number of ours, and what a text from it shows: `72222` for `SE-72222`. */
export function dialledNumber(shortNumber: string): string {
  return shortNumber.replace(/^[A-Z]{2}-/, '');
}
