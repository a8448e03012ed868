import { REFERENCE_TARIFF } from '../../src/domain/tariff.ts';
import { describe, expect, it } from 'vitest';
import { createStores, referencePartner } from '../../src/adapters/store/index.ts';
import type { Instant } from '../../src/domain/instant.ts';
import type { PaymentSnapshot } from '../../src/domain/payment.ts';
import type { MoneyOperation, MoneyStore, PaymentOwner } from '../../src/ports/money-store.ts';
import type { OutboundMessage } from '../../src/ports/outbox-store.ts';
import type { DeliveryState } from '../../src/domain/text-delivery.ts';
import type { DeliveryReport } from '../../src/ports/sms-gateway.ts';
import {
  paymentRules,
  aProjection,
  aSession,
  beginSession,
  minutesLater,
  NOW,
  aText,
  PAYMENT_RULES,
  receiptData,
  itemOf,
  stateOfStart,
  textIn,
  washPartner,
  type Bench,
  type StoresUnderTest,
} from './stores.fixture.ts';

/** The records a session leaves: its row, its money calls, its texts, its receipts; and the partners' settings. */
export function recordsContract(bench: Bench): void {
  sessionRecords(bench);
  moneyRecords(bench);
  outboxRecords(bench);
  receiptRecords(bench);
  settingsRecords(bench);
}

