import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addMs } from '../../src/domain/instant.ts';
import type { SessionRecord } from '../../src/ports/session-store.ts';
import { ActivityBench, HOUR_MS, MINUTE_MS, NO_PAGE, NOW, type Charge } from './activity-bench.ts';

let bench: ActivityBench;
beforeAll(async () => {
  bench = await ActivityBench.open();
});
afterAll(() => bench.close());
beforeEach(() => {
  bench.now = NOW;
});

async function begun(): Promise<Charge> {
  return await (await bench.customer()).begin();
}

async function stored(charge: Charge) {
  const record = await bench.stores.sessions.find(charge.sessionId);
  if (!record) throw new Error('the session has a row');
  return record;
}

describe('recording where a session stands', () => {
  const record = async (charge: Charge, revision: number, session = charge.view()) =>
    await charge.customer.run('recordSession', {
      projection: { ...session, revision, handledInboxIds: [], ...NO_PAGE, sinceRevision: 0 },
    });

  it('writes the projection under its names in the database', async () => {
    const charge = await begun();
    const view = charge.capturedView({
      transactionId: 'transaction-1',
      releasedMinor: 400,
      releaseSource: 'assumed',
      needsAttention: true,
      attentionReason: 'captureDelayed',
      attention: ['captureDelayed', 'releaseDelayed'],
      nextDueAt: addMs(NOW, 2 * HOUR_MS),
    });
    await record(charge, 1, view);
    expect(await stored(charge)).toMatchObject({
      revision: 1,
      state: 'captured',
      transactionId: 'transaction-1',
      startedAt: NOW,
      endedAt: addMs(NOW, HOUR_MS),
      reservedMinor: 500,
      computedMinor: 100,
      capturedMinor: 100,
      releasedMinor: 400,
      releaseSource: 'assumed',
      shortfallMinor: 0,
      attention: ['captureDelayed', 'releaseDelayed'],
      nextDueAt: addMs(NOW, 2 * HOUR_MS),
    });
  });

  it('keeps the page of the waiting payment, and no page once none is told', async () => {
    const charge = await begun();
    const page = { paymentPageUrl: 'https://wallet.example/1', paymentPageExpiresAt: addMs(NOW, MINUTE_MS) };
    const told = { ...charge.view(), handledInboxIds: [], ...NO_PAGE, sinceRevision: 0 };
    await charge.customer.run('recordSession', { projection: { ...told, revision: 1, ...page } });
    expect(await stored(charge)).toMatchObject(page);
    await charge.customer.run('recordSession', { projection: { ...told, revision: 2 } });
    expect(await stored(charge)).toMatchObject({ paymentPageUrl: null, paymentPageExpiresAt: null });
  });

  it('ignores an older revision that arrives late, and the same one twice', async () => {
    const charge = await begun();
    await record(charge, 2, charge.capturedView());
    await record(charge, 1, charge.view({ state: 'active' }));
    await record(charge, 2, charge.view({ state: 'active' }));
    expect(await stored(charge)).toMatchObject({ revision: 2, state: 'captured', capturedMinor: 100 });
  });

  it('marks the messages handled that the session has taken in', async () => {
    const charge = await begun();
    const { customer } = charge;
    const inboxId = await customer.text('ENDCHARGE');
    await customer.run('recordSession', {
      projection: { ...charge.view(), revision: 1, handledInboxIds: [inboxId], ...NO_PAGE, sinceRevision: 0 },
    });
    const waiting = await bench.stores.inbox.undispatched({ limit: 10_000 });
    expect(waiting.map((item) => item.inboxId)).not.toContain(inboxId);
  });
});

