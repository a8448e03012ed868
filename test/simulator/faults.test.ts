import { describe, expect, it, vi } from 'vitest';
import type { FaultRow } from '../../src/simulator/records.ts';
import {
  aBench,
  anAuthorizedPayment,
  aPayment,
  aPreTransaction,
  aSend,
  type Bench,
  json,
  sendText,
  signature,
} from './harness.ts';

const setFault = (bench: Bench, fault: Record<string, unknown>) => bench.post('/api/faults', fault);
const faults = async (bench: Bench) => (await json<{ items: FaultRow[] }>(bench.call('/api/faults'))).items;
const fired = async (bench: Bench) => (await faults(bench)).map((fault) => fault.fired);
const text = (bench: Bench, words: string) =>
  bench.post('/api/sms', { from: '+4790000001', to: '27222', text: words });
const contents = (bench: Bench) =>
  bench.receiver
    .at('/mo')
    .map(({ body }) => (JSON.parse(body) as { content: { userData: string } }).content.userData);

/** One request operation: how to call it, and whether it has acted. */
const requestOperations = {
  send: {
    prepare: () => Promise.resolve(''),
    call: (bench: Bench) => sendText(bench, aSend({ useDeliveryReport: false })),
    acted: async (bench: Bench) => (await json<{ items: unknown[] }>(bench.call('/api/sms'))).items.length,
  },
  reserve: {
    prepare: () => Promise.resolve(''),
    call: (bench: Bench) => bench.paycore('POST', '/paycore/api/pre-transactions', aPreTransaction()),
    acted: async (bench: Bench) =>
      (await json<{ items: unknown[] }>(bench.call('/api/payments'))).items.length,
  },
  capture: {
    prepare: (bench: Bench) => anAuthorizedPayment(bench),
    call: (bench: Bench, id: string) =>
      bench.paycore('PUT', `/paycore/api/transactions/4711/${id}/capture?amount=1.00`),
    acted: async (bench: Bench, id: string) =>
      (await json<{ capturedMinor: number }>(bench.call(`/api/payments/${id}`))).capturedMinor / 100,
  },
} as const;
const requests = Object.entries(requestOperations).map(([operation, how]) => ({ operation, ...how }));

describe('setting faults', () => {
  it.each([
    ['release', 'fail'],
    ['abandon', 'delay'],
    ['refund', 'drop'],
    ['read', 'refuse'],
    ['capture', 'double'],
    ['send', 'reorder'],
    ['mo', 'refuse'],
  ])('refuses %s %s with a sentence', async (operation, kind) => {
    const bench = await aBench();
    const refused = await setFault(bench, { operation, kind });
    expect(refused.status).toBe(400);
    expect(await json(refused)).toMatchObject({
      status: 400,
      detail: expect.stringMatching(/make/) as unknown,
    });
    expect(await faults(bench)).toEqual([]);
  });

  it.each([
    { operation: 'mo', kind: 'explode' },
    { operation: 'all', kind: 'fail' },
    { operation: 'mo', kind: 'fail', times: 0 },
    { operation: 'mo', kind: 'delay', ms: -1 },
    {},
  ])('refuses %j', async (fault) => {
    const bench = await aBench();
    expect((await setFault(bench, fault)).status).toBe(400);
  });

  it('fires as often as asked, in the order set, and counts', async () => {
    const bench = await aBench();
    const first = await setFault(bench, { operation: 'read', kind: 'fail', times: 2 });
    expect([first.status, await first.json()]).toMatchObject([201, { times: 2, fired: 0 }]);
    await setFault(bench, { operation: 'read', kind: 'badSignature' });
    const read = async () =>
      (await bench.paycore('GET', '/paycore/api/transactions?partnerId=4711&referenceId=none')).status;
    expect([await read(), await read(), await read(), await read()]).toEqual([503, 503, 401, 404]);
    expect(await fired(bench)).toEqual([2, 1]);
  });

  it('is undone by DELETE', async () => {
    const bench = await aBench();
    await setFault(bench, { operation: 'send', kind: 'fail' });
    expect((await bench.call('/api/faults', { method: 'DELETE' })).status).toBe(204);
    expect(await faults(bench)).toEqual([]);
    expect((await sendText(bench, aSend())).status).toBe(200);
  });
});

