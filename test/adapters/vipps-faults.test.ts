import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KeyBinding, PaymentProvider } from '../../src/ports/payment-provider.ts';
import { json, refusedBaseUrl, UNRESOLVABLE_BASE_URL, type Scripted } from './scripted-server.ts';
import {
  ABANDON,
  aModification,
  anEvent,
  aPayment,
  aProvider,
  CAPTURE,
  faultOf,
  nok,
  PAYMENT,
  problem,
  REFERENCE,
  REFUND,
  RELEASE,
  RESERVE,
  SECRETS,
  startVippsServer,
  type VippsServer,
} from './vipps-harness.ts';

let server: VippsServer;
beforeAll(async () => {
  server = await startVippsServer();
});
afterAll(() => server.close());

const OPERATIONS = {
  reserve: (provider: PaymentProvider) => provider.reserve(RESERVE),
  capture: (provider: PaymentProvider) => provider.capture(CAPTURE),
  release: (provider: PaymentProvider) => provider.release(RELEASE),
  abandon: (provider: PaymentProvider) => provider.abandon(ABANDON),
  refund: (provider: PaymentProvider) => provider.refund(REFUND),
  read: (provider: PaymentProvider) => provider.read(PAYMENT),
  findReservation: (provider: PaymentProvider) => provider.findReservation(REFERENCE),
} as const;
type Operation = keyof typeof OPERATIONS;
const WRITES: Operation[] = ['reserve', 'capture', 'release', 'abandon', 'refund'];
const READS: Operation[] = ['read', 'findReservation'];
const MODIFICATIONS: Operation[] = ['capture', 'release', 'abandon', 'refund'];

const redirect = new Response(null, { status: 307, headers: { location: '/elsewhere' } });

async function faultAfter(operation: Operation, answer: Scripted) {
  server.script(answer);
  const fault = await faultOf(OPERATIONS[operation](aProvider(server.baseUrl)));
  expect(server.seen).toHaveLength(1);
  return fault;
}

