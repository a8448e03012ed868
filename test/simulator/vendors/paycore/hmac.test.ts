import { describe, expect, it } from 'vitest';
import { checkHmac } from '../../../../src/simulator/vendors/paycore/hmac.ts';
import { partner, signature } from '../../harness.ts';

// Made with LINK's public Java client.
const vector = {
  method: 'PUT',
  url: 'https://test-pay-core.linkmobility.com/api/transactions/4711/0b3b1c6e-6a6c-4d0a-9d8f-0f7a7d1c2b3a/capture?amount=1.00',
  body: '',
  authorization: 'hmac "4711:mfz9Pae781:82139119-fd0f-4338-90f5-4473b48f4a87:1795416957"',
};
const signedAtMs = 1_795_416_957_000;

describe("Paycore's signature", () => {
  it('takes the vector of the public Java client, quoted and unquoted', () => {
    const unquoted = { ...vector, authorization: vector.authorization.replaceAll('"', '') };
    const taken = { ok: true, nonce: '82139119-fd0f-4338-90f5-4473b48f4a87' };
    expect(checkHmac(vector, partner, signedAtMs)).toEqual(taken);
    expect(checkHmac(unquoted, partner, signedAtMs)).toEqual(taken);
  });

  it('is what the signer of these tests makes', () => {
    const nonce = '82139119-fd0f-4338-90f5-4473b48f4a87';
    expect(signature({ ...vector, wallMs: signedAtMs, nonce })).toBe(vector.authorization);
  });

  it('covers letters that URL encoders treat differently, and the body', () => {
    const url = "http://h/a?x=~*'()! æ&y=%2F";
    const request = { method: 'POST', url, body: '{"text":"æøå"}' };
    const authorization = signature({ ...request, wallMs: signedAtMs });
    expect(checkHmac({ ...request, authorization }, partner, signedAtMs).ok).toBe(true);
    expect(checkHmac({ ...request, body: '{}', authorization }, partner, signedAtMs).ok).toBe(false);
  });

  it.each([
    ['another method', { method: 'GET' }],
    ['another amount in the query', { url: vector.url.replace('1.00', '5.00') }],
    ['an added body', { body: '{}' }],
    ['another nonce', { authorization: vector.authorization.replace('82139119', '82139110') }],
    ['another time', { authorization: vector.authorization.replace('6957', '6958') }],
    ['another partner', { authorization: vector.authorization.replace('4711', '4712') }],
    ['one quote only', { authorization: vector.authorization.replace('"', '') }],
    ['another scheme', { authorization: 'Basic YTpi' }],
    ['no header', { authorization: undefined }],
  ])('refuses %s', (_what, change) => {
    expect(checkHmac({ ...vector, ...change }, partner, signedAtMs).ok).toBe(false);
  });

  it.each([
    [600, true],
    [601, false],
  ])('with a clock that is %d s off, either way: %s', (seconds, ok) => {
    expect(checkHmac(vector, partner, signedAtMs + seconds * 1_000).ok).toBe(ok);
    expect(checkHmac(vector, partner, signedAtMs - seconds * 1_000).ok).toBe(ok);
  });
});
