// The Stop on the session's page ends a use as ENDCHARGE does: exactly once, at the first receipt of the press.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS, SessionWorld } from '../support/session-world.ts';

let world: SessionWorld;
beforeAll(async () => {
  world = await SessionWorld.open();
});
afterAll(() => world.close());

it('charges up to the press, however long it took to reach the session', async () => {
  const customer = await world.subscriber();
  const session = await customer.charge();
  await session.approve();
  await session.later(HOUR_MS);
  const pressedAt = world.now();
  const { inboxId } = await world.stores.inbox.acceptStop(session.sessionId, pressedAt);
  await session.later(3 * HOUR_MS);
  await customer.dispatch(inboxId);
  expect(await session.ended()).toMatchObject({ state: 'captured', endedAt: pressedAt, capturedMinor: 100 });
  expect(customer.provider.truth(session.reference).capturedMinor).toBe(100);
});

it('pressed twice and texted as well ends and charges once, at the first of them', async () => {
  const customer = await world.subscriber();
  const session = await customer.charge();
  await session.approve();
  await session.later(HOUR_MS);
  const pressedAt = world.now();
  const first = await world.stores.inbox.acceptStop(session.sessionId, pressedAt);
  const text = await customer.store('ENDCHARGE', { sentAt: world.now() });
  await customer.dispatch(text);
  const again = await world.stores.inbox.acceptStop(session.sessionId, world.now());
  expect(again.inboxId).toBe(first.inboxId);
  await customer.dispatch(again.inboxId);
  expect(await session.ended()).toMatchObject({ state: 'captured', endedAt: pressedAt, capturedMinor: 100 });
  const receipts = await world.stores.receipts.listForSession(session.sessionId);
  expect(receipts).toHaveLength(1);
});

it('after the end touches nothing, and the next session neither', async () => {
  const customer = await world.subscriber();
  const session = await customer.charge();
  await session.approve();
  await session.later(10 * MINUTE_MS);
  await customer.text('ENDCHARGE');
  expect(await session.ended()).toMatchObject({ state: 'captured' });
  const next = await customer.charge();
  const late = await world.stores.inbox.acceptStop(session.sessionId, world.now());
  expect(late.dispatched).toBe(true);
  await customer.dispatch(late.inboxId);
  await next.approve();
  expect((await next.view()).state).toBe('active');
});
