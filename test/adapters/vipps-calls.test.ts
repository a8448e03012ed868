import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  ABANDON,
  aggregate,
  aModification,
  anEvent,
  aPayment,
  aProvider,
  CAPTURE,
  faultOf,
  nok,
  PAYMENT,
  problem,
  PSP_REFERENCE,
  REDIRECT_URL,
  REFERENCE,
  REFUND,
  RELEASE,
  RESERVE,
  startVippsServer,
  type VippsServer,
} from './vipps-harness.ts';
import { json, type Scripted } from './scripted-server.ts';

let server: VippsServer;
beforeAll(async () => {
  server = await startVippsServer();
});
afterAll(() => server.close());

const PATH = `/epayment/v1/payments/${REFERENCE}`;
const targets = () => server.seen.map(({ method, target }) => `${method} ${target}`);
const bodyOf = (index = 0): unknown => JSON.parse(server.seen[index]?.body ?? '');
const created = (change: Record<string, unknown> = {}) =>
  json({ reference: REFERENCE, redirectUrl: REDIRECT_URL, ...change }, 201);

describe('reserve', () => {
  test('makes a wallet payment for a browser, which names neither the customer nor order lines', async () => {
    server.script(created());
    await expect(aProvider(`${server.baseUrl}/`).reserve(RESERVE)).resolves.toEqual({
      providerReference: null,
      redirectUrl: REDIRECT_URL,
    });
    expect(targets()).toEqual(['POST /epayment/v1/payments']);
    expect(bodyOf()).toEqual({
      amount: nok(500),
      paymentMethod: { type: 'WALLET' },
      userFlow: 'WEB_REDIRECT',
      reference: REFERENCE,
      returnUrl: 'https://sms2pay.example/p/token/done',
      paymentDescription: 'Parkering på Torget',
      metadata: { operation: RESERVE.idempotencyKey },
    });
  });

  test('carries who we are on every call, and the key on a write', async () => {
    server.script(created());
    await aProvider(server.baseUrl).reserve(RESERVE);
    const expected = {
      'ocp-apim-subscription-key': 'sub-key-1',
      'merchant-serial-number': '123456',
      'vipps-system-name': 'sms2pay',
      'vipps-system-version': '0',
      'vipps-system-plugin-name': 'sms2pay',
      'vipps-system-plugin-version': '0',
    };
    expect(server.seen[0]?.headers).toMatchObject({
      ...expected,
      authorization: 'Bearer token-1',
      'idempotency-key': RESERVE.idempotencyKey,
      'content-type': 'application/json',
      // One closed while idle would leave a money call in doubt.
      connection: 'close',
    });
    expect(server.tokenRequests[0]).toMatchObject({
      method: 'POST',
      body: '',
      headers: {
        ...expected,
        client_id: 'fb492b5e-7907-4d83-ba20-c7fb60ca35de',
        client_secret: 'client+secret==',
      },
    });
    expect(server.seen[0]?.headers).not.toHaveProperty('client_secret');
  });

  test.each([
    [
      { termsUrl: 'https://a.example/t', privacyUrl: 'https://a.example/p' },
      ['termsOfSaleUrl', 'privacyPolicyUrl'],
    ],
    [{ termsUrl: 'https://a.example/t', privacyUrl: null }, ['termsOfSaleUrl']],
    [{ termsUrl: null, privacyUrl: 'https://a.example/p' }, ['privacyPolicyUrl']],
    [{ termsUrl: null, privacyUrl: null }, []],
  ])("shows the partner's terms in the app: %j", async (links, names) => {
    server.script(created());
    await aProvider(server.baseUrl).reserve({ ...RESERVE, ...links });
    const { merchantLegalLinks = {} } = bodyOf() as { merchantLegalLinks?: Record<string, string> };
    expect(Object.keys(merchantLegalLinks)).toEqual(names);
    expect(Object.values(merchantLegalLinks)).toEqual(Object.values(links).filter((url) => url !== null));
  });

  test('fits any description into 3 to 100 characters, without cutting one in two', async () => {
    const provider = aProvider(server.baseUrl);
    server.script(created());
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'grapheme', maxLength: 120 }), async (description) => {
        await provider.reserve({ ...RESERVE, description });
        const { paymentDescription } = JSON.parse(server.seen.at(-1)?.body ?? '') as {
          paymentDescription: string;
        };
        expect(paymentDescription.length).toBeGreaterThanOrEqual(3);
        expect(paymentDescription.length).toBeLessThanOrEqual(100);
        expect(paymentDescription).not.toMatch(/\p{Surrogate}/u);
        expect(description.trim().startsWith(paymentDescription.replace(/\.+$/, ''))).toBe(true);
      }),
      { numRuns: 40 },
    );
  });

  test.each([
    ['another reference', created({ reference: 's2pother' }), 'foreignPayment'],
    ['no address', created({ redirectUrl: undefined }), 'unreadableReply'],
    ['an address that is no web page', created({ redirectUrl: 'javascript:alert(1)' }), 'noRedirectUrl'],
    ['the address of the app itself', created({ redirectUrl: 'vipps://token=abc' }), 'noRedirectUrl'],
    ['half an address', created({ redirectUrl: 'https://' }), 'noRedirectUrl'],
    ['no JSON', new Response('<html>', { status: 201 }), 'unreadableReply'],
  ])('has an unknown outcome when the answer has %s', async (_, answer, code) => {
    server.script(answer);
    expect(await faultOf(aProvider(server.baseUrl).reserve(RESERVE))).toMatchObject({
      kind: 'outcomeUnknown',
      code,
    });
  });

  test.each([
    [{ amountMinor: 0 }, 'amountOutOfRange'],
    [{ amountMinor: -1 }, 'amountOutOfRange'],
    [{ amountMinor: 1.5 }, 'amountOutOfRange'],
    [{ amountMinor: NaN }, 'amountOutOfRange'],
    [{ currency: 'SEK' as const }, 'currencyNotSupported'],
    [{ idempotencyKey: 'k'.repeat(51) }, 'invalidIdempotencyKey'],
    [{ idempotencyKey: '' }, 'invalidIdempotencyKey'],
    [{ idempotencyKey: 'a\nb' }, 'invalidIdempotencyKey'],
    [{ paymentReference: 'short' }, 'invalidReference'],
    [{ paymentReference: 's2p:0011223344' }, 'invalidReference'],
  ])('refuses %j without a call', async (change, code) => {
    server.script(created());
    const fault = await faultOf(aProvider(server.baseUrl).reserve({ ...RESERVE, ...change }));
    expect(fault).toMatchObject({ kind: 'rejected', code });
    expect([...server.seen, ...server.tokenRequests]).toEqual([]);
  });
});

