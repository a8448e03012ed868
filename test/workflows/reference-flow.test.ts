import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOUR_MS, MINUTE_MS, SessionWorld } from '../support/session-world.ts';

let world: SessionWorld;
beforeAll(async () => {
  world = await SessionWorld.open();
});
afterAll(() => world.close());

it('charges one hour at 1 NOK of 5 reserved, texts the link and the receipt and nothing else', async () => {
  const customer = await world.subscriber();
  const session = await customer.charge();
  const opened = await session.open();
  expect(opened).toEqual({ kind: 'redirect', url: `https://wallet.test/${session.reference}` });
  await session.approve();
  await session.later(HOUR_MS);
  await customer.text('ENDCHARGE');

  const end = await session.ended();
  expect(end).toMatchObject({
    state: 'captured',
    reservedMinor: 500,
    computedMinor: 100,
    capturedMinor: 100,
    releasedMinor: 400,
    releaseSource: 'assumed',
    shortfallMinor: 0,
    needsAttention: false,
  });
  expect(customer.provider.truth(session.reference).capturedMinor).toBe(100);
  const texts = customer.texts();
  expect(texts).toHaveLength(2);
  expect(texts[0]).toMatch(/NOK 5.*https:\/\/pay\.test\/p\/[\w-]{22}$/);
  expect(texts[1]).toMatch(
    /^Thank you for using our service\. You have been charged 1 NOK \/ KR\. For receipt click here: https:\/\/pay\.test\/r\/[\w-]{22}$/,
  );
  const record = await world.stores.sessions.find(session.sessionId);
  expect(record).toMatchObject({ state: 'captured', capturedMinor: 100, endedAt: end.endedAt });
});

it('captures the whole reservation after five hours', async () => {
  const customer = await world.subscriber();
  const session = await customer.charge();
  await session.approve();
  await session.later(5 * HOUR_MS);
  await customer.text('endcharge');
  expect(await session.ended()).toMatchObject({ state: 'captured', capturedMinor: 500, releasedMinor: 0 });
});

it('bills by the gateway time of the ENDCHARGE, not by when it reached us', async () => {
  const customer = await world.subscriber();
  const session = await customer.charge();
  const { startedAt } = await session.approve();
  await session.later(3 * HOUR_MS);
  const sentAt = new Date(Date.parse(startedAt ?? '') + HOUR_MS).toISOString();
  await customer.text('ENDCHARGE', { sentAt });
  expect(await session.ended()).toMatchObject({ endedAt: sentAt, capturedMinor: 100 });
});

it('uses the reservation up: one text at the instant, goes on, and records the shortfall', async () => {
  const customer = await world.subscriber();
  const session = await customer.charge();
  await session.approve();
  await session.later(6 * HOUR_MS + 10 * MINUTE_MS);
  await customer.untilTexts(2);
  expect(customer.texts()[1]).toContain('NOK 5');
  await customer.text('ENDCHARGE');
  expect(await session.ended()).toMatchObject({
    state: 'captured',
    computedMinor: 700,
    capturedMinor: 500,
    shortfallMinor: 200,
  });
});
