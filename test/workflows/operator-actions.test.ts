import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { requestAction, type ActionRequest } from '../../src/app/actions/request-action.ts';
import { HOUR_MS, MINUTE_MS, SessionWorld, type Session, type Subscriber } from '../support/session-world.ts';

let world: SessionWorld;
beforeAll(async () => {
  world = await SessionWorld.open();
});
afterAll(() => world.close());
afterEach(() => vi.restoreAllMocks());

async function usedFor(customer: Subscriber, ms: number): Promise<Session> {
  const session = await customer.charge();
  await session.approve();
  await session.later(ms);
  return session;
}

/** Ended after an hour, with a capture that fails until the fault is taken away. */
async function failing(customer: Subscriber): Promise<Session> {
  const session = await usedFor(customer, HOUR_MS);
  customer.provider.failNext('capture', 'unavailable', { times: 1_000 });
  await customer.text('ENDCHARGE');
  await session.untilState('capturing');
  await session.later(5 * MINUTE_MS);
  await session.until((view) => view.needsAttention);
  return session;
}

/** The session's last record waits until the function that is returned is called. */
function holdLastMessage(session: Session): () => void {
  const { inbox } = world.stores;
  const free = inbox.freeSlotIfAllHandled.bind(inbox);
  let goOn = (): void => {};
  const held = new Promise<void>((resolve) => {
    goOn = resolve;
  });
  vi.spyOn(inbox, 'freeSlotIfAllHandled').mockImplementation(async (slot) => {
    if (slot.sessionId === session.sessionId) await held;
    return await free(slot);
  });
  return goOn;
}

/** Everything has been decided on: nothing is left but to finish the last message. */
async function isOnlySending(session: Session): Promise<boolean> {
  const { raw } = await session.handle.describe();
  const pending = raw.pendingActivities?.map(({ activityType }) => activityType?.name);
  return !raw.pendingWorkflowTask && JSON.stringify(pending) === '["sendText"]';
}

async function pressesOf(session: Session): Promise<number> {
  const { events } = await session.handle.fetchHistory();
  const signals = events?.map((event) => event.workflowExecutionSignaledEventAttributes?.signalName);
  return signals?.filter((name) => name === 'operatorAction').length ?? 0;
}

