import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  addGym,
  aProjection,
  aSession,
  aText,
  minutesLater,
  NOW,
  dumpAsText,
  type Bench,
} from './stores.fixture.ts';
import { acceptOne } from '../support/accept-one.ts';

const REASON = 'Called from 4790000001: never used it';

/** What operators ask of sessions, and the late ENDCHARGE that a person must judge. */
export function operatorContract(bench: Bench): void {
  describe('what an operator asks of a session', () => {
    const aRequest = (sessionId: string) => ({
      sessionId,
      actionId: randomUUID(),
      kind: 'writeOff' as const,
      paymentNumber: null,
      amountMinor: null,
      actor: 'operator-1',
      reason: REASON,
    });

    it('is one row for one press, whose first answer stays, and whose reason nobody reads in it', async () => {
      const { stores } = bench;
      const request = aRequest((await aSession(stores)).sessionId);
      const { reason: _, ...shown } = request;
      const empty = { operationId: null, refundedBeforeMinor: null, detail: null, finishedAt: null };
      const requested = { ...shown, ...empty, state: 'requested', createdAt: NOW };
      expect(await stores.actions.request(request, NOW)).toEqual({ outcome: 'requested', action: requested });
      expect(await stores.actions.request({ ...request, actor: 'x' }, minutesLater(1))).toEqual({
        outcome: 'known',
        action: requested,
      });
      const end = { ...shown, state: 'refused', detail: 'why' } as const;
      const refused = { ...requested, state: 'refused', detail: 'why', finishedAt: minutesLater(2) };
      const { sessionId, actionId } = request;
      expect(await stores.actions.find(sessionId, actionId)).toEqual(requested);
      expect(await stores.actions.find(sessionId, randomUUID())).toBeNull();
      expect(await stores.actions.finish(end, minutesLater(2))).toEqual(refused);
      const later = { ...end, state: 'succeeded', detail: null } as const;
      expect(await stores.actions.finish(later, minutesLater(3))).toEqual(refused);
      expect(await dumpAsText(stores)).not.toContain('never used it');
    });

    it.each([
      ['lost', 'writtenOff'],
      ['lapsed', 'writtenOff'],
      ['captured', 'captured'],
      // By their rows these go on, and nothing runs them any more.
      ['active', 'writtenOff'],
      ['capturing', 'writtenOff'],
      ['awaitingApproval', 'cancelled'],
    ] as const)('closes the matter of a session that is %s', async (state, after) => {
      const { stores } = bench;
      const session = await aSession(stores);
      const { sessionId } = session;
      const attention = { attention: ['captureRefused'] } as const;
      const page = { paymentPageUrl: 'https://wallet.example/1', paymentPageExpiresAt: minutesLater(9) };
      const open = { state, revision: 3, ...attention, ...page, nextDueAt: minutesLater(9) };
      await stores.sessions.record(aProjection(session, open), NOW);
      const request = aRequest(sessionId);
      await stores.actions.request(request, NOW);
      expect(await stores.actions.writeOff(request, minutesLater(1))).toMatchObject({
        state: 'succeeded',
      });
      const nothing = { attention: [], nextDueAt: null };
      const noPage = { paymentPageUrl: null, paymentPageExpiresAt: null };
      const closed = { state: after, revision: 4, ...nothing, ...noPage };
      expect(await stores.sessions.find(sessionId)).toMatchObject(closed);
      const again = aRequest(sessionId);
      await stores.actions.request(again, minutesLater(2));
      expect(await stores.actions.writeOff(again, minutesLater(2))).toMatchObject({
        state: 'refused',
        detail: `nothing is open: the session is ${after}`,
      });
    });
  });

  describe('an end word that was sent during a use that ended later', () => {
    const used = {
      state: 'captured' as const,
      revision: 3,
      startedAt: NOW,
      endedAt: minutesLater(60),
    };
    const textAt = async (text: string, sentAt: string, shortNumber = '27222'): Promise<string> => {
      const message = aText(text, { sentAt, shortNumber });
      const { inboxId } = await acceptOne(bench.stores.inbox, 'link', message, minutesLater(90));
      return inboxId;
    };

    it('is found with the session it was meant for', async () => {
      const { stores } = bench;
      const session = await aSession(stores);
      await stores.sessions.record(aProjection(session, { ...used, reservedMinor: 500 }), NOW);
      const { sessionId } = session;
      await stores.inbox.freeSlot({ sessionId, handledInboxIds: [], lastEndChargeAt: null, at: NOW });
      const inboxId = await textAt('ENDCHARGE', minutesLater(10));
      expect(await stores.sessions.findLateEnd(inboxId)).toEqual({
        sessionId,
        terms: session.terms,
        startedAt: NOW,
        endedAt: minutesLater(60),
        lateEndAt: minutesLater(10),
        reservedMinor: 500,
      });
      expect(await stores.sessions.findLateEnd(await textAt('STOP', minutesLater(10)))).not.toBeNull();
    });

    it.each(['STOP', 'CANCEL', 'ENDCHARGE'])(
      'is found when %s was texted to another number',
      async (text) => {
        const { stores } = bench;
        await addGym(stores);
        const session = await aSession(stores);
        const { sessionId } = session;
        await stores.sessions.record(aProjection(session, used), NOW);
        await stores.inbox.freeSlot({ sessionId, handledInboxIds: [], lastEndChargeAt: null, at: NOW });
        const inboxId = await textAt(text, minutesLater(10), '27333');
        expect(await stores.sessions.findLateEnd(inboxId)).toMatchObject({ sessionId });
      },
    );

    it('is not guessed at where a general end word was sent during two uses', async () => {
      const { stores } = bench;
      for (const word of ['CHARGE', 'WASH']) {
        const session = await aSession(stores, word);
        const { sessionId } = session;
        await stores.sessions.record(aProjection(session, used), NOW);
        await stores.inbox.freeSlot({ sessionId, handledInboxIds: [], lastEndChargeAt: null, at: NOW });
      }
      expect(await stores.sessions.findLateEnd(await textAt('STOP', minutesLater(10)))).toBeNull();
      expect(await stores.sessions.findLateEnd(await textAt('ENDWASH', minutesLater(10)))).not.toBeNull();
    });

    it.each([
      ['STATUS', minutesLater(10)],
      ['BANANA', minutesLater(10)],
      ['ENDWASH', minutesLater(10)],
      ['ENDCHARGE', minutesLater(60)],
      ['ENDCHARGE', minutesLater(-1)],
    ])('is not %s at %s', async (text, sentAt) => {
      const { stores } = bench;
      const session = await aSession(stores);
      await stores.sessions.record(aProjection(session, used), NOW);
      const { sessionId } = session;
      await stores.inbox.freeSlot({ sessionId, handledInboxIds: [], lastEndChargeAt: null, at: NOW });
      expect(await stores.sessions.findLateEnd(await textAt(text, sentAt))).toBeNull();
    });
  });
}
