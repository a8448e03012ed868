import { describe, expect, it } from 'vitest';
import { aSession, minutesLater, NOW, type Bench } from './stores.fixture.ts';

/** What people have to look at. */
export function tasksContract(bench: Bench): void {
  describe('operator tasks', () => {
    it('are opened once while they are open, and say what was seen last', async () => {
      const { tasks } = bench.stores;
      const { sessionId } = await aSession(bench.stores);
      const task = { subject: sessionId, reason: 'amountsDiffer', sessionId } as const;
      expect(await tasks.open({ ...task, details: { oursMinor: 100 } }, NOW)).toEqual({ opened: true });
      expect(await tasks.open({ ...task, details: { oursMinor: 90 } }, minutesLater(1))).toEqual({
        opened: false,
      });
      expect(await tasks.listOpen(10)).toEqual([
        {
          ...task,
          details: { oursMinor: 90 },
          openedAt: NOW,
          lastSeenAt: minutesLater(1),
          closedAt: null,
          closedBy: null,
        },
      ]);
    });

    it('are opened anew after they were closed, and both stay on record', async () => {
      const { tasks } = bench.stores;
      const { sessionId } = await aSession(bench.stores);
      const task = { subject: sessionId, reason: 'overdue', sessionId, details: {} } as const;
      await tasks.open(task, NOW);
      expect(await tasks.close({ ...task, closedBy: 'system' }, minutesLater(1))).toBe(true);
      expect(await tasks.close({ ...task, closedBy: 'operator-2' }, minutesLater(2))).toBe(false);
      expect(await tasks.listOpen(10)).toEqual([]);
      expect(await tasks.open(task, minutesLater(3))).toEqual({ opened: true });
      const closers = (await tasks.listForSession(sessionId)).map(({ closedBy }) => closedBy);
      expect(closers).toEqual(['system', null]);
    });

    it('are not opened again where a person has closed them and nothing is new', async () => {
      const { tasks } = bench.stores;
      const { sessionId } = await aSession(bench.stores);
      const task = { subject: sessionId, reason: 'amountsDiffer', sessionId } as const;
      const seen = { ...task, details: { captured: '1.00/2.00', attempt: 1 } };
      await tasks.open(seen, NOW);
      await tasks.close({ ...task, closedBy: 'kari' }, minutesLater(1));
      // The database keeps the keys of its own order.
      const again = { ...task, details: { attempt: 1, captured: '1.00/2.00' } };
      expect(await tasks.open(again, minutesLater(2))).toEqual({ opened: false });
      expect(await tasks.listOpen(10)).toEqual([]);
      const changed = { ...task, details: { captured: '1.00/3.00', attempt: 1 } };
      expect(await tasks.open(changed, minutesLater(3))).toEqual({ opened: true });
      await tasks.close({ ...task, closedBy: 'system' }, minutesLater(4));
      expect(await tasks.open(seen, minutesLater(5))).toEqual({ opened: true });
    });

    it('are found for several sessions at once, the open ones alone', async () => {
      const { tasks } = bench.stores;
      const first = await aSession(bench.stores);
      const second = await aSession(bench.stores, 'WASH');
      const of = (sessionId: string, reason: 'overdue' | 'moneyHeld') =>
        ({ subject: sessionId, reason, sessionId, details: {} }) as const;
      await tasks.open(of(second.sessionId, 'overdue'), NOW);
      await tasks.open(of(first.sessionId, 'moneyHeld'), NOW);
      await tasks.open(of(first.sessionId, 'overdue'), NOW);
      await tasks.close({ ...of(first.sessionId, 'overdue'), closedBy: 'system' }, NOW);
      const found = await tasks.listOpenOf([first.sessionId, second.sessionId]);
      expect(found.map(({ sessionId, reason }) => [sessionId, reason])).toEqual([
        [second.sessionId, 'overdue'],
        [first.sessionId, 'moneyHeld'],
      ]);
      expect(await tasks.listOpenOf([])).toEqual([]);
      expect(await tasks.listOpenOf(['none'])).toEqual([]);
    });

    it('can be about something we have no session of, and several at once be about one', async () => {
      const { tasks } = bench.stores;
      await tasks.open({ subject: 'x-1', reason: 'foreignPayment', sessionId: null, details: {} }, NOW);
      await tasks.open({ subject: 'x-1', reason: 'notReadable', sessionId: null, details: {} }, NOW);
      expect((await tasks.listOpen(10)).map(({ reason }) => reason)).toEqual([
        'foreignPayment',
        'notReadable',
      ]);
      expect(await tasks.listOpen(1)).toHaveLength(1);
    });

    it('are found by their reasons, however many others are open before them', async () => {
      const { tasks } = bench.stores;
      for (const subject of ['x-1', 'x-2', 'x-3'])
        await tasks.open({ subject, reason: 'foreignPayment', sessionId: null, details: {} }, NOW);
      await tasks.open({ subject: 'x-4', reason: 'notReadable', sessionId: null, details: {} }, NOW);
      const found = await tasks.listOpen(2, ['notReadable', 'overdue']);
      expect(found.map(({ subject }) => subject)).toEqual(['x-4']);
    });
  });
}
