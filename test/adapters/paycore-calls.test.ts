import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hmacAuthorization } from '../../src/adapters/payment/paycore/client.ts';
import {
  aProvider,
  CAPTURE,
  faultOf,
  PAYMENT,
  paycoreConfig,
  REFERENCE,
  RESERVE,
  TRANSACTION,
  TRANSACTION_ID,
} from './paycore-harness.ts';
import { json, startScriptedServer, type ScriptedServer, type SeenRequest } from './scripted-server.ts';

let server: ScriptedServer;
let other: ScriptedServer;
beforeAll(async () => {
  server = await startScriptedServer();
  other = await startScriptedServer();
});
afterAll(() => Promise.all([server.close(), other.close()]));

const created = (location = `/api/pre-transactions/4711/${TRANSACTION_ID}`, status = 201) =>
  new Response(null, { status, headers: { location } });
const targets = () => server.seen.map(({ method, target }) => `${method} ${target}`);

/** Signs what arrived with the secret and compares: the check Paycore makes. */
function isSigned(request: SeenRequest | undefined): boolean {
  const header = request?.headers['authorization'] ?? '';
  const [, nonce = '', unixSeconds = ''] = /^hmac "4711:.{10}:([^:]{1,50}):(\d+)"$/.exec(header) ?? [];
  if (!request) return false;
  const { secretBase64 } = paycoreConfig('');
  const body = request.body === '' ? null : request.body;
  const { method, url } = request;
  const signed = {
    partnerId: 4711,
    secretBase64,
    method,
    url,
    body,
    nonce,
    unixSeconds: Number(unixSeconds),
  };
  return header === hmacAuthorization(signed);
}

describe('reserve (CreateDirectPayment)', () => {
  test('posts one pre-transaction for the wallet alone, in which Paycore texts nobody', async () => {
    server.script(created());
    await aProvider(server.baseUrl).reserve(RESERVE);
    expect(targets()).toEqual(['POST /api/pre-transactions']);
    expect(server.seen[0]?.headers['content-type']).toBe('application/json');
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual({
      partnerId: 4711,
      referenceId: REFERENCE,
      amount: '5.00',
      currency: 'NOK',
      paymentProviders: ['Vipps'],
      msisdn: '+4790000001',
      description: 'Parkering på Torget',
      returnUrl: 'https://sms2pay.example/p/token/done',
      statusCallbackUrl: `https://paycore:callback-secret@sms2pay.example/webhooks/payments/paycore?id={{transactionId}}&status={{status}}&referenceId=${REFERENCE}`,
      expiryUtc: '2026-11-23T10:15:00.000Z',
      sendSms: false,
      skipLandingPage: true,
    });
    expect(isSigned(server.seen[0])).toBe(true);
  });

  test('keeps what the callback address already has in its query', async () => {
    server.script(created());
    await aProvider(server.baseUrl, { callbackUrl: 'https://sms2pay.example/cb?x=1' }).reserve(RESERVE);
    const body = JSON.parse(server.seen[0]?.body ?? '') as { statusCallbackUrl: string };
    expect(body.statusCallbackUrl).toMatch(
      /\/cb\?x=1&id=\{\{transactionId\}\}&status=\{\{status\}\}&referenceId=/,
    );
  });

  test.each([
    ['a path', `/api/pre-transactions/4711/${TRANSACTION_ID}`, 201],
    ['204', `/api/pre-transactions/${TRANSACTION_ID}`, 204],
    [
      'an absolute URL',
      `https://pay-core.example/api/pre-transactions/4711/${TRANSACTION_ID}/?api-version=2.0`,
      201,
    ],
  ])('knows the payment by the last part of the Location: %s', async (_, location, status) => {
    server.script(created(location, status));
    await expect(aProvider(`${server.baseUrl}/`).reserve(RESERVE)).resolves.toEqual({
      providerReference: TRANSACTION_ID,
      redirectUrl: `${server.baseUrl}/pre-transactions/4711/${TRANSACTION_ID}`,
    });
  });

  test.each([
    ['no Location', new Response(null, { status: 204 })],
    ['a Location without an id', created('/api/pre-transactions/4711/')],
    ['a Location that is no address', created('http://')],
  ])('has an unknown outcome when Paycore created something but answers %s', async (_, answer) => {
    server.script(answer);
    expect(await faultOf(aProvider(server.baseUrl).reserve(RESERVE))).toMatchObject({
      kind: 'outcomeUnknown',
      code: 'unreadableReply',
    });
  });

  test.each([{ amountMinor: 0 }, { amountMinor: -1 }, { amountMinor: 1.5 }, { amountMinor: NaN }])(
    'refuses %j without a call',
    async (change) => {
      server.script(created());
      const fault = await faultOf(aProvider(server.baseUrl).reserve({ ...RESERVE, ...change }));
      expect(fault).toMatchObject({ kind: 'rejected', code: 'amountOutOfRange' });
      expect(server.seen).toEqual([]);
    },
  );

  test('refuses a currency the account does not take, without a call', async () => {
    server.script(created());
    const provider = aProvider(server.baseUrl);
    expect(await faultOf(provider.reserve({ ...RESERVE, currency: 'SEK' }))).toMatchObject({
      kind: 'rejected',
      code: 'currencyNotSupported',
    });
    expect(server.seen).toEqual([]);
  });
});

