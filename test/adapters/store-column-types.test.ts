import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseSafeInteger } from '../../src/adapters/store/database.ts';

describe('bigint columns', () => {
  it('become the exact number, whatever safe integer it is', () => {
    fc.assert(fc.property(fc.maxSafeInteger(), (value) => parseSafeInteger(String(value)) === value));
  });

  it('are refused when a number cannot hold them', () => {
    const unsafe = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).filter((value) => {
      return value > BigInt(Number.MAX_SAFE_INTEGER) || value < BigInt(Number.MIN_SAFE_INTEGER);
    });
    const refuses = (text: string): void => {
      expect(() => parseSafeInteger(text)).toThrow(RangeError);
    };
    fc.assert(fc.property(unsafe, (value) => refuses(String(value))));
    for (const text of ['', ' ', '1.5', 'NaN', 'x']) refuses(text);
  });
});