describe('findReservation', () => {
  test('finds the payment with its address', async () => {
    server.script(json(aPayment({ state: 'CREATED' })));
    await expect(aProvider(server.baseUrl).findReservation(REFERENCE)).resolves.toEqual({
      providerReference: PSP_REFERENCE,
      redirectUrl: REDIRECT_URL,
    });
    expect(targets()).toEqual([`GET ${PATH}`]);
  });

  test('finds nothing when Vipps knows none', async () => {
    server.script(problem(404, '5090'));
    await expect(aProvider(server.baseUrl).findReservation(REFERENCE)).resolves.toBeNull();
  });

  test.each([
    ['another reference', { reference: 's2pother' }, 'foreignPayment'],
    ['no address', { redirectUrl: undefined }, 'noRedirectUrl'],
    ['an address that is no web page', { redirectUrl: 'data:text/html,x' }, 'noRedirectUrl'],
  ])('neither believes nor denies a payment with %s', async (_, change, code) => {
    server.script(json(aPayment(change)));
    expect(await faultOf(aProvider(server.baseUrl).findReservation(REFERENCE))).toMatchObject({
      kind: 'unavailable',
      code,
    });
  });
});

describe('read', () => {
  test('asks for the payment and, once it is authorised, for the event log', async () => {
    server.script(json(aPayment()), json([anEvent({ name: 'CREATED' }), anEvent()]));
    const snapshot = await aProvider(server.baseUrl).read({ ...PAYMENT, providerReference: null });
    expect(targets()).toEqual([`GET ${PATH}`, `GET ${PATH}/events`]);
    expect(snapshot).toMatchObject({ phase: 'authorized', authorizedAt: '2026-11-23T10:01:02.500Z' });
    expect(server.seen[0]?.headers).not.toHaveProperty('idempotency-key');
  });

  test.each(['CREATED', 'ABORTED', 'EXPIRED', 'TERMINATED', 'SOMETHING_NEW'])(
    'asks for the payment alone while it is %s',
    async (state) => {
      server.script(json(aPayment({ state })));
      await aProvider(server.baseUrl).read(PAYMENT);
      expect(targets()).toEqual([`GET ${PATH}`]);
    },
  );

  const brokenLogs: [string, Scripted][] = [
    ['an error', json({}, 500)],
    ['no JSON', new Response('<html>')],
    ['events of another payment', json([anEvent({ reference: 's2pother' })])],
    ['a closed connection', 'drop'],
  ];

  test.each(brokenLogs)('asks a second time for an event log that is %s', async (_, answer) => {
    server.script(json(aPayment()), answer, json([anEvent()]));
    const snapshot = await aProvider(server.baseUrl).read(PAYMENT);
    expect(snapshot).toMatchObject({ authorizedAt: '2026-11-23T10:01:02.500Z' });
    expect(targets()).toEqual([`GET ${PATH}`, `GET ${PATH}/events`, `GET ${PATH}/events`]);
  });

  test.each(brokenLogs)('shows what is held even if the event log is twice %s', async (_, answer) => {
    server.script(json(aPayment()), answer);
    await expect(aProvider(server.baseUrl).read(PAYMENT)).resolves.toMatchObject({
      phase: 'authorized',
      authorizedMinor: 500,
      authorizedAt: null,
    });
    expect(targets()).toHaveLength(3);
  });

  test.each([
    ['too many calls', json({}, 429)],
    ['not found', json({}, 404)],
  ])('shows what is held and does not insist when the event log is %s', async (_, answer) => {
    server.script(json(aPayment()), answer);
    await expect(aProvider(server.baseUrl).read(PAYMENT)).resolves.toMatchObject({
      phase: 'authorized',
      authorizedMinor: 500,
      authorizedAt: null,
    });
    expect(targets()).toHaveLength(2);
  });

  test('gives up on an event log that never answers', async () => {
    server.script(json(aPayment()), 'hang');
    const snapshot = await aProvider(server.baseUrl, { timeoutMs: 1500 }).read(PAYMENT);
    expect(snapshot).toMatchObject({ phase: 'authorized', authorizedAt: null });
  });

  test('knows nothing after a 404', async () => {
    server.script(json({ statusCode: 404 }, 404));
    await expect(aProvider(server.baseUrl).read(PAYMENT)).resolves.toBeNull();
  });
});