function sessionRecords(bench: Bench): void {
  describe('the row of a session', () => {
    it("begins with a copy of the service's terms, which a later change of price does not touch", async () => {
      const { stores } = bench;
      const begun = await aSession(stores);
      const { services } = referencePartner('paycore');
      const [service] = services;
      expect(begun).toMatchObject({
        partnerId: 'reference',
        serviceId: 'charge',
        gateway: 'link',
        shortNumber: '27222',
        language: 'nb',
        revision: 0,
        state: 'awaitingApproval',
        serviceReference: null,
        createdAt: NOW,
        reservedMinor: 0,
        capturedMinor: 0,
        attention: [],
      });
      expect(begun.terms).toEqual({
        partnerId: 'reference',
        serviceId: 'charge',
        provider: 'paycore',
        currency: 'NOK',
        reservationMinor: 500,
        tariff: service?.tariff,
        vatBasisPoints: 2500,
        linkLifeMs: 900_000,
        sessionLimitMs: 86_400_000,
        warningBeforeLimitMs: 1_800_000,
        whenUsedUp: 'continue',
        payment: PAYMENT_RULES,
      });
      expect(begun.linkToken).toMatch(/^[\w-]{22}$/);
      await stores.db.updateTable('service').set({ reservationMinor: 900, vatBasisPoints: 0 }).execute();
      expect(await stores.sessions.find(begun.sessionId)).toEqual(begun);
    });

    it('has the payment rules of the provider that the partner uses', async () => {
      const { stores } = bench;
      await stores.settings.updatePartner('reference', { provider: 'vipps' });
      const item = await textIn(stores, 'CHARGE');
      expect(item.assignment).toMatchObject({
        kind: 'startSession',
        terms: { provider: 'vipps', payment: { abandon: true } },
      });
    });

    it.each([
      ['CHARGE 12', '12'],
      ['charge Bay 12-b', 'Bay 12-b'],
      ['CHARGE', null],
      ['CHARGE bay 12, at home', null],
      ['CHARGE 900 00 001', null],
      ['CHARGE call 90-00-00-01', null],
      [`CHARGE ${'x'.repeat(40)}`, 'x'.repeat(40)],
    ])('%j keeps the reference %j', async (text, serviceReference) => {
      expect((await aSession(bench.stores, text)).serviceReference).toBe(serviceReference);
    });

    it('is added once, with its CHARGE: one that is delivered again changes nothing', async () => {
      const { stores } = bench;
      const text = aText('CHARGE', { sentAt: NOW });
      const delivered = { gateway: 'link', message: text, receivedAt: minutesLater(1) };
      const [first] = await stores.inbox.accept([delivered]);
      const item = await itemOf(stores, first?.inboxId ?? '');
      const session = await beginSession(stores, item);
      expect(session).toMatchObject({ revision: 0, state: 'awaitingApproval', createdAt: minutesLater(1) });
      await stores.db.updateTable('service').set({ reservationMinor: 900 }).execute();
      await stores.inbox.accept([{ ...delivered, receivedAt: minutesLater(2) }]);
      expect(await beginSession(stores, item)).toEqual(session);
      expect(await stores.sessions.list({ limit: 10 })).toHaveLength(1);
    });

    it.each([
      ['a provider that this version does not know', { provider: 'unknown' }, {}],
      ['a price that cannot be computed', {}, { tariff: { ...REFERENCE_TARIFF, unitMs: 0 } }],
    ])('waits with its text and all after it while there is %s', async (_, partner, service) => {
      const { stores } = bench;
      const { tariff } = service as { tariff?: unknown };
      const set = async (to: object, price: unknown): Promise<void> => {
        await stores.settings.updatePartner('reference', to);
        await stores.db
          .updateTable('service')
          .set({ tariff: JSON.stringify(price) })
          .execute();
      };
      await set({ provider: 'paycore', ...partner }, tariff ?? REFERENCE_TARIFF);
      const [start] = await stores.inbox.accept([
        { gateway: 'link', message: aText('CHARGE'), receivedAt: NOW },
      ]);
      const [end] = await stores.inbox.accept([
        { gateway: 'link', message: aText('ENDCHARGE'), receivedAt: minutesLater(1) },
      ]);
      expect([start?.dispatched, start?.item]).toEqual([false, undefined]);
      const refused: unknown[] = [];
      const failures: unknown[] = [];
      const onUnassignable = (error: unknown, inboxId?: string): void => {
        refused.push(inboxId);
        failures.push(error);
      };
      expect(await stores.inbox.undispatched({ limit: 10, onUnassignable })).toEqual([]);
      expect(refused).toEqual([start?.inboxId]);
      expect(String(failures)).toMatch(/unit must be|no payment provider/);
      expect(await stores.sessions.list({ limit: 10 })).toEqual([]);

      await set({ provider: 'paycore' }, REFERENCE_TARIFF);
      const items = await stores.inbox.undispatched({ limit: 10 });
      expect(items.map(({ inboxId, assignment }) => [inboxId, assignment.kind])).toEqual([
        [start?.inboxId, 'startSession'],
        [end?.inboxId, 'signal'],
      ]);
    });

    it('takes a projection with a higher revision and ignores an older one', async () => {
      const { stores } = bench;
      const begun = await aSession(stores);
      const second = aProjection(begun, {
        revision: 2,
        state: 'captured',
        transactionId: 'tx-1',
        startedAt: minutesLater(1),
        endedAt: minutesLater(61),
        reservedMinor: 500,
        computedMinor: 100,
        capturedMinor: 100,
        releasedMinor: 400,
        releaseSource: 'assumed',
        attention: ['captureRefused'],
        nextDueAt: minutesLater(90),
        paymentPageUrl: 'https://wallet.example/pay?token=a%2Fb',
        paymentPageExpiresAt: minutesLater(10),
      });
      const ofNewerRelease = { ...second, limitAt: minutesLater(99) };
      await stores.sessions.record(ofNewerRelease, minutesLater(61));
      expect(await stores.sessions.find(begun.sessionId)).toEqual({ ...begun, ...second });
      await stores.sessions.record(aProjection(begun, { revision: 1 }), minutesLater(62));
      await stores.sessions.record({ ...second, state: 'lost' }, minutesLater(62));
      expect(await stores.sessions.find(begun.sessionId)).toEqual({ ...begun, ...second });
    });

    it('refuses amounts that cannot be: more captured than reserved, negative ones, and a session without a row', async () => {
      const { stores } = bench;
      const begun = await aSession(stores);
      const record = (overrides: object) => stores.sessions.record(aProjection(begun, overrides), NOW);
      await expect(record({ reservedMinor: 500, capturedMinor: 501 })).rejects.toThrow(/check/);
      await expect(record({ shortfallMinor: -1 })).rejects.toThrow(/check/);
      await expect(record({ sessionId: 'none' })).rejects.toThrow(/has no row/);
      expect(await stores.sessions.find(begun.sessionId)).toEqual(begun);
    });

    it('is found by its link token, and listed newest first, per partner too', async () => {
      const { stores } = bench;
      const first = await aSession(stores, 'CHARGE');
      const item = await textIn(stores, 'WASH', minutesLater(1));
      const second = await beginSession(stores, item);
      expect(await stores.sessions.findByLinkToken(second.linkToken)).toEqual(second);
      expect(await stores.sessions.findByLinkToken('no-such-token')).toBeNull();
      expect(await stores.sessions.find('none')).toBeNull();
      expect(await stores.sessions.list({ limit: 10 })).toEqual([second, first]);
      expect(await stores.sessions.list({ limit: 1 })).toEqual([second]);
      expect(await stores.sessions.list({ limit: 10, partnerId: 'reference' })).toEqual([first]);
    });

    it('is listed as needing attention by its own word or an open task, however many came after it', async () => {
      const { stores } = bench;
      const calm = await aSession(stores, 'CHARGE');
      const item = await textIn(stores, 'WASH', minutesLater(1));
      const { sessionId } = await beginSession(stores, item);
      const listed = async () =>
        (await stores.sessions.list({ limit: 1, attention: true })).map((session) => session.sessionId);
      expect(await listed()).toEqual([]);
      const task = { subject: calm.sessionId, reason: 'overdue', sessionId: calm.sessionId } as const;
      await stores.attention.raise({ ...task, details: {} }, NOW);
      expect(await listed()).toEqual([calm.sessionId]);
      await stores.attention.clear({ ...task, clearedBy: 'kari' }, NOW);
      expect(await listed()).toEqual([]);
      const alarm = { attention: ['captureRefused'] } as const;
      await stores.sessions.record(aProjection(calm, alarm), NOW);
      expect(await listed()).toEqual([calm.sessionId]);
      expect(await stores.sessions.list({ limit: 1 })).toMatchObject([{ sessionId }]);
    });
  });
}

async function anAttempt(stores: StoresUnderTest) {
  const { sessionId } = await aSession(stores);
  return stores.money.addPayment({
    sessionId,
    paymentNumber: 1,
    paymentReference: `s2p${sessionId}`,
    provider: 'paycore',
    requestedMinor: 500,
    currency: 'NOK',
    expiresAt: minutesLater(15),
    createdAt: NOW,
  });
}

const capture = (sessionId: string, overrides: Partial<MoneyOperation> = {}): MoneyOperation => ({
  operationId: `${sessionId}-capture-1`,
  sessionId,
  paymentNumber: 1,
  operation: 'capture',
  amountMinor: 100,
  fencingToken: 5,
  ...overrides,
});

