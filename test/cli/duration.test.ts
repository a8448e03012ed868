import { expect, test } from 'vitest';
import { parseDurationSeconds } from '../../src/cli/sim-command.ts';

test.each([
  ['90s', 90],
  ['10m', 600],
  ['1h', 3_600],
  ['36h', 129_600],
  ['1d', 86_400],
  [' 5h ', 18_000],
  ['007m', 420],
  ['999999s', 999_999],
])('%s is %i seconds', (text, seconds) => {
  expect(parseDurationSeconds(text)).toBe(seconds);
});

test.each([
  '',
  '1',
  'h',
  '0s',
  '000h',
  '-1h',
  '1.5h',
  '1,5h',
  '1h30m',
  '1 h',
  '1H',
  '1w',
  '1000000s',
  '1e3s',
  'soon',
])('"%s" is no duration', (text) => {
  expect(parseDurationSeconds(text)).toBeNull();
});
