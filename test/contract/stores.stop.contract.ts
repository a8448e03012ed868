import { describe, expect, it } from 'vitest';
import { aSession, itemOf, minutesLater, NOW, textIn, type Bench } from './stores.fixture.ts';

/** The Stop on a session's page: the same path as a text with the end word, for that session alone. */
export function stopContract(bench: Bench): void {
  describe('pressing Stop', () => {
    it('is an endCharge of its session, sent and received when it was pressed', async () => {
      const { stores } = bench;
      const { sessionId } = await aSession(stores);
      expect(await stores.inbox.stopRequestedAt(sessionId)).toBeNull();
      const { inboxId, ...pressed } = await stores.inbox.acceptStop(sessionId, minutesLater(5));
      expect(pressed).toEqual({ duplicate: false, dispatched: false, slot: expect.any(String) });
      expect(await itemOf(stores, inboxId)).toEqual({
        inboxId,
        slot: expect.any(String),
        sentAt: minutesLater(5),
        receivedAt: minutesLater(5),
        assignment: { kind: 'signal', signal: 'endCharge', sessionId },
      });
      expect(await stores.inbox.stopRequestedAt(sessionId)).toBe(minutesLater(5));
    });

    it('twice, or at once from two browsers, is one message, received when the first was', async () => {
      const { stores } = bench;
      const { sessionId } = await aSession(stores);
      const presses = await Promise.all(
        [5, 5, 5].map((minutes) => stores.inbox.acceptStop(sessionId, minutesLater(minutes))),
      );
      expect(presses.filter(({ duplicate }) => !duplicate)).toHaveLength(1);
      const again = await stores.inbox.acceptStop(sessionId, minutesLater(9));
      expect(new Set([...presses, again].map(({ inboxId }) => inboxId)).size).toBe(1);
      expect(again.duplicate).toBe(true);
      expect(await stores.inbox.stopRequestedAt(sessionId)).toBe(minutesLater(5));
      await stores.inbox.markDispatched([{ inboxId: again.inboxId, at: minutesLater(10), sessionId }]);
      expect((await stores.inbox.acceptStop(sessionId, minutesLater(11))).dispatched).toBe(true);
    });

    it('ends one of several sessions, which a text with STOP would not', async () => {
      const { stores } = bench;
      const charge = await aSession(stores, 'CHARGE');
      await aSession(stores, 'WASH');
      const { inboxId } = await stores.inbox.acceptStop(charge.sessionId, NOW);
      expect((await itemOf(stores, inboxId)).assignment).toMatchObject({ sessionId: charge.sessionId });
    });

    it('reaches the workflow after the texts that came before it, and before those that came later', async () => {
      const { stores } = bench;
      const session = await aSession(stores);
      await textIn(stores, 'STATUS');
      const { inboxId } = await stores.inbox.acceptStop(session.sessionId, minutesLater(1));
      await textIn(stores, 'CHARGE', minutesLater(2));
      const upToStop = await stores.inbox.undispatched({ limit: 10, slotOf: inboxId });
      expect(
        upToStop.map(({ assignment }) => ('signal' in assignment ? assignment.signal : 'start')),
      ).toEqual(['start', 'statusRequested', 'endCharge']);
    });

    it('that its session left unhandled touches no later one', async () => {
      const { stores } = bench;
      const { sessionId } = await aSession(stores);
      const { inboxId } = await stores.inbox.acceptStop(sessionId, minutesLater(1));
      const freed = { sessionId, handledInboxIds: [], lastEndChargeAt: null, at: minutesLater(2) };
      expect(await stores.inbox.freeSlot(freed)).toEqual({
        isFreed: true,
        unassigned: 1,
        stopRequestedAt: minutesLater(1),
      });
      const next = await textIn(stores, 'CHARGE', minutesLater(3));
      expect(next.assignment.kind).toBe('startSession');
      const items = await stores.inbox.undispatched({ limit: 10 });
      expect(items.map((item) => item.inboxId)).toEqual([next.inboxId]);
      expect(await stores.inbox.acceptStop(sessionId, minutesLater(4))).toEqual({
        inboxId,
        slot: expect.any(String),
        duplicate: true,
        dispatched: true,
      });
    });

    it('after the session has freed its slot is kept, handled at once, and ends nothing', async () => {
      const { stores } = bench;
      const { sessionId } = await aSession(stores);
      await stores.inbox.freeSlot({ sessionId, handledInboxIds: [], lastEndChargeAt: null, at: NOW });
      const next = await textIn(stores, 'CHARGE', minutesLater(1));
      expect(await stores.inbox.acceptStop(sessionId, minutesLater(2))).toMatchObject({
        duplicate: false,
        dispatched: true,
      });
      const items = await stores.inbox.undispatched({ limit: 10 });
      expect(items.map((item) => item.inboxId)).toEqual([next.inboxId]);
    });

    it('of a session that is not there is refused', async () => {
      await expect(bench.stores.inbox.acceptStop('nobody', NOW)).rejects.toThrow('started by no message');
    });
  });
}
