import { describe, expect, test } from 'vitest';
import { amountsInText } from '../../src/domain/money.ts';
import { dayOf, isDay, nextDay, startOfDay } from '../../src/domain/instant.ts';

describe('a day of a time zone', () => {
  test.each([
    ['2026-11-26', 'Europe/Oslo', '2026-11-25T23:00:00.000Z'],
    ['2026-07-01', 'Europe/Oslo', '2026-06-30T22:00:00.000Z'],
    // The days on which the clock is changed.
    ['2026-03-29', 'Europe/Oslo', '2026-03-28T23:00:00.000Z'],
    ['2026-03-30', 'Europe/Oslo', '2026-03-29T22:00:00.000Z'],
    ['2026-10-25', 'Europe/Oslo', '2026-10-24T22:00:00.000Z'],
    ['2026-10-26', 'Europe/Oslo', '2026-10-25T23:00:00.000Z'],
    ['2026-11-26', 'America/New_York', '2026-11-26T05:00:00.000Z'],
    ['2026-11-26', 'UTC', '2026-11-26T00:00:00.000Z'],
  ])('%s in %s begins at %s', (day, timeZone, at) => {
    expect(startOfDay(day, timeZone)).toBe(at);
    expect(dayOf(at, timeZone)).toBe(day);
  });

  test.each([
    ['2026-02-28', '2026-03-01'],
    ['2028-02-28', '2028-02-29'],
    ['2026-12-31', '2027-01-01'],
  ])('%s is followed by %s', (day, next) => {
    expect(nextDay(day)).toBe(next);
  });

  test.each([
    ['2026-11-26', true],
    ['2026-02-29', false],
    ['2026-13-01', false],
    ['26.11.2026', false],
    ['2026-11-26T00:00', false],
    ['', false],
  ])('%j is a date: %s', (text, is) => {
    expect(isDay(text)).toBe(is);
  });
});

test.each([
  ['You have been charged 1 NOK / KR. For receipt click here: http://127.0.0.1:8080/r/12ab', [100]],
  ['Reserver 5 kr hos Sykkel AS: https://x.no/p/99', [500]],
  ['Takk! 12,50 kr er trukket.', [1250]],
  ['NOK 0.07, at 10:00', [7]],
  ['Nothing was charged.', []],
  ['Call +4790000001', []],
])('%j states %j', (text, amounts) => {
  expect(amountsInText(text)).toEqual(amounts);
});
