import { expect, test } from 'vitest';
import { parseDurationMs } from '../../src/domain/instant.ts';

test.each([
  ['90s', 90_000],
  ['15m', 900_000],
  [' 1h ', 3_600_000],
  ['2d', 172_800_000],
  ['0m', 0],
])('%s is a length of time', (text, ms) => {
  expect(parseDurationMs(text)).toBe(ms);
});

test.each(['', '1', 'h', '1 h', '1.5h', '-1h', '1H', '1h30m', '1w', '1e3s', '9999999s'])(
  '%j is none: a guess would change what people pay',
  (text) => {
    expect(parseDurationMs(text)).toBeNull();
  },
);
