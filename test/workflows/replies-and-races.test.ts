import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { keywordReplyWorkflowId } from '../../src/workflows/contract.ts';
import { HOUR_MS, MINUTE_MS, SessionWorld, type Subscriber } from '../support/session-world.ts';

let world: SessionWorld;
beforeAll(async () => {
  world = await SessionWorld.open();
});
afterAll(() => world.close());

async function replyTo(
  customer: Subscriber,
  text: string,
  options: { sentAt?: string } = {},
): Promise<string> {
  const inboxId = await customer.text(text, options);
  await world.env.client.workflow.getHandle(keywordReplyWorkflowId(inboxId)).result();
  return customer.texts().at(-1) ?? '';
}

describe('case 4: a text without a session', () => {
  it('is told that nothing runs', async () => {
    const customer = await world.subscriber();
    expect(await replyTo(customer, 'ENDCHARGE')).toContain('CHARGE');
    expect(await customer.sessionIds()).toEqual([]);
  });

  it('with an unknown word gets one help text, and a flood of them no more than six an hour', async () => {
    const customer = await world.subscriber();
    expect(await replyTo(customer, 'hello there')).toContain('CHARGE');
    for (let n = 0; n < 8; n += 1) await replyTo(customer, 'what?');
    expect(customer.texts()).toHaveLength(6);
    world.later(HOUR_MS);
    await replyTo(customer, 'HELP');
    expect(customer.texts()).toHaveLength(7);
  });

  it('that is a CHARGE from long ago starts nothing and is asked again', async () => {
    const customer = await world.subscriber();
    const sentAt = new Date(Date.parse(world.now()) - 11 * MINUTE_MS).toISOString();
    expect(await replyTo(customer, 'CHARGE', { sentAt })).toContain('CHARGE');
    expect(await customer.sessionIds()).toEqual([]);
  });
});

describe('STATUS and general end words', () => {
  it('tell and end the one running session', async () => {
    const customer = await world.subscriber();
    const session = await customer.charge();
    await session.approve();
    await session.later(HOUR_MS);
    await customer.text('status');
    expect((await customer.untilTexts(2))[1]).toContain('NOK 1');
    await customer.text('STOPP');
    expect(await session.ended()).toMatchObject({ state: 'captured', capturedMinor: 100 });
  });
});

describe('races', () => {
  it('two CHARGEs at once make one session', async () => {
    const customer = await world.subscriber();
    const stored = await Promise.all([customer.store('CHARGE'), customer.store('CHARGE')]);
    await Promise.all(stored.map((inboxId) => customer.dispatch(inboxId)));
    const session = await customer.newSession();
    await session.until(() => customer.texts().length >= 2);
    expect(await customer.sessionIds()).toHaveLength(1);
    expect(customer.provider.countOf('reserve', session.reference)).toBe(1);
  });

  it('two dispatchers on one row start one workflow and signal once', async () => {
    const customer = await world.subscriber();
    const inboxId = await customer.store('CHARGE');
    await Promise.all([customer.dispatch(inboxId), customer.dispatch(inboxId), customer.dispatch(inboxId)]);
    const session = await customer.newSession();
    await customer.untilTexts(1);
    await session.approve();
    await session.later(HOUR_MS);
    const end = await customer.store('ENDCHARGE');
    await Promise.all([customer.dispatch(end), customer.dispatch(end)]);
    expect(await session.ended()).toMatchObject({ capturedMinor: 100 });
    expect(customer.provider.countOf('capture', session.reference)).toBe(1);
    expect(customer.texts()).toHaveLength(2);
  });

  it('ENDCHARGE together with the approval charges nothing twice and ends, whichever came first', async () => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await customer.charge();
    customer.provider.approve(session.reference);
    await Promise.all([session.lookAtProvider(), customer.text('ENDCHARGE')]);
    const end = await session.ended();
    expect(['released', 'cancelled']).toContain(end.state);
    const truth = customer.provider.truth(session.reference);
    expect(truth).toMatchObject({ capturedMinor: 0, releasedMinor: 500 });
  });

  it('a CHARGE while the session closes becomes the next session, and is never lost', async () => {
    const customer = await world.subscriber();
    const session = await customer.charge();
    await session.approve();
    await session.later(HOUR_MS);
    await customer.store('ENDCHARGE');
    const next = await customer.store('CHARGE');
    await customer.dispatch(next);
    await session.ended();
    const second = await vi.waitFor(
      async () => {
        for (const { inboxId } of await world.stores.inbox.undispatched({ limit: 100 })) {
          if (inboxId === next) await customer.dispatch(inboxId);
        }
        return await customer.newSession(new Set([session.sessionId]));
      },
      { timeout: 15_000 },
    );
    await second.until((view) => view.state === 'awaitingApproval');
    expect(await customer.sessionIds()).toHaveLength(2);
  });

  it('the slot is free after the end: a new CHARGE starts anew, a doubled old one does not', async () => {
    const customer = await world.subscriber();
    const session = await customer.charge();
    await session.approve();
    await session.later(HOUR_MS);
    await customer.text('ENDCHARGE', { messageId: `${customer.msisdn}-end` });
    await session.ended();
    await customer.text('ENDCHARGE', { messageId: `${customer.msisdn}-end` });
    expect(customer.texts()).toHaveLength(2);
    const second = await customer.charge();
    expect(second.sessionId).not.toBe(session.sessionId);
  });

  it('messages wait for a worker that is away and are taken in order', async () => {
    const customer = await world.subscriber();
    const session = await customer.charge();
    await session.approve();
    await world.stopWorker();
    await customer.text('STATUS');
    await customer.text('ENDCHARGE');
    await world.startWorker();
    await session.ended();
    expect(customer.texts()).toHaveLength(3);
  });
});

it('an ENDCHARGE sent in time ends the use, although no worker ran from a hint before it until the limit', async () => {
  const limits = { sessionLimitMs: 6000, warningBeforeLimitMs: 0 };
  const customer = await world.subscriber({ provider: 'calling', service: limits });
  const session = await customer.charge();
  const { limitAt } = await session.approve();
  await world.stopWorker();
  await session.lookAtProvider();
  await customer.text('ENDCHARGE');
  const firedTimers = async (): Promise<number> => {
    const { events } = await session.handle.fetchHistory();
    return (events ?? []).filter(({ timerFiredEventAttributes: fired }) => fired).length;
  };
  const before = await firedTimers();
  await vi.waitFor(async () => expect(await firedTimers()).toBeGreaterThan(before), { timeout: 20_000 });
  await world.startWorker();
  const { endedAt } = await session.ended();
  expect(Date.parse(endedAt ?? '')).toBeLessThan(Date.parse(limitAt ?? ''));
});
