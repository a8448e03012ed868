import { assertAmountMinor } from '../../../domain/money.ts';

/** Minor units to Paycore's decimal text with two places, `100` to `1.00`; by text, so no float can round money. */
export function decimalFromMinor(amountMinor: number): string {
  assertAmountMinor(amountMinor, 'the amount');
  const digits = String(amountMinor).padStart(3, '0');
  return `${digits.slice(0, -2)}.${digits.slice(-2)}`;
}

/**
 * Paycore's decimal, as text or as a JSON number, to minor units; null when it is not a plain, non-negative amount of
 * whole minor units. Zeros after the second place (`5.0000`, as .NET decimals print) are harmless and taken.
 */
export function minorFromDecimal(amount: string | number): number | null {
  const match = /^(\d{1,12})(?:\.(\d{1,2})0*)?$/.exec(String(amount));
  if (!match) return null;
  const [, whole = '', fraction = ''] = match;
  return Number(`${whole}${fraction.padEnd(2, '0')}`);
}
