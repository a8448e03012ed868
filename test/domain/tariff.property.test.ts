import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addMs, msBetween } from '../../src/domain/instant.ts';
import {
  durationWhenPriceExceeds,
  instantWhenPriceExceeds,
  priceUsage,
  validateTariff,
  type Tariff,
} from '../../src/domain/tariff.ts';

const DAY = 24 * 60 * 60_000;

/** Any tariff that validates: odd units and steps too, so that prices do not divide evenly. */
const tariffs: fc.Arbitrary<Tariff> = fc
  .record({
    priceMinorPerUnit: fc.oneof(fc.nat({ max: 300 }), fc.nat({ max: 99_999_999 })),
    unitMs: fc.integer({ min: 1, max: DAY }),
    stepMs: fc.oneof(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: DAY })),
    graceShare: fc.nat({ max: 99 }),
    freeMs: fc.oneof(fc.constant(0), fc.nat({ max: DAY })),
    minimumMinor: fc.oneof(fc.constant(0), fc.nat({ max: 10_000 })),
    aboveMinimum: fc.option(fc.integer({ min: 1, max: 1_000_000 })),
  })
  .map(({ graceShare, aboveMinimum, ...tariff }) => ({
    ...tariff,
    gracePerStepMs: Math.floor((tariff.stepMs * graceShare) / 100),
    maximumMinor: aboveMinimum === null ? null : tariff.minimumMinor + aboveMinimum,
  }));
/** Bounded so that the dearest tariff above (99 999 999 per millisecond) still has a price a number can hold. */
const durations = fc.integer({ min: -1000, max: 80_000_000 });
const limits = fc.oneof(fc.nat({ max: 1000 }), fc.nat({ max: 1_000_000_000 }));

describe('every tariff', () => {
  it('is one that validates: the properties below are about real tariffs', () => {
    fc.assert(
      fc.property(tariffs, (tariff) => {
        expect(validateTariff(tariff)).toEqual([]);
      }),
    );
  });

  it('never gets cheaper with time', () => {
    fc.assert(
      fc.property(tariffs, durations, fc.nat({ max: 1_000_000 }), (tariff, durationMs, moreMs) => {
        expect(priceUsage(tariff, durationMs + moreMs)).toBeGreaterThanOrEqual(
          priceUsage(tariff, durationMs),
        );
      }),
    );
  });

  it('stays between 0 and its maximum, and is 0 or at least its minimum', () => {
    fc.assert(
      fc.property(tariffs, durations, (tariff, durationMs) => {
        const price = priceUsage(tariff, durationMs);
        expect(Number.isSafeInteger(price) && price >= 0).toBe(true);
        expect(price).toBeLessThanOrEqual(tariff.maximumMinor ?? Number.MAX_SAFE_INTEGER);
        expect(price === 0 || price >= tariff.minimumMinor).toBe(true);
      }),
    );
  });

  it('costs nothing for no time, the free time and the first grace', () => {
    fc.assert(
      fc.property(tariffs, (tariff) => {
        expect(priceUsage(tariff, 0)).toBe(0);
        expect(priceUsage(tariff, tariff.freeMs + tariff.gracePerStepMs)).toBe(0);
      }),
    );
  });

  it('changes price only at step boundaries, exactly to the millisecond', () => {
    fc.assert(
      fc.property(tariffs, fc.integer({ min: 1, max: 20 }), fc.nat(), (tariff, step, anywhere) => {
        // Step n is the time (n-1 steps + grace, n steps + grace], after the free time.
        const boundaryMs = tariff.freeMs + tariff.gracePerStepMs + (step - 1) * tariff.stepMs;
        const within = boundaryMs + 1 + (anywhere % tariff.stepMs);
        const bySteps =
          (BigInt(step) * BigInt(tariff.stepMs) * BigInt(tariff.priceMinorPerUnit)) / BigInt(tariff.unitMs);
        fc.pre(bySteps <= BigInt(Number.MAX_SAFE_INTEGER));
        const notBelow = Math.max(Number(bySteps), tariff.minimumMinor);
        const expected = Math.min(notBelow, tariff.maximumMinor ?? notBelow);
        expect(priceUsage(tariff, boundaryMs + 1)).toBe(expected);
        expect(priceUsage(tariff, within)).toBe(expected);
        expect(priceUsage(tariff, boundaryMs + tariff.stepMs)).toBe(expected);
      }),
    );
  });
});

describe('the inverse', () => {
  it('agrees with the price on both sides of the instant', () => {
    fc.assert(
      fc.property(tariffs, limits, (tariff, limitMinor) => {
        const durationMs = durationWhenPriceExceeds(tariff, limitMinor);
        fc.pre(durationMs !== null);
        expect(priceUsage(tariff, durationMs)).toBeGreaterThan(limitMinor);
        expect(priceUsage(tariff, durationMs - 1)).toBeLessThanOrEqual(limitMinor);
      }),
    );
  });

  it('says never only when no time costs more', () => {
    fc.assert(
      fc.property(tariffs, limits, durations, (tariff, limitMinor, durationMs) => {
        fc.pre(durationWhenPriceExceeds(tariff, limitMinor) === null);
        expect(priceUsage(tariff, durationMs)).toBeLessThanOrEqual(limitMinor);
      }),
      { numRuns: 50 },
    );
  });

  it('finds a limit just below any price that was reached no later than that', () => {
    fc.assert(
      fc.property(tariffs, durations, (tariff, durationMs) => {
        const price = priceUsage(tariff, durationMs);
        fc.pre(price > 0);
        expect(durationWhenPriceExceeds(tariff, price - 1)).toBeLessThanOrEqual(durationMs);
      }),
    );
  });

  it('names the instant that lies that long after the start', () => {
    const startedAt = '2026-11-23T10:00:00.123Z';
    fc.assert(
      fc.property(tariffs, fc.nat({ max: 100_000 }), (tariff, limitMinor) => {
        const durationMs = durationWhenPriceExceeds(tariff, limitMinor);
        const instant = instantWhenPriceExceeds(tariff, startedAt, limitMinor);
        fc.pre(durationMs !== null && durationMs < 1e14);
        expect(instant).toBe(addMs(startedAt, durationMs));
        expect(msBetween(startedAt, instant ?? startedAt)).toBe(durationMs);
      }),
    );
  });
});