describe.each(requests)('a fault of $operation', ({ operation, prepare, call, acted }) => {
  it.each([
    ['fail', [503]],
    ['refuse', [400, 409]],
    ['badSignature', [401]],
    ['rateLimit', [429]],
  ])('%s answers and does not act', async (kind, statuses) => {
    const bench = await aBench();
    const id = await prepare(bench);
    await setFault(bench, { operation, kind });
    expect(statuses).toContain((await call(bench, id)).status);
    expect(await acted(bench, id)).toBe(0);
    expect(await fired(bench)).toEqual([1]);
    expect((await bench.events()).at(-1)).toMatchObject({ note: `fault: ${operation} ${kind}` });
    expect((await call(bench, id)).ok).toBe(true);
    expect(await acted(bench, id)).toBe(1);
  });

  it('drop cuts the connection without acting', async () => {
    const bench = await aBench({ served: true });
    const id = await prepare(bench);
    await setFault(bench, { operation, kind: 'drop' });
    await expect(call(bench, id)).rejects.toThrow('fetch failed');
    expect(await acted(bench, id)).toBe(0);
    expect((await bench.events()).at(-1)).toMatchObject({ status: null, note: `fault: ${operation} drop` });
    expect((await call(bench, id)).ok).toBe(true);
  });

  it('dropAfterActing acts and cuts the connection', async () => {
    const bench = await aBench({ served: true });
    const id = await prepare(bench);
    await setFault(bench, { operation, kind: 'dropAfterActing' });
    await expect(call(bench, id)).rejects.toThrow('fetch failed');
    expect(await acted(bench, id)).toBe(1);
    expect((await bench.events()).at(-1)).toMatchObject({
      status: null,
      note: `fault: ${operation} dropAfterActing`,
    });
    expect(await fired(bench)).toEqual([1]);
  });

  it('failAfterActing acts and answers an error', async () => {
    const bench = await aBench();
    const id = await prepare(bench);
    await setFault(bench, { operation, kind: 'failAfterActing' });
    expect((await call(bench, id)).status).toBe(503);
    expect(await acted(bench, id)).toBe(1);
    expect(await fired(bench)).toEqual([1]);
  });

  it('delay acts after its time, and others are answered meanwhile', async () => {
    const bench = await aBench({ served: true });
    const id = await prepare(bench);
    await setFault(bench, { operation, kind: 'delay', ms: 20_000 });
    const late = call(bench, id);
    await vi.waitFor(async () => expect(await fired(bench)).toEqual([1]));
    bench.time.advance(19_999);
    expect(await acted(bench, id)).toBe(0);
    bench.time.advance(1);
    expect((await late).ok).toBe(true);
    expect(await acted(bench, id)).toBe(1);
  });

  it('timeoutAfterActing acts, is on record, and answers only after its time', async () => {
    const bench = await aBench({ served: true });
    const id = await prepare(bench);
    await setFault(bench, { operation, kind: 'timeoutAfterActing' });
    let answered = false;
    const late = call(bench, id).then((answer) => {
      answered = true;
      return answer;
    });
    await vi.waitFor(async () => expect(await acted(bench, id)).toBe(1));
    const held = (await bench.events()).at(-1);
    expect(held).toMatchObject({
      status: null,
      note: `fault: ${operation} timeoutAfterActing, answer held back`,
    });
    bench.time.advance(59_999);
    await bench.events();
    expect(answered).toBe(false);
    bench.time.advance(1);
    expect((await late).ok).toBe(true);
    await vi.waitFor(async () => expect((await bench.events()).at(-1)?.status).not.toBeNull());
    const done = (await bench.events()).at(-1);
    expect(done).toMatchObject({ id: held?.id });
  });
});

describe('faults of Paycore alone', () => {
  it('conflict answers 409 without acting', async () => {
    const bench = await aBench();
    const id = await anAuthorizedPayment(bench);
    await setFault(bench, { operation: 'reserve', kind: 'conflict' });
    await setFault(bench, { operation: 'capture', kind: 'conflict' });
    const other = aPreTransaction({ referenceId: 's2pffffffffffffffffffffffffffffffff' });
    const reserve = () => bench.paycore('POST', '/paycore/api/pre-transactions', other);
    const capture = () => bench.paycore('PUT', `/paycore/api/transactions/4711/${id}/capture`);
    expect([(await reserve()).status, (await capture()).status]).toEqual([409, 409]);
    expect([(await reserve()).status, (await capture()).status]).toEqual([204, 200]);
  });

  it('rateLimit says how long to wait', async () => {
    const bench = await aBench();
    await setFault(bench, { operation: 'read', kind: 'rateLimit', ms: 7_000 });
    const limited = await bench.paycore('GET', '/paycore/api/transactions?partnerId=4711&referenceId=none');
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7']);
  });

  it('releaseEarly: the reservation is gone before the capture comes', async () => {
    const bench = await aBench();
    const id = await anAuthorizedPayment(bench);
    await setFault(bench, { operation: 'capture', kind: 'releaseEarly' });
    const capture = await bench.paycore('PUT', `/paycore/api/transactions/4711/${id}/capture?amount=1.00`);
    expect(capture.status).toBe(409);
    expect(await json(bench.call(`/api/payments/${id}`))).toMatchObject({
      status: 'released',
      capturedMinor: 0,
      releasedMinor: 500,
    });
    expect(await fired(bench)).toEqual([1]);
  });

  it('unsuccessful: a callback of a failure that was none', async () => {
    const bench = await aBench();
    await setFault(bench, { operation: 'callback', kind: 'unsuccessful' });
    const statusCallbackUrl = `${bench.receiver.url}/cb?id={{transactionId}}&word={{status}}&code={{statusCode}}`;
    const id = await anAuthorizedPayment(bench, { statusCallbackUrl });
    await bench.simulator.idle();
    expect(bench.receiver.at('/cb').map(({ url }) => url)).toEqual([`/cb?id=${id}&word=Failed&code=Failed`]);
    expect(await fired(bench)).toEqual([1]);
  });
});