/** One row per row and code of the vendor's error table (payments facts, A2, "Errors and what to do"). */
describe('the error table', () => {
  const rows: [string, Operation, number, string | null, object][] = [
    // Retry with the same key, slowly; it may have acted or may yet.
    ['internal error', 'capture', 500, null, { kind: 'outcomeUnknown', code: 'http500' }],
    ['locked', 'capture', 423, null, { kind: 'unavailable', code: 'http423' }],
    ['processing', 'capture', 400, '6160', { kind: 'outcomeUnknown', code: '6160' }],
    ['capture failed', 'capture', 400, '6280', { kind: 'outcomeUnknown', code: '6280' }],
    ['being approved right now', 'abandon', 400, '6250', { kind: 'unavailable', code: '6250' }],
    ['being processed', 'release', 400, '6250', { kind: 'unavailable', code: '6250' }],
    ['too many requests', 'capture', 429, null, { kind: 'rateLimited', retryAfterMs: null }],
    // Read before deciding: may be the echo of an earlier try that acted.
    ['conflict', 'capture', 409, null, { kind: 'outcomeUnknown', code: 'http409' }],
    ['conflict', 'reserve', 409, null, { kind: 'outcomeUnknown', code: 'http409' }],
    ['capture conflict', 'capture', 409, '4010', { kind: 'outcomeUnknown', code: '4010' }],
    ['key exists', 'capture', 400, '4020', { kind: 'outcomeUnknown', code: '4020' }],
    ['key exists', 'reserve', 409, '4020', { kind: 'outcomeUnknown', code: '4020' }],
    ['refund conflict', 'refund', 409, '4150', { kind: 'outcomeUnknown', code: '4150' }],
    ['already captured', 'capture', 400, '6170', { kind: 'outcomeUnknown', code: '6170' }],
    ['already refunded', 'refund', 400, '6180', { kind: 'outcomeUnknown', code: '6180' }],
    ['wrong state', 'release', 400, '6190', { kind: 'outcomeUnknown', code: '6190' }],
    ['wrong state', 'capture', 400, '6200', { kind: 'outcomeUnknown', code: '6200' }],
    ['wrong state', 'refund', 400, '6210', { kind: 'outcomeUnknown', code: '6210' }],
    ['not reserved', 'release', 400, '6050', { kind: 'outcomeUnknown', code: '6050' }],
    // The port's own word for a reference that exists: the caller finds the first payment.
    ['reference exists', 'reserve', 409, '4150', { kind: 'rejected', code: 'duplicateReference' }],
    ['reference exists', 'reserve', 400, '4150', { kind: 'rejected', code: 'duplicateReference' }],
    ['reference approved', 'reserve', 400, '6230', { kind: 'rejected', code: 'duplicateReference' }],
    // Terminal.
    ['cancelled', 'capture', 400, '6070', { kind: 'rejected', code: '6070' }],
    ['too high', 'capture', 400, '6090', { kind: 'rejected', code: '6090' }],
    ['capture period over', 'capture', 400, '6100', { kind: 'rejected', code: '6100' }],
    ['cancel period over', 'release', 400, '6030', { kind: 'rejected', code: '6030' }],
    ['refund period over', 'refund', 400, '6220', { kind: 'rejected', code: '6220' }],
    ['not yet reserved', 'capture', 400, '6080', { kind: 'rejected', code: '6080' }],
    ['not yet reserved', 'refund', 400, '6020', { kind: 'rejected', code: '6020' }],
    ['captured in full', 'release', 400, '6040', { kind: 'rejected', code: '6040' }],
    ['approved', 'abandon', 400, '6060', { kind: 'rejected', code: '6060' }],
    ['not enough captured', 'refund', 400, '6150', { kind: 'rejected', code: '6150' }],
    // Wait: the bank let go of the money, which may come back.
    ['no funds', 'capture', 400, '6260', { kind: 'unavailable', code: '6260' }],
    // Our bug or set-up.
    ['invalid amount', 'capture', 400, '4040', { kind: 'misconfigured', code: '4040' }],
    ['invalid phone number', 'reserve', 400, '4070', { kind: 'misconfigured', code: '4070' }],
    ['invalid URL', 'reserve', 400, '4090', { kind: 'misconfigured', code: '4090' }],
    ['missing parameter', 'reserve', 400, '4140', { kind: 'misconfigured', code: '4140' }],
    ...['5040', '5050', '5060', '5070', '5080', '5090', '5100'].map(
      (code): [string, Operation, number, string, object] => [
        'sales unit',
        'reserve',
        400,
        code,
        { kind: 'misconfigured', code },
      ],
    ),
    ['amount too small', 'reserve', 400, '6010', { kind: 'misconfigured', code: '6010' }],
    ['expiry too late', 'reserve', 400, '6110', { kind: 'misconfigured', code: '6110' }],
    ['expiry too soon', 'reserve', 400, '6120', { kind: 'misconfigured', code: '6120' }],
    ['receipt missing', 'reserve', 400, '6130', { kind: 'misconfigured', code: '6130' }],
    ['no partial capture', 'capture', 400, '6140', { kind: 'misconfigured', code: '6140' }],
    ['unauthorized', 'release', 403, null, { kind: 'misconfigured', code: 'http403' }],
    ['forbidden, with a code', 'reserve', 403, '5080', { kind: 'misconfigured', code: '5080' }],
    // The user cannot pay.
    ['user cannot pay', 'reserve', 400, '7010', { kind: 'rejected', code: 'userCannotPay' }],
    ['user cannot pay', 'reserve', 404, '7010', { kind: 'rejected', code: 'userCannotPay' }],
    // Without a code, or with one that is not known, the status decides.
    ['validation error', 'capture', 400, null, { kind: 'rejected', code: 'http400' }],
    ['unknown code', 'capture', 400, '9999', { kind: 'rejected', code: '9999' }],
    ['unknown code', 'capture', 409, '9999', { kind: 'outcomeUnknown', code: '9999' }],
  ];

  test.each(rows)('%s, to a %s: %d with code %s', async (_, operation, status, code, expected) => {
    expect(await faultAfter(operation, problem(status, code))).toMatchObject(expected);
  });

  test('a code that says no does not make an internal error a definite one', async () => {
    for (const code of ['6090', '4040', '6260'])
      expect(await faultAfter('capture', problem(500, code))).toMatchObject({ kind: 'outcomeUnknown', code });
  });

  test('a code decides by its own name alone', async () => {
    const answer = (extraDetails: unknown) => json({ title: '6090', status: 400, extraDetails }, 400);
    for (const details of [
      [{ name: 'amount', reason: '6260' }],
      [{ name: 'ErrorCode', reason: 'x6260' }],
      [null, 'ErrorCode', { name: 'ErrorCode' }],
      'ErrorCode 6260',
      null,
    ])
      expect(await faultAfter('capture', answer(details))).toMatchObject({
        kind: 'rejected',
        code: 'http400',
      });
    const among = [null, { name: 'amount', reason: 'x' }, { name: 'ErrorCode', reason: '6260' }];
    expect(await faultAfter('capture', answer(among))).toMatchObject({ kind: 'unavailable', code: '6260' });
  });
});

