import { createHash, createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  callbackSignature,
  contentHashOf,
  createVippsCallbacks,
} from '../../src/adapters/payment/vipps/callbacks.ts';
import type { VippsCallbackConfig } from '../../src/adapters/payment/vipps/settings.ts';
import type { InboundHttpRequest, WebhookSecret } from '../../src/ports/webhooks.ts';
import { anEvent, REFERENCE } from './vipps-harness.ts';

/** The vendor's public sample of 2023 (vippsas/webhooks-api, request-authentication.md). */
const SAMPLE = {
  url: 'https://webhook.site/e2cee29b-012e-4f1d-8ef4-e95fd74a7a63',
  date: 'Thu, 30 Mar 2023 08:38:32 GMT',
  body: '{"some-unique-content":"ee6e441b-cc4a-46f8-895d-a5af79bcc233/hello-world"}',
  secret: 'A0+AeKBRG2KRGvnNwJpQlb6IJFk48CKXCIcrLoHncVJKDILsQSxS6NWCccwWm6r6FhGKhiHTBsG2wo/xU6FY/A==',
  hash: 'lNlsp1XA03N34HrQsVzPgJKtC+r7l/RBF4V3JQUWMj4=',
  signature: 'agAiSyogQbDHpeucoNwYz+yAr5nJ+v+zasdkSbqzv+U=',
};

const URL_CALLED = 'https://sms2pay.example/webhooks/payments/vipps?unit=1%2F2&x=%C3%A5';
const NOW_MS = Date.parse('2026-11-23T10:00:00Z');
const SECRET = 'secret-of-the-first+registration==';
const OTHER_SECRET = 'secret-of-the-second/registration==';
const BODY = JSON.stringify(anEvent({ msn: '123456' }));
const HINT = { ok: true, hints: [{ paymentReference: REFERENCE, providerReference: null }] };
const REFUSED = { ok: false, status: 401 };

interface Sent {
  secret?: string;
  body?: string;
  /** what is sent, when it is not what was signed */
  sentBody?: string;
  date?: string;
  signedUrl?: string;
  method?: string;
  headers?: Record<string, string | undefined>;
}

/** Signs as the vendor's page says, in its own words: not with the adapter's function. */
function callback(sent: Sent = {}): InboundHttpRequest {
  const {
    secret = SECRET,
    body = BODY,
    date = new Date(NOW_MS).toUTCString(),
    signedUrl = URL_CALLED,
  } = sent;
  const contentHash = createHash('sha256').update(body).digest('base64');
  const [, host = '', pathAndQuery = ''] = /^https:\/\/([^/]+)(.*)$/.exec(signedUrl) ?? [];
  const signature = createHmac('sha256', secret)
    .update(`POST\n${pathAndQuery}\n${date};${host};${contentHash}`)
    .digest('base64');
  const headers: Record<string, string | undefined> = {
    host: 'an-inner-name:8080',
    'content-type': 'application/json',
    'x-ms-date': date,
    'x-ms-content-sha256': contentHash,
    authorization: `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=${signature}`,
    ...sent.headers,
  };
  const given = Object.entries(headers).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return {
    method: sent.method ?? 'POST',
    url: URL_CALLED,
    headers: Object.fromEntries(given),
    body: sent.sentBody ?? body,
  };
}

function parse(
  request: InboundHttpRequest,
  change: Partial<Omit<VippsCallbackConfig, 'webhooks'>> & { webhooks?: readonly WebhookSecret[] } = {},
) {
  const { webhooks = [{ id: 'one', secret: SECRET }], ...others } = change;
  return createVippsCallbacks({ now: () => NOW_MS, ...others, webhooks: () => webhooks }).parse(request);
}

describe("the vendor's sample", () => {
  test('has the hash and the signature we compute', () => {
    expect(contentHashOf(SAMPLE.body)).toBe(SAMPLE.hash);
    const signed = { pathAndQuery: new URL(SAMPLE.url).pathname, host: 'webhook.site', date: SAMPLE.date };
    expect(callbackSignature(SAMPLE.secret, { ...signed, contentHash: SAMPLE.hash })).toBe(SAMPLE.signature);
  });

  test('passes as a request, and is only refused for naming no payment', () => {
    const request = {
      method: 'POST',
      url: SAMPLE.url,
      headers: {
        'x-ms-date': SAMPLE.date,
        'x-ms-content-sha256': SAMPLE.hash,
        authorization: `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=${SAMPLE.signature}`,
      },
      body: SAMPLE.body,
    };
    const webhooks = [{ id: 'sample', secret: SAMPLE.secret }];
    const now = () => Date.parse(SAMPLE.date);
    expect(parse(request, { webhooks, now })).toMatchObject({ ok: false, status: 400 });
    const decoded = Buffer.from(SAMPLE.secret, 'base64').toString('latin1');
    expect(parse(request, { webhooks: [{ id: 'sample', secret: decoded }], now })).toMatchObject(REFUSED);
  });
});