function moneyRecords(bench: Bench): void {
  describe('payment attempts', () => {
    it('are opened once: a repeated call returns the row made first', async () => {
      const { stores } = bench;
      const opened = await anAttempt(stores);
      expect(opened).toMatchObject({ providerReference: null, redirectUrl: null, requestedMinor: 500 });
      const { providerReference: _, redirectUrl: __, operations, ...record } = opened;
      expect(operations).toEqual([]);
      const again = { ...record, requestedMinor: 900, paymentReference: 's2pother' };
      expect(await stores.money.addPayment(again)).toEqual(opened);
      const first = { ...record, providerReference: null, redirectUrl: null };
      expect(await stores.money.findPayment(opened.sessionId, 1)).toEqual(first);
      expect(await stores.money.findPayment(opened.sessionId, 2)).toBeNull();
    });

    it('are opened again with the operations that were started for them, oldest first', async () => {
      const { stores } = bench;
      const { providerReference: _, redirectUrl: __, operations: ___, ...record } = await anAttempt(stores);
      const { sessionId } = record;
      for (const [number, operation] of (['reserve', 'abandon'] as const).entries())
        await stores.money.startOperation(
          capture(sessionId, { operationId: `${sessionId}-${operation}-1`, operation, amountMinor: 500 }),
          minutesLater(2 - number),
        );
      const second = { ...record, paymentNumber: 2, paymentReference: `s2p${sessionId}-2` };
      expect(await stores.money.addPayment(second)).toMatchObject({ paymentNumber: 2, operations: [] });
      const again = await stores.money.addPayment(record);
      expect(again.operations).toEqual((await stores.money.listOperations(sessionId)).slice(0, 2));
      expect(again.operations.map(({ operation }) => operation)).toEqual(['abandon', 'reserve']);
    });

    it("are found by our reference or the provider's, which a later answer without it does not remove", async () => {
      const { stores } = bench;
      const { sessionId, paymentReference } = await anAttempt(stores);
      const redirectUrl = 'https://wallet.example/1';
      const operationId = `${sessionId}-reserve-1`;
      const reserve = { operationId, operation: 'reserve', amountMinor: 500 } as const;
      await stores.money.startOperation(capture(sessionId, reserve), NOW);
      for (const providerReference of ['tx-1', null])
        await stores.money.recordReservation(
          paymentReference,
          { operationId, providerReference, redirectUrl },
          NOW,
        );
      expect(await stores.money.listOperations(sessionId)).toMatchObject([
        { operationId, state: 'succeeded' },
      ]);
      expect(await stores.money.findPayment(sessionId, 1)).toMatchObject({
        providerReference: 'tx-1',
        redirectUrl,
      });
      const find = (reference: Parameters<MoneyStore['findSessionOfPayment']>[0]) =>
        stores.money.findSessionOfPayment(reference);
      const owner = { sessionId, isApprovalAwaited: true, isFinal: false };
      expect(await find({ paymentReference, providerReference: null })).toEqual(owner);
      expect(await find({ paymentReference: null, providerReference: 'tx-1' })).toEqual(owner);
      expect(await find({ paymentReference: 'foreign', providerReference: 'tx-1' })).toEqual(owner);
      expect(await find({ paymentReference: 'foreign', providerReference: 'tx-2' })).toBeNull();
      expect(await find({ paymentReference: null, providerReference: null })).toBeNull();
      expect(await stores.money.findPaymentOwner(sessionId)).toEqual(owner);
      expect(await stores.money.findPaymentOwner('unknown')).toBeNull();
      await expect(
        stores.money.recordReservation('foreign', { operationId, providerReference: null, redirectUrl }, NOW),
      ).rejects.toThrow(/never opened/);
    });

    it('are final once their session is over and all that was reserved is accounted for', async () => {
      const { stores } = bench;
      const session = await aSession(stores);
      const { sessionId } = session;
      const add = async (paymentNumber: number): Promise<void> => {
        const paymentReference = `s2p${sessionId}-${paymentNumber}`;
        const fixed = { provider: 'paycore', requestedMinor: 500, currency: 'NOK', createdAt: NOW };
        const payment = { sessionId, paymentNumber, paymentReference, expiresAt: minutesLater(15), ...fixed };
        await stores.money.addPayment(payment);
      };
      await add(1);
      let revision = 1;
      const recorded = async (figures: object): Promise<PaymentOwner | null> => {
        revision += 1;
        await stores.sessions.record(aProjection(session, { revision, ...figures }), NOW);
        const reference = { paymentReference: `s2p${sessionId}-1`, providerReference: null };
        const owner = await stores.money.findSessionOfPayment(reference);
        expect(await stores.money.findPaymentOwner(sessionId)).toEqual(owner);
        return owner;
      };
      const isFinal = async (figures: object) => (await recorded(figures))?.isFinal;
      expect(await recorded({ state: 'awaitingApproval' })).toMatchObject({ isApprovalAwaited: true });
      expect(await recorded({ state: 'cancelled' })).toMatchObject({ isApprovalAwaited: false });
      expect(await recorded({ state: 'active', reservedMinor: 500 })).toMatchObject({
        isApprovalAwaited: false,
        isFinal: false,
      });
      const captured = { reservedMinor: 500, capturedMinor: 100, releasedMinor: 400 } as const;
      expect(await isFinal({ state: 'capturing', ...captured })).toBe(false);
      expect(await isFinal({ state: 'captured', ...captured, releasedMinor: 0 })).toBe(false);
      expect(await isFinal({ state: 'cancelled', reservedMinor: 0 })).toBe(false);
      expect(await isFinal({ state: 'captured', ...captured })).toBe(true);
      expect(await isFinal({ state: 'lost', ...captured, capturedMinor: 0, releasedMinor: 500 })).toBe(true);
      await add(2);
      expect(await isFinal({ state: 'captured', ...captured })).toBe(false);
    });

    it('are awaited as long as their session waits: a read may be one that it does not know of', async () => {
      const { stores } = bench;
      const { sessionId, paymentReference } = await anAttempt(stores);
      const isAwaited = async () => (await stores.money.findPaymentOwner(sessionId))?.isApprovalAwaited;
      expect(await isAwaited()).toBe(true);
      const amounts = { requestedMinor: 500, authorizedMinor: 500, capturedMinor: 0, releasedMinor: 0 };
      const fixed = { providerReference: null, currency: 'NOK', captureDeadlineAt: null } as const;
      const shown = { paymentReference, ...fixed, ...amounts, refundedMinor: 0, authorizedAt: NOW };
      await stores.money.recordSnapshot({ ...shown, phase: 'authorized' }, NOW);
      expect(await isAwaited()).toBe(true);
    });

    it('keep the newest read of the provider, and refuse one that shows more captured than authorised', async () => {
      const { stores } = bench;
      const { sessionId, paymentReference } = await anAttempt(stores);
      await stores.money.startOperation(capture(sessionId), NOW);
      const snapshot: PaymentSnapshot = {
        paymentReference,
        providerReference: 'tx-1',
        phase: 'authorized',
        currency: 'NOK',
        requestedMinor: 500,
        authorizedMinor: 500,
        capturedMinor: 100,
        releasedMinor: 0,
        refundedMinor: 0,
        authorizedAt: NOW,
        captureDeadlineAt: null,
      };
      const operations = await stores.money.recordSnapshot(snapshot, minutesLater(2));
      expect(operations).toMatchObject([{ ...capture(sessionId), state: 'started' }]);
      expect(operations).toEqual(await stores.money.listOperations(sessionId));
      await stores.money.recordSnapshot({ ...snapshot, phase: 'pending', capturedMinor: 0 }, minutesLater(1));
      const row = await stores.db.selectFrom('payment').selectAll().executeTakeFirstOrThrow();
      expect(row).toMatchObject({
        phase: 'authorized',
        capturedMinor: 100,
        providerReference: 'tx-1',
        readAt: minutesLater(2),
      });
      const record = (overrides: object) =>
        stores.money.recordSnapshot({ ...snapshot, ...overrides }, minutesLater(3));
      await expect(record({ capturedMinor: 501 })).rejects.toThrow(/check/);
      await expect(record({ paymentReference: 'foreign' })).rejects.toThrow(/never opened/);
    });
  });

  describe('money operations', () => {
    it('are written before the call and counted try by try, with the first start and the last outcome', async () => {
      const { stores } = bench;
      const { sessionId } = await aSession(stores);
      const first = await stores.money.startOperation(capture(sessionId), NOW);
      expect(first).toMatchObject({ ...capture(sessionId), state: 'started', tries: 1, startedAt: NOW });
      await stores.money.finishOperation(`${sessionId}-capture-1`, 'unknown', 'no answer', minutesLater(1));
      const second = capture(sessionId, { fencingToken: 6 });
      const again = await stores.money.startOperation(second, minutesLater(2));
      expect(again).toMatchObject({ ...second, state: 'started', tries: 2, startedAt: NOW, detail: null });
      await stores.money.finishOperation(`${sessionId}-capture-1`, 'succeeded', null, minutesLater(3));
      expect(await stores.money.listOperations(sessionId)).toEqual([
        {
          ...second,
          state: 'succeeded',
          tries: 2,
          startedAt: NOW,
          lastTriedAt: minutesLater(2),
          detail: null,
        },
      ]);
    });

    it.each(['refused', 'refusedForNow', 'refusedUnclear', 'unknown'] as const)(
      'are on record as %s, and succeeded when that is proven',
      async (state) => {
        const { stores } = bench;
        const { sessionId } = await aSession(stores);
        await stores.money.startOperation(capture(sessionId), NOW);
        for (const shown of [state, 'succeeded'] as const) {
          await stores.money.finishOperation(`${sessionId}-capture-1`, shown, '6260', minutesLater(1));
          expect(await stores.money.listOperations(sessionId)).toMatchObject([
            { state: shown, detail: '6260' },
          ]);
        }
      },
    );

    it('refuse a lower fencing token for the whole session, also for another operation', async () => {
      const { stores } = bench;
      const { sessionId } = await aSession(stores);
      await stores.money.startOperation(capture(sessionId), NOW);
      const release = {
        operationId: `${sessionId}-release-1`,
        operation: 'release',
        amountMinor: 0,
      } as const;
      expect(
        await stores.money.startOperation(capture(sessionId, { ...release, fencingToken: 4 }), NOW),
      ).toBe('stale');
      expect(await stores.money.listOperations(sessionId)).toHaveLength(1);
      expect(
        await stores.money.startOperation(capture(sessionId, { ...release, fencingToken: 5 }), NOW),
      ).toMatchObject({ state: 'started', tries: 1 });
    });

    it('refuse another amount under the same key, and a session without a row', async () => {
      const { stores } = bench;
      const { sessionId } = await aSession(stores);
      await stores.money.startOperation(capture(sessionId), NOW);
      const other = capture(sessionId, { amountMinor: 200, fencingToken: 6 });
      await expect(stores.money.startOperation(other, NOW)).rejects.toThrow(/started before as another/);
      const same = capture(sessionId, { fencingToken: 6 });
      expect(await stores.money.startOperation(same, NOW)).toMatchObject({ state: 'started', tries: 2 });
      await expect(stores.money.startOperation(capture('none'), NOW)).rejects.toThrow(/has no row/);
      await expect(
        stores.money.startOperation(capture(sessionId, { amountMinor: 0.5 }), NOW),
      ).rejects.toThrow(/whole number/);
      await expect(stores.money.finishOperation('none', 'succeeded', null, NOW)).rejects.toThrow(
        /never started/,
      );
    });

    it('a try that answers late does not take back that a later one has begun, but by its success', async () => {
      const { stores } = bench;
      const { sessionId } = await aSession(stores);
      const operationId = `${sessionId}-capture-1`;
      await stores.money.startOperation(capture(sessionId), NOW);
      await stores.money.startOperation(capture(sessionId, { fencingToken: 6 }), NOW);
      const stateAfter = async (state: 'unknown' | 'succeeded', ofToken: number) => {
        await stores.money.finishOperation(operationId, state, null, NOW, ofToken);
        return (await stores.money.listOperations(sessionId))[0]?.state;
      };
      expect(await stateAfter('unknown', 5)).toBe('started');
      expect(await stateAfter('unknown', 6)).toBe('unknown');
      expect(await stateAfter('succeeded', 5)).toBe('succeeded');
    });

    it('a try that was given up and answers late does not take back a proven success', async () => {
      const { stores } = bench;
      const { sessionId } = await aSession(stores);
      await stores.money.startOperation(capture(sessionId), NOW);
      await stores.money.finishOperation(`${sessionId}-capture-1`, 'succeeded', 'captured', NOW);
      await stores.money.finishOperation(`${sessionId}-capture-1`, 'unknown', 'timed out', minutesLater(1));
      expect(await stores.money.listOperations(sessionId)).toMatchObject([
        { state: 'succeeded', detail: 'captured' },
      ]);
    });

    it.each(['succeeded', 'refused'] as const)(
      'a try that comes after a call was answered, as %s, gets that answer, and changes nothing',
      async (state) => {
        const { stores } = bench;
        const { sessionId } = await aSession(stores);
        await stores.money.startOperation(capture(sessionId), NOW);
        await stores.money.finishOperation(`${sessionId}-capture-1`, state, 'answer', NOW);
        const later = capture(sessionId, { fencingToken: 6 });
        const answered = { state, detail: 'answer', tries: 1, fencingToken: 5 };
        expect(await stores.money.startOperation(later, minutesLater(1))).toMatchObject(answered);
        const other = capture(sessionId, { fencingToken: 6, amountMinor: 200 });
        await expect(stores.money.startOperation(other, NOW)).rejects.toThrow(/started before as another/);
        expect(await stores.money.listOperations(sessionId)).toMatchObject([answered]);
      },
    );
  });
}

