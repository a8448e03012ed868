/** A full international phone number (E.164), digits only, no plus: `4790000001`. Personal: never logged. */
export type Msisdn = string;

const WRITTEN_NUMBER = /^\+?[\d\s().-]+$/;
/** Country codes never begin with 0 (ITU-T E.164); fewer than 8 digits is a short number, not a subscriber. */
const E164 = /^[1-9]\d{7,14}$/;
/** Norwegian mobile numbers are eight digits beginning with 4 or 9. */
const NORWEGIAN_MOBILE = /^[49]\d{7}$/;

/**
 * Reads a number as people and gateways write it: `+47 900 00 001`, `004790000001`, `4790000001`; null when it is none.
 * Eight digits without a country code are ambiguous, so a national Norwegian mobile number is taken only when the caller
 * passes `defaultCountryCode`, and then no other eight digits are.
 */
export function parseMsisdn(text: string, defaultCountryCode?: '47'): Msisdn | null {
  // "+47 (0)900 00 001": the trunk digit is not part of the number, and guessing may text a stranger.
  const written = text.trim();
  if (!WRITTEN_NUMBER.test(written) || written.includes('(0)')) return null;
  const digits = written.replace(/\D/g, '');
  if (written.startsWith('+')) return E164.test(digits) ? digits : null;
  if (digits.startsWith('00')) return E164.test(digits.slice(2)) ? digits.slice(2) : null;
  if (defaultCountryCode !== undefined && digits.length === 8)
    return NORWEGIAN_MOBILE.test(digits) ? defaultCountryCode + digits : null;
  return E164.test(digits) && !NORWEGIAN_MOBILE.test(digits) ? digits : null;
}

/** For people who must recognise a number without seeing it: `47*****001`. Shows nothing of what is no Msisdn. */
export function maskMsisdn(msisdn: Msisdn): string {
  if (!E164.test(msisdn)) return '*****';
  return msisdn.slice(0, 2) + '*'.repeat(msisdn.length - 5) + msisdn.slice(-3);
}