describe.each(WRITES)('%s', (operation) => {
  const rows: [string, Scripted, object][] = [
    ['408', json({}, 408), { kind: 'outcomeUnknown', code: 'http408' }],
    ['422', json({}, 422), { kind: 'rejected', code: 'http422' }],
    ['429', json({}, 429, { 'retry-after': '7' }), { kind: 'rateLimited', retryAfterMs: 7000 }],
    ['500', json({}, 500), { kind: 'outcomeUnknown', code: 'http500' }],
    ['502', new Response('<html>', { status: 502 }), { kind: 'outcomeUnknown', code: 'http502' }],
    ['503', json({}, 503), { kind: 'outcomeUnknown', code: 'http503' }],
    ['202, which promises nothing', json({}, 202), { kind: 'outcomeUnknown', code: 'http202' }],
    ['a redirect', redirect, { kind: 'outcomeUnknown', code: 'http307' }],
    ['no JSON', new Response('<html>'), { kind: 'outcomeUnknown', code: 'unreadableReply' }],
    ['an empty object', json({}), { kind: 'outcomeUnknown', code: 'unreadableReply' }],
    ['a connection closed without an answer', 'drop', { kind: 'outcomeUnknown' }],
    ['a connection closed within the answer', 'truncate', { kind: 'outcomeUnknown' }],
  ];
  test.each(rows)('answered by %s, and never sent a second time', async (_, answer, expected) => {
    expect(await faultAfter(operation, answer)).toMatchObject(expected);
  });
});

test.each(MODIFICATIONS)('%s of a payment Vipps does not know is refused', async (operation) => {
  for (const code of [null, '5090'])
    expect(await faultAfter(operation, problem(404, code))).toMatchObject({
      kind: 'rejected',
      code: 'unknownPayment',
    });
});

test('a reservation that meets a 404 has the wrong base URL', async () => {
  expect(await faultAfter('reserve', json({}, 404))).toMatchObject({
    kind: 'misconfigured',
    code: 'http404',
  });
});

describe.each(READS)('%s', (operation) => {
  const rows: [string, Scripted, object][] = [
    ['400', json({}, 400), { kind: 'rejected', code: 'http400' }],
    ['403', json({}, 403), { kind: 'misconfigured', code: 'http403' }],
    ['408', json({}, 408), { kind: 'unavailable' }],
    ['409', json({}, 409), { kind: 'unavailable' }],
    ['423', json({}, 423), { kind: 'unavailable' }],
    ['429', json({}, 429, { 'retry-after': '7' }), { kind: 'rateLimited', retryAfterMs: 7000 }],
    ['500', json({}, 500), { kind: 'unavailable' }],
    ['503', json({}, 503), { kind: 'unavailable' }],
    ['204', new Response(null, { status: 204 }), { kind: 'unavailable', code: 'http204' }],
    ['no JSON', new Response('<html>'), { kind: 'unavailable', code: 'unreadableReply' }],
    ['an empty object', json({}), { kind: 'unavailable', code: 'unreadableReply' }],
    ['null', json(null), { kind: 'unavailable', code: 'unreadableReply' }],
    ['a redirect', redirect, { kind: 'unavailable', code: 'http307' }],
    ['a connection closed without an answer', 'drop', { kind: 'unavailable' }],
    ['a connection closed within the answer', 'truncate', { kind: 'unavailable' }],
  ];
  test.each(rows)('answered by %s', async (_, answer, expected) => {
    expect(await faultAfter(operation, answer)).toMatchObject(expected);
  });
});

test('without an answer in time a write has an unknown outcome, a read none', async () => {
  server.script('hang');
  const provider = aProvider(server.baseUrl, { timeoutMs: 1500 });
  const kinds = await Promise.all(
    [...WRITES, ...READS].map(async (operation) => (await faultOf(OPERATIONS[operation](provider))).kind),
  );
  expect(kinds).toEqual([...WRITES.map(() => 'outcomeUnknown'), ...READS.map(() => 'unavailable')]);
  expect(server.seen).toHaveLength(kinds.length);
});