async function aMessage(stores: StoresUnderTest, kind = 'paymentLink') {
  const known = await stores.sessions.list({ limit: 1 });
  const { sessionId, subscriberId } = known[0] ?? (await aSession(stores));
  return {
    outboundId: `${sessionId}-${kind}-1`,
    sessionId,
    inboxId: null,
    subscriberId,
    gateway: 'link',
    shortNumber: '27222',
    kind,
    text: 'Pay here: https://sms2pay.example/p/abc',
  };
}

const TAKEN = { gatewayMessageId: 'gw-1', isReportRequested: true };

function outboxRecords(bench: Bench): void {
  describe('what goes out', () => {
    it('a text is stored once: a later start returns the text stored first', async () => {
      const { outbox } = bench.stores;
      const message = await aMessage(bench.stores);
      const start = (text: string) => outbox.startSending({ ...message, text }, { mayRepeat: true, at: NOW });
      expect(await start(message.text)).toEqual({ isStarted: true, text: message.text, tries: 1 });
      expect(await start('other')).toEqual({ isStarted: true, text: message.text, tries: 2 });
    });

    it('is sent at most once, unless it may be repeated', async () => {
      const { outbox } = bench.stores;
      const message = await aMessage(bench.stores);
      const id = message.outboundId;
      const start = (mayRepeat: boolean) => outbox.startSending(message, { mayRepeat, at: NOW });
      expect(await start(false)).toMatchObject({ isStarted: true });
      expect(await start(false)).toEqual({ isStarted: false, state: 'sending' });
      expect(await start(true)).toMatchObject({ isStarted: true });
      await outbox.markFailed(id, { kind: 'unavailable', code: 'ECONNREFUSED' }, NOW);
      expect(await start(false)).toMatchObject({ isStarted: true });
      await outbox.markFailed(id, { kind: 'outcomeUnknown', code: 'TIMEOUT' }, NOW);
      expect(await start(false)).toEqual({ isStarted: false, state: 'unknown' });
      expect(await start(true)).toMatchObject({ isStarted: true, tries: 4 });
      await outbox.markSent(id, TAKEN, NOW);
      await outbox.markFailed(id, { kind: 'unavailable', code: 'late' }, NOW);
      await outbox.markFailed(id, { kind: 'rejected', code: 'late' }, NOW);
      expect(await start(true)).toEqual({ isStarted: false, state: 'sent' });
    });

    it('a rejected text is not sent again', async () => {
      const { outbox } = bench.stores;
      const message = await aMessage(bench.stores);
      await outbox.startSending(message, { mayRepeat: false, at: NOW });
      await outbox.markFailed(message.outboundId, { kind: 'rejected', code: '106000' }, NOW);
      const again = await outbox.startSending(message, { mayRepeat: true, at: NOW });
      expect(again).toEqual({ isStarted: false, state: 'rejected' });
    });

    it('a suppressed text is on record, is never sent, and a sent one cannot be suppressed', async () => {
      const { stores } = bench;
      const start = async (message: OutboundMessage) =>
        stateOfStart(await stores.outbox.startSending(message, { mayRepeat: true, at: NOW }));
      const receipt = await aMessage(stores, 'receipt');
      const { text: _, ...message } = receipt;
      const id = message.outboundId;
      await stores.outbox.suppress(message, 'receiptOff', NOW);
      await stores.outbox.suppress(message, 'receiptOff', NOW);
      expect(await start(receipt)).toBe('suppressed');
      await stores.outbox.markSent(id, TAKEN, NOW);
      expect(await stores.outbox.listForSession(message.sessionId)).toEqual([
        {
          outboundId: id,
          kind: 'receipt',
          gateway: 'link',
          state: 'suppressed',
          delivery: null,
          code: 'receiptOff',
          text: '',
          createdAt: NOW,
          sentAt: null,
        },
      ]);

      const warning = await aMessage(stores, 'warning');
      await start(warning);
      await stores.outbox.markFailed(warning.outboundId, { kind: 'unavailable', code: 'away' }, NOW);
      await stores.outbox.suppress(warning, 'switched off meanwhile', NOW);
      expect(await start(warning)).toBe('suppressed');
      const ended = await aMessage(stores, 'ended');
      await start(ended);
      await stores.outbox.suppress(ended, 'too late', NOW);
      expect(await start(ended)).toBe('sending');
    });

    it("a session's texts are listed readable, in the order of their making", async () => {
      const { stores } = bench;
      const link = await aMessage(stores, 'paymentLink');
      const ended = await aMessage(stores, 'ended');
      for (const text of [link, ended])
        await stores.outbox.startSending(text, { mayRepeat: false, at: minutesLater(1) });
      const listed = await stores.outbox.listForSession(link.sessionId);
      expect(listed.map(({ kind, text }) => ({ kind, text }))).toEqual([
        { kind: 'paymentLink', text: link.text },
        { kind: 'ended', text: ended.text },
      ]);
    });

    it('of answers outside sessions exactly six within an hour are to be sent, however many at once', async () => {
      const { stores } = bench;
      const message = await aMessage(stores);
      const reply = (index: number) => ({
        ...message,
        sessionId: null,
        outboundId: `reply-${message.outboundId}-${index}`,
      });
      const states = async (indexes: readonly number[], at: Instant) =>
        (
          await Promise.all(
            indexes.map((index) => stores.outbox.startSending(reply(index), { mayRepeat: false, at })),
          )
        ).map(stateOfStart);
      await stores.outbox.startSending(message, { mayRepeat: false, at: NOW });
      const { sessionId } = message;
      const session = await stores.sessions.find(sessionId);
      if (session) await stores.sessions.record(aProjection(session, { state: 'captured' }), NOW);
      await stores.inbox.freeSlot({ sessionId, handledInboxIds: [], lastEndChargeAt: null, at: NOW });
      expect(await states([1, 2], NOW)).toEqual(['sending', 'sending']);
      const atOnce = await states([3, 4, 5, 6, 7, 8, 9], minutesLater(10));
      expect(atOnce.toSorted()).toEqual([
        ...Array.from({ length: 4 }, () => 'sending'),
        ...Array.from({ length: 3 }, () => 'suppressed'),
      ]);
      // Neither what was sent nor what was suppressed changes by being asked for again.
      expect(await states([1, 2], minutesLater(11))).toEqual(['sending', 'sending']);
      expect(await states([3, 4, 5, 6, 7, 8, 9], minutesLater(11))).toEqual(atOnce);
      expect(await states([10], minutesLater(59))).toEqual(['suppressed']);
      const later = await states([11, 12, 13], minutesLater(61));
      expect(later.toSorted()).toEqual(['sending', 'sending', 'suppressed']);
    });

    it('while a session is open one answer a minute passes above six, and one to an end word, and no more', async () => {
      const { stores } = bench;
      const message = await aMessage(stores);
      const stateOf = async (n: number, kind: string, at: Instant) => {
        const outboundId = `reply-${message.outboundId}-${n}`;
        const reply = { ...message, sessionId: null, outboundId, kind };
        return stateOfStart(await stores.outbox.startSending(reply, { mayRepeat: false, at }));
      };
      for (let n = 0; n < 6; n += 1) expect(await stateOf(n, 'help', NOW)).toBe('sending');
      expect(await stateOf(6, 'help', NOW)).toBe('suppressed');
      expect(await stateOf(7, 'openSessions', NOW)).toBe('sending');
      for (const [n, kind] of ['openSessions', 'noSession'].entries())
        expect(await stateOf(20 + n, kind, minutesLater(0.9))).toBe('suppressed');
      expect(await stateOf(22, 'noSession', minutesLater(1))).toBe('sending');
      expect(await stateOf(8, 'help', minutesLater(1))).toBe('sending');
      expect(await stateOf(9, 'unknownWord', minutesLater(1))).toBe('suppressed');
    });
  });

  describe('delivery reports', () => {
    const report = (overrides: Partial<DeliveryReport>): DeliveryReport => ({
      gatewayMessageId: 'gw-1',
      outboundId: null,
      part: 0,
      state: 'delivered',
      resultCode: '1001',
      at: NOW,
      ...overrides,
    });
    const deliveries = (stores: StoresUnderTest) =>
      stores.db.selectFrom('outboundDelivery').select(['part', 'state']).orderBy('part').execute();

    it("are found by the gateway's id or ours, at their own gateway only", async () => {
      const { stores } = bench;
      const message = await aMessage(stores);
      await stores.outbox.startSending(message, { mayRepeat: false, at: NOW });
      // the report overtakes the answer to our send call
      expect(await stores.outbox.recordDelivery('link', report({}))).toBe(false);
      const echoed = report({ outboundId: message.outboundId, part: 1, state: 'pending' });
      expect(await stores.outbox.recordDelivery('link', echoed)).toBe(true);
      await stores.outbox.markSent(message.outboundId, TAKEN, NOW);
      expect(await stores.outbox.recordDelivery('link', report({}))).toBe(true);
      expect(await stores.outbox.recordDelivery('mylink', report({ state: 'failed' }))).toBe(false);
      expect(await deliveries(stores)).toEqual([
        { part: 0, state: 'delivered' },
        { part: 1, state: 'pending' },
      ]);
    });

    it('are of the text of our id, else of the newest with that of the gateway', async () => {
      const { stores } = bench;
      const message = await aMessage(stores);
      for (const outboundId of ['first', 'second', 'third']) {
        await stores.outbox.startSending({ ...message, outboundId }, { mayRepeat: false, at: NOW });
        if (outboundId !== 'third') await stores.outbox.markSent(outboundId, TAKEN, NOW);
      }
      expect(await stores.outbox.recordDelivery('link', report({ part: 0 }))).toBe(true);
      expect(await stores.outbox.recordDelivery('link', report({ part: 1, outboundId: 'first' }))).toBe(true);
      expect(await stores.outbox.recordDelivery('link', report({ part: 2, outboundId: 'third' }))).toBe(true);
      expect(
        await stores.outbox.recordDelivery('link', report({ part: 3, outboundId: 'none', at: null })),
      ).toBe(true);
      const recorded = await stores.db
        .selectFrom('outboundDelivery')
        .select(['part', 'outboundId', 'resultCode', 'reportedAt'])
        .orderBy('part')
        .execute();
      const of = (outboundId: string, part: number, reportedAt: Instant | null = NOW) => ({
        part,
        outboundId,
        resultCode: '1001',
        reportedAt,
      });
      expect(recorded).toEqual([of('second', 0), of('first', 1), of('third', 2), of('second', 3, null)]);
    });

    it.each<[DeliveryState, DeliveryState, DeliveryState]>([
      ['pending', 'delivered', 'delivered'],
      ['unknown', 'failed', 'failed'],
      ['delivered', 'pending', 'delivered'],
      ['failed', 'unknown', 'failed'],
      ['failed', 'delivered', 'delivered'],
    ])('%s, then %s, is %s', async (first, second, kept) => {
      const { stores } = bench;
      const message = await aMessage(stores);
      const { outboundId } = message;
      await stores.outbox.startSending(message, { mayRepeat: false, at: NOW });
      for (const state of [first, second])
        expect(await stores.outbox.recordDelivery('link', report({ outboundId, state }))).toBe(true);
      expect(await deliveries(stores)).toEqual([{ part: 0, state: kept }]);
    });
  });
}