describe('a projection that another activity carries', () => {
  it('is stored by each of its tries, also when the work itself fails', async () => {
    const charge = await (await begun()).authorize();
    const { customer } = charge;
    const inboxId = await customer.text('ENDCHARGE');
    customer.provider.failNext('capture', 'unavailable');
    const projection = {
      ...charge.view({ state: 'capturing', endedAt: addMs(NOW, HOUR_MS), computedMinor: 100 }),
      ...NO_PAGE,
      sinceRevision: 0,
      revision: 3,
      handledInboxIds: [inboxId],
    };
    await expect(
      customer.run('capturePayment', { ...charge.captureInput(), projection }),
    ).rejects.toMatchObject({ type: 'unavailable' });
    expect(await stored(charge)).toMatchObject({ revision: 3, state: 'capturing', computedMinor: 100 });
    const waiting = await bench.stores.inbox.undispatched({ limit: 10_000 });
    expect(waiting.map((item) => item.inboxId)).not.toContain(inboxId);
  });

  it('changes nothing where a newer one is stored, except that its texts are handled', async () => {
    const charge = await begun();
    await charge.customer.run('recordSession', {
      projection: {
        ...charge.capturedView(),
        ...NO_PAGE,
        sinceRevision: 0,
        revision: 5,
        handledInboxIds: [],
      },
    });
    const inboxId = await charge.customer.text('STATUS');
    const projection = {
      ...charge.view(),
      ...NO_PAGE,
      sinceRevision: 0,
      revision: 4,
      handledInboxIds: [inboxId],
    };
    await charge.customer.run('sendText', { ...charge.textInput('statusActive'), projection });
    expect(await stored(charge)).toMatchObject({ revision: 5, state: 'captured' });
    const waiting = await bench.stores.inbox.undispatched({ limit: 10_000 });
    expect(waiting.map((item) => item.inboxId)).not.toContain(inboxId);
  });
});

describe('a workflow that was reset after the end of its session', () => {
  const projectionOf = (charge: Charge, overrides: object) => ({
    ...charge.view({ state: 'awaitingApproval' }),
    ...NO_PAGE,
    handledInboxIds: [],
    sinceRevision: 0,
    revision: 1,
    ...overrides,
  });

  it('does nothing a second time: its first activity stores and sends nothing', async () => {
    const charge = await begun();
    const { customer } = charge;
    const end = projectionOf(charge, { ...charge.capturedView(), revision: 5 });
    await customer.run('recordSession', { projection: end }, { runId: 'first-run' });
    const input = { ...charge.textInput('paymentLink'), projection: projectionOf(charge, {}) };
    await expect(customer.run('sendText', input, { runId: 'reset-run' })).rejects.toMatchObject({
      type: 'sessionIsOver',
      nonRetryable: true,
      details: ['captured'],
    });
    expect(customer.texts()).toEqual([]);
    expect(await stored(charge)).toMatchObject({ revision: 5, runId: 'first-run', state: 'captured' });
  });

  it('is not one that retries an older activity after its own last record', async () => {
    const charge = await begun();
    const { customer } = charge;
    const end = projectionOf(charge, { ...charge.capturedView(), revision: 5 });
    await customer.run('recordSession', { projection: end }, { runId: 'first-run' });
    const input = { ...charge.textInput('receipt', charge.capturedView()) };
    await customer.run('issueReceipt', charge.receiptInput());
    const late = { ...input, projection: projectionOf(charge, { revision: 4 }) };
    expect(await customer.run('sendText', late, { runId: 'first-run', attempt: 2 })).toMatchObject({
      outcome: 'sent',
    });
  });

  it('is not one that goes on as a new run, whatever the run before has recorded', async () => {
    const charge = await begun();
    const { customer } = charge;
    const end = projectionOf(charge, { ...charge.capturedView(), revision: 5 });
    await customer.run('recordSession', { projection: end }, { runId: 'first-run' });
    const next = projectionOf(charge, { ...charge.capturedView(), revision: 6, sinceRevision: 5 });
    await customer.run('recordSession', { projection: next }, { runId: 'next-run' });
    await customer.run('recordSession', { projection: next }, { runId: 'next-run', attempt: 2 });
    expect(await stored(charge)).toMatchObject({ revision: 6, runId: 'next-run' });
  });
});

