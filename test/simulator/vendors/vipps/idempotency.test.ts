import { describe, expect, it } from 'vitest';
import {
  aCreate,
  anApprovedPayment,
  aReference,
  aVippsBench,
  aVippsPayment,
  cancel,
  capture,
  codeOf,
  eventLog,
  payments,
  refund,
  standing,
  type VippsBench,
} from './harness.ts';

const captured = async (bench: VippsBench, reference: string) => (await standing(bench, reference))[2];

describe('the same key again', () => {
  it('creates once and gives the same address', async () => {
    const bench = await aVippsBench();
    const body = aCreate();
    const first = await bench.vipps('POST', payments, { body, key: 'create-1' });
    const again = await bench.vipps('POST', payments, { body, key: 'create-1' });
    expect([again.status, await again.text()]).toEqual([201, await first.text()]);
  });

  it('captures, cancels and refunds once, and answers as before', async () => {
    const bench = await aVippsBench();
    const { reference } = await anApprovedPayment(bench);
    const calls = [
      () => capture(bench, reference, 100, 'capture-1'),
      () => cancel(bench, reference, { key: 'cancel-1' }),
      () => refund(bench, reference, 50, 'refund-1'),
    ];
    for (const call of calls) {
      const first = await (await call()).text();
      const again = await call();
      expect([again.status, await again.text()]).toEqual([200, first]);
    }
    expect(await standing(bench, reference)).toEqual(['AUTHORIZED', 500, 100, 400, 50]);
    expect(await eventLog(bench, reference)).toHaveLength(5);
  });

  it('stays refused, though the same capture would pass by now', async () => {
    const bench = await aVippsBench();
    const { reference, id } = await aVippsPayment(bench);
    expect(await codeOf(capture(bench, reference, 100, 'early'))).toEqual([400, 6080]);
    await bench.call(`/api/payments/${id}/approve`, { method: 'POST' });
    expect(await codeOf(capture(bench, reference, 100, 'early'))).toEqual([400, 6080]);
    expect(await captured(bench, reference)).toBe(0);
    expect((await capture(bench, reference, 100, 'new')).status).toBe(200);
  });

  it('stays refused for a malformed body and for an unknown payment too', async () => {
    const bench = await aVippsBench();
    const reference = aReference();
    expect(await codeOf(capture(bench, reference, 100, 'k'))).toEqual([404, 5090]);
    await anApprovedPayment(bench, { reference });
    expect(await codeOf(capture(bench, reference, 100, 'k'))).toEqual([404, 5090]);
    const malformed = { body: aCreate({ amount: 5 }), key: 'create' };
    const first = await (await bench.vipps('POST', payments, malformed)).text();
    expect(await (await bench.vipps('POST', payments, malformed)).text()).toBe(first);
  });

  it.each([
    ['create', 4020],
    ['capture', 4010],
    ['cancel', 4020],
    ['refund', 4150],
  ] as const)('with another body is a conflict: %s', async (action, code) => {
    const bench = await aVippsBench();
    const { reference } = await anApprovedPayment(bench);
    await capture(bench, reference, 200);
    const calls = {
      create: (n: number) =>
        bench.vipps('POST', payments, { body: aCreate({ paymentDescription: `attempt ${n}` }), key: 'k' }),
      capture: (n: number) => capture(bench, reference, n, 'k'),
      cancel: (n: number) => cancel(bench, reference, { key: 'k', body: { cancelTransactionOnly: n === 1 } }),
      refund: (n: number) => refund(bench, reference, n, 'k'),
    };
    const first = await (await calls[action](1)).text();
    const before = await standing(bench, reference);
    expect(await codeOf(calls[action](2))).toEqual([409, code]);
    expect(await standing(bench, reference)).toEqual(before);
    if (action !== 'create') expect(await (await calls[action](1)).text()).toBe(first);
  });

  it('is another key at another payment and for another operation', async () => {
    const bench = await aVippsBench();
    for (const { reference } of [await anApprovedPayment(bench), await anApprovedPayment(bench)]) {
      expect((await capture(bench, reference, 100, 'k')).status).toBe(200);
      expect((await refund(bench, reference, 100, 'k')).status).toBe(200);
      expect((await cancel(bench, reference, { key: 'k' })).status).toBe(200);
      expect(await standing(bench, reference)).toEqual(['AUTHORIZED', 500, 100, 400, 100]);
    }
  });
});

describe('the key itself', () => {
  it.each([null, 'k'.repeat(51)])('must be there, with at most 50 characters: %s', async (key) => {
    const bench = await aVippsBench();
    const { reference } = await anApprovedPayment(bench);
    for (const [path, body] of [
      [payments, aCreate()],
      [`${payments}/${reference}/capture`, { modificationAmount: { currency: 'NOK', value: 100 } }],
      [`${payments}/${reference}/refund`, { modificationAmount: { currency: 'NOK', value: 100 } }],
    ] as const) {
      expect(await codeOf(bench.vipps('POST', path, { body, key }))).toEqual([400, null]);
    }
    expect(await standing(bench, reference)).toEqual(['AUTHORIZED', 500, 0, 0, 0]);
  });
});

describe('the rate limit', () => {
  const minuteMs = 60_000;

  it('of writes is 5 a minute per payment and operation, by the clock of the simulator', async () => {
    const bench = await aVippsBench();
    const { reference } = await anApprovedPayment(bench);
    const other = await anApprovedPayment(bench);
    bench.time.advance(20_000);
    for (let call = 0; call < 5; call += 1) {
      expect((await capture(bench, reference, 10)).status).toBe(200);
      bench.time.advance(1_000);
    }
    const limited = await capture(bench, reference, 10);
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '55']);
    expect(await captured(bench, reference)).toBe(50);
    expect((await capture(bench, other.reference, 10)).status).toBe(200);
    expect((await cancel(bench, other.reference)).status).toBe(200);
    bench.time.advance(55_000);
    expect((await capture(bench, reference, 10)).status).toBe(200);
    expect((await capture(bench, reference, 10)).headers.get('retry-after')).toBe('1');
    // A workflow that was moved a minute on has waited its minute.
    await bench.post('/api/clock/advance', { seconds: 60 });
    expect((await capture(bench, reference, 10)).status).toBe(200);
  });

  it('counts replays, and binds nothing to the key', async () => {
    const bench = await aVippsBench();
    const { reference } = await anApprovedPayment(bench);
    for (let call = 0; call < 5; call += 1) await capture(bench, reference, 100, 'same');
    expect((await capture(bench, reference, 50, 'next')).status).toBe(429);
    bench.time.advance(minuteMs);
    expect((await capture(bench, reference, 50, 'next')).status).toBe(200);
    expect(await captured(bench, reference)).toBe(150);
  });

  it('takes all payments without a reference for one', async () => {
    const bench = await aVippsBench();
    const create = () => bench.vipps('POST', payments, { body: aCreate({ reference: undefined }) });
    for (let call = 0; call < 5; call += 1) expect((await create()).status).toBe(400);
    expect((await create()).status).toBe(429);
    expect((await bench.vipps('POST', payments, { body: aCreate() })).status).toBe(201);
  });

  it.each(['', '/events'])('of reads%s is 120 a minute', async (path) => {
    const bench = await aVippsBench();
    const { reference } = await aVippsPayment(bench);
    const read = () => bench.vipps('GET', `${payments}/${reference}${path}`);
    for (let call = 0; call < 120; call += 1) expect((await read()).status).toBe(200);
    const limited = await read();
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '60']);
    bench.time.advance(minuteMs);
    expect((await read()).status).toBe(200);
  });
});
