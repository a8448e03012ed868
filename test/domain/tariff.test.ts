import { describe, expect, it } from 'vitest';
import { InvariantError } from '../../src/domain/assert.ts';
import {
  durationWhenPriceExceeds,
  instantWhenPriceExceeds,
  priceUsage,
  REFERENCE_TARIFF,
  validateTariff,
  type Tariff,
} from '../../src/domain/tariff.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

function aTariff(change: Partial<Tariff> = {}): Tariff {
  return { ...REFERENCE_TARIFF, ...change };
}

describe('priceUsage with the reference tariff', () => {
  it.each([
    ['no time', 0, 0],
    ['negative time', -HOUR, 0],
    ['3 minutes', 3 * MINUTE, 0],
    ['the whole grace', 5 * MINUTE, 0],
    ['one millisecond more than the grace', 5 * MINUTE + 1, 100],
    ['1 hour', HOUR, 100],
    ['1:00:30', HOUR + 30 * SECOND, 100],
    ['1:05:00.000', HOUR + 5 * MINUTE, 100],
    ['1:05:00.001', HOUR + 5 * MINUTE + 1, 200],
    ['1:05:01', HOUR + 5 * MINUTE + SECOND, 200],
    ['5 hours', 5 * HOUR, 500],
    ['24 hours', DAY, 2400],
  ])('prices %s', (_what, durationMs, priceMinor) => {
    expect(priceUsage(REFERENCE_TARIFF, durationMs)).toBe(priceMinor);
  });
});

describe('priceUsage', () => {
  it('charges nothing for the free time and counts steps after it', () => {
    const tariff = aTariff({ freeMs: 10 * MINUTE, gracePerStepMs: 0 });
    expect(priceUsage(tariff, 10 * MINUTE)).toBe(0);
    expect(priceUsage(tariff, 10 * MINUTE + 1)).toBe(100);
    expect(priceUsage(tariff, 70 * MINUTE)).toBe(100);
    expect(priceUsage(tariff, 70 * MINUTE + 1)).toBe(200);
  });

  it('asks the minimum as soon as one step counts, and not before', () => {
    const tariff = aTariff({ minimumMinor: 250 });
    expect(priceUsage(tariff, 5 * MINUTE)).toBe(0);
    expect(priceUsage(tariff, HOUR)).toBe(250);
    expect(priceUsage(tariff, 3 * HOUR)).toBe(300);
  });

  it('stops at the maximum', () => {
    const tariff = aTariff({ maximumMinor: 350 });
    expect(priceUsage(tariff, 3 * HOUR)).toBe(300);
    expect(priceUsage(tariff, 4 * HOUR)).toBe(350);
    expect(priceUsage(tariff, 1000 * HOUR)).toBe(350);
  });

  it('rounds down once, at the end, when a step is no whole minor unit', () => {
    // 1 krone an hour by the second: 36 s are 1 øre
    const tariff = aTariff({ stepMs: SECOND, gracePerStepMs: 0 });
    expect(priceUsage(tariff, 35 * SECOND)).toBe(0);
    expect(priceUsage(tariff, 35 * SECOND + 1)).toBe(1);
    expect(priceUsage(tariff, HOUR)).toBe(100);
  });

  it('prices a step that is longer than the unit', () => {
    expect(priceUsage(aTariff({ stepMs: DAY }), 6 * MINUTE)).toBe(2400);
  });

  it('stays exact where a float would not', () => {
    const tariff = aTariff({ priceMinorPerUnit: 99_999_999, unitMs: 7, stepMs: 1, gracePerStepMs: 0 });
    expect(priceUsage(tariff, 630_000_001)).toBe(Number((630_000_001n * 99_999_999n) / 7n));
  });

  it('throws instead of giving a price that a number cannot hold', () => {
    const tariff = aTariff({ priceMinorPerUnit: 99_999_999, unitMs: 1, stepMs: 1, gracePerStepMs: 0 });
    expect(() => priceUsage(tariff, Number.MAX_SAFE_INTEGER)).toThrow(InvariantError);
  });

  it.each([Number.NaN, Number.POSITIVE_INFINITY, 0.5])('never bills on a duration of %d', (durationMs) => {
    expect(() => priceUsage(REFERENCE_TARIFF, durationMs)).toThrow(InvariantError);
  });
});

