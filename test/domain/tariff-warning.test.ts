import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { priceUsage, REFERENCE_TARIFF, type Tariff } from '../../src/domain/tariff.ts';
import { priceBelowMinimum, tariffWarning } from '../../src/domain/service-warnings.ts';

const LONGEST_MS = 300;

/** So small that every duration up to LONGEST_MS can be tried, and within it every price below 20 is reached. */
const tariffs: fc.Arbitrary<Tariff> = fc
  .record({
    priceMinorPerUnit: fc.nat({ max: 40 }),
    unitMs: fc.integer({ min: 1, max: 7 }),
    stepMs: fc.integer({ min: 1, max: 7 }),
    graceShare: fc.nat({ max: 99 }),
    freeMs: fc.nat({ max: 20 }),
    minimumMinor: fc.nat({ max: 25 }),
    aboveMinimum: fc.option(fc.nat({ max: 25 })),
  })
  .map(({ graceShare, aboveMinimum, ...tariff }) => ({
    ...tariff,
    gracePerStepMs: Math.floor((tariff.stepMs * graceShare) / 100),
    maximumMinor: aboveMinimum === null ? null : Math.max(1, tariff.minimumMinor + aboveMinimum),
  }));
const minimums = fc.nat({ max: 20 });

/** By trying: every price between nothing and the provider's minimum. */
function pricesBelow(tariff: Tariff, minimumCaptureMinor: number): number[] {
  return Array.from({ length: LONGEST_MS + 1 }, (_, durationMs) => priceUsage(tariff, durationMs)).filter(
    (price) => price >= 1 && price < minimumCaptureMinor,
  );
}

describe('a price that the provider does not take', () => {
  test('is found exactly when some duration has one, and it is the smallest', () => {
    fc.assert(
      fc.property(tariffs, minimums, (tariff, minimumCaptureMinor) => {
        const tried = pricesBelow(tariff, minimumCaptureMinor);
        expect(priceBelowMinimum(tariff, minimumCaptureMinor)).toBe(
          tried.length === 0 ? null : Math.min(...tried),
        );
      }),
      { numRuns: 1000 },
    );
  });

  test('is not found with a minimum price of the tariff that the provider takes', () => {
    fc.assert(
      fc.property(tariffs, fc.integer({ min: 1, max: 20 }), (tariff, minimumCaptureMinor) => {
        const raised = { ...tariff, minimumMinor: minimumCaptureMinor, maximumMinor: null };
        expect(priceBelowMinimum(raised, minimumCaptureMinor)).toBeNull();
      }),
    );
  });

  test('is found in a tariff whose maximum is below it, and whose dearer prices a number could not hold', () => {
    const dear = { ...REFERENCE_TARIFF, priceMinorPerUnit: Number.MAX_SAFE_INTEGER, stepMs: 36 * 3_600_000 };
    expect(priceBelowMinimum(dear, 100)).toBeNull();
    expect(priceBelowMinimum({ ...dear, maximumMinor: 99 }, 100)).toBe(99);
  });
});

describe('the warning', () => {
  const vipps = { name: 'vipps', minimumCaptureMinor: 100 };

  test('is not given for the reference tariff: one started hour is the smallest amount', () => {
    expect(
      tariffWarning({ serviceId: 'charge', tariff: REFERENCE_TARIFF, currency: 'NOK' }, vipps),
    ).toBeNull();
  });

  test('names service, provider and both amounts', () => {
    const tariff = { ...REFERENCE_TARIFF, stepMs: 30 * 60_000 };
    expect(tariffWarning({ serviceId: 'charge', tariff, currency: 'NOK' }, vipps)).toBe(
      'A use of service charge can cost NOK 0.50, but vipps captures nothing below NOK 1: such a use is released, not charged.',
    );
  });
});
