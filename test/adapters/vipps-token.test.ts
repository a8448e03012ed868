import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { json, refusedBaseUrl, type Scripted, type SeenRequest } from './scripted-server.ts';
import {
  aModification,
  aPayment,
  aProvider,
  aToken,
  CAPTURE,
  faultOf,
  PAYMENT,
  startVippsServer,
  type VippsServer,
} from './vipps-harness.ts';

let server: VippsServer;
beforeAll(async () => {
  server = await startVippsServer();
});
afterAll(() => server.close());

const bearers = () => server.seen.map(({ headers }) => headers['authorization']);
const waiting = () => json(aPayment({ state: 'CREATED' }));

/** Vipps with its own idea of which tokens are good. */
const accepting = (good: string, answer: () => Scripted) => (request: SeenRequest) =>
  request.headers['authorization'] === `Bearer ${good}` ? answer() : json({}, 401);

describe('an access token', () => {
  test('is fetched once for calls that start together', async () => {
    server.script(waiting());
    const provider = aProvider(server.baseUrl);
    await Promise.all(Array.from({ length: 8 }, () => provider.read(PAYMENT)));
    expect(server.seen).toHaveLength(8);
    expect(server.tokenRequests).toHaveLength(1);
  });

  test('is reused while it is good, and replaced a minute before its end', async () => {
    let nowMs = Date.parse('2026-11-23T10:00:00Z');
    server.script(waiting());
    server.scriptTokens(aToken('first'), aToken('second'));
    const provider = aProvider(server.baseUrl, { now: () => nowMs });
    await provider.read(PAYMENT);
    nowMs += 3_539_000;
    await provider.read(PAYMENT);
    expect(server.tokenRequests).toHaveLength(1);
    nowMs += 1_000;
    await provider.read(PAYMENT);
    expect(bearers()).toEqual(['Bearer first', 'Bearer first', 'Bearer second']);
  });

  test.each([
    ['a short life', { expires_in: '10' }, 4_999, 5_000],
    ['its life as a number', { expires_in: 3600 }, 3_539_999, 3_540_000],
    ['its end alone', { expires_in: undefined, expires_on: '1795431600' }, 3_539_999, 3_540_000],
    ['a life that our wrong clock contradicts', { expires_on: '1' }, 3_539_999, 3_540_000],
  ])('with %s is replaced in time', async (_, change, stillGoodMs, oldMs) => {
    const startMs = 1_795_428_000_000;
    let nowMs = startMs;
    server.script(waiting());
    server.scriptTokens(aToken('first', change), aToken('second'));
    const provider = aProvider(server.baseUrl, { now: () => nowMs });
    await provider.read(PAYMENT);
    nowMs = startMs + stillGoodMs;
    await provider.read(PAYMENT);
    nowMs = startMs + oldMs;
    await provider.read(PAYMENT);
    expect(bearers()).toEqual(['Bearer first', 'Bearer first', 'Bearer second']);
  });

  test('that ends in the middle is replaced, and a read is asked again', async () => {
    server.script(accepting('new', waiting));
    server.scriptTokens(aToken('old'), aToken('new'));
    await expect(aProvider(server.baseUrl).read(PAYMENT)).resolves.toMatchObject({ phase: 'pending' });
    expect(bearers()).toEqual(['Bearer old', 'Bearer new']);
  });

  test('that ends in the middle of a write lets the same write go out once more, under the same key', async () => {
    server.script(accepting('new', () => json(aModification({ captured: 100 }))));
    server.scriptTokens(aToken('old'), aToken('new'));
    await aProvider(server.baseUrl).capture(CAPTURE);
    expect(bearers()).toEqual(['Bearer old', 'Bearer new']);
    const sent = server.seen.map(({ headers, body }) => `${headers['idempotency-key']} ${body}`);
    expect(new Set(sent).size).toBe(1);
  });

  test('that ends while several calls are under way is replaced once', async () => {
    server.script(accepting('new', waiting));
    server.scriptTokens(aToken('old'), aToken('new'), aToken('one-too-many'));
    const provider = aProvider(server.baseUrl);
    await Promise.all(Array.from({ length: 5 }, () => provider.read(PAYMENT)));
    expect(server.tokenRequests).toHaveLength(2);
  });

  test('that is refused although it is new is a matter of credentials; the write was sent twice at most', async () => {
    server.script(json({}, 401));
    expect(await faultOf(aProvider(server.baseUrl).capture(CAPTURE))).toMatchObject({
      kind: 'misconfigured',
      code: 'http401',
    });
    expect(server.seen).toHaveLength(2);
  });

  test('that was refused is not kept for the next call', async () => {
    server.script(json({}, 401));
    server.scriptTokens(aToken('bad'), aToken('bad-again'), aToken('good'));
    const provider = aProvider(server.baseUrl);
    await faultOf(provider.read(PAYMENT));
    await faultOf(provider.read(PAYMENT));
    expect(bearers()).toEqual(['Bearer bad', 'Bearer bad-again', 'Bearer good', 'Bearer good']);
  });
});

