import { describe, expect, it } from 'vitest';
import { aBench, aPayment, json } from './harness.ts';

describe('the simulator clock', () => {
  it('is the wall clock plus an offset, which the simulator gives to the product', async () => {
    const bench = await aBench();
    const answer = await bench.post('/api/clock/advance', { seconds: 3_600 });
    expect(await answer.json()).toEqual({
      now: '2026-11-23T11:00:00.000Z',
      offsetMs: 3_600_000,
      fastForwarded: 0,
    });
    bench.time.advance(5_000);
    expect(await json(bench.call('/api/clock'))).toEqual({
      now: '2026-11-23T11:00:05.000Z',
      offsetMs: 3_600_000,
    });
    expect(bench.simulator.clock.now()).toBe('2026-11-23T11:00:05.000Z');
    expect(bench.simulator.clock.offsetMs()).toBe(3_600_000);
  });

  it('moves before the workflows do, so that what they do finds the new time', async () => {
    const seen: string[] = [];
    const bench = await aBench({
      advanceWorkflows: (seconds) => {
        seen.push(`${seconds} s at ${bench.simulator.clock.now()}`);
        return Promise.resolve({ fastForwarded: 3 });
      },
    });
    const answer = await bench.post('/api/clock/advance', { seconds: 60 });
    expect(await answer.json()).toMatchObject({ fastForwarded: 3 });
    expect(seen).toEqual(['60 s at 2026-11-23T10:01:00.000Z']);
  });

  it('does not move when the workflow server cannot skip time, and says why', async () => {
    const bench = await aBench({
      advanceWorkflows: () => Promise.resolve({ unsupported: 'The server has no time skipping.' }),
    });
    const id = await aPayment(bench);
    const answer = await bench.post('/api/clock/advance', { seconds: 3_600 });
    expect(answer.status).toBe(501);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(await answer.json()).toMatchObject({ detail: 'The server has no time skipping.' });
    expect(bench.simulator.clock.offsetMs()).toBe(0);
    expect(await json(bench.call(`/api/payments/${id}`))).toMatchObject({ status: 'pending' });
  });

  it('says so when the workflows could not be moved along, and works again afterwards', async () => {
    let broken = true;
    const bench = await aBench({
      advanceWorkflows: () =>
        broken ? Promise.reject(new Error('gone')) : Promise.resolve({ fastForwarded: 1 }),
    });
    expect((await bench.post('/api/clock/advance', { seconds: 60 })).status).toBe(502);
    broken = false;
    expect((await bench.post('/api/clock/advance', { seconds: 60 })).status).toBe(200);
  });

  it('refuses a step shorter than it can make, and moves nothing', async () => {
    const steps: number[] = [];
    const bench = await aBench({
      advanceWorkflows: (seconds) => {
        steps.push(seconds);
        return Promise.reject(new Error('no workflow skips less than a millisecond'));
      },
    });
    for (const seconds of [0.000_000_1, 0.000_9, 0, -1]) {
      const answer = await bench.post('/api/clock/advance', { seconds });
      expect(answer.status).toBe(400);
      expect(await answer.json()).toMatchObject({ detail: 'seconds: must be 0.001 or more' });
    }
    const form = new URLSearchParams({ by: '0.0000001' });
    const answer = await bench.call('/page/later', { method: 'POST', body: form });
    expect(answer.headers.get('location')).toBe('/sim?notice=limit');
    expect(steps).toEqual([]);
    expect(bench.simulator.clock.offsetMs()).toBe(0);
  });

  it('takes one step at a time', async () => {
    const running: number[] = [];
    let most = 0;
    const bench = await aBench({
      advanceWorkflows: async (seconds) => {
        running.push(seconds);
        most = Math.max(most, running.length);
        await Promise.resolve();
        running.pop();
        return { fastForwarded: 0 };
      },
    });
    await Promise.all([1, 2, 3].map((seconds) => bench.post('/api/clock/advance', { seconds })));
    expect(most).toBe(1);
    expect(bench.simulator.clock.offsetMs()).toBe(6_000);
  });

  it('expires payments whose time has come, with a callback', async () => {
    const bench = await aBench();
    const statusCallbackUrl = `${bench.receiver.url}/cb?c={{statusCode}}`;
    const early = await aPayment(bench, { statusCallbackUrl });
    const late = await aPayment(bench, {
      statusCallbackUrl,
      referenceId: 'late',
      expiryUtc: '2026-11-23T12:00:00Z',
    });
    await bench.post('/api/clock/advance', { seconds: 900 });
    await bench.simulator.idle();
    expect(bench.receiver.received.map(({ url }) => url)).toEqual(['/cb?c=Failed']);
    expect(await json(bench.call(`/api/payments/${early}`))).toMatchObject({ status: 'expired' });
    expect(await json(bench.call(`/api/payments/${late}`))).toMatchObject({ status: 'pending' });
  });

  it('expires payments as real time passes, without anybody asking', async () => {
    const bench = await aBench();
    // Past the look a simulator takes at what an earlier run left.
    bench.time.advance(1_000);
    await aPayment(bench, {
      statusCallbackUrl: `${bench.receiver.url}/cb`,
      referenceId: 'later',
      expiryUtc: '2026-11-23T13:30:00Z',
    });
    await aPayment(bench, { statusCallbackUrl: `${bench.receiver.url}/cb` });
    bench.time.advance(898_999);
    await bench.simulator.idle();
    expect(bench.receiver.received).toHaveLength(0);
    bench.time.advance(1);
    await bench.simulator.idle();
    expect(bench.receiver.received).toHaveLength(1);
    bench.time.advance(4 * 3_600_000);
    await bench.simulator.idle();
    expect(bench.receiver.received).toHaveLength(2);
  });

  it('brings the next expiry nearer in real time', async () => {
    const bench = await aBench();
    await aPayment(bench, { statusCallbackUrl: `${bench.receiver.url}/cb` });
    bench.time.advance(1_000);
    await bench.post('/api/clock/advance', { seconds: 600 });
    bench.time.advance(298_999);
    await bench.simulator.idle();
    expect(bench.receiver.received).toHaveLength(0);
    bench.time.advance(1);
    await bench.simulator.idle();
    expect(bench.receiver.received).toHaveLength(1);
  });

  it.each([{ seconds: 0 }, { seconds: -1 }, { seconds: '60' }, { seconds: 1e12 }, {}, []])(
    'refuses a step of %j',
    async (body) => {
      const bench = await aBench();
      expect((await bench.post('/api/clock/advance', body)).status).toBe(400);
      expect(bench.simulator.clock.offsetMs()).toBe(0);
    },
  );
});