describe('delivery reports', () => {
  const reports = async (bench: Bench) => {
    await sendText(bench, aSend());
    bench.time.advance(1_000);
    await bench.simulator.idle();
    return bench.receiver.at('/dlr').map(({ body }) => JSON.parse(body) as Record<string, unknown>);
  };

  it('unsuccessful: one of a text that did not arrive, which is the last of it', async () => {
    const bench = await aBench();
    await setFault(bench, { operation: 'delivery', kind: 'unsuccessful' });
    expect(await reports(bench)).toMatchObject([{ refId: 'session-link-1', resultCode: 1002 }]);
    expect(await fired(bench)).toEqual([1]);
    bench.time.advance(86_400_000);
    await bench.simulator.idle();
    expect(bench.receiver.at('/dlr')).toHaveLength(1);
    expect(await reports(bench)).toMatchObject([{ resultCode: 1002 }, { resultCode: 1001 }]);
  });

  it('drop: none comes, ever', async () => {
    const bench = await aBench();
    await setFault(bench, { operation: 'delivery', kind: 'drop' });
    expect(await reports(bench)).toEqual([]);
    bench.time.advance(86_400_000);
    await bench.simulator.idle();
    expect(bench.receiver.at('/dlr')).toEqual([]);
    expect(await fired(bench)).toEqual([1]);
  });
});

describe('held requests', () => {
  it('end when the caller goes away', async () => {
    const bench = await aBench({ served: true });
    const id = await anAuthorizedPayment(bench);
    const waitingBefore = bench.time.waiting;
    await setFault(bench, { operation: 'capture', kind: 'timeoutAfterActing' });
    const caller = new AbortController();
    const authorized = signature({
      method: 'PUT',
      url: `${bench.baseUrl}/paycore/api/transactions/4711/${id}/capture`,
      body: '',
      wallMs: bench.time.now(),
    });
    const call = bench.call(`/paycore/api/transactions/4711/${id}/capture`, {
      method: 'PUT',
      headers: { authorization: authorized },
      signal: caller.signal,
    });
    await vi.waitFor(() => expect(bench.time.waiting).toBe(waitingBefore + 1));
    caller.abort();
    await expect(call).rejects.toThrow('abort');
    await vi.waitFor(() => expect(bench.time.waiting).toBe(waitingBefore));
    expect(await json(bench.call(`/api/payments/${id}`))).toMatchObject({ capturedMinor: 500 });
  });

  it.each(['delay', 'timeoutAfterActing'])('do not hold up closing (%s)', async (kind) => {
    const bench = await aBench({ served: true });
    await setFault(bench, { operation: 'read', kind });
    const call = bench.paycore('GET', '/paycore/api/transactions?partnerId=4711&referenceId=none');
    const ended = call.then(
      () => 'answered',
      () => 'cut off',
    );
    await vi.waitFor(async () => expect(await fired(bench)).toEqual([1]));
    await bench.simulator.close();
    expect(await ended).toBe('cut off');
    expect(bench.time.waiting).toBe(0);
  });
});

