import { invariant } from './assert.ts';
import { addMs, instantMs, type Instant } from './instant.ts';
import { assertAmountMinor } from './money.ts';

/**
 * The price of time: `priceMinorPerUnit` for every `unitMs`, counted in steps of `stepMs`.
 * A step counts once MORE than `gracePerStepMs` of it has been used (so with a grace of 5 minutes 1:00:30 is one
 * hour and 1:05:01 is two); `freeMs` at the start costs nothing. `minimumMinor` applies as soon as one step counts.
 */
export interface Tariff {
  priceMinorPerUnit: number;
  unitMs: number;
  stepMs: number;
  gracePerStepMs: number;
  freeMs: number;
  minimumMinor: number;
  /** null: no maximum */
  maximumMinor: number | null;
}

/** The reference partner's price: 1 krone per started hour, with five minutes of grace in each. */
export const REFERENCE_TARIFF: Tariff = Object.freeze({
  priceMinorPerUnit: 100,
  unitMs: 60 * 60_000,
  stepMs: 60 * 60_000,
  gracePerStepMs: 5 * 60_000,
  freeMs: 0,
  minimumMinor: 0,
  maximumMinor: null,
});

/**
 * What `durationMs` (whole) of use costs, in minor units; 0 for no time and for negative time. Exact, never a float.
 * Throws InvariantError when the price is beyond what a number can hold.
 */
export function priceUsage(tariff: Tariff, durationMs: number): number {
  const steps = countedSteps(tariff, durationMs);
  if (steps === 0n) return 0;
  const bySteps = (steps * BigInt(tariff.stepMs) * BigInt(tariff.priceMinorPerUnit)) / BigInt(tariff.unitMs);
  const notBelow = larger(bySteps, BigInt(tariff.minimumMinor));
  const price = tariff.maximumMinor === null ? notBelow : smaller(notBelow, BigInt(tariff.maximumMinor));
  assertAmountMinor(Number(price), 'a price');
  return Number(price);
}

function countedSteps(tariff: Tariff, durationMs: number): bigint {
  invariant(Number.isSafeInteger(durationMs), 'a duration must be whole milliseconds');
  const billableMs = BigInt(durationMs) - BigInt(tariff.freeMs) - BigInt(tariff.gracePerStepMs);
  return billableMs <= 0n ? 0n : ceilDiv(billableMs, BigInt(tariff.stepMs));
}

/**
 * The smallest duration (whole milliseconds) that costs MORE than `limitMinor`; null when none does, because the price
 * is 0 or the maximum is not above the limit.
 */
export function durationWhenPriceExceeds(tariff: Tariff, limitMinor: number): number | null {
  assertAmountMinor(limitMinor, 'a price limit');
  if (tariff.maximumMinor !== null && tariff.maximumMinor <= limitMinor) return null;
  const steps = firstStepAbove(tariff, BigInt(limitMinor));
  if (steps === null) return null;
  const durationMs = Number(
    BigInt(tariff.freeMs) + BigInt(tariff.gracePerStepMs) + (steps - 1n) * BigInt(tariff.stepMs) + 1n,
  );
  return Number.isSafeInteger(durationMs) ? durationMs : null;
}

function firstStepAbove(tariff: Tariff, limit: bigint): bigint | null {
  if (BigInt(tariff.minimumMinor) > limit) return 1n;
  if (tariff.priceMinorPerUnit === 0) return null;
  return ceilDiv(
    (limit + 1n) * BigInt(tariff.unitMs),
    BigInt(tariff.stepMs) * BigInt(tariff.priceMinorPerUnit),
  );
}

/** The last millisecond a `Date` can name (ECMA-262, 21.4.1.1). */
const LAST_INSTANT_MS = 8.64e15;

/** First instant at which use since `startedAt` costs MORE than `limitMinor`; null when that is never. */
export function instantWhenPriceExceeds(
  tariff: Tariff,
  startedAt: Instant,
  limitMinor: number,
): Instant | null {
  const durationMs = durationWhenPriceExceeds(tariff, limitMinor);
  if (durationMs === null || durationMs > LAST_INSTANT_MS - instantMs(startedAt)) return null;
  return addMs(startedAt, durationMs);
}

/** Everything that is wrong with a tariff, as sentences; none when it can be used. */
export function validateTariff(tariff: Tariff): string[] {
  const { stepMs, gracePerStepMs, minimumMinor, maximumMinor } = tariff;
  const problems = [
    ...atLeast(tariff.priceMinorPerUnit, 0, 'The price per unit', 'minor units'),
    ...atLeast(tariff.unitMs, 1, 'The unit', 'milliseconds'),
    ...atLeast(stepMs, 1, 'The step', 'milliseconds'),
    ...atLeast(gracePerStepMs, 0, 'The grace per step', 'milliseconds'),
    ...atLeast(tariff.freeMs, 0, 'The free time', 'milliseconds'),
    ...atLeast(minimumMinor, 0, 'The minimum', 'minor units'),
    ...(maximumMinor === null ? [] : atLeast(maximumMinor, 1, 'The maximum', 'minor units')),
  ];
  if (gracePerStepMs >= stepMs) problems.push('The grace per step must be shorter than the step.');
  if (maximumMinor !== null && minimumMinor > maximumMinor)
    problems.push('The minimum must not be above the maximum.');
  return problems;
}

function atLeast(value: number, least: 0 | 1, what: string, unit: string): string[] {
  if (Number.isSafeInteger(value) && value >= least) return [];
  return [`${what} must be a whole number of ${unit}, ${least} or more.`];
}

function ceilDiv(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

function larger(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}

function smaller(a: bigint, b: bigint): bigint {
  return a < b ? a : b;
}
