import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PaymentProvider } from '../../src/ports/payment-provider.ts';
import { aProvider, CAPTURE, faultOf, PAYMENT, REFERENCE, RESERVE, TRANSACTION } from './paycore-harness.ts';
import {
  json,
  refusedBaseUrl,
  startScriptedServer,
  UNRESOLVABLE_BASE_URL,
  type Scripted,
  type ScriptedServer,
} from './scripted-server.ts';

let server: ScriptedServer;
beforeAll(async () => {
  server = await startScriptedServer();
});
afterAll(() => server.close());

const OPERATIONS = {
  reserve: (provider: PaymentProvider) => provider.reserve(RESERVE),
  capture: (provider: PaymentProvider) => provider.capture(CAPTURE),
  read: (provider: PaymentProvider) => provider.read(PAYMENT),
  lookUp: (provider: PaymentProvider) => provider.read({ ...PAYMENT, providerReference: null }),
  findReservation: (provider: PaymentProvider) => provider.findReservation(REFERENCE),
} as const;
type Operation = keyof typeof OPERATIONS;
const WRITES: Operation[] = ['reserve', 'capture'];
const READS: Operation[] = ['read', 'lookUp', 'findReservation'];

const redirect = new Response(null, { status: 307, headers: { location: '/elsewhere' } });

describe.each(WRITES)('%s', (operation) => {
  const rows: [string, Scripted, object][] = [
    ['400', json({}, 400), { kind: 'rejected', code: 'http400' }],
    ['401', json({}, 401), { kind: 'misconfigured', code: 'http401' }],
    ['403', json({}, 403), { kind: 'misconfigured', code: 'http403' }],
    ['408', json({}, 408), { kind: 'outcomeUnknown', code: 'http408' }],
    ['422', json({}, 422), { kind: 'rejected', code: 'http422' }],
    ['429', json({}, 429), { kind: 'rateLimited', code: 'http429', retryAfterMs: null }],
    ['500', json({}, 500), { kind: 'outcomeUnknown', code: 'http500' }],
    ['502', json({}, 502), { kind: 'outcomeUnknown', code: 'http502' }],
    ['503', json({}, 503), { kind: 'outcomeUnknown', code: 'http503' }],
    ['202, which promises nothing', json({}, 202), { kind: 'outcomeUnknown', code: 'http202' }],
    ['a redirect', redirect, { kind: 'outcomeUnknown', code: 'http307' }],
    ['a connection closed without an answer', 'drop', { kind: 'outcomeUnknown' }],
    ['a connection closed within the answer', 'truncate', { kind: 'outcomeUnknown' }],
  ];
  test.each(rows)('answered by %s, and never sent a second time', async (_, answer, expected) => {
    server.script(answer);
    expect(await faultOf(OPERATIONS[operation](aProvider(server.baseUrl)))).toMatchObject(expected);
    expect(server.seen).toHaveLength(1);
  });

  test('without an answer in time has an unknown outcome', async () => {
    server.script('hang');
    expect(await faultOf(OPERATIONS[operation](aProvider(server.baseUrl, { timeoutMs: 400 })))).toMatchObject(
      {
        kind: 'outcomeUnknown',
        code: 'TIMEOUT',
      },
    );
  });
});

test('a capture of a payment Paycore does not know is refused', async () => {
  server.script(json({}, 404));
  expect(await faultOf(OPERATIONS.capture(aProvider(server.baseUrl)))).toMatchObject({
    kind: 'rejected',
    code: 'http404',
  });
});

test.each([
  ['captured already', { ...TRANSACTION, statusCode: 'Captured' }],
  ['annulled', { ...TRANSACTION, statusCode: 'Annulled' }],
  ['failed', { ...TRANSACTION, statusCode: 'Failed' }],
  ['not approved yet', { ...TRANSACTION, statusCode: 'Registered' }],
])('a capture Paycore is in conflict with is refused when the payment is %s', async (_, transaction) => {
  server.script(json({}, 409), json(transaction));
  expect(await faultOf(OPERATIONS.capture(aProvider(server.baseUrl)))).toMatchObject({
    kind: 'rejected',
    code: 'http409',
  });
  expect(server.seen.map(({ method }) => method)).toEqual(['PUT', 'GET']);
});

// The wallet may be busy with the payment: taken for a refusal, a passing conflict would lose the money for good.
test.each<[string, Scripted]>([
  ['the payment is still authorised', json({ ...TRANSACTION, statusCode: 'Authorized' })],
  ['nobody can say how the payment stands', json({}, 503)],
])('a capture Paycore is in conflict with is in doubt while %s', async (_, answer) => {
  server.script(json({}, 409), answer);
  expect(await faultOf(OPERATIONS.capture(aProvider(server.baseUrl)))).toMatchObject({
    kind: 'outcomeUnknown',
    code: 'http409',
  });
});

