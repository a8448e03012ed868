import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { FaultRow } from '../../../../src/simulator/records.ts';
import { signWebhook } from '../../../../src/simulator/vendors/vipps/webhook-pushes.ts';
import { anAuthorizedPayment, json } from '../../harness.ts';
import {
  aCreate,
  anApprovedPayment,
  aVippsBench,
  aVippsPayment,
  cancel,
  capture,
  codeOf,
  eventLog,
  payments,
  refund,
  salesUnit,
  standing,
  tokenHeaders,
  type VippsBench,
} from './harness.ts';

const setFault = async (bench: VippsBench, fault: Record<string, unknown>) => {
  expect((await bench.post('/api/faults', fault)).status).toBe(201);
};
const fired = async (bench: VippsBench) =>
  (await json<{ items: FaultRow[] }>(bench.call('/api/faults'))).items.map((fault) => fault.fired);
const asIs = async (bench: VippsBench, reference: string) => JSON.stringify(await standing(bench, reference));

/** One writing operation: a payment it fits, the call, and what the payment looks like when it has acted. */
const operations = {
  capture: {
    prepare: (bench: VippsBench) => anApprovedPayment(bench),
    call: (bench: VippsBench, reference: string, key: string) => capture(bench, reference, 100, key),
    acted: ['AUTHORIZED', 500, 100, 0, 0],
  },
  release: {
    prepare: (bench: VippsBench) => anApprovedPayment(bench),
    call: (bench: VippsBench, reference: string, key: string) => cancel(bench, reference, { key }),
    acted: ['AUTHORIZED', 500, 0, 500, 0],
  },
  abandon: {
    prepare: (bench: VippsBench) => aVippsPayment(bench),
    call: (bench: VippsBench, reference: string, key: string) =>
      cancel(bench, reference, { key, body: { cancelTransactionOnly: true } }),
    acted: ['TERMINATED', 0, 0, 500, 0],
  },
  refund: {
    prepare: async (bench: VippsBench) => {
      const payment = await anApprovedPayment(bench);
      await capture(bench, payment.reference, 500);
      return payment;
    },
    call: (bench: VippsBench, reference: string, key: string) => refund(bench, reference, 50, key),
    acted: ['AUTHORIZED', 500, 500, 0, 50],
  },
} as const;
const conflictCodes: Record<string, number> = { capture: 4010, release: 4020, abandon: 4020, refund: 4150 };
const writes = Object.entries(operations).map(([operation, how]) => ({ operation, ...how }));

describe.each(writes)('a fault of $operation', ({ operation, prepare, call, acted }) => {
  it.each([
    ['fail', 500, 3010],
    ['badSignature', 401, null],
    ['lock', 423, 6160],
    ['rateLimit', 429, null],
    ['expiredToken', 401, null],
    ['conflict', 409, conflictCodes[operation] ?? 0],
  ])('%s answers %i, does not act, and the same key works afterwards', async (kind, status, code) => {
    const bench = await aVippsBench();
    const { reference } = await prepare(bench);
    const before = await asIs(bench, reference);
    await setFault(bench, { operation, kind });
    expect(await codeOf(call(bench, reference, 'same'))).toEqual([status, code]);
    if (kind === 'expiredToken') await bench.renewToken();
    expect(await asIs(bench, reference)).toBe(before);
    expect(await fired(bench)).toEqual([1]);
    expect((await call(bench, reference, 'same')).status).toBe(200);
    expect(await standing(bench, reference)).toEqual(acted);
  });

  it('failAfterActing acts and answers an error; the same key tells what was done', async () => {
    const bench = await aVippsBench();
    const { reference } = await prepare(bench);
    await setFault(bench, { operation, kind: 'failAfterActing' });
    expect(await codeOf(call(bench, reference, 'same'))).toEqual([500, 3010]);
    expect(await standing(bench, reference)).toEqual(acted);
    expect((await call(bench, reference, 'same')).status).toBe(200);
    expect(await standing(bench, reference)).toEqual(acted);
  });

  it('dropAfterActing acts and cuts the connection', async () => {
    const bench = await aVippsBench({ served: true });
    const { reference } = await prepare(bench);
    await setFault(bench, { operation, kind: 'dropAfterActing' });
    await expect(call(bench, reference, 'same')).rejects.toThrow('fetch failed');
    expect(await standing(bench, reference)).toEqual(acted);
    expect(
      (await bench.events()).find(({ note }) => note === `fault: ${operation} dropAfterActing`),
    ).toMatchObject({ status: null });
    expect(await fired(bench)).toEqual([1]);
  });

  it('refuse does not act and stays bound to its key; a new key works', async () => {
    const bench = await aVippsBench();
    const { reference } = await prepare(bench);
    const before = await asIs(bench, reference);
    await setFault(bench, { operation, kind: 'refuse' });
    const [status, code] = await codeOf(call(bench, reference, 'first'));
    expect(status).toBe(400);
    expect(await codeOf(call(bench, reference, 'first'))).toEqual([400, code]);
    expect(await asIs(bench, reference)).toBe(before);
    expect((await call(bench, reference, 'second')).status).toBe(200);
    expect(await standing(bench, reference)).toEqual(acted);
  });

  it('drop cuts the connection without acting', async () => {
    const bench = await aVippsBench({ served: true });
    const { reference } = await prepare(bench);
    const before = await asIs(bench, reference);
    await setFault(bench, { operation, kind: 'drop' });
    await expect(call(bench, reference, 'same')).rejects.toThrow('fetch failed');
    expect(await asIs(bench, reference)).toBe(before);
    expect((await call(bench, reference, 'same')).status).toBe(200);
  });

  it('timeoutAfterActing acts; the same key tells so and does nothing more', async () => {
    const bench = await aVippsBench({ served: true });
    const { reference } = await prepare(bench);
    await setFault(bench, { operation, kind: 'timeoutAfterActing' });
    const late = call(bench, reference, 'same');
    await vi.waitFor(async () => expect(await standing(bench, reference)).toEqual(acted));
    const again = await call(bench, reference, 'same');
    expect(again.status).toBe(200);
    bench.time.advance(60_000);
    expect(await (await late).text()).toBe(await again.text());
    expect(await standing(bench, reference)).toEqual(acted);
  });
});

