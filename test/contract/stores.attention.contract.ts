import { describe, expect, it } from 'vitest';
import type { RaisedReason } from '../../src/domain/attention.ts';
import { aProjection, aSession, minutesLater, NOW, type Bench } from './stores.fixture.ts';

/** What needs an operator. */
export function attentionContract(bench: Bench): void {
  describe('attention entries', () => {
    it('are opened once while they are open, and say what was seen last', async () => {
      const { attention } = bench.stores;
      const { sessionId } = await aSession(bench.stores);
      const task = { subject: sessionId, reason: 'amountsDiffer', sessionId } as const;
      expect(await attention.raise({ ...task, details: { oursMinor: 100 } }, NOW)).toEqual({ raised: true });
      expect(await attention.raise({ ...task, details: { oursMinor: 90 } }, minutesLater(1))).toEqual({
        raised: false,
      });
      expect(await attention.list({ limit: 10 })).toEqual([
        {
          ...task,
          details: { oursMinor: 90 },
          raisedAt: NOW,
          lastSeenAt: minutesLater(1),
          clearedAt: null,
          clearedBy: null,
        },
      ]);
    });

    it('are opened anew after they were closed, and both stay on record', async () => {
      const { attention } = bench.stores;
      const { sessionId } = await aSession(bench.stores);
      const task = { subject: sessionId, reason: 'overdue', sessionId, details: {} } as const;
      await attention.raise(task, NOW);
      expect(await attention.clear({ ...task, clearedBy: 'system' }, minutesLater(1))).toBe(true);
      expect(await attention.clear({ ...task, clearedBy: 'operator-2' }, minutesLater(2))).toBe(false);
      expect(await attention.list({ limit: 10 })).toEqual([]);
      expect(await attention.raise(task, minutesLater(3))).toEqual({ raised: true });
      const closers = (await attention.list({ sessionIds: [sessionId], andCleared: true })).map(
        ({ clearedBy }) => clearedBy,
      );
      expect(closers).toEqual(['system', null]);
    });

    it('are not opened again where a person has closed them and nothing is new', async () => {
      const { attention } = bench.stores;
      const { sessionId } = await aSession(bench.stores);
      const task = { subject: sessionId, reason: 'amountsDiffer', sessionId } as const;
      const seen = { ...task, details: { captured: '1.00/2.00', attempt: 1 } };
      await attention.raise(seen, NOW);
      await attention.clear({ ...task, clearedBy: 'kari' }, minutesLater(1));
      // The database keeps the keys of its own order.
      const again = { ...task, details: { attempt: 1, captured: '1.00/2.00' } };
      expect(await attention.raise(again, minutesLater(2))).toEqual({ raised: false });
      expect(await attention.list({ limit: 10 })).toEqual([]);
      const changed = { ...task, details: { captured: '1.00/3.00', attempt: 1 } };
      expect(await attention.raise(changed, minutesLater(3))).toEqual({ raised: true });
      await attention.clear({ ...task, clearedBy: 'system' }, minutesLater(4));
      expect(await attention.raise(seen, minutesLater(5))).toEqual({ raised: true });
    });

    it('are found for several sessions at once, the open ones alone', async () => {
      const { attention } = bench.stores;
      const first = await aSession(bench.stores);
      const second = await aSession(bench.stores, 'WASH');
      const of = (sessionId: string, reason: 'overdue' | 'moneyHeld') =>
        ({ subject: sessionId, reason, sessionId, details: {} }) as const;
      await attention.raise(of(second.sessionId, 'overdue'), NOW);
      await attention.raise(of(first.sessionId, 'moneyHeld'), NOW);
      await attention.raise(of(first.sessionId, 'overdue'), NOW);
      await attention.clear({ ...of(first.sessionId, 'overdue'), clearedBy: 'system' }, NOW);
      const found = await attention.list({ sessionIds: [first.sessionId, second.sessionId] });
      expect(found.map(({ sessionId, reason }) => [sessionId, reason])).toEqual([
        [second.sessionId, 'overdue'],
        [first.sessionId, 'moneyHeld'],
      ]);
      expect(await attention.list({ sessionIds: [] })).toEqual([]);
      expect(await attention.list({ sessionIds: ['none'] })).toEqual([]);
    });

    it('of a session follow the set in its projection, and nothing else touches what others raised', async () => {
      const { attention, sessions } = bench.stores;
      const session = await aSession(bench.stores);
      const { sessionId } = session;
      await attention.raise({ subject: sessionId, reason: 'overdue', sessionId, details: {} }, NOW);
      const record = (revision: number, ...reasons: RaisedReason[]) =>
        sessions.record(aProjection(session, { revision, attention: reasons }), minutesLater(revision));
      const open = async () => (await sessions.find(sessionId))?.attention;
      await record(1, 'captureDelayed', 'paymentNotReadable');
      expect(await open()).toEqual(['overdue', 'captureDelayed', 'paymentNotReadable']);
      await record(2, 'captureDelayed', 'releaseDelayed');
      expect(await open()).toEqual(['overdue', 'captureDelayed', 'releaseDelayed']);
      await record(2);
      expect(await open()).toEqual(['overdue', 'captureDelayed', 'releaseDelayed']);
      await record(3);
      expect(await open()).toEqual(['overdue']);
      const all = await attention.list({ sessionIds: [sessionId], andCleared: true });
      expect(all.map(({ reason, raisedAt, clearedAt }) => [reason, raisedAt, clearedAt])).toEqual([
        ['overdue', NOW, null],
        ['captureDelayed', minutesLater(1), minutesLater(3)],
        ['paymentNotReadable', minutesLater(1), minutesLater(2)],
        ['releaseDelayed', minutesLater(2), minutesLater(3)],
      ]);
      await record(4, 'captureDelayed');
      expect(await open()).toEqual(['overdue', 'captureDelayed']);
    });

    it('can be about something we have no session of, and several at once be about one', async () => {
      const { attention } = bench.stores;
      await attention.raise({ subject: 'x-1', reason: 'foreignPayment', sessionId: null, details: {} }, NOW);
      await attention.raise({ subject: 'x-1', reason: 'notReadable', sessionId: null, details: {} }, NOW);
      expect((await attention.list({ limit: 10 })).map(({ reason }) => reason)).toEqual([
        'foreignPayment',
        'notReadable',
      ]);
      expect(await attention.list({ limit: 1 })).toHaveLength(1);
    });

    it('are found by their reasons, however many others are open before them', async () => {
      const { attention } = bench.stores;
      for (const subject of ['x-1', 'x-2', 'x-3'])
        await attention.raise({ subject, reason: 'foreignPayment', sessionId: null, details: {} }, NOW);
      await attention.raise({ subject: 'x-4', reason: 'notReadable', sessionId: null, details: {} }, NOW);
      const found = await attention.list({ limit: 2, reasons: ['notReadable', 'overdue'] });
      expect(found.map(({ subject }) => subject)).toEqual(['x-4']);
    });
  });
}
