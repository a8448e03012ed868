// Whatever fails and however often the button is pressed: what went back to the customer is what the actions say, never
// more than was charged, and every refund has its credit note.
import { asyncProperty, array, assert, boolean, constantFrom, integer, record } from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RefundOutcome } from '../../src/activities/contract.ts';
import { ActivityBench } from './activity-bench.ts';
import { aSale, Refund, type Sale } from './sale-bench.ts';

let bench: ActivityBench;
beforeAll(async () => {
  bench = await ActivityBench.open();
});
afterAll(() => bench.close());

const CAPTURED_MINOR = 300;

const faults = array(
  record({
    operation: constantFrom('refund' as const, 'read' as const),
    kind: constantFrom('outcomeUnknown' as const, 'unavailable' as const, 'rejected' as const),
    afterActing: boolean(),
  }),
  { maxLength: 4 },
);
const press = record({
  amountMinor: integer({ min: 1, max: 250 }),
  faults,
  staleReads: integer({ min: 0, max: 2 }),
});

/** The rounds of the workflow, without its waits. */
async function runToItsEnd(sale: Sale, refund: Refund): Promise<RefundOutcome['outcome'] | 'failed'> {
  for (let round = 1; round <= 6; round += 1) {
    await refund.begin();
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      const answer = await refund
        .tryOnce(attempt)
        .catch((error: { nonRetryable?: boolean }) => ({ outcome: 'threw' as const, error }));
      if (answer.outcome === 'threw') {
        if (answer.error.nonRetryable !== false) break;
        continue;
      }
      const { outcome } = answer;
      if (outcome === 'refunded') await refund.succeed();
      else await end(sale, refund, 'refused');
      return outcome;
    }
    const { call } = await sale.run('reviewAction', refund.identity);
    if (call === 'notMade') break;
  }
  await end(sale, refund, 'failed');
  return 'failed';
}

async function end(sale: Sale, refund: Refund, state: 'refused' | 'failed'): Promise<void> {
  const rest = { detail: state, snapshot: null, attention: null };
  await sale.run('finishAction', { ...refund.identity, state, ...rest });
}

it('refunds what the actions say, never more than was charged, one credit note each', async () => {
  await assert(
    asyncProperty(array(press, { minLength: 1, maxLength: 4 }), async (presses) => {
      const sale = await aSale(bench, CAPTURED_MINOR);
      let expectedMinor = 0;
      for (const { amountMinor, faults: planned, staleReads } of presses) {
        sale.provider.clearFaults();
        const action = await sale.request(amountMinor).catch(() => null);
        if (action === null) {
          expect(amountMinor).toBeGreaterThan(CAPTURED_MINOR - expectedMinor);
          continue;
        }
        sale.provider.lagReads(sale.charge.reference, staleReads);
        for (const { operation, kind, afterActing } of planned) {
          // A refusal that acted, or a call that certainly did not act but did, is no provider's behaviour.
          const acts = afterActing && kind === 'outcomeUnknown' && operation === 'refund';
          sale.provider.failNext(operation, operation === 'read' ? 'unavailable' : kind, {
            afterActing: acts,
          });
        }
        const outcome = await runToItsEnd(sale, new Refund(sale, action));
        if (outcome === 'refunded') expectedMinor += amountMinor;
        expect(sale.truth().refundedMinor).toBe(expectedMinor);
      }
      expect(expectedMinor).toBeLessThanOrEqual(CAPTURED_MINOR);
      expect(await sale.record()).toMatchObject({ refundedMinor: expectedMinor });
      const notes = await sale.documents();
      expect(notes.reduce((sum, { data }) => sum + data.grossMinor, 0)).toBe(expectedMinor);
      expect(notes.map(({ number }) => number)).toEqual(notes.map((_, index) => index + 2));
    }),
    { numRuns: 25 },
  );
}, 60_000);

it('two presses at once never refund more than was charged, whoever comes first', async () => {
  await assert(
    asyncProperty(integer({ min: 151, max: 300 }), boolean(), async (amountMinor, loses) => {
      const sale = await aSale(bench, CAPTURED_MINOR);
      if (loses) sale.provider.failNext('refund', 'outcomeUnknown', { afterActing: true });
      const outcomes = await Promise.all(
        [1, 2, 3].map(async () => {
          const action = await sale.request(amountMinor).catch(() => null);
          return action && (await runToItsEnd(sale, new Refund(sale, action)));
        }),
      );
      expect(outcomes.filter((outcome) => outcome === 'refunded')).toHaveLength(1);
      expect(sale.truth().refundedMinor).toBe(amountMinor);
      expect(await sale.documents()).toHaveLength(1);
    }),
    { numRuns: 10 },
  );
}, 60_000);