describe('a fault of reserve', () => {
  it.each([
    ['fail', 500],
    ['lock', 423],
    ['rateLimit', 429],
    ['badSignature', 401],
  ])('%s makes no payment and leaves reference and key free', async (kind, status) => {
    const bench = await aVippsBench();
    await setFault(bench, { operation: 'reserve', kind });
    const call = { body: aCreate(), key: 'create' };
    expect((await bench.vipps('POST', payments, call)).status).toBe(status);
    expect(await json(bench.call('/api/payments'))).toEqual({ items: [] });
    expect((await bench.vipps('POST', payments, call)).status).toBe(201);
  });

  it('timeoutAfterActing made the payment: the reference exists for another key', async () => {
    const bench = await aVippsBench({ served: true });
    await setFault(bench, { operation: 'reserve', kind: 'timeoutAfterActing' });
    const body = aCreate();
    const late = bench.vipps('POST', payments, { body, key: 'create' });
    await vi.waitFor(async () => expect(await fired(bench)).toEqual([1]));
    await vi.waitFor(async () =>
      expect((await bench.vipps('GET', `${payments}/${body.reference}`)).status).toBe(200),
    );
    expect(await codeOf(bench.vipps('POST', payments, { body, key: 'other' }))).toEqual([409, 4150]);
    expect((await bench.vipps('POST', payments, { body, key: 'create' })).status).toBe(201);
    bench.time.advance(60_000);
    expect((await late).status).toBe(201);
  });
});

