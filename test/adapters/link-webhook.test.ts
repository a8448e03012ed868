import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createLinkGateway } from '../../src/adapters/sms/link/gateway.ts';
import { readServiceCentreTime, toDeliveryState } from '../../src/adapters/sms/link/transform.ts';
import type { InboundHttpRequest } from '../../src/ports/webhooks.ts';

const gateway = createLinkGateway({
  baseUrl: 'http://127.0.0.1:1',
  username: 'u',
  password: 'p',
  platformId: 'COMMON_API',
  platformPartnerId: '4711',
  deliveryGateId: null,
  webhookUsername: 'link',
  webhookPassword: 'hook-secret:æ',
  timeoutMs: 1000,
});

const basic = (credentials: string) => `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`;
const AUTHORIZATION = basic('link:hook-secret:æ');

function request(change: Partial<InboundHttpRequest> = {}): InboundHttpRequest {
  return {
    method: 'POST',
    url: 'https://sms2pay.example/webhooks/sms/link',
    headers: { authorization: AUTHORIZATION, 'content-type': 'application/json' },
    body: '',
    ...change,
  };
}
const jsonRequest = (body: unknown) => request({ body: JSON.stringify(body) });
const formRequest = (fields: Record<string, string>) =>
  request({
    headers: {
      authorization: AUTHORIZATION,
      'content-type': 'application/x-www-form-urlencoded; charset=UTF-8',
    },
    body: new URLSearchParams(fields).toString(),
  });
const queryRequest = (query: string, method = 'GET') =>
  request({
    method,
    url: `https://sms2pay.example/webhooks/sms/link?${query}`,
    headers: { authorization: AUTHORIZATION },
  });

/** LINK's own sample (SMS_REST_API_MO 1.7), on our number. */
const MO = {
  destination: 'NO-27222',
  subNumber: null,
  source: '+4790000001',
  content: { type: 'SMS', userData: 'Charge', encoding: 'TEXT' },
  operator: 'no.telenor',
  timestamp: '2026-11-17T14:28:40Z',
  messageId: '0',
  operatorTimestamp: '2026-11-17T14:28:41Z',
  operatorMessageId: '0',
  route: {
    type: 'KEYWORD_ROUTE',
    number: 'NO-2333',
    keyword: 'CHARGE',
    gateIds: ['0'],
    customParameters: {},
  },
  gateCustomParameters: {},
  customParameters: { moReferenceId: '0', serviceCentreTimeStamp: '20261117152842' },
};
const MESSAGE = {
  messageId: '0',
  msisdn: '4790000001',
  shortNumber: '27222',
  text: 'Charge',
  sentAt: '2026-11-17T14:28:40.000Z',
};

describe('who may call', () => {
  test.each([
    ['nobody', undefined],
    ['a wrong password', basic('link:hook-secret:a')],
    ['a password with one character more', basic('link:hook-secret:æ ')],
    ['a wrong user', basic('lin:hook-secret:æ')],
    ['no credentials at all', 'Basic '],
    ['another scheme', AUTHORIZATION.replace('Basic', 'Bearer')],
    ['the bare credentials', 'link:hook-secret:æ'],
  ])('%s gets 401 from both webhooks, before the body is looked at', (_, authorization) => {
    const headers: Record<string, string> = { 'content-type': 'text/plain' };
    if (authorization !== undefined) headers['authorization'] = authorization;
    const bad = request({ headers, body: 'not even JSON' });
    expect(gateway.parseInbound(bad)).toMatchObject({ ok: false, status: 401 });
    expect(gateway.parseDelivery(bad)).toMatchObject({ ok: false, status: 401 });
  });

  test('the name of the scheme may be written in any case', () => {
    const headers = {
      authorization: AUTHORIZATION.replace('Basic', 'basic'),
      'content-type': 'application/json',
    };
    expect(gateway.parseInbound(request({ headers, body: JSON.stringify(MO) }))).toMatchObject({ ok: true });
  });
});