describe('a callback', () => {
  test('that is signed is a hint to look at its payment', () => {
    expect(parse(callback())).toEqual(HINT);
  });

  test.each([
    ['a failure', { success: false }],
    ['a capture', { name: 'CAPTURED' }],
    ['an event we do not know', { name: 'SOMETHING_NEW', amount: 'all' }],
    ['an event long ago', { timestamp: '2020-01-01T00:00:00Z' }],
  ])('about %s is the same hint: what it says is not believed', (_, change) => {
    expect(parse(callback({ body: JSON.stringify(anEvent(change)) }))).toEqual(HINT);
  });

  test('that comes twice is the same hint twice', () => {
    const callbacks = createVippsCallbacks({
      webhooks: () => [{ id: 'one', secret: SECRET }],
      now: () => NOW_MS,
    });
    expect([callbacks.parse(callback()), callbacks.parse(callback())]).toEqual([HINT, HINT]);
  });

  test('may be signed with any secret of ours', () => {
    const webhooks = [
      { id: 'one', secret: SECRET },
      { id: 'two', secret: OTHER_SECRET },
    ];
    expect(parse(callback(), { webhooks })).toEqual(HINT);
    expect(parse(callback({ secret: OTHER_SECRET }), { webhooks })).toEqual(HINT);
  });

  test('is checked with the secrets of the moment', () => {
    let webhooks = [{ id: 'one', secret: OTHER_SECRET }];
    const callbacks = createVippsCallbacks({ webhooks: () => webhooks, now: () => NOW_MS });
    expect(callbacks.parse(callback())).toMatchObject(REFUSED);
    webhooks = [{ id: 'two', secret: SECRET }];
    expect(callbacks.parse(callback())).toEqual(HINT);
  });

  test.each([
    ['another secret', { secret: OTHER_SECRET }],
    ['an empty secret', { secret: '' }],
    ['a changed body', { sentBody: BODY.replace('AUTHORIZED', 'CAPTURED') }],
    ['a body with a space more', { sentBody: `${BODY} ` }],
    ['no body', { sentBody: '' }],
    ['the signature of another path', { signedUrl: URL_CALLED.replace('vipps', 'other') }],
    ['the signature of another query', { signedUrl: URL_CALLED.replace('unit=1', 'unit=2') }],
    ['the signature of another spelling of the query', { signedUrl: URL_CALLED.replace('%2F', '/') }],
    ['the signature of another host', { signedUrl: URL_CALLED.replace('sms2pay', 'other') }],
    ['another method', { method: 'GET' }],
    ['no date', { headers: { 'x-ms-date': undefined } }],
    ['a date that was not signed', { headers: { 'x-ms-date': new Date(NOW_MS + 1000).toUTCString() } }],
    ['no hash', { headers: { 'x-ms-content-sha256': undefined } }],
    ['another hash', { headers: { 'x-ms-content-sha256': contentHashOf('') } }],
    ['no authorization', { headers: { authorization: undefined } }],
    ['another scheme', { headers: { authorization: 'Basic cGF5Y29yZTpzZWNyZXQ=' } }],
    [
      'an empty signature',
      {
        headers: { authorization: 'HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=' },
      },
    ],
  ])('with %s is refused with 401', (_, sent) => {
    expect(parse(callback(sent))).toMatchObject(REFUSED);
  });

  test('that signs fewer headers is refused', () => {
    const request = callback();
    const authorization = request.headers['authorization']?.replace('x-ms-date;host;', 'x-ms-date;');
    expect(
      parse({ ...request, headers: { ...request.headers, authorization: authorization ?? '' } }),
    ).toMatchObject(REFUSED);
  });

  test('is refused when there is no secret, or an empty one', () => {
    for (const webhooks of [[], [{ id: 'one', secret: '' }]])
      expect(parse(callback({ secret: '' }), { webhooks })).toMatchObject(REFUSED);
    expect(createVippsCallbacks({ webhooks: () => [] }).parse(callback())).toMatchObject(REFUSED);
  });

  test('at an address that cannot be read is refused', () => {
    for (const url of ['', '/webhooks', 'ftp://sms2pay.example/'])
      expect(parse({ ...callback(), url })).toMatchObject(REFUSED);
  });

  test.each([
    [0, true],
    [300_000, true],
    [301_000, false],
    [-300_000, true],
    [-301_000, false],
    [3_600_000, false],
  ])('that is %d ms old is taken: %s', (ageMs, taken) => {
    const date = new Date(NOW_MS - ageMs).toUTCString();
    expect(parse(callback({ date }))).toMatchObject(taken ? HINT : REFUSED);
  });

  test.each(['2026-11-23T10:00:00Z', 'Mon, 99 Nov 2026 10:00:00 GMT', 'now', '1795428000'])(
    'signed for the date "%s" is refused: an unreadable date is within no bound',
    (date) => {
      expect(parse(callback({ date }))).toMatchObject(REFUSED);
    },
  );

  test.each([
    ['no JSON', '{'],
    ['a list', '[]'],
    ['no reference', JSON.stringify(anEvent({ reference: undefined }))],
    ['a reference that is none', JSON.stringify(anEvent({ reference: "s2p' or 1=1" }))],
    ['a number for a reference', JSON.stringify(anEvent({ reference: 12_345_678 }))],
  ])('that is signed but has %s is refused with 400', (_, body) => {
    expect(parse(callback({ body }))).toMatchObject({ ok: false, status: 400 });
  });

  test('keeps what was wrong to itself', () => {
    const { detail } = parse(callback({ secret: OTHER_SECRET })) as { detail: string };
    expect(detail).toBe('The signature is missing, wrong or too old.');
  });
});

test('a port is part of the signed host unless it is the default one', () => {
  const at = (url: string, host: string) => {
    const request = callback({ signedUrl: `https://${host}/hook` });
    return parse({ ...request, url });
  };
  expect(at('https://sms2pay.example:8080/hook', 'sms2pay.example:8080')).toEqual(HINT);
  expect(at('https://sms2pay.example:443/hook', 'sms2pay.example')).toEqual(HINT);
  expect(at('https://sms2pay.example:8080/hook', 'sms2pay.example')).toMatchObject(REFUSED);
});