describe('other faults', () => {
  it('expiredToken ends that token for every call, also after a restart; another one is taken', async () => {
    const dataDir = await mkdtemp(join(tmpdir(), 'sms2pay-sim-'));
    onTestFinished(() => rm(dataDir, { recursive: true, force: true }));
    const bench = await aVippsBench({ dataDir });
    const { reference } = await aVippsPayment(bench);
    await setFault(bench, { operation: 'read', kind: 'expiredToken' });
    const read = () => bench.vipps('GET', `${payments}/${reference}`);
    expect([(await read()).status, (await read()).status]).toEqual([401, 401]);
    await bench.simulator.close();
    const again = await aVippsBench({ dataDir });
    const old = { headers: { authorization: `Bearer ${bench.token}` } };
    expect((await again.vipps('GET', `${payments}/${reference}`, old)).status).toBe(401);
    expect((await again.vipps('GET', `${payments}/${reference}`)).status).toBe(200);
  });

  it('releaseEarly: the payment looks authorized, no capture finds money, and what is held can be given back', async () => {
    const bench = await aVippsBench();
    const { reference } = await anApprovedPayment(bench);
    await setFault(bench, { operation: 'capture', kind: 'releaseEarly' });
    expect(await codeOf(capture(bench, reference, 100, 'first'))).toEqual([400, 6260]);
    expect(await codeOf(capture(bench, reference, 100, 'second'))).toEqual([400, 6260]);
    expect(await fired(bench)).toEqual([1]);
    const tries = (await eventLog(bench, reference)).filter(({ name }) => name === 'CAPTURED');
    expect(tries.map(({ success }) => success)).toEqual([false, false]);
    expect(await standing(bench, reference)).toEqual(['AUTHORIZED', 500, 0, 0, 0]);
    expect((await cancel(bench, reference)).status).toBe(200);
    expect(await standing(bench, reference)).toEqual(['AUTHORIZED', 500, 0, 500, 0]);
  });

  it('unsuccessful: an event of a failure that was none, rightly signed', async () => {
    const bench = await aVippsBench();
    const url = `${bench.receiver.url}/events`;
    const hook = { url, events: ['epayments.payment.authorized.v1'] };
    const { secret } = await json<{ secret: string }>(
      bench.vipps('POST', '/webhooks/v1/webhooks', { body: hook }),
    );
    await setFault(bench, { operation: 'callback', kind: 'unsuccessful' });
    const { reference } = await anApprovedPayment(bench);
    await bench.simulator.idle();
    const push = bench.receiver.at('/events')[0];
    expect(JSON.parse(push?.body ?? '{}')).toMatchObject({ reference, name: 'AUTHORIZED', success: false });
    expect(push?.headers.authorization).toBe(
      signWebhook({ url, body: push?.body ?? '', secret, wallMs: bench.time.now() }).authorization,
    );
    expect(await standing(bench, reference)).toEqual(['AUTHORIZED', 500, 0, 0, 0]);
  });

  it.each([6260, 6280, 6140, 6100])('refuse of a capture can name the code %i', async (code) => {
    const bench = await aVippsBench();
    const { reference } = await anApprovedPayment(bench);
    await setFault(bench, { operation: 'capture', kind: 'refuse', code });
    expect(await codeOf(capture(bench, reference, 100, 'ours'))).toEqual([400, code]);
    const failed = (await eventLog(bench, reference)).filter(({ success }) => !success);
    // Only a bank's refusal is an attempt.
    expect(failed.map(({ name, idempotencyKey }) => [name, idempotencyKey])).toEqual(
      code === 6260 || code === 6280 ? [['CAPTURED', 'ours']] : [],
    );
    expect(await standing(bench, reference)).toEqual(['AUTHORIZED', 500, 0, 0, 0]);
  });

  it.each([
    { operation: 'capture', kind: 'refuse', code: 1234 },
    { operation: 'capture', kind: 'fail', code: 6260 },
    { operation: 'read', kind: 'lock' },
    { operation: 'token', kind: 'refuse' },
    { operation: 'callback', kind: 'lock' },
  ])('are refused where they make no sense: %j', async (fault) => {
    const bench = await aVippsBench();
    const refused = await bench.post('/api/faults', fault);
    expect(await json(refused)).toMatchObject({
      status: 400,
      detail: expect.stringMatching(/\S/) as unknown,
    });
    expect(await fired(bench)).toEqual([]);
  });

  it('rateLimit says how long to wait', async () => {
    const bench = await aVippsBench();
    const { reference } = await aVippsPayment(bench);
    await setFault(bench, { operation: 'read', kind: 'rateLimit' });
    await setFault(bench, { operation: 'read', kind: 'rateLimit', ms: 2_500 });
    for (const seconds of ['12', '3']) {
      const limited = await bench.vipps('GET', `${payments}/${reference}`);
      expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, seconds]);
    }
    expect((await bench.vipps('GET', `${payments}/${reference}`)).status).toBe(200);
  });

  it.each([
    ['fail', 500],
    ['rateLimit', 429],
    ['badSignature', 401],
  ])('token %s gives no token', async (kind, status) => {
    const bench = await aVippsBench();
    await setFault(bench, { operation: 'token', kind });
    const ask = () => bench.call('/vipps/accesstoken/get', { method: 'POST', headers: tokenHeaders() });
    expect((await ask()).status).toBe(status);
    expect((await ask()).status).toBe(200);
  });

  it('reach Paycore as what comes next to it where it has no such answer', async () => {
    const bench = await aVippsBench({ vipps: salesUnit });
    const path = '/paycore/api/transactions?partnerId=4711&referenceId=none';
    await setFault(bench, { operation: 'read', kind: 'expiredToken' });
    expect((await bench.paycore('GET', path)).status).toBe(401);
    const id = await anAuthorizedPayment(bench);
    await setFault(bench, { operation: 'capture', kind: 'lock' });
    const capturing = `/paycore/api/transactions/4711/${id}/capture`;
    expect((await bench.paycore('PUT', capturing)).status).toBe(503);
    expect((await bench.paycore('PUT', capturing)).status).toBe(200);
  });
});
