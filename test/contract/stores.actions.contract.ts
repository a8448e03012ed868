import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createStores } from '../../src/adapters/store/index.ts';
import { TOKENS_PER_STEP } from '../../src/ports/money-store.ts';
import type { ActionRecord, ActionRequest } from '../../src/ports/action-store.ts';
import {
  paymentRules,
  aProjection,
  aSession,
  dumpAsText,
  minutesLater,
  MSISDN,
  NOW,
  testCipher,
  type Bench,
  type StoresUnderTest,
} from './stores.fixture.ts';

const REASON = `Called from ${MSISDN}: was charged twice, says he`;

/** A session of which 100 of 500 were captured, and nothing refunded yet. */
async function aSale(stores: StoresUnderTest): Promise<string> {
  const session = await aSession(stores);
  const { sessionId } = session;
  await stores.money.addPayment({
    sessionId,
    paymentNumber: 1,
    paymentReference: `s2p${sessionId}`,
    provider: 'paycore',
    requestedMinor: 500,
    currency: 'NOK',
    expiresAt: NOW,
    createdAt: NOW,
  });
  const captured = { state: 'captured', revision: 7, reservedMinor: 500, capturedMinor: 100 } as const;
  await stores.sessions.record(aProjection(session, captured), NOW);
  return sessionId;
}

function aRequest(sessionId: string, overrides: Partial<ActionRequest> = {}): ActionRequest {
  return {
    actionId: randomUUID(),
    sessionId,
    kind: 'refund',
    paymentNumber: 1,
    amountMinor: 50,
    actor: 'operator-1',
    reason: REASON,
    ...overrides,
  };
}

async function takeAllOpen({ actions }: StoresUnderTest, at: string): Promise<ActionRecord[]> {
  const taken: ActionRecord[] = [];
  for (let next = await actions.takeOpen(at); next !== null; next = await actions.takeOpen(at))
    taken.push(next);
  return taken;
}

