import { invariant } from './assert.ts';

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
