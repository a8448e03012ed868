import { describe, expect, it } from 'vitest';
import { claimMode, readMode } from '../../src/adapters/store/index.ts';
import { addMs } from '../../src/domain/instant.ts';
import { SYSTEM } from '../../src/ports/attention-store.ts';
import type { SessionRecord } from '../../src/ports/session-store.ts';
import {
  aProjection,
  aSession,
  aText,
  beginSession,
  minutesLater,
  MSISDN,
  NOW,
  receiptData,
  sessionIdOf,
  textIn,
  type Bench,
} from './stores.fixture.ts';
import { acceptOne } from '../support/accept-one.ts';

const DAY_MS = 24 * 3_600_000;

/** What is on record, for holding it against the provider's. */
export function booksContract(bench: Bench): void {
  async function aPayment({ sessionId }: SessionRecord, paymentNumber = 1): Promise<string> {
    const paymentReference = `s2p${sessionId}${paymentNumber}`;
    await bench.stores.money.addPayment({
      sessionId,
      paymentNumber,
      paymentReference,
      provider: 'paycore',
      requestedMinor: 500,
      currency: 'NOK',
      expiresAt: minutesLater(15),
      createdAt: NOW,
    });
    return paymentReference;
  }

  /** As a workflow leaves a session that is over. */
  async function over(session: SessionRecord, at = NOW): Promise<void> {
    const state = { state: 'captured', reservedMinor: 500, capturedMinor: 100 } as const;
    await bench.stores.sessions.record(aProjection(session, state), at);
  }

  const toReconcile = (endedSince = NOW, openSince = NOW) =>
    bench.stores.ledger.listToReconcile({ endedSince, openSince, after: null, limit: 100 });

  describe('ledger', () => {
    it('hold everything of a session, and neither its words nor its customer', async () => {
      const { stores } = bench;
      const session = await aSession(stores);
      const { sessionId } = session;
      const paymentReference = await aPayment(session);
      await stores.money.startOperation(
        {
          operationId: `${sessionId}-capture-1`,
          sessionId,
          paymentNumber: 1,
          operation: 'capture',
          amountMinor: 100,
          fencingToken: 1,
        },
        NOW,
      );
      await over(session);
      await stores.receipts.issue({
        partnerId: session.partnerId,
        sessionId,
        operationId: `${sessionId}-capture-1`,
        kind: 'sale',
        issuedAt: NOW,
        data: receiptData(session),
      });
      const { subscriberId, gateway, shortNumber } = session;
      await stores.outbox.startSending(
        {
          outboundId: `${sessionId}-receipt-1`,
          sessionId,
          inboxId: null,
          subscriberId,
          gateway,
          shortNumber,
          kind: 'receipt',
          text: 'You have been charged 1 NOK: https://pay.example/r/12 at 10:00',
        },
        { mayRepeat: false, at: NOW },
      );
      await stores.attention.raise({ subject: sessionId, reason: 'overdue', sessionId, details: {} }, NOW);
      const ledger = await stores.ledger.read(sessionId);
      expect(ledger).toMatchObject({
        sessionId,
        provider: 'paycore',
        currency: 'NOK',
        release: 'unknown',
        state: 'captured',
        capturedMinor: 100,
        openActionId: null,
        payments: [{ paymentNumber: 1, paymentReference, requestedMinor: 500, readAt: null }],
        operations: [{ operation: 'capture', amountMinor: 100, state: 'started' }],
        documents: [{ kind: 'sale', number: 1, grossMinor: 100, netMinor: 80, vatMinor: 20 }],
        texts: [{ kind: 'receipt', state: 'sending', delivery: null, amountsMinor: [100] }],
        messages: { count: 1, unhandled: 1, ignored: [] },
        attention: ['overdue'],
      });
      const told = JSON.stringify(ledger);
      for (const secret of [MSISDN, 'charged', 'pay.example', session.subscriberId, session.linkToken])
        expect(told).not.toContain(secret);
      expect(await stores.ledger.read('none')).toBeNull();
    });

    it('are read together as they are read one by one, in the order asked for', async () => {
      const { ledger, inbox, outbox, attention, actions } = bench.stores;
      const sessions = [
        await aSession(bench.stores),
        await aSession(bench.stores, 'CHARGE', { msisdn: '4790000003' }),
        await aSession(bench.stores, 'WASH'),
      ];
      for (const [index, session] of sessions.entries()) {
        const { sessionId, subscriberId, gateway, shortNumber, partnerId } = session;
        for (let n = 1; n <= index + 1; n += 1) await aPayment(session, n);
        for (const kind of ['paymentLink', 'started']) {
          const text = { sessionId, inboxId: null, subscriberId, gateway, shortNumber, kind };
          const message = { ...text, outboundId: `${sessionId}-${kind}-1`, text: `${index + 1} NOK` };
          await outbox.startSending(message, { mayRepeat: false, at: NOW });
        }
        if (index === 2) continue;
        await over(session);
        const operationId = `${sessionId}-capture-1`;
        const data = receiptData(session);
        await bench.stores.receipts.issue({
          partnerId,
          sessionId,
          operationId,
          kind: 'sale',
          issuedAt: NOW,
          data,
        });
        await attention.raise({ subject: sessionId, reason: 'overdue', sessionId, details: {} }, NOW);
      }
      for (let n = 0; n < 11; n += 1) await acceptOne(inbox, 'link', aText('STATUS'), minutesLater(1));
      const [sale] = sessions;
      await actions.request(
        {
          actionId: 'refund-1',
          sessionId: sale?.sessionId ?? '',
          kind: 'refund',
          paymentNumber: 1,
          amountMinor: 50,
          actor: 'kari',
          reason: 'a wrong place',
        },
        NOW,
      );
      const ids = sessions.map(({ sessionId }) => sessionId).toReversed();
      const together = await ledger.readAll([...ids, 'none']);
      expect(together).toEqual(await Promise.all(ids.map((sessionId) => ledger.read(sessionId))));
      const counted = together.map((one) => [
        one.payments.length,
        one.texts.length,
        one.documents.length,
        one.attention.length,
        one.openActionId,
        one.messages.ignored.length,
      ]);
      expect(counted).toEqual([
        [3, 2, 0, 0, null, 1],
        [2, 2, 1, 1, null, 0],
        [1, 2, 1, 1, 'refund-1', 0],
      ]);
      expect(await ledger.readAll([])).toEqual([]);
    });

    it('list what began in a span, a page at a time', async () => {
      const { ledger } = bench.stores;
      const first = await aSession(bench.stores);
      const second = await aSession(bench.stores, 'CHARGE', { msisdn: '4790000003' });
      const other = await aSession(bench.stores, 'WASH');
      const page = { partnerId: first.partnerId, from: NOW, to: minutesLater(1), after: null, limit: 1 };
      const [one] = await ledger.listBegun(page);
      const [two] = await ledger.listBegun({ ...page, after: one ?? '' });
      expect(new Set([one, two])).toEqual(new Set([first.sessionId, second.sessionId]));
      expect(await ledger.listBegun({ ...page, after: two ?? '' })).toEqual([]);
      expect(await ledger.listBegun({ ...page, partnerId: 'wash' })).toEqual([other.sessionId]);
      expect(await ledger.listBegun({ ...page, from: minutesLater(1), to: minutesLater(2) })).toEqual([]);
      expect(await ledger.listBegun({ ...page, from: minutesLater(-1), to: NOW })).toEqual([]);
    });

    it('count the partners and the open sessions of each provider', async () => {
      const { settings, ledger, attention } = bench.stores;
      const open = await aSession(bench.stores);
      await over(await aSession(bench.stores, 'WASH'));
      await settings.updatePartner('reference', { provider: 'vipps' });
      await settings.updatePartner('wash', { provider: 'stripe' });
      const partners = [
        { provider: 'stripe', partners: 1, openSessions: 0 },
        { provider: 'vipps', partners: 1, openSessions: 0 },
      ];
      expect(await ledger.providersInUse()).toEqual([
        { provider: 'paycore', partners: 0, openSessions: 1 },
        ...partners,
      ]);
      const { sessionId } = open;
      await attention.raise({ subject: sessionId, reason: 'workflowMissing', sessionId, details: {} }, NOW);
      expect(await ledger.providersInUse()).toEqual(partners);
    });

    it('list for reconciliation what is open or was written lately, and has a payment', async () => {
      const open = await aSession(bench.stores);
      expect(await toReconcile()).toEqual([]);
      await aPayment(open);
      await aPayment(open, 2);
      expect(await toReconcile(addMs(NOW, 30 * DAY_MS))).toEqual([open.sessionId]);
      expect(await toReconcile(addMs(NOW, 30 * DAY_MS), minutesLater(1))).toEqual([]);
      await over(open);
      expect(await toReconcile(NOW)).toEqual([open.sessionId]);
      expect(await toReconcile(minutesLater(1))).toEqual([]);
      // Whatever its state says, a session that means to act is not over.
      const waiting = {
        state: 'captured' as const,
        revision: 5,
        reservedMinor: 500,
        nextDueAt: minutesLater(9),
      };
      await bench.stores.sessions.record(aProjection(open, waiting), NOW);
      expect(await toReconcile(minutesLater(1))).toEqual([open.sessionId]);
      const next = { endedSince: NOW, openSince: NOW, after: open.sessionId, limit: 9 };
      expect(await bench.stores.ledger.listToReconcile(next)).toEqual([]);
    });

    it('list what is overdue, the longest first, without what is known to be run by nothing', async () => {
      const { ledger, sessions, attention } = bench.stores;
      const first = await aSession(bench.stores);
      const second = await aSession(bench.stores, 'WASH');
      await sessions.record(aProjection(first, { nextDueAt: minutesLater(3) }), NOW);
      await sessions.record(aProjection(second, { nextDueAt: minutesLater(2) }), NOW);
      const overdue = async (minutes: number) =>
        (await ledger.listOverdue({ before: minutesLater(minutes), limit: 9 })).map(
          ({ sessionId }) => sessionId,
        );
      expect(await overdue(2)).toEqual([]);
      expect(await overdue(3)).toEqual([second.sessionId]);
      expect(await overdue(4)).toEqual([second.sessionId, first.sessionId]);
      const { sessionId } = second;
      const missing = { subject: sessionId, reason: 'workflowMissing', sessionId } as const;
      await attention.raise({ ...missing, details: {} }, minutesLater(4));
      expect(await overdue(4)).toEqual([first.sessionId]);
      await attention.clear({ ...missing, clearedBy: 'kari' }, minutesLater(5));
      expect(await overdue(4)).toEqual([first.sessionId]);
      const { sessionId: found } = first;
      const mended = { subject: found, reason: 'workflowMissing', sessionId: found } as const;
      await attention.raise({ ...mended, details: {} }, minutesLater(4));
      await attention.clear({ ...mended, clearedBy: SYSTEM }, minutesLater(5));
      expect(await overdue(4)).toEqual([found]);
    });

    it('list sessions that were handed to a workflow and have not begun, until they begin or are given up', async () => {
      const { ledger, inbox } = bench.stores;
      const notBegun = async (minutes: number) =>
        await ledger.listNotBegun({ before: minutesLater(minutes), limit: 9 });
      const item = await textIn(bench.stores, 'CHARGE');
      expect(await notBegun(9)).toEqual([]);
      const sessionId = sessionIdOf(item);
      await inbox.markDispatched([{ inboxId: item.inboxId, at: minutesLater(1), sessionId }]);
      expect(await notBegun(1)).toEqual([]);
      expect(await notBegun(2)).toEqual([{ sessionId, dispatchedAt: minutesLater(1) }]);
      // Its row is there from the start: what its workflow records first shows that it runs.
      const session = await beginSession(bench.stores, item);
      await bench.stores.sessions.record(aProjection(session, {}), minutesLater(2));
      expect(await notBegun(2)).toEqual([]);

      const other = await textIn(bench.stores, 'WASH');
      await inbox.markDispatched([
        { inboxId: other.inboxId, at: minutesLater(1), sessionId: sessionIdOf(other) },
      ]);
      expect(await notBegun(2)).toMatchObject([{ sessionId: sessionIdOf(other) }]);
      await inbox.freeSlot({
        sessionId: sessionIdOf(other),
        handledInboxIds: [],
        lastEndChargeAt: null,
        at: minutesLater(2),
      });
      expect(await notBegun(2)).toEqual([]);
    });

    it('count receipts and know the highest number', async () => {
      const { ledger, receipts } = bench.stores;
      const session = await aSession(bench.stores);
      expect(await ledger.receiptNumbers(session.partnerId)).toEqual({
        count: 0,
        highest: 0,
        skipped: [],
        missing: [],
      });
      for (const n of [1, 2])
        await receipts.issue({
          partnerId: session.partnerId,
          sessionId: session.sessionId,
          operationId: `${session.sessionId}-capture-${n}`,
          kind: 'sale',
          issuedAt: NOW,
          data: receiptData(session),
        });
      expect(await ledger.receiptNumbers(session.partnerId)).toMatchObject({ count: 2, highest: 2 });
    });

    it('know which receipt numbers were skipped after a restore, and which nothing explains', async () => {
      const { ledger, receipts, attention } = bench.stores;
      const session = await aSession(bench.stores);
      const { partnerId, sessionId } = session;
      for (const raisedTo of [3, 7]) {
        await receipts.raiseCounter(partnerId, raisedTo);
        const operationId = `${sessionId}-capture-${raisedTo}`;
        const data = receiptData(session);
        await receipts.issue({ partnerId, sessionId, operationId, kind: 'sale', issuedAt: NOW, data });
      }
      const details = { partnerId, counter: 0, skippedFrom: 1, skippedTo: 3 };
      const task = { subject: `${partnerId}-3`, reason: 'receiptCounterBehind', sessionId: null } as const;
      await attention.raise({ ...task, details }, NOW);
      const numbers = {
        count: 2,
        highest: 8,
        skipped: [{ from: 1, to: 3 }],
        missing: [{ from: 5, to: 7 }],
      };
      expect(await ledger.receiptNumbers(partnerId)).toEqual(numbers);
      await attention.clear({ ...task, clearedBy: 'kari' }, NOW);
      expect(await ledger.receiptNumbers(partnerId)).toEqual(numbers);
      expect(await ledger.receiptNumbers('another')).toMatchObject({ skipped: [], missing: [] });
    });

    it('count the texts that were not acted on, with the session that was open and for the day', async () => {
      const { ledger, inbox } = bench.stores;
      const session = await aSession(bench.stores);
      const { sessionId, partnerId } = session;
      for (let n = 0; n < 12; n += 1) await acceptOne(inbox, 'link', aText('STATUS'), minutesLater(1));
      await acceptOne(inbox, 'link', aText('Liked “You have started”'), minutesLater(1));
      await acceptOne(inbox, 'link', aText('CHARGE', { shortNumber: '99999' }), minutesLater(1));
      const ignored = [
        { reason: 'reaction', count: 1 },
        { reason: 'tooManySessionTexts', count: 2 },
        { reason: 'unroutable', count: 1 },
      ];
      expect((await ledger.read(sessionId))?.messages.ignored).toEqual(ignored);
      const between = (from: number, to: number) =>
        ledger.customerTexts({ partnerId, from: minutesLater(from), to: minutesLater(to) });
      expect(await between(1, 2)).toEqual({
        received: 13,
        waiting: 10,
        ignored: ignored.slice(0, 2),
        toNobody: 1,
      });
      expect(await between(2, 3)).toEqual({ received: 0, waiting: 0, ignored: [], toNobody: 0 });
    });
  });

  describe('the installation', () => {
    it('keeps the mode that was claimed first', async () => {
      const { db } = bench.stores;
      await db.updateTable('installation').set({ mode: null }).execute();
      expect(await readMode(db)).toBeNull();
      const claimed = await Promise.all([claimMode(db, 'live'), claimMode(db, 'demo')]);
      expect(new Set(claimed).size).toBe(1);
      expect(await readMode(db)).toBe(claimed[0]);
      expect(await claimMode(db, claimed[0] === 'live' ? 'demo' : 'live')).toBe(claimed[0]);
    });

    it('has eight hex digits of its own, with which every session begins', async () => {
      const id = await bench.stores.ledger.installationId();
      expect(id).toMatch(/^[0-9a-f]{8}$/);
      expect(await bench.stores.ledger.installationId()).toBe(id);
      const ids = [];
      for (const msisdn of ['4790000004', '4790000005']) {
        const { assignment } = await textIn(bench.stores, 'CHARGE', NOW, { msisdn });
        if (assignment.kind === 'startSession') ids.push(assignment.sessionId);
      }
      expect(new Set(ids).size).toBe(2);
      for (const sessionId of ids) expect(sessionId).toMatch(new RegExp(`^${id}[0-9a-f]{24}$`));
    });
  });
}
