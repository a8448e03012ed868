import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS, SessionWorld, type Session, type Subscriber } from '../support/session-world.ts';

let world: SessionWorld;
beforeAll(async () => {
  world = await SessionWorld.open();
});
afterAll(() => world.close());

async function usedFor(customer: Subscriber, ms: number): Promise<Session> {
  const session = await customer.charge();
  await session.approve();
  await session.later(ms);
  return session;
}

describe('case 6: ENDCHARGE never comes', () => {
  it('warns half an hour before, then ends at the limit and captures', async () => {
    const customer = await world.subscriber({ service: { sessionLimitMs: 3 * HOUR_MS } });
    const session = await usedFor(customer, 2 * HOUR_MS + 31 * MINUTE_MS);
    expect((await customer.untilTexts(2))[1]).toContain('ENDCHARGE');
    await session.later(HOUR_MS);
    const end = await session.ended();
    expect(end).toMatchObject({ state: 'captured', capturedMinor: 300 });
    expect(Date.parse(end.endedAt ?? '') - Date.parse(end.startedAt ?? '')).toBe(3 * HOUR_MS);
  });

  it('ends 48 hours before the reservation can no longer be captured', async () => {
    const customer = await world.subscriber({ service: { sessionLimitMs: 30 * 24 * HOUR_MS } });
    const session = await customer.charge();
    const { startedAt, limitAt } = await session.approve();
    expect(Date.parse(limitAt ?? '') - Date.parse(startedAt ?? '')).toBe(5 * 24 * HOUR_MS);
  });
});

describe('case 7: nothing to charge', () => {
  it('releases and texts that nothing was charged', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await usedFor(customer, MINUTE_MS);
    await customer.text('ENDCHARGE');
    expect(await session.ended()).toMatchObject({ state: 'released', computedMinor: 0, capturedMinor: 0 });
    expect(customer.provider.truth(session.reference)).toMatchObject({
      capturedMinor: 0,
      releasedMinor: 500,
    });
    expect(customer.provider.countOf('capture', session.reference)).toBe(0);
    expect(customer.texts()).toHaveLength(2);
  });

  it('texts nothing when the partner has receipt texts off', async () => {
    const customer = await world.subscriber({ provider: 'calling', partner: { receiptSmsOn: false } });
    const session = await usedFor(customer, MINUTE_MS);
    await customer.text('ENDCHARGE');
    await session.ended();
    expect(customer.texts()).toHaveLength(1);
  });

  it('does not capture less than the provider takes', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    customer.provider.capabilities.minimumCaptureMinor = 200;
    const session = await usedFor(customer, HOUR_MS);
    await customer.text('ENDCHARGE');
    expect(await session.ended()).toMatchObject({
      state: 'released',
      computedMinor: 100,
      shortfallMinor: 100,
    });
  });
});

describe('case 8: the reservation is used up', () => {
  it('ends the session there when the partner chose so', async () => {
    const customer = await world.subscriber({ service: { whenUsedUp: 'end' } });
    const session = await usedFor(customer, 5 * HOUR_MS + 6 * MINUTE_MS);
    const end = await session.ended();
    expect(end).toMatchObject({
      state: 'captured',
      computedMinor: 500,
      capturedMinor: 500,
      shortfallMinor: 0,
    });
    expect(Date.parse(end.endedAt ?? '') - Date.parse(end.startedAt ?? '')).toBe(5 * HOUR_MS + 5 * MINUTE_MS);
  });
});