describe('an incoming text', () => {
  test.each([
    ['JSON as LINK documents it', jsonRequest(MO)],
    ['a JSON list', jsonRequest([MO])],
    [
      'JSON with a charset',
      {
        ...jsonRequest(MO),
        headers: { authorization: AUTHORIZATION, 'content-type': 'Application/JSON; charset=utf-8' },
      },
    ],
    [
      'JSON without plus and country (`noplus`, `nocountry`)',
      jsonRequest({ ...MO, source: '4790000001', destination: '27222' }),
    ],
    [
      'JSON with numbers where text is documented',
      jsonRequest({ ...MO, source: 4790000001, destination: 27222, messageId: 0 }),
    ],
    [
      "a form with LINK's names",
      formRequest({
        source: '+4790000001',
        destination: 'NO-27222',
        'content.userData': 'Charge',
        messageId: '0',
        timestamp: '2026-11-17T14:28:40Z',
      }),
    ],
    [
      'a form with template names',
      formRequest({
        msisdn: '4790000001',
        number: '27222',
        message: 'Charge',
        id: '0',
        timestamp: '2026-11-17T15:28:40+01:00',
      }),
    ],
    [
      'a query template with GET',
      queryRequest('from=4790000001&to=NO-27222&text=Charge&id=0&timestamp=2026-11-17T14:28:40Z'),
    ],
    [
      'a query template whose plus was not escaped',
      queryRequest('from=+4790000001&to=27222&userData=Charge&messageId=0&timestamp=2026-11-17T14:28:40Z'),
    ],
    [
      'a query template with POST and no body',
      queryRequest(
        'source=%2B4790000001&destination=27222&text=Charge&messageId=0&timestamp=2026-11-17T14:28:40Z',
        'POST',
      ),
    ],
  ])('is understood as %s', (_, asked) => {
    expect(gateway.parseInbound(asked)).toEqual({ ok: true, messages: [MESSAGE], unreadable: [] });
  });

  test.each([
    ['NO-27222', '27222'],
    ['no-27222', '27222'],
    ['SE-72222', 'SE-72222'],
    ['+4759440000', '4759440000'],
    ['27222', '27222'],
  ])('to %s is a text to %s', (destination, shortNumber) => {
    expect(gateway.parseInbound(jsonRequest({ ...MO, destination }))).toMatchObject({
      messages: [{ shortNumber }],
    });
  });

  test.each([
    ['NO-2097', 123, '2097123'],
    ['2097', '0123', '20970123'],
    ['FI-17163', 5, 'FI-171635'],
    ['NO-2097', null, '2097'],
    ['NO-2097', '', '2097'],
  ])('to %s with the subnumber %j is a text to %s', (destination, subNumber, shortNumber) => {
    const route = { type: 'SUBNUMBER_ROUTE', number: destination };
    expect(gateway.parseInbound(jsonRequest({ ...MO, destination, subNumber, route }))).toMatchObject({
      messages: [{ shortNumber }],
    });
  });

  test.each([
    ['72222', 'SE-72222', 'SE-72222', '46701234567'],
    ['27222', 'NO-27222', '27222', null],
    ['+4759440000', 'SE-72222', '4759440000', null],
  ])('to %s by a route of %s is one to that country', (destination, number, shortNumber, msisdn) => {
    const parsed = gateway.parseInbound(
      jsonRequest({ ...MO, source: '070-1234567', destination, route: { ...MO.route, number } }),
    );
    if (msisdn === null) expect(parsed).toEqual({ ok: true, messages: [], unreadable: ['source'] });
    else expect(parsed).toMatchObject({ messages: [{ shortNumber, msisdn }] });
  });

  test('comes one by one or several at once, in order', () => {
    const parsed = gateway.parseInbound(
      jsonRequest([MO, { ...MO, messageId: '1', content: { userData: 'ENDCHARGE' } }]),
    );
    expect(parsed).toEqual({
      ok: true,
      messages: [MESSAGE, { ...MESSAGE, messageId: '1', text: 'ENDCHARGE' }],
      unreadable: [],
    });
  });

  test('keeps its text as it was written, white space and letters of every kind included', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        const written = text.replaceAll('\u0000', ' ');
        const fromJson = gateway.parseInbound(jsonRequest({ ...MO, content: { userData: text } }));
        expect(fromJson).toEqual({ ok: true, messages: [{ ...MESSAGE, text: written }], unreadable: [] });
        const fields = {
          source: '+4790000001',
          destination: '27222',
          messageId: '0',
          text,
          timestamp: MO.timestamp,
        };
        expect(gateway.parseInbound(formRequest(fields))).toEqual(fromJson);
      }),
    );
  });

  test('may be empty: that is a text, too', () => {
    expect(gateway.parseInbound(jsonRequest({ ...MO, content: { userData: '' } }))).toMatchObject({
      ok: true,
      messages: [{ text: '' }],
    });
  });

  test('loses a NUL, which the database cannot store', () => {
    expect(
      gateway.parseInbound(jsonRequest({ ...MO, content: { userData: 'CHARGE\u0000 B7' } })),
    ).toMatchObject({
      messages: [{ text: 'CHARGE  B7' }],
    });
  });

  test.each([
    ['messageId', { messageId: undefined }],
    ['messageId', { messageId: '  ' }],
    ['messageId', { messageId: 'a\u0000b' }],
    ['messageId', { messageId: 2 ** 53 }],
    ['source', { source: null }],
    ['source', { source: ' ' }],
    ['destination', { destination: undefined }],
    ['destination', { destination: 'NO-' }],
    ['destination', { destination: ['NO-27222'] }],
    ['subNumber', { subNumber: 'x1' }],
    ['destination', { subNumber: '12345678901' }],
    ['text', { content: undefined }],
    ['text', { content: { userData: null } }],
    ['text', { content: [] }],
  ])('without a readable %s is refused with 400 (%j)', (field, change) => {
    const parsed = gateway.parseInbound(jsonRequest({ ...MO, ...change }));
    expect(parsed).toMatchObject({ ok: false, status: 400 });
    expect(parsed).toHaveProperty('detail', expect.stringContaining(field));
    expect(JSON.stringify(parsed)).not.toMatch(/900/);
  });

  test.each([
    ['+47 900 00 001', 'NO-27222', '4790000001'],
    ['0047-900-00-001', 'NO-27222', '4790000001'],
    ['tel:+4790000001', 'NO-27222', '4790000001'],
    ['(+47) 90000001', 'NO-27222', '4790000001'],
    ['90000001', 'NO-27222', '4790000001'],
    ['90000001', '27222', '4790000001'],
    ['90000001', '+4759440000', '4790000001'],
    ['40 00 00 01', 'DK-1272', '4540000001'],
    ['40000001', '+4540000000', '4540000001'],
    ['070-123 45 67', 'SE-72222', '46701234567'],
    ['90000001', 'DE-72222', null],
  ])('from %s to %s is from %s', (source, destination, msisdn) => {
    const parsed = gateway.parseInbound(jsonRequest({ ...MO, source, destination }));
    if (msisdn === null) expect(parsed).toEqual({ ok: true, messages: [], unreadable: ['source'] });
    else expect(parsed).toMatchObject({ ok: true, messages: [{ msisdn }], unreadable: [] });
  });

  test.each(['LINK', 'Telenor', '27222', '1960', '1234567890123456', '@kari'])(
    'from %s, which can never be answered, is acknowledged and dropped',
    (source) => {
      expect(gateway.parseInbound(jsonRequest({ ...MO, source }))).toEqual({
        ok: true,
        messages: [],
        unreadable: ['source'],
      });
    },
  );

  test('that cannot be read holds back none of the others of its call', () => {
    const others = ['LINK', null].map((source, n) => ({ ...MO, source, messageId: `bad-${n}` }));
    expect(gateway.parseInbound(jsonRequest([...others, MO]))).toEqual({
      ok: true,
      messages: [MESSAGE],
      unreadable: ['source', 'source'],
    });
  });

  test('without its fields refuses a call that holds nothing readable, so that a corrected gate sends it again', () => {
    const bad = { ...MO, source: null };
    expect(gateway.parseInbound(jsonRequest([bad, bad]))).toMatchObject({ ok: false, status: 400 });
  });

  test.each([
    ['broken JSON', '{"source":'],
    ['no object', '"CHARGE"'],
    ['null', 'null'],
    ['an empty list', '[]'],
    ['a list of no objects', '[1]'],
    ['a list of lists', '[[]]'],
  ])('is not made of %s', (_, body) => {
    expect(gateway.parseInbound(request({ body }))).toMatchObject({ ok: false, status: 400 });
  });

  test.each(['application/xml', 'text/plain', ''])(
    'in content type "%s" is refused with 415',
    (contentType) => {
      const headers = { authorization: AUTHORIZATION, 'content-type': contentType };
      expect(gateway.parseInbound(request({ headers, body: JSON.stringify(MO) }))).toMatchObject({
        ok: false,
        status: 415,
      });
    },
  );

  test('in a call without body or query is refused with 400, as is an unreadable URL', () => {
    expect(gateway.parseInbound(request())).toMatchObject({ ok: false, status: 400 });
    expect(gateway.parseInbound(request({ method: 'GET', url: 'http://' }))).toMatchObject({
      ok: false,
      status: 400,
    });
  });
});

