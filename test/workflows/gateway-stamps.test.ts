/** A gateway whose clock is off: an end of the customer ends the use, or is answered, and nobody is shut out. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addMs } from '../../src/domain/instant.ts';
import { HOUR_MS, MINUTE_MS, SessionWorld, type Session, type Subscriber } from '../support/session-world.ts';

let world: SessionWorld;
beforeAll(async () => {
  world = await SessionWorld.open();
});
afterAll(() => world.close());

async function used(customer: Subscriber, chargeAheadMs: number, useMs: number): Promise<Session> {
  const known = new Set(await customer.sessionIds());
  const texts = customer.texts().length;
  await customer.text('CHARGE', { sentAt: addMs(world.now(), chargeAheadMs) });
  const session = await customer.newSession(known);
  await session.until(() => customer.texts().length > texts);
  await session.approve();
  await session.later(useMs);
  return session;
}

const stamped = (customer: Subscriber, text: string, aheadMs: number) =>
  customer.text(text, { sentAt: addMs(world.now(), aheadMs) });

describe('an ENDCHARGE stamped before its CHARGE ends the use', () => {
  it.each([
    ['the CHARGE an hour ahead', HOUR_MS, -1000, 10 * MINUTE_MS],
    ['the CHARGE half a minute ahead of a use of ten seconds', 30_000, -1000, 10_000],
    ['the ENDCHARGE an hour behind', 0, -HOUR_MS, 10 * MINUTE_MS],
    ['the ENDCHARGE ten years behind', 0, -10 * 365 * 24 * HOUR_MS, 10 * MINUTE_MS],
  ])('%s', async (_, chargeAheadMs, endAheadMs, useMs) => {
    const customer = await world.subscriber({ provider: 'calling' });
    const session = await used(customer, chargeAheadMs, useMs);
    const receivedAt = world.now();
    await stamped(customer, 'ENDCHARGE', endAheadMs);
    const { endedAt, startedAt, state } = await session.ended();
    expect(['captured', 'released']).toContain(state);
    if (startedAt === null || endedAt === null) throw new Error('a use that ended has both instants');
    expect(endedAt >= startedAt && endedAt <= addMs(receivedAt, MINUTE_MS)).toBe(true);
  });
});

it('an ENDCHARGE stamped 2099 ends the use, and the next CHARGE starts another', async () => {
  const customer = await world.subscriber({ provider: 'calling' });
  const session = await used(customer, 0, HOUR_MS);
  await customer.text('ENDCHARGE', { sentAt: '2099-01-01T00:00:00.000Z' });
  expect(await session.ended()).toMatchObject({ state: 'captured', capturedMinor: 100 });
  world.later(MINUTE_MS);
  const next = await customer.charge();
  expect(next.sessionId).not.toBe(session.sessionId);
});

it('what may be a late end of an earlier session is answered with how to end this one, and the next end does', async () => {
  const customer = await world.subscriber({ provider: 'calling' });
  const first = await used(customer, 0, HOUR_MS);
  await customer.text('ENDCHARGE');
  await first.ended();
  world.later(MINUTE_MS);
  const second = await used(customer, 0, 10 * MINUTE_MS);
  const before = customer.texts().length;
  await stamped(customer, 'ENDCHARGE', -HOUR_MS);
  expect((await customer.untilTexts(before + 1)).at(-1)).toContain('ENDCHARGE');
  expect((await second.view()).state).toBe('active');
  world.later(MINUTE_MS);
  await stamped(customer, 'ENDCHARGE', -HOUR_MS);
  expect(['captured', 'released']).toContain((await second.ended()).state);
});