describe('the last message', () => {
  async function lastMessage(charge: Charge, handledInboxIds: string[]) {
    const projection = {
      ...charge.capturedView(),
      ...NO_PAGE,
      sinceRevision: 0,
      revision: 7,
      handledInboxIds,
    };
    const slot = { sessionId: charge.sessionId, handledInboxIds, lastEndChargeAt: NOW, projection };
    const input = charge.textInput('nothingCharged', charge.capturedView());
    return await charge.customer.run('sendText', { ...input, slot });
  }

  it('frees the slot after it is out, and stores what the session then shows', async () => {
    const charge = await begun();
    const end = await charge.customer.text('ENDCHARGE');
    expect(await lastMessage(charge, [end])).toEqual({ outcome: 'sent', isSlotFreed: true });
    expect(await stored(charge)).toMatchObject({ revision: 7, state: 'captured' });
    bench.now = addMs(NOW, MINUTE_MS);
    expect(await charge.customer.sessionIdOf(await charge.customer.text('CHARGE'))).not.toBe(
      charge.sessionId,
    );
  });

  it('frees nothing while a text that came meanwhile is not handled: no text is answered twice', async () => {
    const charge = await begun();
    const end = await charge.customer.text('ENDCHARGE');
    const status = await charge.customer.text('STATUS');
    expect(await lastMessage(charge, [end])).toEqual({ outcome: 'sent', isSlotFreed: false });
    expect(await stored(charge)).toMatchObject({ revision: 0, state: 'awaitingApproval' });
    const waiting = await bench.stores.inbox.undispatched({ limit: 10_000 });
    expect(waiting.find((item) => item.inboxId === status)?.assignment).toMatchObject({ kind: 'signal' });
  });

  it('counts as sent when the slot could not be freed: that is repeated alone', async () => {
    const charge = await begun();
    const { inbox } = bench.stores;
    const gone = { ...inbox, freeSlotIfAllHandled: () => Promise.reject(new Error('no database')) };
    const input = charge.textInput('nothingCharged', charge.capturedView());
    const projection = {
      ...charge.capturedView(),
      ...NO_PAGE,
      sinceRevision: 0,
      revision: 7,
      handledInboxIds: [],
    };
    const slot = { sessionId: charge.sessionId, handledInboxIds: [], lastEndChargeAt: NOW, projection };
    const stores = { ...bench.stores, inbox: gone };
    expect(await charge.customer.run('sendText', { ...input, slot }, {}, { stores })).toEqual({
      outcome: 'sent',
      isSlotFreed: false,
    });
    expect(charge.customer.texts()).toHaveLength(1);
  });
});

describe('freeing the slot', () => {
  it('puts back what the session has not handled, so that a new CHARGE starts anew', async () => {
    const charge = await begun();
    const { customer } = charge;
    bench.now = addMs(NOW, MINUTE_MS);
    const unhandled = await customer.text('CHARGE');
    const free = { sessionId: charge.sessionId, handledInboxIds: [], lastEndChargeAt: null };
    await customer.run('freeSlot', free);
    await customer.run('freeSlot', free, { attempt: 2 });
    const next = await customer.sessionIdOf(unhandled);
    expect(next).not.toBe(charge.sessionId);
  });

  it('remembers the last ENDCHARGE: a CHARGE sent before it starts nothing', async () => {
    const charge = await begun();
    const { customer } = charge;
    await customer.run('freeSlot', {
      sessionId: charge.sessionId,
      handledInboxIds: [],
      lastEndChargeAt: addMs(NOW, MINUTE_MS),
    });
    const inboxId = await customer.text('CHARGE', { sentAt: NOW });
    const waiting = await bench.stores.inbox.undispatched({ limit: 10_000 });
    expect(waiting.find((item) => item.inboxId === inboxId)?.assignment).toEqual({
      kind: 'reply',
      replyKind: 'sendAgain',
    });
  });
});

describe('small records', () => {
  it('a message outside sessions is handled once its answer is out', async () => {
    const customer = await bench.customer();
    const inboxId = await customer.text('BANANA');
    await customer.run('markHandled', { inboxId });
    const waiting = await bench.stores.inbox.undispatched({ limit: 10_000 });
    expect(waiting.map((item) => item.inboxId)).not.toContain(inboxId);
  });

  it('the price of a use and the instant at which the reservation is used up come from the pricing', async () => {
    const charge = await begun();
    const { customer, record } = charge;
    const { terms } = record;
    const use = { terms, startedAt: NOW, endedAt: addMs(NOW, 65 * MINUTE_MS + 1) };
    expect(await customer.run('priceUsage', use)).toEqual({
      type: 'usagePriced',
      computedMinor: 200,
      at: NOW,
    });
    const plan = { terms, startedAt: NOW, limitMinor: 500 };
    expect(await customer.run('computeUsedUpAt', plan)).toEqual({
      usedUpAt: addMs(NOW, 5 * HOUR_MS + 5 * MINUTE_MS + 1),
    });
  });

  it('a read that shows the approval says also when the reservation is used up, if the pricing answers', async () => {
    const charge = await (await begun()).authorize();
    const { customer, record } = charge;
    const input = { ...charge.readInput(), terms: record.terms, createdAt: NOW };
    expect(await customer.run('readPayment', input)).toMatchObject({
      snapshot: { phase: 'authorized' },
      usedUp: { startedAt: NOW, limitMinor: 500, at: addMs(NOW, 5 * HOUR_MS + 5 * MINUTE_MS + 1) },
    });
    const { pricing } = bench.deps;
    const silent = { ...pricing, instantWhenPriceExceeds: () => Promise.reject(new Error('no answer')) };
    const read = await customer.run('readPayment', input, {}, { pricing: silent });
    expect(read).toMatchObject({ type: 'paymentRead', snapshot: { phase: 'authorized' } });
    expect(read).not.toHaveProperty('usedUp');
    expect(await customer.run('readPayment', charge.readInput())).not.toHaveProperty('usedUp');
  });

  it('the workflow learns the business time, not its own', async () => {
    const customer = await bench.customer();
    bench.now = '2031-05-17T12:00:00.000Z';
    expect(await customer.run('currentInstant', undefined)).toEqual({ at: '2031-05-17T12:00:00.000Z' });
  });
});