describe('a fault of a push', () => {
  it('fail loses one try: repeated later', async () => {
    const bench = await aBench();
    await setFault(bench, { operation: 'mo', kind: 'fail' });
    expect(await json(text(bench, 'CHARGE'))).toMatchObject({ delivery: { status: 'pending', attempts: 1 } });
    expect(contents(bench)).toEqual([]);
    bench.time.advance(1_000);
    await bench.simulator.idle();
    expect(contents(bench)).toEqual(['CHARGE']);
  });

  it('drop loses it for good', async () => {
    const bench = await aBench();
    await setFault(bench, { operation: 'mo', kind: 'drop' });
    expect(await json(text(bench, 'CHARGE'))).toMatchObject({ delivery: { status: 'dropped', attempts: 0 } });
    bench.time.advance(48 * 3_600_000);
    await bench.simulator.idle();
    expect(contents(bench)).toEqual([]);
  });

  it('double pushes it twice', async () => {
    const bench = await aBench();
    await setFault(bench, { operation: 'mo', kind: 'double' });
    await text(bench, 'CHARGE');
    const ids = bench.receiver
      .at('/mo')
      .map(({ body }) => (JSON.parse(body) as { messageId: string }).messageId);
    expect(ids).toHaveLength(2);
    expect(ids[0]).toBe(ids[1]);
  });

  it('timeoutAfterActing loses the answer, so it comes again', async () => {
    const bench = await aBench();
    await setFault(bench, { operation: 'mo', kind: 'timeoutAfterActing' });
    await text(bench, 'CHARGE');
    expect(contents(bench)).toEqual(['CHARGE']);
    bench.time.advance(1_000);
    await bench.simulator.idle();
    expect(contents(bench)).toEqual(['CHARGE', 'CHARGE']);
  });

  it('badSignature makes one try with wrong credentials', async () => {
    const bench = await aBench();
    bench.receiver.answers = [{ status: 401, body: '' }];
    await setFault(bench, { operation: 'mo', kind: 'badSignature' });
    await text(bench, 'CHARGE');
    bench.time.advance(1_000);
    await bench.simulator.idle();
    const logins = bench.receiver.at('/mo').map(({ headers }) => atob(headers.authorization?.slice(6) ?? ''));
    expect(logins).toEqual(['hook:not-hook-secret', 'hook:hook-secret']);
  });

  it('delay pushes it late, once', async () => {
    const bench = await aBench();
    await setFault(bench, { operation: 'mo', kind: 'delay', ms: 2_000, times: 2 });
    const answer = text(bench, 'CHARGE');
    await vi.waitFor(async () => expect(await fired(bench)).toEqual([1]));
    bench.time.advance(1_999);
    expect(contents(bench)).toEqual([]);
    bench.time.advance(1);
    expect(await json(answer)).toMatchObject({ delivery: { status: 'delivered', attempts: 1 } });
    expect(await fired(bench)).toEqual([1]);
  });

  it('a long delay lets the sender of the text go after 5 s', async () => {
    const bench = await aBench();
    await setFault(bench, { operation: 'mo', kind: 'delay', ms: 60_000 });
    const answer = text(bench, 'CHARGE');
    await vi.waitFor(async () => expect(await fired(bench)).toEqual([1]));
    bench.time.advance(5_000);
    expect(await json(answer)).toMatchObject({ delivery: { status: 'pending', attempts: 0 } });
  });

  it('reorder lets the next one overtake', async () => {
    const bench = await aBench();
    await setFault(bench, { operation: 'mo', kind: 'reorder' });
    const first = text(bench, 'CHARGE');
    await vi.waitFor(async () => expect(await fired(bench)).toEqual([1]));
    await text(bench, 'ENDCHARGE');
    await first;
    expect(contents(bench)).toEqual(['ENDCHARGE', 'CHARGE']);
  });

  it('reorder without a next one delivers after its time', async () => {
    const bench = await aBench();
    await setFault(bench, { operation: 'mo', kind: 'reorder', ms: 3_000 });
    const first = text(bench, 'CHARGE');
    await vi.waitFor(async () => expect(await fired(bench)).toEqual([1]));
    bench.time.advance(3_000);
    await first;
    expect(contents(bench)).toEqual(['CHARGE']);
  });

  it('is the same for callbacks and delivery reports', async () => {
    const bench = await aBench();
    await setFault(bench, { operation: 'callback', kind: 'drop' });
    await setFault(bench, { operation: 'delivery', kind: 'double' });
    await anAuthorizedPayment(bench, { statusCallbackUrl: `${bench.receiver.url}/cb` });
    await sendText(bench, aSend());
    bench.time.advance(3_600_000);
    await bench.simulator.idle();
    expect(bench.receiver.at('/cb')).toHaveLength(0);
    expect(bench.receiver.at('/dlr')).toHaveLength(2);
    expect(await fired(bench)).toEqual([1, 1]);
  });

  it('badSignature of a callback spoils the credentials, also where it has none', async () => {
    const bench = await aBench();
    await setFault(bench, { operation: 'callback', kind: 'badSignature' });
    const id = await aPayment(bench, { statusCallbackUrl: `${bench.receiver.url}/cb` });
    await bench.call(`/api/payments/${id}/approve`, { method: 'POST' });
    await bench.simulator.idle();
    expect(bench.receiver.at('/cb')[0]?.headers.authorization).toMatch(/^Basic /);
  });
});
