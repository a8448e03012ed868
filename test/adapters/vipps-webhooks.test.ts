import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createVippsProvider } from '../../src/adapters/payment/vipps/provider.ts';
import { VIPPS_EVENTS } from '../../src/adapters/payment/vipps/webhooks.ts';
import { json, type Scripted } from './scripted-server.ts';
import { faultOf, problem, startVippsServer, vippsConfig, type VippsServer } from './vipps-harness.ts';

let server: VippsServer;
beforeAll(async () => {
  server = await startVippsServer();
});
afterAll(() => server.close());

const URL_OURS = 'https://sms2pay.example/webhooks/payments/vipps';
const ID = '497f6eca-6276-4993-bfeb-53cbbbba6f08';
const NEW = { id: '0b3b1c6e-6a6c-4d0a-9d8f-0f7a7d1c2b3a', secret: '090a478d-37ff-4e77-970e-d457aeb26a3a' };

const aRegistration = (change: Record<string, unknown> = {}) => ({
  id: ID,
  url: URL_OURS,
  events: [...VIPPS_EVENTS],
  ...change,
});
const listed = (...webhooks: unknown[]) => json({ webhooks });
const targets = () => server.seen.map(({ method, target }) => `${method} ${target}`);
const client = () => createVippsProvider(vippsConfig(server.baseUrl)).webhooks;

test('the events are all that can happen to a payment', () => {
  expect(VIPPS_EVENTS).toEqual(
    ['created', 'authorized', 'aborted', 'expired', 'cancelled', 'captured', 'refunded', 'terminated'].map(
      (name) => `epayments.payment.${name}.v1`,
    ),
  );
});

describe('ensure', () => {
  test('leaves a registration alone whose secret is known', async () => {
    server.script(listed(aRegistration()));
    await expect(client().ensure(URL_OURS, [ID])).resolves.toEqual({ id: ID, secret: null, superfluous: [] });
    expect(targets()).toEqual(['GET /webhooks/v1/webhooks']);
  });

  test('registers the address for all events when there is none, and gives the secret, once', async () => {
    server.script(listed(aRegistration({ url: 'https://elsewhere.example/' })), json(NEW, 201));
    await expect(client().ensure(URL_OURS, [ID])).resolves.toEqual({ ...NEW, superfluous: [] });
    expect(targets()).toEqual(['GET /webhooks/v1/webhooks', 'POST /webhooks/v1/webhooks']);
    expect(JSON.parse(server.seen[1]?.body ?? '')).toEqual({ url: URL_OURS, events: VIPPS_EVENTS });
    expect(server.seen[1]?.headers).toMatchObject({
      'merchant-serial-number': '123456',
      'vipps-system-name': 'sms2pay',
    });
  });

  test.each([
    ['whose secret nobody knows', { id: 'ffffffff-6276-4993-bfeb-53cbbbba6f08' }],
    ['that misses an event', { events: VIPPS_EVENTS.slice(1) }],
  ])('makes a new registration beside one %s, and names the old one', async (_, change) => {
    const old = aRegistration(change);
    server.script(listed(old), json(NEW, 201));
    await expect(client().ensure(URL_OURS, [ID])).resolves.toEqual({ ...NEW, superfluous: [old] });
  });

  test('names a second registration of the same address', async () => {
    const lost = aRegistration({ id: 'ffffffff-6276-4993-bfeb-53cbbbba6f08' });
    server.script(listed(lost, aRegistration()));
    await expect(client().ensure(URL_OURS, [ID])).resolves.toEqual({
      id: ID,
      secret: null,
      superfluous: [lost],
    });
  });

  test('knows the registrations of the moment', async () => {
    server.script(listed(aRegistration()), json(NEW, 201));
    await expect(client().ensure(URL_OURS, [])).resolves.toMatchObject(NEW);
  });

  test.each([
    ['no whole answer', 'drop', { kind: 'outcomeUnknown' }],
    ['no secret', json({ id: NEW.id }, 201), { kind: 'outcomeUnknown', code: 'unreadableReply' }],
    ['an address Vipps does not take', problem(400, null), { kind: 'rejected', code: 'http400' }],
    ['not allowed', json({}, 403), { kind: 'misconfigured' }],
    ['a wrong base URL', json({}, 404), { kind: 'misconfigured' }],
  ] as [string, Scripted, object][])('fails with %s', async (_, answer, expected) => {
    server.script(listed(), answer);
    expect(await faultOf(client().ensure(URL_OURS, [ID]))).toMatchObject(expected);
  });
});

describe('list', () => {
  test('gives what is registered', async () => {
    server.script(listed(aRegistration(), aRegistration({ id: NEW.id })));
    await expect(client().list()).resolves.toEqual([aRegistration(), aRegistration({ id: NEW.id })]);
  });

  test.each([
    ['another shape', json([]), { kind: 'unavailable', code: 'unreadableReply' }],
    ['an error', json({}, 500), { kind: 'unavailable' }],
    ['a 404', json({}, 404), { kind: 'misconfigured' }],
    ['a closed connection', 'drop', { kind: 'unavailable' }],
  ] as [string, Scripted, object][])('fails with %s', async (_, answer, expected) => {
    server.script(answer);
    expect(await faultOf(client().list())).toMatchObject(expected);
  });
});

describe('remove', () => {
  test('deletes one registration', async () => {
    server.script(new Response(null, { status: 204 }));
    await expect(client().remove('a/b')).resolves.toBe(true);
    expect(targets()).toEqual(['DELETE /webhooks/v1/webhooks/a%2Fb']);
  });

  test('says when there was none', async () => {
    server.script(json({}, 404));
    await expect(client().remove(ID)).resolves.toBe(false);
  });

  test('fails when Vipps does', async () => {
    server.script(json({}, 500));
    expect(await faultOf(client().remove(ID))).toMatchObject({ kind: 'outcomeUnknown' });
  });
});