describe('findReservation', () => {
  const FOUND = { preTransactionId: TRANSACTION_ID, referenceId: REFERENCE, amount: '5.00', currency: 'NOK' };

  test('looks for the pre-transaction by our reference', async () => {
    server.script(json(FOUND));
    await expect(aProvider(server.baseUrl).findReservation(REFERENCE)).resolves.toEqual({
      providerReference: TRANSACTION_ID,
      redirectUrl: `${server.baseUrl}/pre-transactions/4711/${TRANSACTION_ID}`,
    });
    expect(targets()).toEqual([`GET /api/pre-transactions/ref/4711/${REFERENCE}`]);
    expect(isSigned(server.seen[0])).toBe(true);
  });

  test("prefers Paycore's own address of the page", async () => {
    const mobileInvoiceUrl = 'https://lnk.example/abc';
    server.script(json({ ...FOUND, mobileInvoiceUrl }));
    await expect(aProvider(server.baseUrl).findReservation(REFERENCE)).resolves.toMatchObject({
      redirectUrl: mobileInvoiceUrl,
    });
  });

  test('never sends a browser to an address that is no web page', async () => {
    server.script(json({ ...FOUND, mobileInvoiceUrl: 'javascript:alert(1)' }));
    await expect(aProvider(server.baseUrl).findReservation(REFERENCE)).resolves.toMatchObject({
      redirectUrl: `${server.baseUrl}/pre-transactions/4711/${TRANSACTION_ID}`,
    });
  });

  test('finds nothing when Paycore knows none', async () => {
    server.script(json({ message: 'not found' }, 404));
    await expect(aProvider(server.baseUrl).findReservation(REFERENCE)).resolves.toBeNull();
  });

  test.each([
    ['another reference', { ...FOUND, referenceId: 's2pother' }, 'foreignPayment'],
    ['no reference', { ...FOUND, referenceId: undefined }, 'unreadableReply'],
    ['no id', { ...FOUND, preTransactionId: undefined }, 'unreadableReply'],
    ['a list', [FOUND], 'unreadableReply'],
  ])('believes no answer with %s', async (_, body, code) => {
    server.script(json(body));
    expect(await faultOf(aProvider(server.baseUrl).findReservation(REFERENCE))).toMatchObject({
      kind: 'outcomeUnknown',
      code,
    });
  });
});

