import { invariant } from './assert.ts';
import { assertAmountMinor } from './money.ts';

/**
 * The VAT inside a gross amount, rounded half up to a whole minor unit; net + VAT is always gross.
 * `vatBasisPoints`: 2500 is 25 %. Throws InvariantError on an amount or rate that is none.
 */
export function splitVat(grossMinor: number, vatBasisPoints: number): { netMinor: number; vatMinor: number } {
  assertAmountMinor(grossMinor, 'a gross amount');
  invariant(
    Number.isSafeInteger(vatBasisPoints) && vatBasisPoints >= 0 && vatBasisPoints <= 10_000,
    'a VAT rate must be 0 to 10000 basis points',
  );
  const gross = BigInt(grossMinor);
  const rate = BigInt(vatBasisPoints);
  const whole = 10_000n + rate;
  const vatMinor = Number((2n * gross * rate + whole) / (2n * whole));
  return { netMinor: grossMinor - vatMinor, vatMinor };
}

/**
 * Net and VAT of a credit over `amountMinor` of a sale of which `creditedBeforeMinor` has been credited already. Taken as
 * the difference of two sums, so that credits which make up the whole sale make up its VAT to the last minor unit.
 * Throws InvariantError on an amount or rate that is none.
 */
export function splitVatOfCredit(input: {
  creditedBeforeMinor: number;
  amountMinor: number;
  vatBasisPoints: number;
}): { netMinor: number; vatMinor: number } {
  const { creditedBeforeMinor, amountMinor, vatBasisPoints } = input;
  assertAmountMinor(amountMinor, 'a credited amount');
  const before = splitVat(creditedBeforeMinor, vatBasisPoints);
  const after = splitVat(creditedBeforeMinor + amountMinor, vatBasisPoints);
  return { netMinor: after.netMinor - before.netMinor, vatMinor: after.vatMinor - before.vatMinor };
}
