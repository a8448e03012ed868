import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InvariantError } from '../../src/domain/assert.ts';
import {
  decimalToMinor,
  formatAmount,
  formatPrice,
  minorToDecimal,
  readDecimal,
} from '../../src/domain/money.ts';

const amounts = fc.nat({ max: Number.MAX_SAFE_INTEGER });

describe('an amount for people', () => {
  it.each([
    [0, '0', '0'],
    [1, '0,01', '0.01'],
    [100, '1', '1'],
    [150, '1,50', '1.50'],
    [105, '1,05', '1.05'],
    [123_456_700, '1234567', '1234567'],
  ])('writes %d minor units as "%s" in Norwegian and "%s" in English', (amountMinor, nb, en) => {
    expect(formatAmount(amountMinor, 'nb')).toBe(nb);
    expect(formatAmount(amountMinor, 'en')).toBe(en);
  });

  it('puts the currency where the language has it', () => {
    expect(formatPrice(100, 'NOK', 'nb')).toBe('1 kr');
    expect(formatPrice(150, 'SEK', 'nb')).toBe('1,50 kr');
    expect(formatPrice(100, 'DKK', 'nb')).toBe('1 kr');
    expect(formatPrice(100, 'NOK', 'en')).toBe('NOK 1');
    expect(formatPrice(150, 'EUR', 'en')).toBe('EUR 1.50');
    expect(formatPrice(100, 'EUR', 'nb')).toBe('1 EUR');
  });

  it.each([-1, 0.5, Number.NaN, Number.MAX_SAFE_INTEGER + 1])(
    'refuses %d, which is no amount',
    (amountMinor) => {
      expect(() => formatAmount(amountMinor, 'nb')).toThrow(InvariantError);
      expect(() => minorToDecimal(amountMinor)).toThrow(InvariantError);
    },
  );
});

describe('decimals for providers', () => {
  it.each([
    ['0', 0],
    ['0.01', 1],
    ['1', 100],
    ['1.5', 150],
    ['1.50', 150],
    ['1.5000', 150],
    ['1.15', 115],
    ['999999.99', 99_999_999],
    ['90071992547409.91', Number.MAX_SAFE_INTEGER],
  ])('reads %s as %d minor units', (text, amountMinor) => {
    expect(decimalToMinor(text)).toBe(amountMinor);
  });

  it.each([
    ['a third decimal', '1.005'],
    ['a comma', '1,50'],
    ['a minus', '-1'],
    ['a plus', '+1'],
    ['an exponent', '1e2'],
    ['no digits before the point', '.5'],
    ['no digits after the point', '1.'],
    ['two points', '1.2.3'],
    ['spaces', ' 1 '],
    ['a line break after it', '1\n'],
    ['leading zeros', '007'],
    ['hexadecimal', '0x10'],
    ['words', 'NaN'],
    ['nothing', ''],
    ['more than a number holds', '90071992547409.92'],
    ['far more than a number holds', '9'.repeat(400)],
  ])('refuses %s', (_what, text) => {
    expect(() => decimalToMinor(text)).toThrow(InvariantError);
  });

  it.each([
    [5, 500],
    [5.1, 510],
    [0.29, 29],
    [1.15, 115],
    [1e3, 100_000],
    [0.001, null],
    [1e-7, null],
    [1e21, null],
    [Number.NaN, null],
    [-1, null],
  ])('reads the JSON number %d as %s, by its text', (decimal, amountMinor) => {
    expect(readDecimal(String(decimal))).toBe(amountMinor);
  });

  it('gives every amount back unchanged, with exactly two decimals', () => {
    fc.assert(
      fc.property(amounts, (amountMinor) => {
        const text = minorToDecimal(amountMinor);
        expect(text).toMatch(/^\d+\.\d\d$/);
        expect(decimalToMinor(text)).toBe(amountMinor);
        if (amountMinor < 1e11) expect(readDecimal(String(JSON.parse(text)))).toBe(amountMinor);
      }),
    );
  });

  it('reads what a person reads in English as the same amount', () => {
    fc.assert(
      fc.property(amounts, (amountMinor) => {
        expect(decimalToMinor(formatAmount(amountMinor, 'en'))).toBe(amountMinor);
        expect(decimalToMinor(formatAmount(amountMinor, 'nb').replace(',', '.'))).toBe(amountMinor);
      }),
    );
  });
});
