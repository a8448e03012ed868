import { InvariantError, invariant } from './assert.ts';
import type { Language } from './language.ts';

/** ISO 4217 code of a currency with two decimals; the only kind the supported providers take. */
export type Currency = 'NOK' | 'SEK' | 'DKK' | 'EUR';
export const CURRENCIES: readonly Currency[] = ['NOK', 'SEK', 'DKK', 'EUR'];

/** Throws unless `amountMinor` is a whole, non-negative, safe number of minor units (øre, cents). */
export function assertAmountMinor(amountMinor: number, what: string): void {
  invariant(
    Number.isSafeInteger(amountMinor) && amountMinor >= 0,
    `${what} must be a whole number of minor units`,
  );
}

/** The bare number a person reads: 100 is `1`, 150 is `1,50` (nb) or `1.50` (en). No thousands separators. */
export function formatAmount(amountMinor: number, language: Language): string {
  const [whole = '', fraction = ''] = minorToDecimal(amountMinor).split('.');
  if (fraction === '00') return whole;
  return `${whole}${language === 'nb' ? ',' : '.'}${fraction}`;
}

/** An amount with its currency: `1 kr` or `1 EUR` (nb), `NOK 1` (en). */
export function formatPrice(amountMinor: number, currency: Currency, language: Language): string {
  const amount = formatAmount(amountMinor, language);
  if (language === 'en') return `${currency} ${amount}`;
  return `${amount} ${currency === 'EUR' ? 'EUR' : 'kr'}`;
}

/** Minor units as a decimal with exactly two places, for providers that take decimals: 100 is `1.00`. */
export function minorToDecimal(amountMinor: number): string {
  assertAmountMinor(amountMinor, 'an amount');
  const digits = String(amountMinor).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

const DECIMAL = /^(0|[1-9]\d*)(?:\.(\d+))?$/;

/**
 * The reverse of `minorToDecimal`, by text alone: a float would turn 1.15 into 114 øre. Takes `1`, `1.5`, `1.500`; null
 * for a third decimal that is not zero, a sign, an exponent, a comma, spaces, or more than a number holds.
 */
export function readDecimal(text: string): number | null {
  const match = DECIMAL.exec(text);
  if (!match) return null;
  const [, whole = '', fraction = ''] = match;
  if (!/^0*$/.test(fraction.slice(2))) return null;
  const amountMinor = Number(whole + fraction.slice(0, 2).padEnd(2, '0'));
  return Number.isSafeInteger(amountMinor) ? amountMinor : null;
}

/** The same; throws InvariantError instead. */
export function decimalToMinor(text: string): number {
  const amountMinor = readDecimal(text);
  if (amountMinor === null) throw new InvariantError('not a decimal amount of whole minor units');
  return amountMinor;
}

/**
 * The amounts a text to a customer states, in minor units: `1`, `1,50`, `1.50`. Addresses, times and longer numbers are
 * none.
 */
export function amountsInText(text: string): number[] {
  const words = text.replaceAll(/https?:\/\/\S+/gi, ' ');
  const numbers = words.matchAll(/(?<![\d.,:+])(\d{1,6})(?:[.,](\d{2}))?(?![\d:]|[.,]\d)/g);
  return [...numbers].map(([, whole = '0', fraction = '00']) => Number(whole + fraction));
}
