import { describe, expect, it } from 'vitest';
import { createStores } from '../../src/adapters/store/index.ts';
import {
  paymentRules,
  aSession,
  aText,
  beginSession,
  minutesLater,
  NOW,
  receiptData,
  sessionIdOf,
  testCipher,
  textIn,
  type Bench,
} from './stores.fixture.ts';
import { acceptOne } from '../support/accept-one.ts';

const times = <T>(count: number, work: (index: number) => Promise<T>): Promise<T[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => work(index)));

/** At the same time: on PostgreSQL over many connections, on PGlite interleaved over one. */
export function raceContract(bench: Bench): void {
  describe('at the same time', () => {
    it('30 deliveries of one message are one message', async () => {
      const { stores } = bench;
      const message = aText('CHARGE');
      const accepted = await times(30, () => acceptOne(stores.inbox, 'link', message, NOW));
      expect(new Set(accepted.map((result) => result.inboxId)).size).toBe(1);
      expect(accepted.filter((result) => !result.duplicate)).toHaveLength(1);
      expect(await stores.inbox.undispatched({ limit: 10 })).toHaveLength(1);
    });

    it.each([
      ['a new customer', false],
      ['a known customer', true],
    ])('two CHARGEs from %s start one session, the other repeats it', async (_, known) => {
      const { stores } = bench;
      for (let round = 0; round < 5; round += 1) {
        const msisdn = `479000010${round}`;
        if (known) await acceptOne(stores.inbox, 'link', aText('HELP', { msisdn }), NOW);
        const accepted = await times(2, () =>
          acceptOne(stores.inbox, 'link', aText('CHARGE', { msisdn }), NOW),
        );
        const items = (await stores.inbox.undispatched({ limit: 100 })).filter((item) =>
          accepted.some((result) => result.inboxId === item.inboxId),
        );
        expect(items.map((item) => item.assignment)).toEqual([
          { kind: 'startSession', sessionId: expect.any(String), terms: expect.any(Object) },
          { kind: 'signal', signal: 'chargeRepeated', sessionId: expect.any(String) },
        ]);
        expect(new Set(items.map(sessionIdOf)).size).toBe(1);
      }
    });

    it('20 texts about two services of one customer neither deadlock nor start more than one session each', async () => {
      const { stores } = bench;
      const words = ['CHARGE', 'WASH', 'STOP', 'STATUS'];
      await times(20, (index) => acceptOne(stores.inbox, 'link', aText(words[index % 4] ?? 'CHARGE'), NOW));
      const items = await stores.inbox.undispatched({ limit: 100 });
      expect(items).toHaveLength(20);
      const starts = items.filter((item) => item.assignment.kind === 'startSession');
      expect(starts).toHaveLength(2);
    });

    it('while keys are rotated, processes with either key first add one subscriber', async () => {
      const [old, rotated] = [testCipher('k1', 'k2'), testCipher('k2', 'k1')].map((cipher) =>
        createStores({ paymentRules, pool: bench.pool, cipher }),
      );
      if (!old || !rotated) throw new Error('two processes');
      for (let round = 0; round < 5; round += 1) {
        const msisdn = `479000020${round}`;
        await times(6, (index) =>
          acceptOne((index % 2 === 0 ? old : rotated).inbox, 'link', aText('CHARGE', { msisdn }), NOW),
        );
        const subscribers = await bench.stores.db.selectFrom('subscriber').select('subscriberId').execute();
        expect(subscribers).toHaveLength(round + 1);
      }
    });

    it('a CHARGE and the freeing of its slot: it reaches the old session or starts one, and is never lost', async () => {
      const { stores } = bench;
      for (let round = 0; round < 8; round += 1) {
        const msisdn = `479000030${round}`;
        const start = await textIn(stores, 'CHARGE', NOW, { msisdn });
        const oldSession = sessionIdOf(start);
        await stores.inbox.markDispatched([{ inboxId: start.inboxId, at: NOW, sessionId: oldSession }]);
        const [again] = await Promise.all([
          acceptOne(stores.inbox, 'link', aText('CHARGE', { msisdn }), minutesLater(1)),
          stores.inbox.freeSlot({
            sessionId: oldSession,
            handledInboxIds: [start.inboxId],
            lastEndChargeAt: NOW,
            at: minutesLater(1),
          }),
          stores.inbox.undispatched({ limit: 10 }),
        ]);
        const items = await stores.inbox.undispatched({ limit: 10, slotOf: again.inboxId });
        expect(items.map((item) => item.assignment.kind)).toEqual(['startSession']);
        expect(items.map(sessionIdOf)).not.toContain(oldSession);
      }
    });

    it('two begins of one session make one row with one link', async () => {
      const { stores } = bench;
      const item = await textIn(stores, 'CHARGE');
      const begun = await times(6, () => beginSession(stores, item));
      expect(new Set(begun.map((session) => session.linkToken)).size).toBe(1);
      expect(await stores.sessions.list({ limit: 10 })).toHaveLength(1);
    });

    it('of money steps with rising numbers none passes after a higher one', async () => {
      const { stores } = bench;
      const { sessionId } = await aSession(stores);
      const results = await times(10, (index) =>
        stores.money.startOperation(
          {
            operationId: `${sessionId}-capture-1`,
            sessionId,
            paymentNumber: 1,
            operation: 'capture',
            amountMinor: 100,
            fencingToken: index + 1,
          },
          NOW,
        ),
      );
      const passed = results.flatMap((result) => (typeof result === 'object' ? [result.tries] : []));
      expect(passed.toSorted((a, b) => a - b)).toEqual(passed.map((_, index) => index + 1));
      expect(results[9]).not.toBe('stale');
      const [operation] = await stores.money.listOperations(sessionId);
      expect(operation).toMatchObject({ fencingToken: 10, tries: passed.length, state: 'started' });
    });

    it('30 receipts, half of them doubled, take numbers without gaps, one per operation', async () => {
      const { stores } = bench;
      const session = await aSession(stores);
      const issued = await times(30, (index) =>
        stores.receipts.issue({
          partnerId: 'reference',
          sessionId: session.sessionId,
          operationId: `${session.sessionId}-capture-${index % 15}`,
          kind: 'sale',
          issuedAt: NOW,
          data: receiptData(session),
        }),
      );
      const receipts = await stores.receipts.listForSession(session.sessionId);
      expect(receipts.map((receipt) => receipt.number)).toEqual(Array.from({ length: 15 }, (_, i) => i + 1));
      for (const receipt of issued) expect(receipts).toContainEqual(receipt);
    });

    it('two additions of one partner insert it once', async () => {
      const { stores } = bench;
      const partner = await stores.settings.findPartner('reference');
      if (!partner) throw new Error('the reference partner is seeded');
      const added = await times(4, () =>
        stores.settings.addPartner({
          partner: { ...partner, partnerId: 'third' },
          services: [],
          routes: [],
        }),
      );
      expect(added.filter(Boolean)).toHaveLength(1);
    });

    it('of several senders of one text one may send', async () => {
      const { stores } = bench;
      const { sessionId, subscriberId } = await aSession(stores);
      const message = {
        outboundId: `${sessionId}-receipt-1`,
        sessionId,
        inboxId: null,
        subscriberId,
        gateway: 'link',
        shortNumber: '27222',
        kind: 'receipt',
        text: 'Thank you',
      };
      const allowed = await times(6, async () => {
        const { isStarted } = await stores.outbox.startSending(message, { mayRepeat: false, at: NOW });
        return isStarted;
      });
      expect(allowed.filter(Boolean)).toHaveLength(1);
    });
  });
}