describe('the time of an incoming text', () => {
  function sentAt(change: Record<string, unknown>): unknown {
    const parsed = gateway.parseInbound(jsonRequest({ ...MO, ...change }));
    return parsed.ok ? parsed.messages[0]?.sentAt : parsed;
  }

  test.each([
    ['timestamp', {}, '2026-11-17T14:28:40.000Z'],
    [
      'timestamp with a zone and fractions',
      { timestamp: '2026-11-17T15:28:40.1239999+01:00' },
      '2026-11-17T14:28:40.123Z',
    ],
    ['operatorTimestamp without the first', { timestamp: null }, '2026-11-17T14:28:41.000Z'],
    [
      'operatorTimestamp when the first is unreadable',
      { timestamp: 'yesterday' },
      '2026-11-17T14:28:41.000Z',
    ],
    [
      'operatorTimestamp when the first has no zone',
      { timestamp: '2026-11-17T14:28:40' },
      '2026-11-17T14:28:41.000Z',
    ],
    [
      'operatorTimestamp when the first is no day',
      { timestamp: '2026-02-30T14:28:40Z' },
      '2026-11-17T14:28:41.000Z',
    ],
    [
      'the service centre when both are missing',
      { timestamp: '', operatorTimestamp: 5 },
      '2026-11-17T14:28:42.000Z',
    ],
    [
      'unknown when nothing can be read',
      { timestamp: null, operatorTimestamp: null, customParameters: { serviceCentreTimeStamp: '2026' } },
      null,
    ],
    [
      'unknown when nothing is there',
      { timestamp: null, operatorTimestamp: null, customParameters: null },
      null,
    ],
  ])('is %s', (_, change, expected) => {
    expect(sentAt(change)).toBe(expected);
  });

  test.each([
    ["LINK's sample: an hour ahead of UTC in winter", '20151117152840', '2015-11-17T14:28:40.000Z'],
    ['two hours ahead in summer', '20260701120000', '2026-07-01T10:00:00.000Z'],
    ['midnight', '20260101000000', '2025-12-31T23:00:00.000Z'],
    ['the last moment before the clocks go forward', '20260329015959', '2026-03-29T00:59:59.000Z'],
    ['the hour the clocks jump over', '20260329023000', null],
    ['the hour that comes twice', '20261025023000', null],
    ['right after it', '20261025030000', '2026-10-25T02:00:00.000Z'],
    ['no such day', '20260230120000', null],
    ['no such hour', '20260101250000', null],
    ['too short', '2026010125', null],
  ])('by a service centre is Norwegian wall time: %s', (_, text, expected) => {
    expect(readServiceCentreTime(text)).toBe(expected);
  });
});