describe('durationWhenPriceExceeds', () => {
  it('finds when the reference reservation of 5 kroner is used up', () => {
    expect(durationWhenPriceExceeds(REFERENCE_TARIFF, 500)).toBe(5 * HOUR + 5 * MINUTE + 1);
  });

  it('finds the first counted step for a limit of 0', () => {
    expect(durationWhenPriceExceeds(REFERENCE_TARIFF, 0)).toBe(5 * MINUTE + 1);
  });

  it.each([
    ['a price of 0', aTariff({ priceMinorPerUnit: 0 }), 0],
    ['a maximum below the limit', aTariff({ maximumMinor: 400 }), 500],
    ['a maximum at the limit', aTariff({ maximumMinor: 500 }), 500],
    ['a minimum at the limit and a price of 0', aTariff({ priceMinorPerUnit: 0, minimumMinor: 500 }), 500],
  ])('says never for %s', (_what, tariff, limitMinor) => {
    expect(durationWhenPriceExceeds(tariff, limitMinor)).toBeNull();
  });

  it('sees a minimum above the limit at the first step', () => {
    const tariff = aTariff({ priceMinorPerUnit: 0, minimumMinor: 600, freeMs: MINUTE });
    expect(durationWhenPriceExceeds(tariff, 500)).toBe(6 * MINUTE + 1);
  });

  it('says never when the time is beyond what a number can hold', () => {
    const tariff = aTariff({ priceMinorPerUnit: 1, unitMs: DAY });
    expect(durationWhenPriceExceeds(tariff, Number.MAX_SAFE_INTEGER)).toBeNull();
  });

  it.each([-1, 0.5, Number.NaN])('refuses a limit of %d', (limitMinor) => {
    expect(() => durationWhenPriceExceeds(REFERENCE_TARIFF, limitMinor)).toThrow(InvariantError);
  });
});

describe('instantWhenPriceExceeds', () => {
  const startedAt = '2026-11-23T10:00:00.000Z';

  it('is the start plus the duration', () => {
    expect(instantWhenPriceExceeds(REFERENCE_TARIFF, startedAt, 500)).toBe('2026-11-23T15:05:00.001Z');
  });

  it('says never when the duration does, and when no date is that late', () => {
    expect(instantWhenPriceExceeds(aTariff({ maximumMinor: 100 }), startedAt, 100)).toBeNull();
    // One step in 8.64e15 ms: a number holds it, a date after 1970 does not.
    const slow = aTariff({ stepMs: 8.64e15, unitMs: 8.64e15 });
    expect(durationWhenPriceExceeds(slow, 100)).toBe(8.64e15 + 5 * MINUTE + 1);
    expect(instantWhenPriceExceeds(slow, startedAt, 100)).toBeNull();
  });
});

describe('validateTariff', () => {
  it('has nothing against the reference tariff, free use or a full one', () => {
    expect(validateTariff(REFERENCE_TARIFF)).toEqual([]);
    expect(validateTariff(aTariff({ priceMinorPerUnit: 0 }))).toEqual([]);
    expect(validateTariff(aTariff({ freeMs: MINUTE, minimumMinor: 100, maximumMinor: 100 }))).toEqual([]);
  });

  it.each<[Partial<Tariff>, string]>([
    [{ priceMinorPerUnit: -1 }, 'The price per unit must be a whole number of minor units, 0 or more.'],
    [{ priceMinorPerUnit: 1.5 }, 'The price per unit must be a whole number of minor units, 0 or more.'],
    [{ unitMs: 0 }, 'The unit must be a whole number of milliseconds, 1 or more.'],
    [{ stepMs: 0, gracePerStepMs: -1 }, 'The step must be a whole number of milliseconds, 1 or more.'],
    [{ gracePerStepMs: -1 }, 'The grace per step must be a whole number of milliseconds, 0 or more.'],
    [{ freeMs: Number.NaN }, 'The free time must be a whole number of milliseconds, 0 or more.'],
    [{ minimumMinor: -1 }, 'The minimum must be a whole number of minor units, 0 or more.'],
    [{ maximumMinor: 0 }, 'The maximum must be a whole number of minor units, 1 or more.'],
    [{ gracePerStepMs: HOUR }, 'The grace per step must be shorter than the step.'],
    [{ minimumMinor: 200, maximumMinor: 100 }, 'The minimum must not be above the maximum.'],
  ])('refuses %j', (change, problem) => {
    expect(validateTariff(aTariff(change))).toContain(problem);
  });

  it('tells all problems at once', () => {
    expect(validateTariff(aTariff({ unitMs: 0, freeMs: -1, gracePerStepMs: DAY }))).toHaveLength(3);
  });
});