describe('an operator', () => {
  it('waives the price of a session in use: nothing is captured, all is given back', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await usedFor(customer, HOUR_MS);
    expect(await session.operator('waive')).toEqual({ done: true });
    expect(await session.ended()).toMatchObject({
      state: 'released',
      computedMinor: 100,
      capturedMinor: 0,
      releasedMinor: 500,
      shortfallMinor: 100,
    });
    expect(customer.provider.countOf('capture', session.reference)).toBe(0);
    expect(customer.provider.truth(session.reference).releasedMinor).toBe(500);
  });

  it('writes off a capture that cannot be had, and the customer gets the reservation back', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await failing(customer);
    expect(await session.operator('writeOff')).toEqual({ done: true });
    expect(await session.ended()).toMatchObject({
      state: 'writtenOff',
      shortfallMinor: 100,
      releasedMinor: 500,
      needsAttention: false,
    });
    expect(customer.provider.truth(session.reference)).toMatchObject({
      capturedMinor: 0,
      releasedMinor: 500,
    });
  });

  it.each(['waive', 'writeOff'] as const)(
    'is believed between two tries of a capture: after %s no more of them is made',
    async (action) => {
      const customer = await world.subscriber({ provider: 'calling' });
      const session = await usedFor(customer, HOUR_MS);
      customer.provider.failNext('capture', 'unavailable', { times: 1 });
      await customer.text('ENDCHARGE');
      await vi.waitFor(() => expect(customer.provider.countOf('capture', session.reference)).toBe(1));
      expect(await session.operator(action)).toEqual({ done: true });
      expect(await session.ended()).toMatchObject({
        state: action === 'waive' ? 'released' : 'writtenOff',
        capturedMinor: 0,
        releasedMinor: 500,
      });
      expect(customer.provider.countOf('capture', session.reference)).toBe(1);
    },
  );

  it('who retries does not wait for the hour that the provider has asked for', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await usedFor(customer, HOUR_MS);
    customer.provider.failNext('capture', 'rateLimited', { times: 1, retryAfterMs: HOUR_MS });
    await customer.text('ENDCHARGE');
    await vi.waitFor(() => expect(customer.provider.countOf('capture', session.reference)).toBe(1));
    expect(await session.operator('retryCapture')).toEqual({ done: true });
    expect(await session.ended()).toMatchObject({ state: 'captured', capturedMinor: 100 });
    expect(customer.provider.countOf('capture', session.reference)).toBe(2);
  });

  it.each(['waive', 'writeOff'] as const)(
    'who asks for %s in the moment of the end is answered, and the session ends all the same',
    async (action) => {
      const customer = await world.subscriber();
      const session = await usedFor(customer, HOUR_MS);
      const goOn = holdLastMessage(session);
      await customer.text('ENDCHARGE');
      await vi.waitFor(async () => expect(await isOnlySending(session)).toBe(true), { timeout: 10_000 });
      const pressed = session.operator(action);
      await vi.waitFor(async () => expect(await pressesOf(session)).toBe(1), { timeout: 10_000 });
      goOn();
      expect(await pressed).toMatchObject({ done: false });
      expect(await session.ended()).toMatchObject({ state: 'captured', capturedMinor: 100 });
    },
  );

  it.each([
    ['retryCapture', 'captured', 100],
    ['waive', 'released', 0],
    ['writeOff', 'writtenOff', 0],
  ] as const)(
    'who presses %s twice presses once, and is answered alike',
    async (action, state, capturedMinor) => {
      const customer = await world.subscriber({ provider: 'calling' });
      const session = await failing(customer);
      if (action === 'retryCapture') customer.provider.clearFaults();
      const actionId = randomUUID();
      const answers = await Promise.all([
        session.operator(action, actionId),
        session.operator(action, actionId),
      ]);
      expect(answers).toEqual([{ done: true }, { done: true }]);
      expect(await session.ended()).toMatchObject({ state, capturedMinor });
      const recorded = await world.stores.actions.listForSession(session.sessionId);
      expect(recorded).toMatchObject([{ actionId, kind: action, state: 'succeeded' }]);
    },
  );

  it('is still answered by a session that was cancelled in Temporal, which settles its money', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await usedFor(customer, HOUR_MS);
    customer.provider.failNext('capture', 'unavailable', { times: 1_000 });
    await session.handle.cancel();
    await session.untilState('capturing');
    await session.later(5 * MINUTE_MS);
    await session.until((view) => view.needsAttention);
    customer.provider.clearFaults();
    expect(await session.operator('retryCapture')).toEqual({ done: true });
    expect(await session.ended()).toMatchObject({
      state: 'captured',
      capturedMinor: 100,
      releasedMinor: 400,
    });
    expect((await session.handle.describe()).status.name).toBe('COMPLETED');
  });

  it('whose press is on record as answered is not obeyed again', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await usedFor(customer, HOUR_MS);
    const { sessionId } = session;
    const press = { sessionId, actionId: randomUUID(), kind: 'waive', actor: 'operator-1' } as const;
    const { actions } = world.stores;
    const request = { ...press, paymentNumber: null, amountMinor: null, reason: 'test' };
    await actions.request(request, world.now());
    await actions.finish({ ...press, state: 'refused', detail: 'it had ended' }, world.now());
    await session.handle.signal('operatorAction', { action: 'waive', actionId: press.actionId });
    await customer.text('ENDCHARGE');
    expect(await session.ended()).toMatchObject({ state: 'captured', capturedMinor: 100 });
  });

  it('who presses twice presses once: the second is told what is, and both are on record', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await usedFor(customer, HOUR_MS);
    const actionId = randomUUID();
    const [first, again] = await Promise.all([
      session.operator('endNow', actionId),
      session.operator('endNow', actionId),
    ]);
    expect([first, again]).toEqual([{ done: true }, { done: true }]);
    const other = await session.operator('endNow');
    expect(other).toMatchObject({ done: false });
    expect(await session.ended()).toMatchObject({ state: 'captured', capturedMinor: 100 });
    const recorded = await world.stores.actions.listForSession(session.sessionId);
    expect(recorded[0]).toMatchObject({ actionId, kind: 'endNow', state: 'succeeded', actor: 'operator-1' });
  });

  it('ends the use at the instant of the request, however late it is carried out', async () => {
    const session = await usedFor(await world.subscriber({ provider: 'calling' }), HOUR_MS);
    const { actions } = world.stores;
    const find = actions.find.bind(actions);
    vi.spyOn(actions, 'find').mockImplementation(async (sessionId, actionId) => {
      const action = await find(sessionId, actionId);
      if (sessionId === session.sessionId && action?.state === 'requested') world.later(HOUR_MS);
      return action;
    });
    expect(await session.operator('endNow')).toEqual({ done: true });
    const [action] = await actions.listForSession(session.sessionId);
    expect(await session.ended()).toMatchObject({ endedAt: action?.createdAt, capturedMinor: 100 });
  });

  it('is told why there is nothing to waive or to write off', async () => {
    const session = await (await world.subscriber()).charge();
    expect(await session.operator('waive')).toEqual({
      done: false,
      why: 'nothing is reserved yet, end it instead: the session is awaitingApproval',
    });
    expect(await session.operator('writeOff')).toMatchObject({ done: false });
    const recorded = await world.stores.actions.listForSession(session.sessionId);
    expect(recorded.map(({ state }) => state)).toEqual(['refused', 'refused']);
  });

  it('closes the matter of a session that was lost, after its end; a second press finds nothing open', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await usedFor(customer, HOUR_MS);
    customer.provider.failNext('capture', 'rejected', { code: '6090' });
    await customer.text('ENDCHARGE');
    expect(await session.ended()).toMatchObject({ state: 'lost', releasedMinor: 500, needsAttention: true });
    const press = (): Promise<unknown> =>
      requestAction(world.actionDeps(), session.sessionId, {
        kind: 'writeOff',
        amountMinor: null,
        actionId: randomUUID(),
        actor: 'operator-1',
        reason: 'agreed with the customer',
      } satisfies ActionRequest);
    expect(await press()).toMatchObject({ action: { state: 'succeeded' } });
    expect(await world.stores.sessions.find(session.sessionId)).toMatchObject({
      state: 'writtenOff',
      attention: [],
      shortfallMinor: 100,
    });
    expect(await press()).toMatchObject({ action: { state: 'refused' } });
  });
});

