// The judge itself: it must be the vendor's text, and it must be able to say no.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { applyOverlay } from './overlay.ts';
import {
  type DocumentedExchange,
  documentProblems,
  publishedDocument,
  schemaProblems,
} from './vipps-documents.ts';

const folder = new URL('vipps/', import.meta.url);
const sources = readFileSync(new URL('SOURCES.md', folder), 'utf8');
const copies = readdirSync(folder).filter((file) => /\.ya?ml$/.test(file));

const createPath = '/epayment/v1/payments';
const goodHeaders = {
  'idempotency-key': 'key-1',
  'ocp-apim-subscription-key': 'subscription',
  'merchant-serial-number': '123456',
};
const goodBody = {
  amount: { currency: 'NOK', value: 500 },
  paymentMethod: { type: 'WALLET' },
  reference: 's2p-00000001',
  userFlow: 'WEB_REDIRECT',
};
const goodAnswer = { reference: 's2p-00000001', redirectUrl: 'https://landing.test/?token=1' };

function aCreation(change: Partial<DocumentedExchange> = {}): DocumentedExchange {
  return {
    method: 'POST',
    path: createPath,
    requestHeaders: new Headers(goodHeaders),
    requestBody: JSON.stringify(goodBody),
    status: 201,
    responseHeaders: new Headers({ 'content-type': 'application/json' }),
    responseBody: JSON.stringify(goodAnswer),
    ...change,
  };
}

describe("the vendor's documents", () => {
  it.each(copies)('%s is the unchanged copy that SOURCES.md names', (file) => {
    const hash = createHash('sha256')
      .update(readFileSync(new URL(file, folder)))
      .digest('hex');
    expect(sources).toMatch(new RegExp(`\\| ${file} \\|.*\\| ${hash.slice(0, 12)} \\|`));
  });

  it('are four', () => {
    expect(copies).toHaveLength(4);
  });

  it.each([
    ['what is not what it was made for', { at: '/openapi', was: '2.0', set: '3.1.0' }],
    ['a place that is not there', { at: '/nowhere/at/all', set: 1 }],
    ['something there already', { at: '/openapi', set: '3.1.0' }],
  ])('take no change of %s', (_what, change) => {
    const document = publishedDocument('vipps-epayment.v1.yml');
    expect(() => applyOverlay(document, [{ why: 'test', ...change }])).toThrow('overlay:');
  });
});

describe('an exchange held against them', () => {
  it('passes when it is right', () => {
    expect(documentProblems(aCreation())).toEqual([]);
  });

  it.each<[string, Partial<DocumentedExchange>, RegExp]>([
    ['an address that does not exist', { path: '/epayment/v2/payments' }, /in no document/],
    ['a method that does not exist', { method: 'PUT' }, /in no document/],
    [
      'a key of 51 characters',
      { requestHeaders: new Headers({ ...goodHeaders, 'idempotency-key': 'k'.repeat(51) }) },
      /Idempotency-Key: .*more than 50 characters/,
    ],
    [
      'a serial number of letters',
      { requestHeaders: new Headers({ ...goodHeaders, 'merchant-serial-number': 'abcdef' }) },
      /Merchant-Serial-Number: .*pattern/,
    ],
    [
      'a decimal amount',
      { requestBody: JSON.stringify({ ...goodBody, amount: { currency: 'NOK', value: 5.5 } }) },
      /request: .*integer/,
    ],
    [
      'a field that does not exist',
      { requestBody: JSON.stringify({ ...goodBody, extra: 1 }) },
      /unevaluated/,
    ],
    [
      'two customers in one',
      {
        requestBody: JSON.stringify({
          ...goodBody,
          customer: { phoneNumber: '4790000001', customerToken: 't' },
        }),
      },
      /oneOf|exactly one/,
    ],
    ['a status that is not documented', { status: 202 }, /status is not documented/],
    ['no reference in the answer', { responseBody: '{"redirectUrl":"https://l.test"}' }, /required/],
    [
      'an invented field in the answer',
      { responseBody: JSON.stringify({ ...goodAnswer, id: 1 }) },
      /unevaluated/,
    ],
    [
      'another content type',
      { responseHeaders: new Headers({ 'content-type': 'text/html' }) },
      /content type/,
    ],
  ])('fails for %s', (_what, change, expected) => {
    expect(documentProblems(aCreation(change)).join('\n')).toMatch(expected);
  });

  it('fails without a header that is required', () => {
    const { 'idempotency-key': _left, ...others } = goodHeaders;
    const problems = documentProblems(aCreation({ requestHeaders: new Headers(others) }));
    expect(problems).toEqual([expect.stringContaining('Idempotency-Key is missing') as unknown]);
  });

  it('judges the path, and the answer of a refused request only', () => {
    const read = aCreation({ method: 'GET', requestBody: '', path: `${createPath}/short` });
    expect(documentProblems({ ...read, status: 200, responseBody: '{}' }).join()).toMatch(
      /reference: .*pattern/,
    );
    const problem = { type: 'https://httpstatuses.io/404', title: 'No', status: 404, traceId: 't' };
    const refused = {
      ...read,
      status: 404,
      responseHeaders: new Headers({ 'content-type': 'application/problem+json' }),
    };
    expect(documentProblems({ ...refused, responseBody: JSON.stringify(problem) })).toEqual([]);
    expect(documentProblems({ ...refused, responseBody: '{"title":"No"}' }).join()).toMatch(/required/);
  });

  it('judges the receipt inside a creation by the document of Order Management', () => {
    const withReceipt = (receipt: unknown) =>
      documentProblems(aCreation({ requestBody: JSON.stringify({ ...goodBody, receipt }) })).join();
    const line = { name: 'n', id: '1', totalAmount: 500, totalAmountExcludingTax: 400, totalTaxAmount: 100 };
    expect(withReceipt({ orderLines: [line], bottomLine: { currency: 'NOK' } })).toBe('');
    expect(withReceipt({ orderLines: [], bottomLine: { currency: 'NOK' } })).toMatch(/fewer than 1/);
    expect(
      withReceipt({ orderLines: [{ ...line, totalAmount: '5' }], bottomLine: { currency: 'NOK' } }),
    ).toMatch(/integer/);
  });

  it('judges what a webhook says', () => {
    const event = {
      msn: '123456',
      reference: 's2p-00000001',
      pspReference: 'psp',
      name: 'CAPTURED',
      amount: { currency: 'NOK', value: 100 },
      timestamp: '2026-11-23T10:00:00.000Z',
      success: true,
    };
    const problems = (value: unknown) => schemaProblems('vipps-epayment.v1.yml', 'WebhookEvent', value);
    expect(problems(event)).toEqual([]);
    expect(problems({ ...event, timestamp: 'yesterday' }).join()).toMatch(/date-time/);
    expect(problems({ ...event, name: 'TAKEN' }).join()).toMatch(/allowed values/);
    expect(problems({ ...event, phoneNumber: '4790000001' }).join()).toMatch(/unevaluated/);
  });
});