describe('capture', () => {
  test('names the amount, the whole reservation too: none or 0 would mean everything', async () => {
    for (const amountMinor of [100, 500]) {
      server.script(json(aModification({ captured: amountMinor })));
      await aProvider(server.baseUrl).capture({ ...CAPTURE, amountMinor });
      expect(targets()).toEqual([`POST ${PATH}/capture`]);
      expect(bodyOf()).toEqual({ modificationAmount: nok(amountMinor) });
      expect(server.seen[0]?.headers['idempotency-key']).toBe(CAPTURE.idempotencyKey);
    }
  });

  test('believes a success that is labelled a problem, as the vendor documents it', async () => {
    const labelled = { 'content-type': 'application/problem+json' };
    server.script(json(aModification({ captured: 100 }), 200, labelled));
    await expect(aProvider(server.baseUrl).capture(CAPTURE)).resolves.toBeUndefined();
  });

  test.each([
    ['nothing captured', aModification(), 'notConfirmed'],
    ['less captured', aModification({ captured: 99 }), 'notConfirmed'],
    ['more captured than was reserved', aModification({ captured: 501 }), 'notConfirmed'],
    [
      'another currency',
      aModification({}, { aggregate: { ...aggregate(), capturedAmount: { currency: 'DKK', value: 100 } } }),
      'notConfirmed',
    ],
    ['another reference', aModification({ captured: 100 }, { reference: 's2pother' }), 'foreignPayment'],
    ['no aggregate', aModification({ captured: 100 }, { aggregate: undefined }), 'unreadableReply'],
    ['an amount in prose', aModification({}, { aggregate: { capturedAmount: 'all' } }), 'unreadableReply'],
    ['nothing', null, 'unreadableReply'],
  ])('does not believe HTTP 200 with %s', async (_, body, code) => {
    server.script(json(body));
    expect(await faultOf(aProvider(server.baseUrl).capture(CAPTURE))).toMatchObject({
      kind: 'outcomeUnknown',
      code,
    });
    expect(server.seen).toHaveLength(1);
  });

  test.each([
    { amountMinor: 501 },
    { amountMinor: 0 },
    { amountMinor: -100 },
    { amountMinor: 99.5 },
    { amountMinor: NaN },
    { amountMinor: 0, authorizedMinor: 0 },
    { amountMinor: 100, authorizedMinor: NaN },
    { currency: 'EUR' as const },
    { idempotencyKey: 'k'.repeat(51) },
  ])('never calls with %j', async (change) => {
    server.script(json(aModification()));
    const fault = await faultOf(aProvider(server.baseUrl).capture({ ...CAPTURE, ...change }));
    expect(fault.kind).toBe('rejected');
    expect(server.seen).toEqual([]);
  });
});