describe('a delivery report', () => {
  const REPORT = {
    refId: 'a1b2-link-1',
    id: 'abc123',
    operator: null,
    sentTimestamp: '2026-11-17T14:28:40Z',
    timestamp: '2026-11-17T14:28:45Z',
    resultCode: 1001,
    operatorResultCode: '3',
    segments: 1,
    gateCustomParameters: {},
    customParameters: {},
  };
  const EXPECTED = {
    gatewayMessageId: 'abc123',
    outboundId: 'a1b2-link-1',
    part: 0,
    state: 'delivered',
    resultCode: '1001',
    at: '2026-11-17T14:28:45.000Z',
  };

  test.each([
    ['JSON', jsonRequest(REPORT)],
    ['a JSON list', jsonRequest([REPORT])],
    [
      'a form',
      formRequest({ refId: 'a1b2-link-1', id: 'abc123', resultCode: '1001', timestamp: REPORT.timestamp }),
    ],
    [
      'a query',
      queryRequest('refId=a1b2-link-1&messageId=abc123&resultCode=1001&timestamp=2026-11-17T14:28:45Z'),
    ],
  ])('is understood as %s', (_, asked) => {
    expect(gateway.parseDelivery(asked)).toEqual({ ok: true, reports: [EXPECTED], unreadable: [] });
  });

  test.each([
    ['abc123$0', 'abc123', 0],
    ['abc123$12', 'abc123', 12],
    ['a$b$1', 'a$b', 1],
    ['abc$', 'abc$', 0],
    ['$1', '$1', 0],
  ])('with id %s is about part %s of the text', (id, gatewayMessageId, part) => {
    expect(gateway.parseDelivery(jsonRequest({ ...REPORT, id }))).toMatchObject({
      reports: [{ gatewayMessageId, part }],
    });
  });

  test('need not echo our id or name a time', () => {
    expect(
      gateway.parseDelivery(jsonRequest({ id: 'abc123', resultCode: '3', refId: '', timestamp: 'x' })),
    ).toEqual({
      ok: true,
      reports: [{ ...EXPECTED, outboundId: null, at: null, state: 'failed', resultCode: '3' }],
      unreadable: [],
    });
  });

  test.each([{ id: null }, { resultCode: null }, { resultCode: 'delivered' }])(
    'with %j is refused',
    (change) => {
      expect(gateway.parseDelivery(jsonRequest({ ...REPORT, ...change }))).toMatchObject({
        ok: false,
        status: 400,
      });
    },
  );

  // The table of MT_DLR 1.18, written down here once more: a slip in either copy shows.
  const range = (from: number, to: number) =>
    Array.from({ length: to - from + 1 }, (_, index) => from + index);
  test.each([
    ['delivered', [1001, 1007]],
    ['pending', [1000, 1005, 1008, 1011, 1012, 1013]],
    ['unknown', [4, 5, 1010]],
    ['failed', [1, 3, 6, 105, 1002, 1004, 2107]],
    [
      'failed',
      [0, 2, 104, 1003, 1006, 1009, ...range(2000, 2003), ...range(2100, 2106), ...range(2200, 2207)],
    ],
    ['failed', [...range(3000, 3002), ...range(4000, 4007)]],
    ['unknown', [7, 103, 106, 999, 1014, 2004, 2108, 2208, 3003, 4008, 106000]],
  ])('says %s with the codes %j', (state, codes) => {
    for (const code of codes) expect([code, toDeliveryState(String(code))]).toEqual([code, state]);
  });
});