function receiptRecords(bench: Bench): void {
  describe('receipts', () => {
    async function sale(stores: StoresUnderTest, operation: string) {
      const known = await stores.sessions.list({ limit: 1 });
      const session = known[0] ?? (await aSession(stores));
      return {
        partnerId: 'reference',
        sessionId: session.sessionId,
        operationId: `${session.sessionId}-${operation}`,
        kind: 'sale' as const,
        issuedAt: NOW,
        data: receiptData(session),
      };
    }

    it('are numbered from 1 per partner, one per operation, found by token and listed with credit notes', async () => {
      const { stores } = bench;
      const input = await sale(stores, 'capture-1');
      const first = await stores.receipts.issue(input);
      expect(first).toMatchObject({ ...input, number: 1 });
      expect(first.token).toMatch(/^[\w-]{22}$/);
      expect(await stores.receipts.issue({ ...input, issuedAt: minutesLater(9) })).toEqual(first);
      const refund = await sale(stores, 'refund-1');
      const credit = await stores.receipts.issue({ ...refund, kind: 'creditNote' });
      expect(credit).toMatchObject({ number: 2, kind: 'creditNote' });
      const elsewhere = await sale(stores, 'capture-2');
      expect(await stores.receipts.issue({ ...elsewhere, partnerId: 'wash' })).toMatchObject({ number: 1 });
      expect(await stores.receipts.findByToken(first.token)).toEqual(first);
      expect(await stores.receipts.findByToken('none')).toBeNull();
      expect((await stores.receipts.listForSession(input.sessionId)).map((receipt) => receipt.kind)).toEqual(
        expect.arrayContaining(['sale', 'creditNote']),
      );
    });

    it('leave no gap when one cannot be written', async () => {
      const { stores } = bench;
      const first = await stores.receipts.issue(await sale(stores, 'capture-1'));
      const clashing = createStores({
        paymentRules,
        pool: bench.pool,
        cipher: bench.cipher,
        newToken: () => first.token,
      });
      await expect(clashing.receipts.issue(await sale(stores, 'capture-2'))).rejects.toThrow(/unique/);
      expect(await stores.receipts.issue(await sale(stores, 'capture-3'))).toMatchObject({ number: 2 });
    });

    it('are never changed or deleted, not even by hand', async () => {
      const { stores } = bench;
      const first = await stores.receipts.issue(await sale(stores, 'capture-1'));
      await expect(stores.db.updateTable('receipt').set({ number: 7 }).execute()).rejects.toThrow(
        'a receipt is never changed or deleted',
      );
      await expect(stores.db.deleteFrom('receipt').execute()).rejects.toThrow(
        'a receipt is never changed or deleted',
      );
      expect(await stores.receipts.findByToken(first.token)).toEqual(first);
    });
  });
}

