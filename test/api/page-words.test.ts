// Which language a browser gets, and how durations and numbers are written.
import { describe, expect, test } from 'vitest';
import {
  formatDuration,
  formatInstant,
  formatMoney,
  formatOrganisationNumber,
  formatStopwatch,
  formatWhen,
} from '../../src/api/pages/format.ts';
import { acceptedLanguage } from '../../src/api/pages/page-request.ts';

test.each([
  ['nb', 'nb'],
  ['nn-NO', 'nb'],
  ['no', 'nb'],
  ['NB-no', 'nb'],
  ['en-GB,en;q=0.9', 'en'],
  ['en;q=0.8, nb;q=0.9', 'nb'],
  ['nb;q=0.8, en', 'en'],
  ['nb, en', 'nb'],
  ['de, sv;q=0.9, nb;q=0.1', 'nb'],
  ['nb;q=0, de', 'en'],
  ['nb;q=abc', 'en'],
  ['de', 'en'],
  ['*', 'en'],
  ['north', 'en'],
  ['', 'en'],
  [undefined, 'en'],
])('Accept-Language %j gets %s', (header, language) => {
  expect(acceptedLanguage(header)).toBe(language);
});

describe('a duration is written from its first unit on', () => {
  test.each([
    [0, '0 s'],
    [999, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min 0 s'],
    [3_630_000, '1 h 0 min 30 s'],
    [90_061_000, '1 d 1 h 1 min 1 s'],
  ])('%i ms: %s', (ms, text) => {
    expect(formatDuration(ms, 'en')).toBe(text);
  });
});

test('an amount keeps its minor units, whatever the currency', () => {
  const plain = (text: string) => text.replaceAll(/\s/g, ' ');
  expect(plain(formatMoney(1, 'NOK', 'nb'))).toBe('0,01 kr');
  expect(plain(formatMoney(123_456_789, 'EUR', 'en'))).toBe('€1,234,567.89');
  expect(plain(formatMoney(115, 'SEK', 'nb'))).toBe('1,15 SEK');
});

test('a time is told in the zone of the partner, which is named', () => {
  expect(formatInstant('2026-07-01T22:30:00.000Z', 'Europe/Oslo', 'en')).toBe('2 Jul 2026, 00:30:00 CEST');
});

test.each([
  ['2026-11-23T22:59:00.000Z', 'en', '23:59'],
  ['2026-11-23T23:00:00.000Z', 'en', '24 Nov, 00:00'],
  ['2026-11-22T12:00:00.000Z', 'nb', '22. nov., 13:00'],
] as const)('on 23 November in Oslo, %s is said (%s) as %s', (instant, language, text) => {
  expect(formatWhen(instant, '2026-11-23T10:00:00.000Z', 'Europe/Oslo', language)).toBe(text);
});

test.each([
  [0, '0:00:00'],
  [3_800_999, '1:03:20'],
  [360_000_000, '100:00:00'],
])('%i ms on a stop watch: %s', (ms, text) => {
  expect(formatStopwatch(ms)).toBe(text);
});

test.each([
  ['999888777', '999 888 777'],
  ['999 888 777', '999 888 777'],
  ['DK-12345678', 'DK-12345678'],
])('organisation number %s is written %s', (number, text) => {
  expect(formatOrganisationNumber(number)).toBe(text);
});