describe('case 9: capture retries', () => {
  it('tries again after 15 s, reading first, and takes the money once', async () => {
    const customer = await world.subscriber();
    const session = await usedFor(customer, HOUR_MS);
    const fault = customer.provider.failNext('capture', 'outcomeUnknown', { afterActing: true });
    await customer.text('ENDCHARGE');
    await session.untilState('capturing');
    await session.later(MINUTE_MS);
    expect(await session.ended()).toMatchObject({ state: 'captured', capturedMinor: 100 });
    expect(fault.fired).toBe(1);
    expect(customer.provider.countOf('capture', session.reference)).toBe(1);
    expect(customer.texts()).toHaveLength(2);
  });

  it('goes on in rounds for hours and asks for attention from the second one on', async () => {
    const customer = await world.subscriber();
    const session = await usedFor(customer, HOUR_MS);
    const fault = customer.provider.failNext('capture', 'unavailable', { times: 9 });
    await customer.text('ENDCHARGE');
    await session.untilState('capturing');
    expect((await session.view()).needsAttention).toBe(false);
    await session.later(8 * MINUTE_MS);
    expect(await session.until((view) => view.needsAttention)).toMatchObject({
      attentionReason: 'captureDelayed',
    });
    await session.later(HOUR_MS);
    expect(await session.ended()).toMatchObject({
      state: 'captured',
      capturedMinor: 100,
      needsAttention: false,
    });
    expect(fault.fired).toBe(9);
    const keys = customer.provider.calls
      .filter((call) => call.operation === 'capture')
      .map((call) => call.key);
    expect(new Set(keys)).toEqual(new Set([`${session.sessionId}-capture-1`]));
  });

  it('uses the next key after a bound refusal, and captures the money once', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await usedFor(customer, HOUR_MS);
    customer.provider.failNext('capture', 'unavailable', { code: '6260', keyBinding: 'bound' });
    await customer.text('ENDCHARGE');
    await session.until((view) => view.needsAttention);
    expect(await session.view()).toMatchObject({ state: 'capturing', attentionReason: 'captureDelayed' });
    await session.later(2 * MINUTE_MS);
    expect(await session.ended()).toMatchObject({
      state: 'captured',
      capturedMinor: 100,
      releasedMinor: 400,
      needsAttention: false,
    });
    const keys = customer.provider.calls
      .filter((call) => call.operation === 'capture')
      .map((call) => call.key);
    expect(keys).toEqual([1, 2].map((n) => `${session.sessionId}-capture-${n}`));
    expect(customer.texts()).toHaveLength(2);
  });

  it('gives up at the deadline, recorded as lost', async () => {
    const customer = await world.subscriber();
    customer.provider.capabilities.captureDeadlineMs = 50 * HOUR_MS;
    const session = await usedFor(customer, HOUR_MS);
    customer.provider.failNext('capture', 'unavailable', { times: 10_000 });
    await customer.text('ENDCHARGE');
    await session.untilState('capturing');
    expect(await session.runOut(55 * HOUR_MS)).toMatchObject({
      state: 'lost',
      capturedMinor: 0,
      needsAttention: true,
      attentionReason: 'captureDeadlinePassed',
    });
  });
});

describe('case 10, basics: a definite refusal', () => {
  it('is recorded as lost and not repeated', async () => {
    const customer = await world.subscriber();
    const session = await usedFor(customer, HOUR_MS);
    customer.provider.failNext('capture', 'rejected');
    await customer.text('ENDCHARGE');
    expect(await session.ended()).toMatchObject({ state: 'lost', attentionReason: 'captureRefused' });
    expect(customer.provider.countOf('capture', session.reference)).toBe(1);
    expect(customer.texts()).toHaveLength(1);
  });
});

describe('case 11: the receipt text', () => {
  it('is never sent twice, and its failure leaves the capture alone', async () => {
    const customer = await world.subscriber();
    const session = await usedFor(customer, HOUR_MS);
    world.gateway.failNext(`${session.sessionId}-receipt`, 'outcomeUnknown', { afterSending: true });
    await customer.text('ENDCHARGE');
    expect(await session.ended()).toMatchObject({ state: 'captured', capturedMinor: 100 });
    expect(customer.texts().filter((text) => text.includes('charged 1 NOK'))).toHaveLength(1);
    const rows = await world.stores.outbox.listForSession(session.sessionId);
    expect(rows.find((row) => row.kind === 'receipt')?.state).toBe('unknown');
  });

  it('waits for a gateway that is down, which certainly sent nothing', async () => {
    const customer = await world.subscriber();
    const session = await usedFor(customer, HOUR_MS);
    world.gateway.failNext(`${session.sessionId}-receipt`, 'unavailable', { times: 3 });
    await customer.text('ENDCHARGE');
    await session.untilState('captured');
    await session.later(HOUR_MS);
    await session.ended();
    expect(customer.texts()).toHaveLength(2);
  });

  it('is read from the partner when it is due: switched off during the use it stays away', async () => {
    const customer = await world.subscriber();
    const session = await usedFor(customer, HOUR_MS);
    await world.stores.settings.updatePartner(customer.partnerId, { receiptSmsOn: false });
    await customer.text('ENDCHARGE');
    await session.ended();
    expect(customer.texts()).toHaveLength(1);
    expect(await world.stores.receipts.listForSession(session.sessionId)).toHaveLength(1);
  });
});