describe('without an access token nothing is sent, so that', () => {
  const rows: [string, Scripted, object][] = [
    ['400', json({}, 400), { kind: 'misconfigured', code: 'http400' }],
    ['401', json({}, 401), { kind: 'misconfigured', code: 'http401' }],
    ['403', json({}, 403), { kind: 'misconfigured', code: 'http403' }],
    ['429', json({}, 429, { 'retry-after': '7' }), { kind: 'rateLimited', retryAfterMs: 7000 }],
    ['500', json({}, 500), { kind: 'unavailable', code: 'http500' }],
    ['a redirect', new Response(null, { status: 302, headers: { location: '/x' } }), { kind: 'unavailable' }],
    ['no JSON', new Response('<html>'), { kind: 'unavailable', code: 'unreadableToken' }],
    ['no token', json({ expires_in: '3600' }), { kind: 'unavailable', code: 'unreadableToken' }],
    ['a token with a line break', aToken('a\nb'), { kind: 'unavailable', code: 'unreadableToken' }],
    [
      'a token of unknown life',
      aToken('t', { expires_in: undefined, expires_on: undefined }),
      { kind: 'unavailable', code: 'unreadableToken' },
    ],
    ['a closed connection', 'drop', { kind: 'unavailable' }],
    ['a connection closed within the answer', 'truncate', { kind: 'unavailable' }],
  ];
  test.each(rows)('even a capture is certainly not done: %s', async (_, answer, expected) => {
    server.script(json(aModification({ captured: 100 })));
    server.scriptTokens(answer);
    expect(await faultOf(aProvider(server.baseUrl).capture(CAPTURE))).toMatchObject(expected);
    expect(server.seen).toEqual([]);
  });

  test('even a capture is certainly not done: no answer in time', async () => {
    server.script(json(aModification({ captured: 100 })));
    server.scriptTokens('hang');
    const provider = aProvider(server.baseUrl, { timeoutMs: 200 });
    expect(await faultOf(provider.capture(CAPTURE))).toMatchObject({ kind: 'unavailable', code: 'TIMEOUT' });
    expect(server.seen).toEqual([]);
  });

  test('even a capture is certainly not done: nobody listens', async () => {
    const provider = aProvider(await refusedBaseUrl());
    expect(await faultOf(provider.capture(CAPTURE))).toMatchObject({
      kind: 'unavailable',
      code: 'ECONNREFUSED',
    });
  });

  test('the next call asks for one again', async () => {
    server.script(waiting());
    server.scriptTokens(json({}, 500), aToken());
    const provider = aProvider(server.baseUrl);
    expect(await faultOf(provider.read(PAYMENT))).toMatchObject({ kind: 'unavailable' });
    await expect(provider.read(PAYMENT)).resolves.toMatchObject({ phase: 'pending' });
  });
});

test('a call waits for a token that others asked for no longer than its own time', async () => {
  server.script(waiting());
  server.scriptTokens('hang', aToken());
  const provider = aProvider(server.baseUrl, { timeoutMs: 1500 });
  const faults = await Promise.all([faultOf(provider.read(PAYMENT)), faultOf(provider.capture(CAPTURE))]);
  expect(faults).toEqual([
    expect.objectContaining({ kind: 'unavailable', code: 'TIMEOUT' }),
    expect.objectContaining({ kind: 'unavailable', code: 'TIMEOUT' }),
  ]);
  await expect(provider.read(PAYMENT)).resolves.toMatchObject({ phase: 'pending' });
});