type Outcome = Pick<SessionRecord, 'state' | 'capturedMinor' | 'releasedMinor' | 'shortfallMinor'>;

describe('a press on Stop that did not reach its session before that ended by itself', () => {
  async function endedWithPress(
    pressedAfterMs: number,
    {
      minimumCaptureMinor = 100,
      outcome = {},
    }: { minimumCaptureMinor?: number; outcome?: Partial<Outcome> } = {},
  ): Promise<Charge> {
    const charge = await (await bench.customer({ provider: { minimumCaptureMinor } })).begin();
    const { sessionId } = charge;
    const begunAs = await stored(charge);
    await bench.stores.inbox.acceptStop(sessionId, addMs(NOW, pressedAfterMs));
    await bench.stores.sessions.record(
      {
        ...begunAs,
        revision: 5,
        state: 'captured',
        startedAt: NOW,
        endedAt: addMs(NOW, 3 * HOUR_MS),
        reservedMinor: 500,
        computedMinor: 300,
        capturedMinor: 300,
        ...outcome,
      },
      addMs(NOW, 3 * HOUR_MS),
    );
    const free = { sessionId, handledInboxIds: [], lastEndChargeAt: null };
    await charge.customer.run('freeSlot', free);
    await charge.customer.run('freeSlot', free, { attempt: 2 });
    return charge;
  }

  it('and would have made it cheaper is a task for a person, once', async () => {
    const { sessionId } = await endedWithPress(HOUR_MS);
    expect(await bench.stores.attention.list({ sessionIds: [sessionId], andCleared: true })).toMatchObject([
      { reason: 'lateEndCharge', details: { chargedMinor: 300, requestedMinor: 100 } },
    ]);
  });

  it('is no matter where the price was below what the provider captures: nothing was captured', async () => {
    const { sessionId } = await endedWithPress(HOUR_MS, {
      minimumCaptureMinor: 400,
      outcome: { state: 'released', capturedMinor: 0, releasedMinor: 500 },
    });
    expect(await bench.stores.attention.list({ sessionIds: [sessionId], andCleared: true })).toEqual([]);
  });

  it('is no matter where the price was waived: nothing was captured', async () => {
    const { sessionId } = await endedWithPress(HOUR_MS, {
      outcome: { state: 'released', capturedMinor: 0, releasedMinor: 500, shortfallMinor: 300 },
    });
    expect(await bench.stores.attention.list({ sessionIds: [sessionId], andCleared: true })).toEqual([]);
  });

  it('and would have cost the same is no matter', async () => {
    const { sessionId } = await endedWithPress(3 * HOUR_MS - MINUTE_MS);
    expect(await bench.stores.attention.list({ sessionIds: [sessionId], andCleared: true })).toEqual([]);
  });
});

describe('an operator action that is carried out by the session', () => {
  it.each([
    ['a minute ago', -MINUTE_MS, -MINUTE_MS],
    ['by a clock that is 40 minutes ahead', 40 * MINUTE_MS, 0],
  ])('and was requested %s counts from then, never from the future', async (_, storedMs, countedMs) => {
    const charge = await begun();
    const { sessionId } = charge;
    const action = { sessionId, actionId: 'end-1', kind: 'endNow', actor: 'operator-1' } as const;
    await bench.stores.actions.request(
      { ...action, reason: 'test', paymentNumber: null, amountMinor: null },
      addMs(NOW, storedMs),
    );
    expect(await charge.customer.run('findOperatorAction', { sessionId, actionId: 'end-1' })).toEqual({
      action: 'endNow',
      requestedAt: addMs(NOW, countedMs),
    });
  });
});
