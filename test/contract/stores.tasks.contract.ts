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
      expect(await tasks.close({ ...task, closedBy: 'operator-1' }, minutesLater(1))).toBe(true);
      expect(await tasks.close({ ...task, closedBy: 'operator-2' }, minutesLater(2))).toBe(false);
      expect(await tasks.listOpen(10)).toEqual([]);
      expect(await tasks.open(task, minutesLater(3))).toEqual({ opened: true });
      const closers = (await tasks.listForSession(sessionId)).map(({ closedBy }) => closedBy);
      expect(closers).toEqual(['operator-1', null]);
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
  });
}