describe('case 10: an ENDCHARGE that comes after the amount was taken', () => {
  const lateEnds = async (session: Session) =>
    (await world.stores.attention.list({ sessionIds: [session.sessionId], andCleared: true })).filter(
      ({ reason }) => reason === 'lateEndCharge',
    );

  it('and would have made it smaller is a task for a person: nothing is changed by itself', async () => {
    const customer = await world.subscriber({ service: { sessionLimitMs: 3 * HOUR_MS } });
    const session = await customer.charge();
    const { startedAt } = await session.approve();
    await session.later(4 * HOUR_MS);
    expect(await session.ended()).toMatchObject({ state: 'captured', capturedMinor: 300 });
    const sentAt = new Date(Date.parse(startedAt ?? '') + HOUR_MS).toISOString();
    const inboxId = await customer.text('ENDCHARGE', { sentAt });
    await world.env.client.workflow.getHandle(`reply-${inboxId}`).result();
    expect(await lateEnds(session)).toMatchObject([
      { clearedAt: null, details: { chargedMinor: 300, requestedMinor: 100, lateEndAt: sentAt } },
    ]);
    expect(await world.stores.sessions.find(session.sessionId)).toMatchObject({ capturedMinor: 300 });
  });

  it('while the session still holds the customer is reviewed by the session itself', async () => {
    const customer = await world.subscriber();
    const session = await customer.charge();
    const { startedAt } = await session.approve();
    await session.later(5 * HOUR_MS);
    const fault = customer.provider.failNext('capture', 'outcomeUnknown', { times: 2 });
    await session.operator('endNow');
    const sentAt = new Date(Date.parse(startedAt ?? '') + HOUR_MS).toISOString();
    await customer.text('ENDCHARGE', { sentAt });
    fault.times = 0;
    expect(await session.runOut()).toMatchObject({ state: 'captured', capturedMinor: 500 });
    expect(await lateEnds(session)).toMatchObject([{ details: { chargedMinor: 500, requestedMinor: 100 } }]);
  });

  it('and costs the same, or is no end word, is no matter', async () => {
    const customer = await world.subscriber({ service: { sessionLimitMs: 3 * HOUR_MS } });
    const session = await customer.charge();
    const { startedAt } = await session.approve();
    await session.later(4 * HOUR_MS);
    await session.ended();
    const at = (ms: number): string => new Date(Date.parse(startedAt ?? '') + ms).toISOString();
    for (const [text, sentAt] of [
      ['ENDCHARGE', at(2 * HOUR_MS + 30 * MINUTE_MS)],
      ['STATUS', at(HOUR_MS)],
      ['BANANA', at(HOUR_MS)],
    ] as const) {
      const inboxId = await customer.text(text, { sentAt });
      await world.env.client.workflow.getHandle(`reply-${inboxId}`).result();
    }
    expect(await lateEnds(session)).toEqual([]);
  });
});