describe('read (GetTransaction)', () => {
  test('asks by the transaction id when it is known', async () => {
    server.script(json(TRANSACTION));
    await expect(aProvider(server.baseUrl).read(PAYMENT)).resolves.toMatchObject({ phase: 'authorized' });
    expect(targets()).toEqual([`GET /api/transactions/4711/${TRANSACTION_ID}`]);
    expect(isSigned(server.seen[0])).toBe(true);
  });

  test('asks by our reference otherwise', async () => {
    server.script(json(TRANSACTION));
    const snapshot = await aProvider(server.baseUrl).read({ ...PAYMENT, providerReference: null });
    expect(snapshot).toMatchObject({ providerReference: TRANSACTION_ID, paymentReference: REFERENCE });
    expect(targets()).toEqual([`GET /api/transactions?partnerId=4711&referenceId=${REFERENCE}`]);
    expect(isSigned(server.seen[0])).toBe(true);
  });

  test.each(['relative', 'absolute'])(
    'follows the %s redirect of a look-up, signed for its own address',
    async (kind) => {
      const path = `/api/transactions/4711/${TRANSACTION_ID}`;
      const location = kind === 'relative' ? path : server.baseUrl + path;
      server.script(new Response(null, { status: 302, headers: { location } }), json(TRANSACTION));
      const snapshot = await aProvider(server.baseUrl).read({ ...PAYMENT, providerReference: null });
      expect(snapshot).toMatchObject({ providerReference: TRANSACTION_ID });
      expect(targets()).toEqual([
        `GET /api/transactions?partnerId=4711&referenceId=${REFERENCE}`,
        `GET ${path}`,
      ]);
      expect(server.seen.map(isSigned)).toEqual([true, true]);
      const headers = server.seen.map((request) => request.headers['authorization']);
      expect(headers[0]).not.toBe(headers[1]);
    },
  );

  test('follows no redirect to another origin: it would hand a signature to a stranger', async () => {
    other.script(json(TRANSACTION));
    server.script(new Response(null, { status: 302, headers: { location: `${other.baseUrl}/x` } }));
    const fault = await faultOf(aProvider(server.baseUrl).read({ ...PAYMENT, providerReference: null }));
    expect(fault).toMatchObject({ kind: 'outcomeUnknown', code: 'foreignRedirect' });
    expect(other.seen).toEqual([]);
  });

  test('follows one redirect and not a second', async () => {
    server.script(new Response(null, { status: 302, headers: { location: '/again' } }));
    const fault = await faultOf(aProvider(server.baseUrl).read({ ...PAYMENT, providerReference: null }));
    expect(fault).toMatchObject({ kind: 'outcomeUnknown', code: 'http302' });
    expect(server.seen).toHaveLength(2);
  });

  test.each([
    ['by id', PAYMENT, [json({}, 404)]],
    ['by reference', { ...PAYMENT, providerReference: null }, [json({}, 404)]],
    [
      'by reference and redirect (a pre-transaction without a transaction)',
      { ...PAYMENT, providerReference: null },
      [new Response(null, { status: 302, headers: { location: '/api/transactions/4711/x' } }), json({}, 404)],
    ],
  ])('knows nothing after a 404 %s', async (_, payment, answers) => {
    server.script(...answers);
    await expect(aProvider(server.baseUrl).read(payment)).resolves.toBeNull();
  });
});

describe('capture', () => {
  test('names the amount when it is a part (UpdateAndCaptureTransaction)', async () => {
    server.script(new Response(null, { status: 204 }));
    await aProvider(server.baseUrl).capture(CAPTURE);
    expect(targets()).toEqual([`PUT /api/transactions/4711/${TRANSACTION_ID}/capture?amount=1.00`]);
    expect(server.seen[0]?.body).toBe('');
    expect(isSigned(server.seen[0])).toBe(true);
  });

  test('names none when it is the whole reservation (CaptureTransaction)', async () => {
    server.script(json({}));
    await aProvider(server.baseUrl).capture({ ...CAPTURE, amountMinor: 500 });
    expect(targets()).toEqual([`PUT /api/transactions/4711/${TRANSACTION_ID}/capture`]);
  });

  test.each([
    { amountMinor: 501 },
    { amountMinor: 0 },
    { amountMinor: -100 },
    { amountMinor: 99.5 },
    { amountMinor: NaN },
    { amountMinor: 0, authorizedMinor: 0 },
    { amountMinor: 100, authorizedMinor: NaN },
  ])('never calls with %j', async (change) => {
    server.script(json({}));
    const fault = await faultOf(aProvider(server.baseUrl).capture({ ...CAPTURE, ...change }));
    expect(fault).toMatchObject({ kind: 'rejected', code: 'amountOutOfRange' });
    expect(server.seen).toEqual([]);
  });

  test('looks the transaction up when its id is not known', async () => {
    server.script(json(TRANSACTION), new Response(null, { status: 204 }));
    await aProvider(server.baseUrl).capture({ ...CAPTURE, providerReference: null });
    expect(targets()).toEqual([
      `GET /api/transactions?partnerId=4711&referenceId=${REFERENCE}`,
      `PUT /api/transactions/4711/${TRANSACTION_ID}/capture?amount=1.00`,
    ]);
  });

  test('is refused for a payment Paycore does not know', async () => {
    server.script(json({}, 404));
    const fault = await faultOf(aProvider(server.baseUrl).capture({ ...CAPTURE, providerReference: null }));
    expect(fault).toMatchObject({ kind: 'rejected', code: 'unknownPayment' });
    expect(server.seen).toHaveLength(1);
  });
});

