import { assert, constantFrom, integer, array, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitVatOfCredit, splitVat } from '../../src/domain/vat.ts';

const creditsOf = (amounts: readonly number[], vatBasisPoints: number) => {
  let creditedBeforeMinor = 0;
  return amounts.map((amountMinor) => {
    const split = splitVatOfCredit({ creditedBeforeMinor, amountMinor, vatBasisPoints });
    creditedBeforeMinor += amountMinor;
    return { amountMinor, ...split };
  });
};

describe('the VAT of a credit', () => {
  it('is that of the amount when it is the first', () => {
    expect(splitVatOfCredit({ creditedBeforeMinor: 0, amountMinor: 50, vatBasisPoints: 2500 })).toEqual(
      splitVat(50, 2500),
    );
  });

  it('of a sale of 3 øre credited one by one is that of 3 øre, not three times that of one', () => {
    expect(creditsOf([1, 1, 1], 2500).map(({ vatMinor }) => vatMinor)).toEqual([0, 0, 1]);
    expect(splitVat(3, 2500).vatMinor).toBe(1);
  });

  it('makes up the VAT of the sale however it is cut, with net and VAT the amount and neither below nothing', () => {
    const amounts = array(integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 12 });
    assert(
      property(amounts, constantFrom(0, 1, 1111, 1200, 1500, 2500, 10_000), (parts, vatBasisPoints) => {
        const credits = creditsOf(parts, vatBasisPoints);
        const sum = (key: 'netMinor' | 'vatMinor' | 'amountMinor') =>
          credits.reduce((total, credit) => total + credit[key], 0);
        expect({ netMinor: sum('netMinor'), vatMinor: sum('vatMinor') }).toEqual(
          splitVat(sum('amountMinor'), vatBasisPoints),
        );
        for (const { netMinor, vatMinor, amountMinor } of credits) {
          expect(netMinor + vatMinor).toBe(amountMinor);
          expect(Math.min(netMinor, vatMinor)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it.each([[-1], [0.5], [Number.NaN]])('of %d is refused', (amountMinor) => {
    const credit = { creditedBeforeMinor: 0, amountMinor, vatBasisPoints: 2500 };
    expect(() => splitVatOfCredit(credit)).toThrow(/whole number/);
  });
});