describe.each([...WRITES, ...READS])('%s, when nothing was sent,', (operation) => {
  test.each([
    ['nobody listens', refusedBaseUrl],
    ['the host has no address', async () => UNRESOLVABLE_BASE_URL],
  ])('is unavailable: %s', async (_, baseUrl) => {
    const fault = await faultOf(OPERATIONS[operation](aProvider(await baseUrl())));
    expect(fault.kind).toBe('unavailable');
  });
});

test.each([
  ['30', 30_000],
  ['Mon, 23 Nov 2026 10:00:05 GMT', 5_000],
  ['Mon, 23 Nov 2026 09:00:00 GMT', 0],
  ['soon', null],
])('the wait Vipps asks for with "%s" is %s ms', async (header, retryAfterMs) => {
  server.script(json({}, 429, { 'retry-after': header }));
  const provider = aProvider(server.baseUrl, { now: () => Date.parse('2026-11-23T10:00:00Z') });
  expect(await faultOf(provider.capture(CAPTURE))).toMatchObject({ kind: 'rateLimited', retryAfterMs });
});

describe('whether a key is told the same for ever', () => {
  test.each<[string, Operation, number, string | null, KeyBinding]>([
    ['no funds', 'capture', 400, '6260', 'bound'],
    ['no partial capture', 'capture', 400, '6140', 'bound'],
    ['a malformed request', 'release', 400, '4040', 'bound'],
    ['capture failed, to be repeated with the same key', 'capture', 400, '6280', 'perhaps'],
    ['perhaps an echo', 'capture', 400, '6170', 'perhaps'],
    ['wrong state', 'release', 400, '6190', 'perhaps'],
    ['a key that is in use', 'capture', 409, '4020', 'free'],
    ['a conflict', 'capture', 409, null, 'free'],
    ['an unknown code', 'capture', 409, '9999', 'free'],
    ['processing', 'capture', 400, '6160', 'free'],
    ['being approved', 'abandon', 400, '6250', 'free'],
    ['locked', 'capture', 423, null, 'free'],
    ['too many requests', 'capture', 429, null, 'free'],
    ['forbidden, with a code', 'capture', 403, '6140', 'free'],
    ['an internal error with a code', 'capture', 500, '6260', 'free'],
    ['a read', 'read', 400, '6260', 'free'],
  ])('%s, to a %s: %d with code %s is %s', async (_, operation, status, code, keyBinding) => {
    expect(await faultAfter(operation, problem(status, code))).toMatchObject({ keyBinding });
  });
});

test('a fault names the trace id, with which alone Vipps finds a request', async () => {
  const fault = await faultAfter('capture', problem(400, '6090'));
  expect(fault.message).toBe(
    'Vipps answered a capture with HTTP 400, code 6090, trace 00-813b63975adcaaeef2b0ec7c103c40e3-706492e906541d31-01',
  );
});

test('no fault tells the number, the description or a secret, whatever the answer quotes', async () => {
  const quote = `4790000001 ${RESERVE.description} ${Object.values(SECRETS).join(' ')}`;
  const quoting = {
    title: quote,
    detail: quote,
    traceId: quote,
    extraDetails: [{ name: 'ErrorCode', reason: quote }],
    reference: quote,
    redirectUrl: quote,
    [quote]: quote,
  };
  const answers: Scripted[] = [
    ...[400, 401, 403, 404, 409, 423, 429, 500, 200, 201].map((status) => json(quoting, status)),
    json(aPayment({ reference: quote })),
    json(aPayment({ amount: { currency: quote, value: 500 } })),
    json(aPayment({ amount: nok(5.5), state: quote })),
    json(aPayment({ redirectUrl: quote })),
    json(aModification({}, { reference: quote })),
    json([anEvent({ reference: quote })]),
    'drop',
    'truncate',
  ];
  const expectNothingTold = async (operation: Operation) => {
    const outcome: unknown = await OPERATIONS[operation](aProvider(server.baseUrl)).catch(
      (error: unknown) => error,
    );
    if (!(outcome instanceof Error)) return;
    const told = `${outcome.message} ${JSON.stringify(outcome)} ${outcome.stack} ${String(outcome.cause)}`;
    expect(told).not.toMatch(/90000001|Torget|client\+secret|sub-key|token-1/);
  };
  for (const answer of answers) {
    server.script(answer);
    await Promise.all([...WRITES, ...READS].map(expectNothingTold));
    server.scriptTokens(answer);
    await expectNothingTold('capture');
  }
});