describe('every call', () => {
  test('is signed anew when it is repeated: a replayed nonce or an old time would be a 401', async () => {
    let seconds = 1795416957;
    const nonces = ['nonce-1', 'nonce-2'];
    const provider = aProvider(server.baseUrl, {
      now: () => seconds * 1000 + 999,
      nonce: () => nonces.shift() ?? 'too many',
    });
    server.script(json({}, 503), new Response(null, { status: 204 }));
    await faultOf(provider.capture(CAPTURE));
    seconds += 15;
    await provider.capture(CAPTURE);
    const signatures = server.seen.map((request) => request.headers['authorization']);
    expect(signatures).toEqual([
      expect.stringMatching(/^hmac "4711:.{10}:nonce-1:1795416957"$/),
      expect.stringMatching(/^hmac "4711:.{10}:nonce-2:1795416972"$/),
    ]);
    expect(server.seen.map(isSigned)).toEqual([true, true]);
  });

  test('goes over a connection of its own: one closed while idle would leave a money call in doubt', async () => {
    server.script(new Response(null, { status: 204 }));
    await aProvider(server.baseUrl).capture(CAPTURE);
    expect(server.seen[0]?.headers['connection']).toBe('close');
  });

  test('has a nonce of its own within 50 characters and the wall time, unless told otherwise', async () => {
    server.script(json(TRANSACTION));
    const provider = aProvider(server.baseUrl);
    await provider.read(PAYMENT);
    await provider.read(PAYMENT);
    const parts = server.seen.map((request) =>
      /:([^:]{1,50}):(\d+)"$/.exec(request.headers['authorization'] ?? ''),
    );
    expect(parts[0]?.[1]).not.toBe(parts[1]?.[1]);
    expect(Math.abs(Number(parts[0]?.[2]) - Date.now() / 1000)).toBeLessThan(60);
  });
});

describe('what Paycore cannot do', () => {
  test.each(['release', 'abandon'] as const)('%s is unsupported, without a call', async (operation) => {
    server.script(json({}));
    const fault = await faultOf(aProvider(server.baseUrl)[operation]({ ...PAYMENT, idempotencyKey: 'k' }));
    expect(fault.kind).toBe('unsupported');
    expect(server.seen).toEqual([]);
  });

  test('refund is unsupported, without a call', async () => {
    server.script(json({}));
    const fault = await faultOf(aProvider(server.baseUrl).refund({ ...CAPTURE, amountMinor: 100 }));
    expect(fault.kind).toBe('unsupported');
    expect(server.seen).toEqual([]);
  });

  test('is said in its capabilities', () => {
    expect(aProvider('http://127.0.0.1:1').capabilities).toEqual({
      provider: 'paycore',
      release: 'unknown',
      abandon: false,
      refund: false,
      idempotencyKeys: false,
      eventLog: false,
      showsReservationAfterCapture: false,
      paymentOnOpen: false,
      paymentLifeMs: null,
      minimumCaptureMinor: 100,
      captureDeadlineMs: 604_800_000,
      currencies: ['NOK'],
    });
  });
});