describe('release', () => {
  test('cancels what is left, without a body: the condition of an abandonment must not slip in', async () => {
    server.script(json(aModification({ captured: 100, cancelled: 400 })));
    await aProvider(server.baseUrl).release(RELEASE);
    expect(targets()).toEqual([`POST ${PATH}/cancel`]);
    expect(server.seen[0]?.body).toBe('');
    expect(server.seen[0]?.headers['idempotency-key']).toBe(RELEASE.idempotencyKey);
  });

  test('of a payment that was never approved ends it', async () => {
    server.script(json(aModification({ authorized: 0, cancelled: 500 }, { state: 'TERMINATED' })));
    await expect(aProvider(server.baseUrl).release(RELEASE)).resolves.toBeUndefined();
  });

  test.each([
    ['something left', aModification({ captured: 100, cancelled: 399 })],
    ['a payment that still waits', aModification({ authorized: 0 }, { state: 'CREATED' })],
    ['a state we do not know', aModification({ cancelled: 500 }, { state: 'CANCELLING' })],
  ])('does not believe HTTP 200 with %s', async (_, body) => {
    server.script(json(body));
    expect(await faultOf(aProvider(server.baseUrl).release(RELEASE))).toMatchObject({
      kind: 'outcomeUnknown',
      code: 'notConfirmed',
    });
  });
});

describe('abandon', () => {
  test('cancels only if the customer has not approved', async () => {
    server.script(json(aModification({ authorized: 0, cancelled: 500 }, { state: 'TERMINATED' })));
    await aProvider(server.baseUrl).abandon(ABANDON);
    expect(targets()).toEqual([`POST ${PATH}/cancel`]);
    expect(bodyOf()).toEqual({ cancelTransactionOnly: true });
    expect(server.seen[0]?.headers['idempotency-key']).toBe(ABANDON.idempotencyKey);
  });

  test('is refused once the customer has approved', async () => {
    server.script(problem(400, '6060'));
    expect(await faultOf(aProvider(server.baseUrl).abandon(ABANDON))).toMatchObject({
      kind: 'rejected',
      code: '6060',
    });
  });

  test.each(['AUTHORIZED', 'CREATED'])('does not believe HTTP 200 with state %s', async (state) => {
    server.script(json(aModification({}, { state })));
    expect(await faultOf(aProvider(server.baseUrl).abandon(ABANDON))).toMatchObject({
      kind: 'outcomeUnknown',
      code: 'notConfirmed',
    });
  });
});

describe('refund', () => {
  test('names a part of what was captured', async () => {
    server.script(json(aModification({ captured: 100, cancelled: 400, refunded: 50 })));
    await aProvider(server.baseUrl).refund(REFUND);
    expect(targets()).toEqual([`POST ${PATH}/refund`]);
    expect(bodyOf()).toEqual({ modificationAmount: nok(50) });
    expect(server.seen[0]?.headers['idempotency-key']).toBe(REFUND.idempotencyKey);
  });

  test('does not believe HTTP 200 with less refunded', async () => {
    server.script(json(aModification({ captured: 100, refunded: 49 })));
    expect(await faultOf(aProvider(server.baseUrl).refund(REFUND))).toMatchObject({
      kind: 'outcomeUnknown',
      code: 'notConfirmed',
    });
  });

  test.each([{ amountMinor: 0 }, { amountMinor: 0.5 }, { currency: 'SEK' as const }, { idempotencyKey: '' }])(
    'never calls with %j',
    async (change) => {
      server.script(json(aModification()));
      const fault = await faultOf(aProvider(server.baseUrl).refund({ ...REFUND, ...change }));
      expect(fault.kind).toBe('rejected');
      expect(server.seen).toEqual([]);
    },
  );
});

describe('the key', () => {
  test('stays the same for every try of one operation, whatever the tries come to', async () => {
    server.script(
      json({}, 503),
      problem(423, null),
      'drop',
      problem(400, '6280'),
      json(aModification({ captured: 100 })),
    );
    const provider = aProvider(server.baseUrl);
    for (let tries = 0; tries < 4; tries += 1) await faultOf(provider.capture(CAPTURE));
    await provider.capture(CAPTURE);
    const sent = server.seen.map(({ headers, body }) => ({ key: headers['idempotency-key'], body }));
    expect(sent).toHaveLength(5);
    expect(new Set(sent.map(({ key, body }) => `${key} ${body}`)).size).toBe(1);
  });
});

test('what Vipps can do', () => {
  expect(aProvider('http://127.0.0.1:1').capabilities).toEqual({
    provider: 'vipps',
    release: 'call',
    abandon: true,
    refund: true,
    idempotencyKeys: true,
    eventLog: true,
    showsReservationAfterCapture: true,
    paymentOnOpen: true,
    paymentLifeMs: 600_000,
    minimumCaptureMinor: 100,
    captureDeadlineMs: 432_000_000,
    showsReceipt: true,
    currencies: ['NOK'],
  });
});
