import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimalFromMinor, minorFromDecimal } from '../../src/adapters/payment/paycore/decimal.ts';
import { formEncode, hmacAuthorization } from '../../src/adapters/payment/paycore/signing.ts';

/** Made with LINK's own public Java client. */
const VECTOR = {
  partnerId: 4711,
  secretBase64: 'YS1kZW1vLXNlY3JldC1mb3ItdGVzdC12ZWN0b3JzLTAx',
  method: 'PUT',
  url: 'https://test-pay-core.linkmobility.com/api/transactions/4711/0b3b1c6e-6a6c-4d0a-9d8f-0f7a7d1c2b3a/capture?amount=1.00',
  body: null,
  nonce: '82139119-fd0f-4338-90f5-4473b48f4a87',
  unixSeconds: 1795416957,
};

describe('a Paycore signature', () => {
  test("is what LINK's own client makes of its test vector", () => {
    expect(hmacAuthorization(VECTOR)).toBe(
      'hmac "4711:mfz9Pae781:82139119-fd0f-4338-90f5-4473b48f4a87:1795416957"',
    );
  });

  test('ignores the case of the URL and of the method, as Paycore does', () => {
    const shouted = { ...VECTOR, method: 'put', url: VECTOR.url.toUpperCase() };
    expect(hmacAuthorization(shouted)).toBe(hmacAuthorization(VECTOR));
  });

  test.each([
    { method: 'GET' },
    { url: VECTOR.url.replace('1.00', '1.01') },
    { body: '{}' },
    { body: '' },
    { nonce: 'another' },
    { unixSeconds: 1795416958 },
    { partnerId: 4712 },
    { secretBase64: Buffer.from('another secret').toString('base64') },
  ])('covers %j', (change) => {
    const signatureOf = (header: string) => /^hmac "\d+:([A-Za-z0-9+/]{10}):/.exec(header)?.[1];
    const changed = signatureOf(hmacAuthorization({ ...VECTOR, ...change }));
    expect(changed).toBeDefined();
    expect(changed).not.toBe(signatureOf(hmacAuthorization(VECTOR)));
  });

  test.each([
    ["a-z.*_09!'()~", 'a-z.*_09%21%27%28%29%7E'],
    ['a b+c', 'a+b%2Bc'],
    ['https://h:1/p?q={{x}}&r=%2f', 'https%3A%2F%2Fh%3A1%2Fp%3Fq%3D%7B%7Bx%7D%7D%26r%3D%252f'],
    ['æ€', '%C3%A6%E2%82%AC'],
  ])("encodes like Java's URLEncoder: %s", (text, encoded) => {
    expect(formEncode(text)).toBe(encoded);
  });
});

describe('Paycore decimals', () => {
  test.each([
    [0, '0.00'],
    [1, '0.01'],
    [10, '0.10'],
    [99, '0.99'],
    [100, '1.00'],
    [500, '5.00'],
    [123456, '1234.56'],
  ])('%i minor units are %s', (minor, decimal) => {
    expect(decimalFromMinor(minor)).toBe(decimal);
  });

  test.each([
    [5, 500],
    [5.1, 510],
    [0.29, 29],
    [1.15, 115],
    [1e3, 100000],
    ['5', 500],
    ['5.0', 500],
    ['5.0000', 500],
    ['1.1500', 115],
    ['007.05', 705],
  ])('%j is %i minor units', (decimal, minor) => {
    expect(minorFromDecimal(decimal)).toBe(minor);
  });

  test.each([
    ['1.005', '1.0050', 0.001, 1e-7, 1e21, NaN, Infinity],
    ['', '.5', '5.', '-1', '+1', '1,00', ' 1', '1e3', '0x10', '1.00 NOK', '1234567890123'],
  ])('are refused when they are not whole minor units (%#)', (...refused) => {
    for (const decimal of refused) expect([decimal, minorFromDecimal(decimal)]).toEqual([decimal, null]);
  });

  test('go there and back unchanged, as text and as a JSON number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 99_999_999_999 }), (minor) => {
        const decimal = decimalFromMinor(minor);
        expect(decimal).toMatch(/^(0|[1-9]\d*)\.\d\d$/);
        expect(minorFromDecimal(decimal)).toBe(minor);
        expect(minorFromDecimal(JSON.parse(decimal) as number)).toBe(minor);
      }),
    );
  });

  test.each([-1, 0.5, NaN, 2 ** 53])('are never made of %d minor units', (minor) => {
    expect(() => decimalFromMinor(minor)).toThrow(/whole number/);
  });
});
