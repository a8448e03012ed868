import { describe, expect, test } from 'vitest';
import { formEncode, hmacAuthorization } from '../../src/adapters/payment/paycore/client.ts';

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