test('a reservation whose reference exists is told apart, so that the caller finds the first one', async () => {
  server.script(json({}, 409));
  expect(await faultOf(OPERATIONS.reserve(aProvider(server.baseUrl)))).toMatchObject({
    kind: 'rejected',
    code: 'duplicateReference',
  });
});

test('a reservation that meets a 404 has the wrong base URL', async () => {
  server.script(json({}, 404));
  expect(await faultOf(OPERATIONS.reserve(aProvider(server.baseUrl)))).toMatchObject({
    kind: 'misconfigured',
  });
});

describe.each(READS)('%s', (operation) => {
  const rows: [string, Scripted, object][] = [
    ['400', json({}, 400), { kind: 'rejected', code: 'http400' }],
    ['401', json({}, 401), { kind: 'misconfigured' }],
    ['403', json({}, 403), { kind: 'misconfigured' }],
    ['408', json({}, 408), { kind: 'unavailable' }],
    ['429', json({}, 429, { 'retry-after': '7' }), { kind: 'rateLimited', retryAfterMs: 7000 }],
    ['500', json({}, 500), { kind: 'unavailable' }],
    ['503', json({}, 503), { kind: 'unavailable' }],
    ['204', new Response(null, { status: 204 }), { kind: 'outcomeUnknown' }],
    ['no JSON', new Response('<html>'), { kind: 'outcomeUnknown', code: 'unreadableReply' }],
    ['an empty object', json({}), { kind: 'outcomeUnknown', code: 'unreadableReply' }],
    ['null', json(null), { kind: 'outcomeUnknown', code: 'unreadableReply' }],
    ['a redirect without an end', redirect, { kind: 'outcomeUnknown', code: 'http307' }],
    ['a connection closed without an answer', 'drop', { kind: 'unavailable' }],
    ['a connection closed within the answer', 'truncate', { kind: 'unavailable' }],
  ];
  test.each(rows)('answered by %s', async (_, answer, expected) => {
    server.script(answer);
    expect(await faultOf(OPERATIONS[operation](aProvider(server.baseUrl)))).toMatchObject(expected);
  });

  test('without an answer in time is unavailable', async () => {
    server.script('hang');
    expect(await faultOf(OPERATIONS[operation](aProvider(server.baseUrl, { timeoutMs: 400 })))).toMatchObject(
      {
        kind: 'unavailable',
        code: 'TIMEOUT',
      },
    );
  });
});

describe.each([...WRITES, ...READS])('%s, when nothing was sent,', (operation) => {
  test('is unavailable: nobody listens', async () => {
    const fault = await faultOf(OPERATIONS[operation](aProvider(await refusedBaseUrl())));
    expect(fault).toMatchObject({ kind: 'unavailable', code: 'ECONNREFUSED' });
  });

  test('is unavailable: the host has no address', async () => {
    const fault = await faultOf(OPERATIONS[operation](aProvider(UNRESOLVABLE_BASE_URL)));
    expect(fault.kind).toBe('unavailable');
  });
});

test.each([
  ['30', 30_000],
  ['Mon, 23 Nov 2026 10:00:05 GMT', 5_000],
  ['Mon, 23 Nov 2026 09:00:00 GMT', 0],
  ['soon', null],
])('the wait Paycore asks for with "%s" is %s ms', async (header, retryAfterMs) => {
  server.script(json({}, 429, { 'retry-after': header }));
  const provider = aProvider(server.baseUrl, { now: () => Date.parse('2026-11-23T10:00:00Z') });
  expect(await faultOf(provider.capture(CAPTURE))).toMatchObject({ kind: 'rateLimited', retryAfterMs });
});

test('no fault tells the number, the description or a secret, whatever the answer quotes', async () => {
  const quoting = { message: `+4790000001 ${RESERVE.description} callback-secret`, amount: '+4790000001' };
  const answers: Scripted[] = [
    ...[400, 401, 409, 429, 500, 200].map((status) => json(quoting, status)),
    json({ ...TRANSACTION, amount: '+4790000001' }),
    json({ ...TRANSACTION, currency: '+4790000001' }),
    json({ ...TRANSACTION, referenceId: '+4790000001' }),
    'drop',
    'truncate',
  ];
  for (const answer of answers) {
    for (const operation of [...WRITES, ...READS]) {
      server.script(answer);
      const outcome: unknown = await OPERATIONS[operation](aProvider(server.baseUrl)).catch(
        (error: unknown) => error,
      );
      if (!(outcome instanceof Error)) continue;
      const told = `${outcome.message} ${JSON.stringify(outcome)} ${outcome.stack} ${String(outcome.cause)}`;
      expect(told).not.toMatch(/90000001|Torget|callback-secret|YS1kZW1v/);
    }
  }
});
