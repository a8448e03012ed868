// A database that was restored has forgotten numbers that customers hold: they are skipped, once, and people hear of it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { referencePartner } from '../../src/adapters/store/index.ts';
import { raiseReceiptCounter } from '../../src/activities/receipts.ts';
import { ActivityBench } from './activity-bench.ts';

let bench: ActivityBench;
beforeAll(async () => {
  bench = await ActivityBench.open();
});
afterAll(() => bench.close());

test('the counter is raised above every number known elsewhere, with a task that names the gap, and never lowered', async () => {
  const { receipts, settings, attention } = bench.stores;
  const partner = referencePartner('paycore');
  await settings.addPartner(partner);
  const { partnerId } = partner.partner;
  let known = 0;
  const issuedNumbers = {
    highest: ({ above }: { above: number }) => Promise.resolve(Math.max(above, known)),
  };
  const raise = async () =>
    raiseReceiptCounter(
      { ...bench.deps, providers: {}, issuedNumbers },
      partnerId,
      await bench.stores.receipts.lastNumber(partnerId),
    );
  const gaps = async () =>
    (await attention.list({ limit: 100 })).filter(({ reason }) => reason === 'receiptCounterBehind');
  const before = await receipts.lastNumber(partnerId);
  await raise();
  expect([await receipts.lastNumber(partnerId), await gaps()]).toEqual([before, []]);

  known = before + 12;
  await raise();
  await raise();
  expect(await receipts.lastNumber(partnerId)).toBe(before + 12);
  expect(await gaps()).toMatchObject([
    { details: { partnerId, counter: before, skippedFrom: before + 1, skippedTo: before + 12 } },
  ]);
  await receipts.raiseCounter(partnerId, 1);
  expect(await receipts.lastNumber(partnerId)).toBe(before + 12);
});
