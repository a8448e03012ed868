import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptyAndSeed, aText, minutesLater, type Bench, type StoresUnderTest } from './stores.fixture.ts';

type Step =
  | { do: 'text'; text: string }
  | { do: 'dispatch'; limit: number; tell: boolean }
  | { do: 'free'; which: number; handleAll: boolean };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('text' as const),
      text: fc.constantFrom('CHARGE', 'ENDCHARGE', 'WASH', 'ENDWASH', 'STATUS', 'STOP'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('dispatch' as const),
      limit: fc.integer({ min: 1, max: 4 }),
      tell: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('free' as const), which: fc.nat(1), handleAll: fc.boolean() }),
  },
);

/** Whatever the interleaving: order within a slot, one session at a time, and nothing lost. */
export function inboxOrderContract(bench: Bench): void {
  describe('two texts of one moment, stored in the order of the lock and not of their clocks', () => {
    it('give the session to the one that was stored first, and reach its workflow in that order', async () => {
      const { stores } = bench;
      const start = await stores.inbox.accept('link', aText('CHARGE'), minutesLater(1));
      const again = await stores.inbox.accept('link', aText('CHARGE'), minutesLater(0));
      const items = await stores.inbox.undispatched({ limit: 10, slotOf: again.inboxId });
      expect(items.map(({ inboxId, assignment }) => [inboxId, assignment.kind])).toEqual([
        [start.inboxId, 'startSession'],
        [again.inboxId, 'signal'],
      ]);
      const all = await stores.inbox.undispatched({ limit: 10 });
      expect(all.map(({ inboxId }) => inboxId)).toEqual([start.inboxId, again.inboxId]);
    });
  });

  describe('any order of texts, dispatching and freeing', () => {
    it('keeps the order of each slot, never overlaps two sessions of it, and loses no message', async () => {
      const { stores } = bench;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
          await emptyAndSeed(stores);
          const world: World = { stores, freed: new Set(), running: new Map(), accepted: 0 };
          for (const [minute, one] of steps.entries()) await playStep(world, one, minutesLater(minute));
          await drain(world, minutesLater(steps.length));
        }),
        { numRuns: 15 },
      );
    }, 60_000);
  });
}

/** Sessions as the workflows would know them: which have freed their slot, and which ran last in each. */
interface World {
  stores: StoresUnderTest;
  freed: Set<string>;
  running: Map<string, string>;
  accepted: number;
}

async function playStep(world: World, one: Step, at: string): Promise<void> {
  if (one.do === 'text') {
    await world.stores.inbox.accept('link', aText(one.text), at);
    world.accepted += 1;
  } else if (one.do === 'dispatch') await playDispatcher(world, { ...one, at });
  else await playEndOfSession(world, { ...one, at });
  await expectNoOverlap(world);
}

/** Afterwards every text has been given to a session that was there for it, or answered. */
async function drain(world: World, at: string): Promise<void> {
  while ((await playDispatcher(world, { limit: 100, tell: true, at })) > 0) await expectNoOverlap(world);
  const rows = await world.stores.db.selectFrom('inboundMessage').selectAll().execute();
  expect(rows).toHaveLength(world.accepted);
  for (const row of rows) {
    expect(row.state).not.toBe('stored');
    expect(row.dispatchedAt).not.toBeNull();
    if (row.sessionId !== null && row.state === 'assigned') expect(world.freed).not.toContain(row.sessionId);
  }
}

async function playDispatcher(
  { stores }: World,
  { limit, tell, at }: { limit: number; tell: boolean; at: string },
): Promise<number> {
  const items = await stores.inbox.undispatched({ limit });
  const open = await stores.db
    .selectFrom('inboundMessage')
    .select(['inboxId', 'serviceId'])
    .where('dispatchedAt', 'is', null)
    .orderBy('receivedAt')
    .orderBy('sequence')
    .execute();
  for (const serviceId of ['charge', 'wash']) {
    const ofSlot = open.filter((row) => row.serviceId === serviceId).map((row) => row.inboxId);
    const given = items.map((item) => item.inboxId).filter((inboxId) => ofSlot.includes(inboxId));
    expect(given).toEqual(ofSlot.slice(0, given.length));
  }
  for (const { inboxId, assignment } of tell ? items : []) {
    const sessionId = 'sessionId' in assignment ? assignment.sessionId : undefined;
    await stores.inbox.markDispatched(inboxId, at, sessionId);
  }
  return items.length;
}

async function playEndOfSession(
  { stores, freed }: World,
  { which, handleAll, at }: { which: number; handleAll: boolean; at: string },
): Promise<void> {
  const slots = await openSlots(stores);
  const sessionId = slots[which % Math.max(1, slots.length)]?.sessionId;
  if (!sessionId) return;
  const dispatched = await stores.db
    .selectFrom('inboundMessage')
    .select('inboxId')
    .where('sessionId', '=', sessionId)
    .where('dispatchedAt', 'is not', null)
    .execute();
  const handledInboxIds = handleAll ? dispatched.map((row) => row.inboxId) : [];
  await stores.inbox.freeSlot({ sessionId, handledInboxIds, lastEndChargeAt: null, at });
  freed.add(sessionId);
}

async function expectNoOverlap({ stores, freed, running }: World): Promise<void> {
  for (const { serviceId, sessionId } of await openSlots(stores)) {
    const before = running.get(serviceId);
    if (before !== undefined && before !== sessionId) expect(freed).toContain(before);
    expect(freed).not.toContain(sessionId);
    if (sessionId !== null) running.set(serviceId, sessionId);
  }
}

function openSlots(stores: StoresUnderTest) {
  return stores.db
    .selectFrom('sessionSlot')
    .select(['serviceId', 'sessionId'])
    .where('sessionId', 'is not', null)
    .orderBy('serviceId')
    .execute();
}