function settingsRecords(bench: Bench): void {
  describe('partners', () => {
    it('the reference partner is what the original system had', async () => {
      const { stores } = bench;
      const { partner, services, routes } = referencePartner('paycore');
      expect(await stores.settings.findPartner('reference')).toEqual(partner);
      expect(await stores.settings.findService('charge')).toEqual(services[0]);
      expect(partner).toMatchObject({ receiptSmsOn: true, provider: 'paycore', timeZone: 'Europe/Oslo' });
      expect(routes.map(({ keyword, action }) => [keyword, action])).toEqual([
        ['CHARGE', 'start'],
        ['ENDCHARGE', 'end'],
      ]);
    });

    it('are added once, all or nothing', async () => {
      const { stores } = bench;
      expect(await stores.settings.addPartner(referencePartner('vipps'))).toBe(false);
      expect((await stores.settings.findPartner('reference'))?.provider).toBe('paycore');
      const { partner, routes } = referencePartner('paycore');
      // its words are taken on that number
      const clashing = { partner: { ...partner, partnerId: 'third' }, services: [], routes };
      await expect(stores.settings.addPartner(clashing)).rejects.toThrow(/unique/);
      expect(await stores.settings.findPartner('third')).toBeNull();
      expect((await stores.settings.listPartners()).map((one) => one.partnerId)).toEqual([
        'reference',
        'wash',
      ]);
    });

    it('keywords are kept in the form in which texts are compared', async () => {
      const { stores } = bench;
      const { partner, services } = referencePartner('paycore');
      await stores.settings.addPartner({
        partner: { ...partner, partnerId: 'third' },
        services: services.map((service) => ({ ...service, serviceId: 'lock', partnerId: 'third' })),
        routes: [
          { gateway: 'link', shortNumber: '2000', keyword: ' låse! ', serviceId: 'lock', action: 'start' },
        ],
      });
      const number = { gateway: 'link', shortNumber: '2000' };
      const wordsOf = async (serviceId: string) =>
        (await stores.settings.findOffer({ ...number, serviceId }))?.words;
      expect(await wordsOf('lock')).toEqual({ startWord: 'LASE', endWord: '' });
      expect(await wordsOf('charge')).toEqual({ startWord: '', endWord: '' });
      const item = await textIn(stores, 'låse', NOW, { shortNumber: '2000' });
      expect(item.assignment.kind).toBe('startSession');
    });

    it('what a customer is shown of a service on a number is found, as it is now', async () => {
      const { settings } = bench.stores;
      const number = { gateway: 'link', shortNumber: '27222' };
      const wash = { ...number, serviceId: 'wash' };
      const offer = {
        serviceName: 'Washing',
        partner: washPartner().partner,
        words: { startWord: 'WASH', endWord: 'ENDWASH' },
      };
      expect(await settings.findOffer(wash)).toEqual(offer);
      const partner = await settings.updatePartner('wash', { name: 'Washers', timeZone: 'Europe/London' });
      expect(await settings.findOffer(wash)).toEqual({ ...offer, partner });
      const words = { startWord: '', endWord: '' };
      expect(await settings.findOffer({ ...wash, gateway: 'other' })).toEqual({ ...offer, partner, words });
      expect(await settings.findOffer({ ...number, serviceId: 'charge' })).toMatchObject({
        partner: { partnerId: 'reference' },
        words: { startWord: 'CHARGE', endWord: 'ENDCHARGE' },
      });
      expect(await settings.findOffer({ ...number, serviceId: 'none' })).toBeNull();
    });

    it('of several words of a service on a number, the first is shown', async () => {
      const { settings } = bench.stores;
      const { partner, services } = washPartner();
      const number = { gateway: 'link', shortNumber: '2000', serviceId: 'dry' };
      await settings.addPartner({
        partner: { ...partner, partnerId: 'dry' },
        services: services.map((service) => ({ ...service, serviceId: 'dry', partnerId: 'dry' })),
        routes: (['ZULU', 'ALPHA'] as const).flatMap((word) => [
          { ...number, keyword: word, action: 'start' as const },
          { ...number, keyword: `END${word}`, action: 'end' as const },
        ]),
      });
      expect((await settings.findOffer(number))?.words).toEqual({ startWord: 'ZULU', endWord: 'ENDZULU' });
    });

    it('the services of a partner, and all words of a number, are listed', async () => {
      const { settings } = bench.stores;
      const { services } = referencePartner('paycore');
      expect(await settings.listServices('reference')).toEqual(services);
      expect(await settings.listServices('none')).toEqual([]);
      const words = await settings.listRoutes({ gateway: 'link', shortNumber: '27222' });
      expect(words.map(({ keyword }) => keyword)).toEqual(['CHARGE', 'ENDCHARGE', 'WASH', 'ENDWASH']);
      expect(words[3]).toEqual({ keyword: 'ENDWASH', serviceId: 'wash', action: 'end' });
      expect(await settings.listRoutes({ gateway: 'other', shortNumber: '27222' })).toEqual([]);
    });

    it('a change touches what it names, in that partner only', async () => {
      const { stores } = bench;
      const before = await stores.settings.findPartner('reference');
      const changed = await stores.settings.updatePartner('reference', { receiptSmsOn: false });
      expect(changed).toEqual({ ...before, receiptSmsOn: false });
      expect(await stores.settings.updatePartner('reference', {})).toEqual(changed);
      expect((await stores.settings.findPartner('wash'))?.receiptSmsOn).toBe(true);
      expect(await stores.settings.updatePartner('none', { receiptSmsOn: false })).toBeNull();
      expect(await stores.settings.findPartner('none')).toBeNull();
      expect(await stores.settings.findService('none')).toBeNull();
    });
  });
}
