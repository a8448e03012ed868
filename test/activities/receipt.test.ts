import fc from 'fast-check';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addMs } from '../../src/domain/instant.ts';
import type { Receipt } from '../../src/ports/receipt-store.ts';
import { ActivityBench, HOUR_MS, NOW, type Charge } from './activity-bench.ts';
import { Mortal, ProcessDied } from './interrupted.ts';

let bench: ActivityBench;
beforeAll(async () => {
  bench = await ActivityBench.open();
});
afterAll(() => bench.close());
beforeEach(() => {
  bench.now = NOW;
});

async function begun(text?: string): Promise<Charge> {
  return await (await bench.customer()).begin(text);
}

async function receiptsOf(charge: Charge): Promise<Receipt[]> {
  return await bench.stores.receipts.listForSession(charge.sessionId);
}

describe('a receipt', () => {
  it('states who sold what to whom it may concern, for how long and for how much', async () => {
    const charge = await begun('CHARGE 12');
    bench.now = addMs(NOW, 2 * HOUR_MS);
    const view = charge.capturedView({ releaseSource: 'assumed', computedMinor: 100 });
    expect(await charge.customer.run('issueReceipt', charge.receiptInput(view))).toEqual({
      receiptNumber: 1,
    });
    expect(await receiptsOf(charge)).toMatchObject([
      {
        partnerId: charge.customer.partnerId,
        sessionId: charge.sessionId,
        operationId: `${charge.sessionId}-capture-1`,
        kind: 'sale',
        number: 1,
        issuedAt: addMs(NOW, 2 * HOUR_MS),
        data: {
          merchantName: 'Reference partner',
          organisationNumber: '999888777',
          serviceName: 'Charging',
          serviceReference: '12',
          startedAt: NOW,
          endedAt: addMs(NOW, HOUR_MS),
          timeZone: 'Europe/Oslo',
          language: 'en',
          currency: 'NOK',
          tariff: charge.record.terms.tariff,
          vatBasisPoints: 2500,
          netMinor: 80,
          vatMinor: 20,
          grossMinor: 100,
          reservedMinor: 500,
          capturedMinor: 100,
          releasedMinor: 400,
          releaseSource: 'assumed',
          shortfallMinor: 0,
        },
      },
    ]);
  });

  it('is issued once for its operation, also when executed again much later', async () => {
    const charge = await begun();
    await charge.customer.run('issueReceipt', charge.receiptInput());
    const [first] = await receiptsOf(charge);
    bench.now = addMs(NOW, 24 * HOUR_MS);
    const again = await charge.customer.run('issueReceipt', charge.receiptInput(), { attempt: 2 });
    expect(again).toEqual({ receiptNumber: first?.number });
    expect(await receiptsOf(charge)).toEqual([first]);
  });

  it('is issued once when two tries run at the same time', async () => {
    const charge = await begun();
    const tries = [1, 2, 3].map((attempt) =>
      charge.customer.run('issueReceipt', charge.receiptInput(), { attempt }),
    );
    expect(await Promise.all(tries)).toEqual(tries.map(() => ({ receiptNumber: 1 })));
    expect(await receiptsOf(charge)).toHaveLength(1);
  });

  it('keeps saying what it said when the partner and its price change', async () => {
    const charge = await begun();
    await charge.customer.run('issueReceipt', charge.receiptInput());
    const before = await receiptsOf(charge);
    await bench.stores.settings.updatePartner(charge.customer.partnerId, {
      name: 'Renamed',
      organisationNumber: '111222333',
      timeZone: 'America/New_York',
    });
    await charge.customer.run('issueReceipt', charge.receiptInput(), { attempt: 2 });
    expect(await receiptsOf(charge)).toEqual(before);
  });

  it('has numbers without gaps for each partner, whatever is executed again in between', async () => {
    const customer = await bench.customer();
    const numbers: number[] = [];
    for (let n = 0; n < 3; n += 1) {
      const charge = await customer.begin();
      for (const attempt of [1, 2]) {
        const issued = await customer.run('issueReceipt', charge.receiptInput(), { attempt });
        numbers.push(issued.receiptNumber);
      }
      const { sessionId } = charge;
      await customer.run('freeSlot', { sessionId, handledInboxIds: [], lastEndChargeAt: null });
    }
    expect(numbers).toEqual([1, 1, 2, 2, 3, 3]);
  });

  it('adds up for every amount: net and VAT are gross, captured and released are reserved', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 500 }), async (capturedMinor) => {
        const charge = await begun();
        const input = charge.receiptInput(charge.capturedView({ capturedMinor }));
        await charge.customer.run('issueReceipt', input);
        const [receipt] = await receiptsOf(charge);
        const data = receipt?.data;
        expect((data?.netMinor ?? 0) + (data?.vatMinor ?? 0)).toBe(capturedMinor);
        expect(data?.grossMinor).toBe(capturedMinor);
        expect((data?.capturedMinor ?? 0) + (data?.releasedMinor ?? 0)).toBe(500);
      }),
      { numRuns: 15 },
    );
  });

  it.each([
    ['without a capture', { capturedMinor: 0 }],
    ['without a start', { startedAt: null }],
    ['without an end', { endedAt: null }],
  ])('is not issued %s', async (_, overrides) => {
    const charge = await begun();
    const run = charge.customer.run('issueReceipt', charge.receiptInput(charge.capturedView(overrides)));
    await expect(run).rejects.toMatchObject({ type: 'misconfigured', nonRetryable: true });
    expect(await receiptsOf(charge)).toEqual([]);
  });

  it.each([
    ['before the call acts', false],
    ['after the call has acted', true],
  ])('is issued once although its worker dies %s, at every moment', async (_, afterActing) => {
    for (let moment = 1; ; moment += 1) {
      const charge = await begun();
      const mortal = new Mortal(moment, afterActing);
      const first = await charge.customer
        .run('issueReceipt', charge.receiptInput(), {}, mortal.deps(charge.customer.deps))
        .catch((error: unknown) => error);
      if (mortal.calls < moment) {
        expect(moment).toBeGreaterThan(2);
        return;
      }
      expect(first).toBeInstanceOf(ProcessDied);
      await charge.customer.run('issueReceipt', charge.receiptInput(), { attempt: 2 });
      expect(await receiptsOf(charge)).toMatchObject([{ number: 1 }]);
    }
  });
});
