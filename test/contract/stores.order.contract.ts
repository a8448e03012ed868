import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addMs } from '../../src/domain/instant.ts';
import {
  aProjection,
  addGym,
  emptyAndSeed,
  aText,
  minutesLater,
  type Bench,
  type StoresUnderTest,
} from './stores.fixture.ts';
import { acceptOne } from '../support/accept-one.ts';

type Step =
  | { do: 'text'; text: string; to: string; offMinutes: number | null }
  | { do: 'dispatch'; limit: number; tell: boolean }
  | { do: 'free'; which: number; handleAll: boolean };

/** How far the gateway's clock is off; null: it stamps nothing. */
const anyClock = fc.constantFrom(0, 0, null, -9, -60, 60, 20_000);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('text' as const),
      text: fc.constantFrom('CHARGE', 'ENDCHARGE', 'WASH', 'ENDWASH', 'STATUS', 'STOP'),
      to: fc.constantFrom('27222', '27222', '27333', '99999'),
      offMinutes: anyClock,
    }),
  },
  {
    // The gym's own end word, on its number: a general one for all others.
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('text' as const),
      text: fc.constant('CANCEL'),
      to: fc.constant('27333'),
      offMinutes: anyClock,
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
      const start = await acceptOne(stores.inbox, 'link', aText('CHARGE'), minutesLater(1));
      const again = await acceptOne(stores.inbox, 'link', aText('CHARGE'), minutesLater(0));
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
    it('keeps the order of each slot, never overlaps two sessions of it, loses no message, and ends by any end word', async () => {
      const { stores } = bench;
      let ended = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
          await emptyAndSeed(stores);
          await addGym(stores);
          const world: World = { stores, freed: new Set(), running: new Map(), accepted: 0, ended: 0 };
          for (const [minute, one] of steps.entries()) await playStep(world, one, minutesLater(minute));
          await drain(world, minutesLater(steps.length));
          ended += world.ended;
        }),
        { numRuns: 15 },
      );
      expect(ended).toBeGreaterThan(0);
    }, 60_000);
  });
}

/** Sessions as the workflows would know them: which have freed their slot, and which ran last in each. */
interface World {
  stores: StoresUnderTest;
  freed: Set<string>;
  running: Map<string, string>;
  accepted: number;
  /** end words that reached the only open session */
  ended: number;
}

async function playStep(world: World, one: Step, at: string): Promise<void> {
  if (one.do === 'text') await playText(world, one, at);
  else if (one.do === 'dispatch') await playDispatcher(world, { ...one, at });
  else await playEndOfSession(world, { ...one, at });
  await expectNoOverlap(world);
}

/** Whichever number it is sent to and however it is stamped: an end word of the only open session ends that one. */
async function playText(
  world: World,
  { text, to, offMinutes }: Extract<Step, { do: 'text' }>,
  at: string,
): Promise<void> {
  const { stores } = world;
  const open = await openSlots(stores);
  const waiting = await stores.db
    .selectFrom('inboundMessage')
    .select('inboxId')
    .where('state', '=', 'stored')
    .execute();
  const sentAt = offMinutes === null ? null : addMs(at, offMinutes * 60_000);
  const { inboxId } = await acceptOne(stores.inbox, 'link', aText(text, { shortNumber: to, sentAt }), at);
  world.accepted += 1;
  const [only, ...others] = open;
  // What was put back is assigned first, and may begin a session.
  if (!only || others.length > 0 || waiting.length > 0) return;
  if (!['STOP', 'CANCEL', `END${only.serviceId.toUpperCase()}`].includes(text)) return;
  const row = await stores.db
    .selectFrom('inboundMessage')
    .select(['signal', 'sessionId'])
    .where('inboxId', '=', inboxId)
    .executeTakeFirst();
  expect(row).toEqual({ signal: 'endCharge', sessionId: only.sessionId });
  world.ended += 1;
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
    const sessionId = 'sessionId' in assignment ? assignment.sessionId : null;
    await stores.inbox.markDispatched([{ inboxId, at, sessionId }]);
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
  const session = await stores.sessions.find(sessionId);
  // A session frees its slot after it has recorded that its use is over.
  if (session) await stores.sessions.record(aProjection(session, { state: 'cancelled' }), at);
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
