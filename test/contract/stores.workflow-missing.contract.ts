import { describe, expect, it } from 'vitest';
import type { SessionProjection } from '../../src/ports/session-store.ts';
import {
  addGym,
  aProjection,
  aSession,
  aText,
  itemOf,
  minutesLater,
  NOW,
  OTHER_MSISDN,
  sessionIdOf,
  stateOfStart,
  textIn,
  type Bench,
  type StoresUnderTest,
} from './stores.fixture.ts';
import { acceptOne } from '../support/accept-one.ts';

/** A session that its customer can no longer end by a signal: its end is kept, and no answer says that nothing runs. */
export function goneSessionContract(bench: Bench): void {
  describe('an open session whose workflow is gone', () => {
    /** As the dispatcher does when Temporal does not know the workflow. */
    async function gone(stores: StoresUnderTest, change: Partial<SessionProjection> = {}) {
      const session = await aSession(stores);
      const { sessionId } = session;
      await stores.sessions.record(
        aProjection(session, { startedAt: NOW, reservedMinor: 500, ...change }),
        NOW,
      );
      const free = () =>
        stores.inbox.freeSlot({ sessionId, handledInboxIds: [], lastEndChargeAt: null, at: NOW });
      return { session, sessionId, free };
    }
    const noted = { kind: 'reply', replyKind: 'endNoted' };

    it('is none where the workflow was lost before it recorded anything: STOP ends the other session', async () => {
      const { stores } = bench;
      const { sessionId } = await aSession(stores);
      await stores.inbox.freeSlot({ sessionId, handledInboxIds: [], lastEndChargeAt: null, at: NOW });
      const other = await textIn(stores, 'WASH');
      expect((await textIn(stores, 'STOP')).assignment).toMatchObject({
        kind: 'signal',
        sessionId: sessionIdOf(other),
      });
    });

    it('keeps the end with the session: put back, or texted after it', async () => {
      const { stores } = bench;
      const { sessionId, free } = await gone(stores);
      const end = await textIn(stores, 'ENDCHARGE', minutesLater(3), { sentAt: minutesLater(2) });
      expect(await free()).toMatchObject({ isFreed: true, unassigned: 1 });
      expect((await itemOf(stores, end.inboxId)).assignment).toEqual(noted);
      expect((await textIn(stores, 'STOP', minutesLater(5))).assignment).toEqual(noted);
      expect(await stores.inbox.endRequestedAt(sessionId)).toBe(minutesLater(2));
      expect((await stores.inbox.replyContext(end.inboxId)).notedEnd).toMatchObject({
        endedAt: minutesLater(2),
        isRecorded: true,
      });
      const ledger = await stores.ledger.read(sessionId);
      expect(ledger).toMatchObject({ endRequestedAt: minutesLater(2), messages: { count: 3, unhandled: 2 } });
      await stores.inbox.markHandled([end.inboxId], minutesLater(4));
      expect((await stores.ledger.read(sessionId))?.messages.unhandled).toBe(1);
    });

    it('never believes that it was sent later than it was received', async () => {
      const { stores } = bench;
      const { sessionId, free } = await gone(stores);
      await free();
      await textIn(stores, 'ENDCHARGE', minutesLater(3), { sentAt: minutesLater(90) });
      expect(await stores.inbox.endRequestedAt(sessionId)).toBe(minutesLater(3));
    });

    it('keeps the first end however many texts came before it in that minute', async () => {
      const { stores } = bench;
      const { sessionId, free } = await gone(stores);
      await free();
      for (let n = 0; n < 20; n += 1) await acceptOne(stores.inbox, 'link', aText('HELLO'), NOW);
      await textIn(stores, 'ENDCHARGE', NOW);
      expect(await stores.inbox.endRequestedAt(sessionId)).toBe(NOW);
    });

    it.each(['STOP', 'CANCEL', 'ferdig', 'ENDCHARGE'])(
      'keeps the end by %s that was texted to another number, or to one that no route names',
      async (text) => {
        const { stores } = bench;
        await addGym(stores);
        const { sessionId, free } = await gone(stores);
        await free();
        const status = { shortNumber: '27333' };
        const shown = { kind: 'reply', replyKind: 'openSessions' };
        expect((await textIn(stores, 'STATUS', minutesLater(1), status)).assignment).toEqual(shown);
        for (const [minute, shortNumber] of [
          [2, '27333'],
          [3, '2000'],
        ] as const)
          expect((await textIn(stores, text, minutesLater(minute), { shortNumber })).assignment).toEqual(
            noted,
          );
        expect(await stores.inbox.endRequestedAt(sessionId)).toBe(minutesLater(2));
        expect((await textIn(stores, 'STATUS', minutesLater(4), status)).assignment).toEqual(noted);
      },
    );

    it('is named beside a running one; what ends it leaves the other alone', async () => {
      const { stores } = bench;
      const { sessionId, free } = await gone(stores);
      await free();
      const washId = sessionIdOf(await textIn(stores, 'WASH'));
      for (const text of ['STOP', 'STATUS']) {
        const asked = await textIn(stores, text, minutesLater(1));
        expect(asked.assignment).toEqual({ kind: 'reply', replyKind: 'openSessions' });
        const { openSessions } = await stores.inbox.replyContext(asked.inboxId);
        expect(openSessions.map(({ sessionId: id, endWord }) => [id, endWord])).toEqual([
          [sessionId, 'ENDCHARGE'],
          [washId, 'ENDWASH'],
        ]);
      }
      expect((await textIn(stores, 'ENDCHARGE', minutesLater(2))).assignment).toEqual(noted);
      const ends = { kind: 'signal', signal: 'endCharge', sessionId: washId };
      expect((await textIn(stores, 'STOP', minutesLater(3))).assignment).toEqual(ends);
      expect((await textIn(stores, 'ENDCHARGE', minutesLater(4))).assignment).toEqual(noted);
      expect(await stores.inbox.endRequestedAt(sessionId)).toBe(minutesLater(2));
    });

    it('is shown by HELP and by the end word of another service, until its end is noted', async () => {
      const { stores } = bench;
      const { sessionId, free } = await gone(stores);
      await free();
      const shown = async (text: string) => {
        const { inboxId } = await textIn(stores, text, minutesLater(1));
        return (await stores.inbox.replyContext(inboxId)).openSessions;
      };
      for (const text of ['HELP', 'ENDWASH', 'BANANA'])
        expect(await shown(text)).toMatchObject([{ sessionId, endWord: 'ENDCHARGE', startedAt: NOW }]);
      await textIn(stores, 'ENDCHARGE', minutesLater(2));
      expect(await shown('HELP')).toEqual([]);
    });

    it('is answered above the hourly limit, also when its end is noted', async () => {
      const { stores } = bench;
      const { session, free } = await gone(stores);
      await free();
      const { subscriberId, gateway, shortNumber } = session;
      const stateOf = async (n: number, kind: string) => {
        const envelope = { subscriberId, gateway, shortNumber, kind, sessionId: null, inboxId: null };
        const reply = { ...envelope, outboundId: `reply-${n}`, text: 'x' };
        return stateOfStart(await stores.outbox.startSending(reply, { mayRepeat: false, at: NOW }));
      };
      for (let n = 0; n < 6; n += 1) expect(await stateOf(n, 'help')).toBe('sending');
      expect(await stateOf(6, 'help')).toBe('suppressed');
      expect(await stateOf(7, 'openSessions')).toBe('sending');
      await textIn(stores, 'ENDCHARGE');
      expect(await stateOf(8, 'endNoted')).toBe('sending');
    });

    it('keeps a press on Stop, and answers STATUS with it', async () => {
      const { stores } = bench;
      const { sessionId, free } = await gone(stores);
      await stores.inbox.acceptStop(sessionId, minutesLater(1));
      await free();
      await stores.inbox.undispatched({ limit: 10 });
      expect(await stores.inbox.endRequestedAt(sessionId)).toBe(minutesLater(1));
      const status = async () => (await textIn(stores, 'STATUS', minutesLater(2))).assignment;
      expect(await status()).toEqual(noted);
      await textIn(stores, 'ENDCHARGE', minutesLater(3));
      expect(await status()).toEqual(noted);
    });

    it('takes a new CHARGE, whose end is its own', async () => {
      const { stores } = bench;
      const { sessionId, free } = await gone(stores);
      await free();
      const next = sessionIdOf(await textIn(stores, 'CHARGE', minutesLater(1)));
      expect(sessionIdOf(await textIn(stores, 'ENDCHARGE', minutesLater(2)))).toBe(next);
      expect(await stores.inbox.endRequestedAt(sessionId)).toBeNull();
    });

    it('says that nothing runs once its row is closed, and of another service or customer', async () => {
      const { stores } = bench;
      const { session, sessionId, free } = await gone(stores);
      await free();
      const other = { msisdn: OTHER_MSISDN };
      const nothing = { kind: 'reply', replyKind: 'noSession' };
      expect((await textIn(stores, 'ENDCHARGE', NOW, other)).assignment).toEqual(nothing);
      expect((await textIn(stores, 'ENDWASH')).assignment).toEqual(nothing);
      await textIn(stores, 'ENDCHARGE');
      const closed = {
        revision: 9,
        state: 'writtenOff' as const,
        startedAt: NOW,
        endedAt: minutesLater(1),
      };
      await stores.sessions.record(aProjection(session, { ...closed, reservedMinor: 500 }), NOW);
      expect((await textIn(stores, 'ENDCHARGE')).assignment).toEqual(nothing);
      expect(await stores.inbox.endRequestedAt(sessionId)).toBeNull();
    });
  });

  describe('a running session that a restored database does not know', () => {
    const unknown = { subject: '0'.repeat(32), reason: 'sessionMissing', sessionId: null } as const;
    const noted = { kind: 'reply', replyKind: 'endNoted' };
    const nothing = { kind: 'reply', replyKind: 'noSession' };
    const isMissing = (workflow: string) =>
      bench.stores.attention.raise({ ...unknown, details: { workflow } }, NOW);

    it('keeps the first end, and says so to every later text of this customer', async () => {
      const { stores } = bench;
      await isMissing('running');
      expect((await textIn(stores, 'STATUS')).assignment).toEqual({ kind: 'reply', replyKind: 'help' });
      for (let n = 0; n < 20; n += 1) await acceptOne(stores.inbox, 'link', aText('HELLO'), minutesLater(2));
      const end = await textIn(stores, 'ENDCHARGE', minutesLater(2), { sentAt: minutesLater(1) });
      expect(end.assignment).toEqual(noted);
      const stop = await textIn(stores, 'STOP', minutesLater(5));
      expect(stop.assignment).toEqual(noted);
      expect((await textIn(stores, 'STATUS', minutesLater(6))).assignment).toEqual(noted);
      for (const { inboxId } of [end, stop])
        expect((await stores.inbox.replyContext(inboxId)).notedEnd).toEqual({
          inboxId: end.inboxId,
          endedAt: minutesLater(1),
          isRecorded: false,
        });
      const other = await textIn(stores, 'ENDCHARGE', minutesLater(3), { msisdn: OTHER_MSISDN });
      expect((await stores.inbox.replyContext(other.inboxId)).notedEnd?.inboxId).toBe(other.inboxId);
    });

    it('keeps the end although another of the customer’s sessions runs', async () => {
      const { stores } = bench;
      await isMissing('running');
      const wash = sessionIdOf(await textIn(stores, 'WASH'));
      expect((await textIn(stores, 'ENDCHARGE')).assignment).toEqual(noted);
      expect(sessionIdOf(await textIn(stores, 'STOP'))).toBe(wash);
    });

    it('says that nothing runs once such workflows have ended, or a person has closed the task', async () => {
      const { stores } = bench;
      await isMissing('running');
      await isMissing('ended');
      expect((await textIn(stores, 'ENDCHARGE')).assignment).toEqual(nothing);
      await isMissing('running');
      expect((await textIn(stores, 'ENDCHARGE')).assignment).toEqual(noted);
      await stores.attention.clear({ ...unknown, clearedBy: 'kari' }, minutesLater(1));
      expect((await textIn(stores, 'ENDCHARGE')).assignment).toEqual(nothing);
    });
  });
}
