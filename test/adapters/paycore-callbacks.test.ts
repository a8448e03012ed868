import { describe, expect, test } from 'vitest';
import { createPaycoreCallbacks } from '../../src/adapters/payment/paycore/callbacks.ts';
import type { InboundHttpRequest } from '../../src/ports/webhooks.ts';
import { paycoreConfig, REFERENCE, TRANSACTION_ID } from './paycore-harness.ts';

const callbacks = createPaycoreCallbacks(paycoreConfig('http://127.0.0.1:1'));
const basic = (credentials: string) => `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`;
const AUTHORIZATION = basic('paycore:callback-secret');
const URL_BASE = 'https://sms2pay.example/webhooks/payments/paycore';

function request(change: Partial<InboundHttpRequest> & { contentType?: string } = {}): InboundHttpRequest {
  const { contentType = 'application/json', ...rest } = change;
  const headers = { authorization: AUTHORIZATION, 'content-type': contentType };
  return { method: 'POST', url: URL_BASE, headers, body: '', ...rest };
}

const BOTH = { paymentReference: REFERENCE, providerReference: TRANSACTION_ID };

describe('a callback', () => {
  test.each([
    [
      'GET by our template',
      { method: 'GET', url: `${URL_BASE}?id=${TRANSACTION_ID}&status=x&referenceId=${REFERENCE}` },
    ],
    [
      'POST by our template without a body',
      { url: `${URL_BASE}?id=${TRANSACTION_ID}&referenceId=${REFERENCE}` },
    ],
    [
      'POST by our template with a body of any kind',
      {
        url: `${URL_BASE}?id=${TRANSACTION_ID}&referenceId=${REFERENCE}`,
        body: '<xml/>',
        contentType: 'application/xml',
      },
    ],
    [
      'JSON',
      { body: JSON.stringify({ transactionId: TRANSACTION_ID, referenceId: REFERENCE, status: 'Captured' }) },
    ],
    [
      "JSON with .NET's names",
      { body: JSON.stringify({ TransactionId: TRANSACTION_ID, ReferenceId: REFERENCE }) },
    ],
    [
      'a form',
      {
        body: `id=${TRANSACTION_ID}&referenceId=${REFERENCE}`,
        contentType: 'application/x-www-form-urlencoded',
      },
    ],
  ])('is one hint: %s', (_, change) => {
    expect(callbacks.parse(request(change))).toEqual({ ok: true, hints: [BOTH] });
  });

  test.each([
    [`id=${TRANSACTION_ID}`, { paymentReference: null, providerReference: TRANSACTION_ID }],
    [`transactionId=${TRANSACTION_ID}`, { paymentReference: null, providerReference: TRANSACTION_ID }],
    [`referenceId=${REFERENCE}`, { paymentReference: REFERENCE, providerReference: null }],
    [
      `id={{transactionId}}&referenceId=${REFERENCE}`,
      { paymentReference: REFERENCE, providerReference: null },
    ],
  ])('needs one id only: %s', (query, hint) => {
    expect(callbacks.parse(request({ method: 'GET', url: `${URL_BASE}?${query}` }))).toEqual({
      ok: true,
      hints: [hint],
    });
  });

  test.each([
    ['no id', { method: 'GET' }],
    ['a placeholder that Paycore did not fill', { method: 'GET', url: `${URL_BASE}?id={{transactionId}}` }],
    ['an id that is none', { method: 'GET', url: `${URL_BASE}?id=a%20b` }],
    ['an unreadable URL', { url: 'http://' }],
    ['broken JSON', { body: '{' }],
    ['a JSON list', { body: '[]' }],
    ['JSON without an id', { body: '{"id":5}' }],
    ['a form without an id', { body: 'x=1', contentType: 'application/x-www-form-urlencoded' }],
  ])('with %s is refused with 400', (_, change) => {
    expect(callbacks.parse(request(change))).toMatchObject({ ok: false, status: 400 });
  });

  test('with its ids in a body of unknown kind is refused with 415', () => {
    const xml = request({ body: `<id>${TRANSACTION_ID}</id>`, contentType: 'application/xml' });
    expect(callbacks.parse(xml)).toMatchObject({ ok: false, status: 415 });
  });

  test.each([
    undefined,
    basic('paycore:callback-secre'),
    basic('paycor:callback-secret'),
    'Basic',
    'hmac "4711:a:b:1"',
  ])('with the credentials %s is refused with 401', (authorization) => {
    const headers: Record<string, string> = authorization === undefined ? {} : { authorization };
    const url = `${URL_BASE}?id=${TRANSACTION_ID}`;
    expect(callbacks.parse(request({ method: 'GET', url, headers }))).toMatchObject({
      ok: false,
      status: 401,
    });
  });
});
