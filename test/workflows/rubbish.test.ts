// Anybody with the Temporal UI can send a session anything: it stays in the history, so it must never be what stops it.
import { afterAll, beforeAll, expect, it } from 'vitest';
import { HOUR_MS, SessionWorld } from '../support/session-world.ts';

let world: SessionWorld;
beforeAll(async () => {
  world = await SessionWorld.open();
});
afterAll(() => world.close());

const NOW = '2026-11-27T12:00:00.000Z';
const RUBBISH = [
  [],
  [null],
  ['STOP'],
  [{}],
  [{ kind: 'endCharge', inboxId: 'mo-1', sentAt: 'yesterday', receivedAt: 7 }],
  [{ kind: 'endCharge', inboxId: 'mo-1', sentAt: String(new Date(0)), receivedAt: NOW }],
  [{ kind: 'endCharge', inboxId: 'mo-1', sentAt: NOW, receivedAt: '+275760-09-13T00:00:00.000Z' }],
  [{ kind: 'endCharge', inboxId: 'mo-\u0000', sentAt: NOW, receivedAt: NOW }],
  [{ inboxId: 'mo-1', sentAt: NOW, receivedAt: NOW }],
  [{ kind: 'end', inboxId: 'mo-1', sentAt: NOW, receivedAt: NOW }],
  [{ fault: 'exploded' }],
  [{ at: 'now' }],
  [{ at: undefined }],
  [{ actionId: 'from-the-ui' }],
  [{ actionId: 'from-the-ui-too', action: null }],
];

it.each(['customerMessage', 'linkReported', 'operatorAction', 'paymentChanged', 'paymentOpened'])(
  'a signal %s that cannot be read changes nothing, and the use is billed as ever',
  async (signal) => {
    const customer = await world.subscriber();
    const session = await customer.charge();
    await session.approve();
    for (const args of RUBBISH) await session.handle.signal<unknown[]>(signal, ...args);
    expect(await session.view()).toMatchObject({ state: 'active', endedAt: null });
    await session.later(HOUR_MS);
    await customer.text('ENDCHARGE');
    expect(await session.ended()).toMatchObject({ state: 'captured', capturedMinor: 100 });
  },
);

it("an operator action that is on nobody's record changes nothing, and the use is billed as ever", async () => {
  const customer = await world.subscriber();
  const session = await customer.charge();
  await session.approve();
  for (const action of ['endNow', 'release', 'explode', null])
    await session.handle.signal('operatorAction', { action, actionId: `from-the-ui-${action}` });
  expect(await session.view()).toMatchObject({ state: 'active', endedAt: null });
  await session.later(HOUR_MS);
  await customer.text('ENDCHARGE');
  expect(await session.ended()).toMatchObject({ state: 'captured', capturedMinor: 100 });
});

it('an update is refused: a session is told by signals alone', async () => {
  const session = await (await world.subscriber()).charge();
  await expect(session.handle.executeUpdate('operatorAction', { args: [] })).rejects.toMatchObject({
    cause: { message: expect.stringContaining('No registered handler') as string },
  });
  expect(await session.view()).toMatchObject({ state: 'awaitingApproval' });
});
