import { describe, expect, it } from 'vitest';
import { createStores } from '../../src/adapters/store/index.ts';
import {
  paymentRules,
  aProjection,
  aSession,
  aText,
  dumpAsText,
  MSISDN,
  NOW,
  OTHER_MSISDN,
  receiptData,
  sessionIdOf,
  testCipher,
  textIn,
  type Bench,
  type StoresUnderTest,
} from './stores.fixture.ts';
import { acceptOne } from '../support/accept-one.ts';

/** Every store written to once, as a session does it. */
async function wholeFlow(stores: StoresUnderTest): Promise<void> {
  const session = await aSession(stores, 'CHARGE bay 7');
  const { sessionId, subscriberId } = session;
  const paymentReference = `s2p${sessionId}`;
  await stores.money.addPayment({
    sessionId,
    paymentNumber: 1,
    paymentReference,
    provider: 'paycore',
    requestedMinor: 500,
    currency: 'NOK',
    expiresAt: NOW,
    createdAt: NOW,
  });
  await stores.money.startOperation(
    {
      operationId: `${sessionId}-reserve-1`,
      sessionId,
      paymentNumber: 1,
      operation: 'reserve',
      amountMinor: 500,
      fencingToken: 1,
    },
    NOW,
  );
  await stores.outbox.startSending(
    {
      outboundId: `${sessionId}-receipt-1`,
      sessionId,
      inboxId: null,
      subscriberId,
      gateway: 'link',
      shortNumber: '27222',
      kind: 'receipt',
      text: `Thank you, ${MSISDN}`,
    },
    { mayRepeat: false, at: NOW },
  );
  await stores.receipts.issue({
    partnerId: session.partnerId,
    sessionId,
    operationId: `${sessionId}-capture-1`,
    kind: 'sale',
    issuedAt: NOW,
    data: receiptData(session),
  });
  await stores.sessions.record(aProjection(session, { state: 'captured', reservedMinor: 500 }), NOW);
  const end = await textIn(stores, `ENDCHARGE please call me on ${OTHER_MSISDN}`);
  await stores.inbox.freeSlot({
    sessionId,
    handledInboxIds: [end.inboxId],
    lastEndChargeAt: NOW,
    at: NOW,
  });
}

/** Phone numbers and texts: readable for those who must call or text, and for nobody with a copy of the database. */
export function personalDataContract(bench: Bench): void {
  describe('personal data', () => {
    it('no phone number and no text stands readable in any column of any table', async () => {
      const { stores } = bench;
      await wholeFlow(stores);
      await acceptOne(stores.inbox, 'link', aText('who are you'), NOW);
      await acceptOne(
        stores.inbox,
        'link',
        aText('CHARGE', { shortNumber: '2000', msisdn: OTHER_MSISDN }),
        NOW,
      );
      const dump = await dumpAsText(stores);
      // the search finds what does stand there
      expect(dump).toContain('27222');
      expect(dump).toContain('reference');
      for (const secret of [MSISDN, OTHER_MSISDN, MSISDN.slice(2), OTHER_MSISDN.slice(2)]) {
        expect(dump).not.toContain(secret);
        expect(dump).not.toContain(Buffer.from(secret).toString('hex'));
      }
      for (const text of ['please call', 'who are you', 'Thank you, ']) {
        expect(dump).not.toContain(text);
        expect(dump).not.toContain(Buffer.from(text).toString('hex'));
      }
    });

    it('the number comes back for who must call or text, and an unknown subscriber is an error without digits', async () => {
      const { stores } = bench;
      const session = await aSession(stores);
      expect(await stores.sessions.msisdnOf(session.subscriberId)).toBe(MSISDN);
      await expect(stores.sessions.msisdnOf('nobody')).rejects.toThrow(/unknown or erased/);
    });

    it('after a change of keys the subscriber is found by the older key and the old number and text are read', async () => {
      const { stores } = bench;
      const before = await aSession(stores);
      const rotated = createStores({ paymentRules, pool: bench.pool, cipher: testCipher('k2', 'k1') });
      const again = await textIn(rotated, 'CHARGE');
      expect(again.assignment).toMatchObject({ kind: 'signal', sessionId: before.sessionId });
      expect(await rotated.sessions.msisdnOf(before.subscriberId)).toBe(MSISDN);

      const added = await aSession(rotated, 'CHARGE', { msisdn: OTHER_MSISDN });
      expect(await rotated.sessions.msisdnOf(added.subscriberId)).toBe(OTHER_MSISDN);
      await expect(stores.sessions.msisdnOf(added.subscriberId)).rejects.toThrow(
        /k2, which is not configured/,
      );
    });

    it('an erased customer leaves the messages and sessions, and the number may come again as a new customer', async () => {
      const { stores } = bench;
      const session = await aSession(stores);
      await stores.db
        .updateTable('subscriber')
        .set({ msisdnEncrypted: null, msisdnKeyId: null, msisdnLookup: null, lookupKeyId: null })
        .execute();
      await expect(stores.sessions.msisdnOf(session.subscriberId)).rejects.toThrow(/unknown or erased/);
      const again = await textIn(stores, 'CHARGE');
      expect(again.assignment.kind).toBe('startSession');
      expect(sessionIdOf(again)).not.toBe(session.sessionId);
    });
  });
}
