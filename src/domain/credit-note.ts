import { assertAmountMinor } from './money.ts';
import { splitVat } from './vat.ts';

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
