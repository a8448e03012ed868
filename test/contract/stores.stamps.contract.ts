import { describe, expect, it } from 'vitest';
import { addMs, type Instant } from '../../src/domain/instant.ts';
import {
  aProjection,
  beginSession,
  minutesLater,
  NOW,
  OTHER_MSISDN,
  sessionIdOf,
  textIn,
  type Bench,
} from './stores.fixture.ts';

const HOUR_MS = 3_600_000;
const FAR_AHEAD: Instant = '2099-01-01T00:00:00.000Z';

/** What a wrong clock at the gateway may do to a customer's texts: nothing. */
export function stampsContract(bench: Bench): void {
  async function endedSession(sentAt: Instant, endedAt: Instant): Promise<void> {
    const { stores } = bench;
    const start = await textIn(stores, 'CHARGE', sentAt, { sentAt });
    const session = await beginSession(stores, start);
    const { sessionId } = session;
    const used = { state: 'captured' as const, startedAt: sentAt, endedAt, revision: 2 };
    await stores.sessions.record(aProjection(session, used), endedAt);
    await stores.inbox.freeSlot({ sessionId, handledInboxIds: [], lastEndChargeAt: endedAt, at: endedAt });
  }

  describe('a stamp of the gateway', () => {
    it('that is ahead becomes the receipt, for whatever word', async () => {
      const { stores } = bench;
      for (const text of ['CHARGE', 'STATUS', 'ENDCHARGE', 'what?'])
        expect((await textIn(stores, text, NOW, { sentAt: FAR_AHEAD })).sentAt).toBe(NOW);
    });

    it('ahead at the CHARGE: the end by the right clock is not before the session', async () => {
      const { stores } = bench;
      const start = await textIn(stores, 'CHARGE', NOW, { sentAt: addMs(NOW, HOUR_MS) });
      const { sentAt: requestedAt } = start;
      expect(requestedAt).toBe(NOW);
      const end = await textIn(stores, 'ENDCHARGE', minutesLater(10), { sentAt: minutesLater(10) });
      expect(end.sentAt).toBe(minutesLater(10));
    });

    it.each(['ENDCHARGE', 'STOP'])('before its session is moved up to the CHARGE: %s', async (word) => {
      const { stores } = bench;
      const start = await textIn(stores, 'CHARGE', NOW, { sentAt: addMs(NOW, -1000) });
      const end = await textIn(stores, word, minutesLater(30), { sentAt: addMs(NOW, -HOUR_MS) });
      expect(end).toMatchObject({
        sentAt: addMs(NOW, -1000),
        assignment: { signal: 'endCharge', sessionId: sessionIdOf(start) },
      });
    });

    it('before its session stays where an earlier session of the slot ended at or after it', async () => {
      const { stores } = bench;
      await endedSession(NOW, minutesLater(60));
      await textIn(stores, 'CHARGE', minutesLater(70), { sentAt: minutesLater(70) });
      const ended = async (minute: number) =>
        (await textIn(stores, 'ENDCHARGE', minutesLater(80), { sentAt: minutesLater(minute) })).sentAt;
      expect(await ended(60)).toBe(minutesLater(60));
      expect(await ended(30)).toBe(minutesLater(30));
      expect(await ended(61)).toBe(minutesLater(70));
    });

    it('nobody else’s earlier session counts', async () => {
      const { stores } = bench;
      await endedSession(NOW, minutesLater(60));
      const theirs = { msisdn: OTHER_MSISDN };
      await textIn(stores, 'CHARGE', minutesLater(70), { ...theirs, sentAt: minutesLater(70) });
      const end = await textIn(stores, 'ENDCHARGE', minutesLater(80), {
        ...theirs,
        sentAt: minutesLater(30),
      });
      expect(end.sentAt).toBe(minutesLater(70));
    });

    it('minutes ahead at an ENDCHARGE does not shut out the next CHARGE of a right clock', async () => {
      const { stores } = bench;
      const start = await textIn(stores, 'CHARGE');
      const end = await textIn(stores, 'ENDCHARGE', minutesLater(60), { sentAt: minutesLater(63) });
      await stores.inbox.freeSlot({
        sessionId: sessionIdOf(start),
        handledInboxIds: [end.inboxId],
        lastEndChargeAt: end.sentAt,
        at: minutesLater(60),
      });
      const sentAt = addMs(minutesLater(60), 2000);
      const next = await textIn(stores, 'CHARGE', addMs(sentAt, 1000), { sentAt });
      expect(next.assignment.kind).toBe('startSession');
    });
  });

  describe('a CHARGE that a clock hours behind makes too old', () => {
    const behind = (receivedAt: Instant) =>
      textIn(bench.stores, 'CHARGE', receivedAt, { sentAt: addMs(receivedAt, -3 * HOUR_MS) });

    it('is asked for once and starts when it is sent again', async () => {
      const sendAgain = { kind: 'reply', replyKind: 'sendAgain' };
      expect((await behind(NOW)).assignment).toEqual(sendAgain);
      // Sent before the customer can have read the answer.
      expect((await behind(addMs(NOW, 20_000))).assignment).toEqual(sendAgain);
      expect((await behind(addMs(NOW, 45_000))).assignment.kind).toBe('startSession');
    });

    it('is asked for again when the answer is long past', async () => {
      await behind(NOW);
      expect((await behind(minutesLater(11))).assignment).toMatchObject({ replyKind: 'sendAgain' });
    });

    it('starts nothing for another service', async () => {
      await behind(NOW);
      const sentAt = addMs(NOW, -3 * HOUR_MS);
      const other = await textIn(bench.stores, 'WASH', minutesLater(1), { sentAt });
      expect(other.assignment).toMatchObject({ replyKind: 'sendAgain' });
    });
  });

  describe('the stamps of a gateway account', () => {
    it('show the last fault with its offset, whatever right stamps came after it', async () => {
      const { stores } = bench;
      expect(await stores.inbox.gatewayStamps(NOW)).toEqual([]);
      await textIn(stores, 'STATUS', NOW);
      expect(await stores.inbox.gatewayStamps(NOW)).toEqual([]);
      await textIn(stores, 'STATUS', NOW, { sentAt: NOW });
      expect(await stores.inbox.gatewayStamps(NOW)).toEqual([{ gateway: 'link', lastFault: null }]);
      await textIn(stores, 'STATUS', minutesLater(1), { sentAt: minutesLater(4) });
      await textIn(stores, 'STATUS', minutesLater(2), { sentAt: minutesLater(6) });
      await textIn(stores, 'STATUS', minutesLater(3), { sentAt: minutesLater(3) });
      const lastFault = { fault: 'ahead', offsetSeconds: 240, receivedAt: minutesLater(2) };
      expect(await stores.inbox.gatewayStamps(NOW)).toEqual([{ gateway: 'link', lastFault }]);
      expect(await stores.inbox.gatewayStamps(minutesLater(3))).toEqual([
        { gateway: 'link', lastFault: null },
      ]);
    });

    it('show an end before its CHARGE, though it is only minutes behind', async () => {
      const { stores } = bench;
      await textIn(stores, 'CHARGE', NOW, { sentAt: NOW });
      await textIn(stores, 'ENDCHARGE', minutesLater(3), { sentAt: minutesLater(-2) });
      const lastFault = { fault: 'endBeforeStart', offsetSeconds: -300, receivedAt: minutesLater(3) };
      expect(await stores.inbox.gatewayStamps(NOW)).toEqual([{ gateway: 'link', lastFault }]);
    });
  });
}