/** What operators do to sessions after their end. */
export function actionsContract(bench: Bench): void {
  describe('session actions', () => {
    it('are requested once: the same action id is the same action, whatever else is asked', async () => {
      const { stores } = bench;
      const sessionId = await aSale(stores);
      const request = aRequest(sessionId);
      const requested = await stores.actions.request(request, NOW);
      expect(requested).toEqual({
        outcome: 'requested',
        action: {
          actionId: request.actionId,
          sessionId,
          kind: 'refund',
          paymentNumber: 1,
          amountMinor: 50,
          operationId: `${sessionId}-refund-1`,
          actor: 'operator-1',
          state: 'requested',
          refundedBeforeMinor: null,
          createdAt: NOW,
          finishedAt: null,
          detail: null,
        },
      });
      if (requested.outcome !== 'requested') throw new Error('not requested');
      const again = await stores.actions.request({ ...request, amountMinor: 70 }, minutesLater(1));
      expect(again).toEqual({ outcome: 'known', action: requested.action });
      expect(await stores.actions.find(sessionId, request.actionId)).toEqual(requested.action);
      expect(await stores.actions.find('other', request.actionId)).toBeNull();
    });

    it('are one at a time in a session', async () => {
      const { stores } = bench;
      const sessionId = await aSale(stores);
      const first = aRequest(sessionId);
      await stores.actions.request(first, NOW);
      const second = aRequest(sessionId);
      expect(await stores.actions.request(second, NOW)).toEqual({
        outcome: 'busy',
        openActionId: first.actionId,
      });
      const ended = { sessionId, actionId: first.actionId, state: 'refused', detail: 'no' } as const;
      await stores.actions.finish(ended, NOW);
      expect(await stores.actions.request(second, NOW)).toMatchObject({
        outcome: 'requested',
        action: { operationId: `${sessionId}-refund-2` },
      });
    });

    it('without money are open beside each other and beside a refund, and leave the session as it is', async () => {
      const { stores } = bench;
      const sessionId = await aSale(stores);
      const before = await stores.sessions.find(sessionId);
      await stores.actions.request(aRequest(sessionId), NOW);
      const noMoney = { paymentNumber: null, amountMinor: null };
      const others = [
        aRequest(sessionId, { kind: 'waive', ...noMoney }),
        aRequest(sessionId, { kind: 'resendReceipt', ...noMoney }),
      ];
      for (const request of others)
        expect(await stores.actions.request(request, NOW)).toMatchObject({
          outcome: 'requested',
          action: { kind: request.kind, operationId: null },
        });
      expect(await takeAllOpen(stores, NOW)).toHaveLength(3);
      for (const { actionId } of others)
        await stores.actions.finish({ sessionId, actionId, state: 'refused', detail: 'no' }, minutesLater(1));
      expect(await stores.sessions.find(sessionId)).toEqual(before);
      expect(await takeAllOpen(stores, minutesLater(1))).toHaveLength(1);
    });

    it('of a money kind have a payment and an amount, and no other has', async () => {
      const { stores } = bench;
      const sessionId = await aSale(stores);
      for (const wrong of [{ kind: 'waive' }, { paymentNumber: null }, { amountMinor: null }] as const)
        await expect(stores.actions.request(aRequest(sessionId, wrong), NOW)).rejects.toThrow(/check/);
    });

    it('refund no more than is captured and not refunded; a release is not bound by that', async () => {
      const { stores } = bench;
      const sessionId = await aSale(stores);
      const all = aRequest(sessionId, { amountMinor: 101 });
      expect(await stores.actions.request(all, NOW)).toEqual({ outcome: 'tooMuch', leftMinor: 100 });
      const part = aRequest(sessionId, { amountMinor: 60 });
      await stores.actions.request(part, NOW);
      const ended = { sessionId, actionId: part.actionId, state: 'succeeded', detail: null } as const;
      await stores.actions.finish(ended, NOW);
      expect(await stores.actions.request(aRequest(sessionId, { amountMinor: 41 }), NOW)).toEqual({
        outcome: 'tooMuch',
        leftMinor: 40,
      });
      const release = aRequest(sessionId, { kind: 'release', amountMinor: 400 });
      expect(await stores.actions.request(release, NOW)).toMatchObject({
        outcome: 'requested',
        action: { operationId: `${sessionId}-release-1` },
      });
    });

    it("take numbers after those of the session's own workflow", async () => {
      const { stores } = bench;
      const sessionId = await aSale(stores);
      for (const n of [9, 10])
        await stores.money.startOperation(
          {
            operationId: `${sessionId}-release-${n}`,
            sessionId,
            paymentNumber: 1,
            operation: 'release',
            amountMinor: 400,
            fencingToken: n,
          },
          NOW,
        );
      const release = aRequest(sessionId, { kind: 'release', amountMinor: 400 });
      expect(await stores.actions.request(release, NOW)).toMatchObject({
        action: { operationId: `${sessionId}-release-11` },
      });
    });

    it('are refused without a session, without a payment, or with no amount', async () => {
      const { stores } = bench;
      const sessionId = await aSale(stores);
      await expect(stores.actions.request(aRequest('none'), NOW)).rejects.toThrow(/has no row/);
      await expect(stores.actions.request(aRequest(sessionId, { paymentNumber: 2 }), NOW)).rejects.toThrow(
        /foreign/,
      );
      await expect(stores.actions.request(aRequest(sessionId, { amountMinor: 0 }), NOW)).rejects.toThrow(
        /check/,
      );
      await expect(stores.actions.request(aRequest(sessionId, { amountMinor: 0.5 }), NOW)).rejects.toThrow(
        /whole number/,
      );
      expect(await stores.actions.listForSession(sessionId)).toEqual([]);
    });

    it('of several requests at once one is let in; of one request doubled one row is made', async () => {
      const { stores } = bench;
      const sessionId = await aSale(stores);
      const requests = Array.from({ length: 8 }, () => aRequest(sessionId));
      const results = await Promise.all(
        [...requests, ...requests].map((request) => stores.actions.request(request, NOW)),
      );
      const outcomes = results.map(({ outcome }) => outcome);
      expect(outcomes.filter((outcome) => outcome === 'requested')).toHaveLength(1);
      expect(outcomes.filter((outcome) => outcome === 'tooMuch')).toEqual([]);
      expect(await stores.actions.listForSession(sessionId)).toHaveLength(1);
      expect(await takeAllOpen(stores, NOW)).toHaveLength(1);
    });

    it('are taken at growing waits while they are open, so that days without a worker fill no signal limit', async () => {
      const { stores } = bench;
      const sessionId = await aSale(stores);
      await stores.actions.request(aRequest(sessionId), NOW);
      let turns = 0;
      for (let halfMinutes = 0; halfMinutes < 2 * 120; halfMinutes += 1)
        turns += (await takeAllOpen(stores, minutesLater(halfMinutes / 2))).length;
      expect(turns).toBeGreaterThan(10);
      expect(turns).toBeLessThan(25);
      const last = minutesLater(2 * 60 + 15);
      const processes = [stores.actions.takeOpen(last), stores.actions.takeOpen(last)];
      expect((await Promise.all(processes)).filter((action) => action !== null)).toHaveLength(1);
    });

    it('cannot be two open ones of a session, not even by hand', async () => {
      const { stores } = bench;
      const sessionId = await aSale(stores);
      await stores.actions.request(aRequest(sessionId), NOW);
      const { reason: _, ...row } = aRequest(sessionId);
      const secondOpen = stores.db
        .insertInto('action')
        .values({ ...row, operationId: 'other', state: 'requested', createdAt: NOW })
        .execute();
      await expect(secondOpen).rejects.toThrow(/unique/);
    });
  });

  describe('what an action leaves', () => {
    it('in the projection: the refunded amount, with a revision above whatever the workflow has still to write', async () => {
      const { stores } = bench;
      const sessionId = await aSale(stores);
      const before = await stores.sessions.find(sessionId);
      if (!before) throw new Error('a begun session has a row');
      expect(before).toMatchObject({ refundedMinor: 0, revision: 7 });
      const request = aRequest(sessionId);
      await stores.actions.request(request, NOW);
      const end = { sessionId, actionId: request.actionId, state: 'succeeded', detail: null } as const;
      await stores.actions.finish(end, minutesLater(1));
      await stores.actions.finish({ ...end, state: 'failed' }, minutesLater(2));
      expect(await stores.sessions.find(sessionId)).toEqual({ ...before, refundedMinor: 50, revision: 8 });
      expect(await stores.actions.find(sessionId, request.actionId)).toMatchObject({
        state: 'succeeded',
        finishedAt: minutesLater(1),
      });
      await stores.sessions.record(aProjection(before, { state: 'capturing', revision: 8 }), minutesLater(3));
      expect((await stores.sessions.find(sessionId))?.state).toBe('captured');
      expect(await takeAllOpen(stores, minutesLater(60))).toEqual([]);
    });

    it.each([
      ['releaseRefused', []],
      ['capturedAmountDiffers', ['capturedAmountDiffers']],
    ] as const)(
      'a proven release, and of what needed attention (%s) only what it settles',
      async (reason, left) => {
        const { stores } = bench;
        const sessionId = await aSale(stores);
        const session = await stores.sessions.find(sessionId);
        if (!session) throw new Error('a begun session has a row');
        const assumed = { ...session, revision: 8, releasedMinor: 400, releaseSource: 'assumed' } as const;
        await stores.sessions.record({ ...assumed, attention: [reason] }, NOW);
        const request = aRequest(sessionId, { kind: 'release', amountMinor: 400 });
        await stores.actions.request(request, NOW);
        const end = { sessionId, actionId: request.actionId, state: 'succeeded', detail: null } as const;
        await stores.actions.finish({ ...end, releasedMinor: 400 }, NOW);
        expect(await stores.sessions.find(sessionId)).toMatchObject({
          releasedMinor: 400,
          releaseSource: 'provider',
          attention: left,
        });
      },
    );

    it('a reason for a person to look, where its outcome is not known', async () => {
      const { stores } = bench;
      const sessionId = await aSale(stores);
      const request = aRequest(sessionId);
      await stores.actions.request(request, NOW);
      const end = {
        sessionId,
        actionId: request.actionId,
        state: 'failed',
        detail: 'outcomeUnknown',
      } as const;
      await stores.actions.finish({ ...end, attention: 'refundUncertain' }, NOW);
      expect(await stores.sessions.find(sessionId)).toMatchObject({
        refundedMinor: 0,
        attention: ['refundUncertain'],
      });
    });

    it('the same reason again, after a refund that was made or a write-off had cleared it', async () => {
      const { stores } = bench;
      const sessionId = await aSale(stores);
      const refund = async (end: { state: 'succeeded' | 'failed'; attention?: 'refundNotMade' }) => {
        const { actionId, ...request } = aRequest(sessionId, { amountMinor: 30 });
        await stores.actions.request({ actionId, ...request }, NOW);
        await stores.actions.finish({ sessionId, actionId, detail: null, ...end }, NOW);
        return (await stores.sessions.find(sessionId))?.attention;
      };
      expect(await refund({ state: 'failed', attention: 'refundNotMade' })).toEqual(['refundNotMade']);
      expect(await refund({ state: 'succeeded' })).toEqual([]);
      expect(await refund({ state: 'failed', attention: 'refundNotMade' })).toEqual(['refundNotMade']);
      const writeOff = aRequest(sessionId, { kind: 'writeOff', paymentNumber: null, amountMinor: null });
      await stores.actions.request(writeOff, NOW);
      await stores.actions.writeOff({ sessionId, actionId: writeOff.actionId }, NOW);
      expect((await stores.sessions.find(sessionId))?.attention).toEqual([]);
      expect(await refund({ state: 'failed', attention: 'refundNotMade' })).toEqual(['refundNotMade']);
    });

    it('what was refunded before holds from the first call on, and is never below our own refunds', async () => {
      const { stores } = bench;
      const sessionId = await aSale(stores);
      const earlier = aRequest(sessionId, { amountMinor: 30 });
      await stores.actions.request(earlier, NOW);
      const end = { sessionId, actionId: earlier.actionId, state: 'succeeded', detail: null } as const;
      await stores.actions.finish(end, NOW);

      const { actionId } = aRequest(sessionId);
      await stores.actions.request(aRequest(sessionId, { actionId }), NOW);
      const set = (minor: number) => stores.actions.setRefundedBefore(sessionId, actionId, minor);
      expect(await set(0)).toBe(30);
      expect(await set(40)).toBe(40);
      const operation = {
        operation: 'refund',
        amountMinor: 50,
        paymentNumber: 1,
        fencingToken: 9_001,
      } as const;
      const operationId = `${sessionId}-refund-2`;
      await stores.money.startOperation({ ...operation, operationId, sessionId }, NOW);
      expect(await set(90)).toBe(40);
      await expect(stores.actions.setRefundedBefore(sessionId, 'none', 0)).rejects.toThrow(
        /requested before/,
      );
    });
  });

  describe('the reason of an action', () => {
    it('is readable for who asks for it, and for nobody with a copy of the database', async () => {
      const { stores } = bench;
      const sessionId = await aSale(stores);
      const { actionId } = aRequest(sessionId);
      await stores.actions.request(aRequest(sessionId, { actionId }), NOW);
      expect(await stores.actions.reasonOf(sessionId, actionId)).toBe(REASON);
      expect(await stores.actions.reasonOf(sessionId, 'none')).toBeNull();
      const dump = await dumpAsText(stores);
      expect(dump).toContain('operator-1');
      for (const secret of [REASON, 'charged twice', MSISDN]) {
        expect(dump).not.toContain(secret);
        expect(dump).not.toContain(Buffer.from(secret).toString('hex'));
      }
    });

    it('is read after a change of keys, and can be erased', async () => {
      const { stores } = bench;
      const sessionId = await aSale(stores);
      const { actionId } = aRequest(sessionId);
      await stores.actions.request(aRequest(sessionId, { actionId }), NOW);
      const rotated = createStores({ paymentRules, pool: bench.pool, cipher: testCipher('k2', 'k1') });
      expect(await rotated.actions.reasonOf(sessionId, actionId)).toBe(REASON);
      await stores.db.updateTable('action').set({ reasonEncrypted: null, reasonKeyId: null }).execute();
      expect(await stores.actions.reasonOf(sessionId, actionId)).toBeNull();
    });
  });

  describe('the next step number', () => {
    it('is above every step the workflow can have numbered, none of which can make a call any more', async () => {
      const { stores } = bench;
      const sessionId = await aSale(stores);
      const operation = { operation: 'capture', amountMinor: 100, paymentNumber: 1 } as const;
      const operationId = `${sessionId}-capture-1`;
      const start = (fencingToken: number) =>
        stores.money.startOperation({ ...operation, operationId, sessionId, fencingToken }, NOW);
      expect(await start(5_003)).toMatchObject({ state: 'started', tries: 1 });
      const fences = await Promise.all(
        Array.from({ length: 6 }, () => stores.money.nextStepNumber(sessionId)),
      );
      const [lowest = 0, ...others] = fences.toSorted((a, b) => a - b);
      expect(others).toEqual([1, 2, 3, 4, 5].map((more) => lowest + more));
      expect(lowest).toBeGreaterThan(51_200); // the events a history can hold
      expect(await start(5_003)).toBe('stale');
      expect(await start(51_200_999)).toBe('stale');
      expect(await start((lowest + 4) * TOKENS_PER_STEP + 999)).toBe('stale');
      expect(await start((lowest + 5) * TOKENS_PER_STEP + 1)).toMatchObject({ state: 'started', tries: 2 });
      await expect(stores.money.nextStepNumber('none')).rejects.toThrow(/has no row/);
    });
  });

  describe('the payments of a session', () => {
    it('are listed with what the last read showed', async () => {
      const { stores } = bench;
      const sessionId = await aSale(stores);
      const [attempt] = await stores.money.listPayments(sessionId);
      expect(attempt).toMatchObject({
        paymentNumber: 1,
        phase: 'pending',
        authorizedMinor: 0,
        refundedMinor: 0,
      });
      const amounts = { authorizedMinor: 500, capturedMinor: 100, releasedMinor: 400, refundedMinor: 50 };
      await stores.money.recordSnapshot(
        {
          ...amounts,
          paymentReference: `s2p${sessionId}`,
          providerReference: 'tx-1',
          phase: 'authorized',
          currency: 'NOK',
          requestedMinor: 500,
          authorizedAt: NOW,
          captureDeadlineAt: null,
        },
        NOW,
      );
      expect(await stores.money.listPayments(sessionId)).toEqual([
        { ...attempt, ...amounts, phase: 'authorized', providerReference: 'tx-1' },
      ]);
      expect(await stores.money.listPayments('none')).toEqual([]);
    });
  });
}