describe('case 12: the rest of the reservation', () => {
  it('is given back by our call where there is one, proven by a read', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await usedFor(customer, HOUR_MS);
    await customer.text('ENDCHARGE');
    expect(await session.ended()).toMatchObject({
      state: 'captured',
      capturedMinor: 100,
      releasedMinor: 400,
      releaseSource: 'provider',
    });
    expect(customer.provider.truth(session.reference).releasedMinor).toBe(400);
  });

  it('is given back later when the call fails at first', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await usedFor(customer, HOUR_MS);
    customer.provider.failNext('release', 'unavailable', { times: 7 });
    await customer.text('ENDCHARGE');
    await session.untilState('captured');
    await session.later(HOUR_MS);
    expect(await session.ended()).toMatchObject({ releasedMinor: 400, needsAttention: false });
  });
});

describe('an operator', () => {
  it('ends a session now, once', async () => {
    const customer = await world.subscriber();
    const session = await usedFor(customer, HOUR_MS);
    expect(await session.operator('endNow')).toEqual({ done: true });
    expect(await session.ended()).toMatchObject({ state: 'captured', capturedMinor: 100 });
  });

  it('is told why there is nothing to retry', async () => {
    const customer = await world.subscriber();
    const session = await customer.charge();
    expect(await session.operator('retryCapture')).toMatchObject({ done: false });
  });
});

describe('a text that comes while the last message goes out', () => {
  it('is answered once, and the slot is freed after it', async () => {
    const customer = await world.subscriber();
    const session = await usedFor(customer, HOUR_MS);
    // Down for longer than the session waits: the receipt goes out while STATUS is on its way.
    const fault = world.gateway.failNext(`${session.sessionId}-receipt`, 'unavailable', { times: 3 });
    await customer.text('ENDCHARGE');
    await session.untilState('captured');
    await expect.poll(() => fault.times, { timeout: 10_000 }).toBeLessThan(3);
    await customer.text('ENDCHARGE');
    await session.ended();
    expect(
      customer.texts().filter((text) => text.includes('receipt') || text.includes('kvittering')),
    ).toHaveLength(1);
    const [next] = (await customer.sessionIds()).filter((id) => id !== session.sessionId);
    expect(next).toBeUndefined();
    const again = await customer.charge();
    expect(again.sessionId).not.toBe(session.sessionId);
  });
});

describe('a workflow that is reset after its end', () => {
  it.each(['assuming', 'calling'] as const)('tells and does nothing a second time (%s)', async (provider) => {
    const session = await (await world.subscriber({ provider })).charge();
    await session.approve();
    await session.later(HOUR_MS);
    const { subscriber } = session;
    await subscriber.text('ENDCHARGE');
    await session.ended();
    const texts = subscriber.texts();
    const row = await world.stores.sessions.find(session.sessionId);
    const reset = await session.resetsOfLastRun();
    expect(reset.length).toBeGreaterThan(8);
    for (const [task, toTask] of reset.entries()) {
      await toTask();
      const end = await session.handle.result();
      expect(end, `reset to task ${task}`).toMatchObject({ state: 'captured' });
      if (task > 0) continue;
      expect(end).toEqual({ alreadyOver: true, state: 'captured' });
      expect(await world.stores.sessions.find(session.sessionId)).toEqual(row);
    }
    expect(subscriber.texts()).toEqual(texts);
    // Its last tasks record once more what they recorded.
    const { revision: _, runId: _by, ...shown } = row ?? {};
    expect(await world.stores.sessions.find(session.sessionId)).toMatchObject(shown);
  });
});
