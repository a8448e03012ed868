import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvariantError } from '../../src/domain/assert.ts';
import { splitVat } from '../../src/domain/vat.ts';

describe('splitVat', () => {
  it.each([
    [100, 2500, 80, 20],
    [500, 2500, 400, 100],
    [1, 2500, 1, 0],
    [3, 2500, 2, 1],
    [10_000, 1500, 8696, 1304],
    [100, 0, 100, 0],
    [0, 2500, 0, 0],
  ])('splits %d at %d basis points into %d and %d', (grossMinor, vatBasisPoints, netMinor, vatMinor) => {
    expect(splitVat(grossMinor, vatBasisPoints)).toEqual({ netMinor, vatMinor });
  });

  it('rounds exactly half a minor unit of VAT up', () => {
    // 3 øre at 20 % hold 0.5 øre of VAT.
    expect(splitVat(3, 2000)).toEqual({ netMinor: 2, vatMinor: 1 });
  });

  it('loses nothing and is within half a minor unit of the exact VAT, for every amount and rate', () => {
    fc.assert(
      fc.property(fc.nat({ max: Number.MAX_SAFE_INTEGER }), fc.nat({ max: 10_000 }), (grossMinor, rate) => {
        const { netMinor, vatMinor } = splitVat(grossMinor, rate);
        expect(netMinor + vatMinor).toBe(grossMinor);
        expect(netMinor).toBeGreaterThanOrEqual(0);
        expect(vatMinor).toBeGreaterThanOrEqual(0);
        // vat - exact, over the common denominator 2 * (10000 + rate): in (-half, half]
        const whole = 10_000n + BigInt(rate);
        const difference = 2n * (BigInt(vatMinor) * whole - BigInt(grossMinor) * BigInt(rate));
        expect(difference > -whole && difference <= whole).toBe(true);
      }),
    );
  });

  it.each([
    [-1, 2500],
    [0.5, 2500],
    [100, -1],
    [100, 10_001],
    [100, 12.5],
    [100, Number.NaN],
  ])('refuses %d at %d', (grossMinor, vatBasisPoints) => {
    expect(() => splitVat(grossMinor, vatBasisPoints)).toThrow(InvariantError);
  });
});
