// A worker can die at any call to the world, before or after the call has acted. Whatever the moment: the tries that
// follow bring the effect about, once.
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { addMs } from '../../src/domain/instant.ts';
import type { Activities } from '../../src/activities/contract.ts';
import { ActivityBench, NOW, type Charge } from './activity-bench.ts';
import { holding, isDeath, Mortal } from './interrupted.ts';

let bench: ActivityBench;
beforeAll(async () => {
  bench = await ActivityBench.open();
});
afterAll(() => bench.close());
beforeEach(() => {
  bench.now = NOW;
});

type MoneyActivity = 'reservePayment' | 'capturePayment' | 'releasePayment' | 'abandonPayment';

interface Effect {
  activity: MoneyActivity;
  operation: 'reserve' | 'capture' | 'release' | 'abandon';
  /** its calls of the store and the provider; one that is not counted is a moment that no test dies at */
  moments: number;
  prepare: () => Promise<Charge>;
  inputOf: (charge: Charge) => Parameters<Activities[MoneyActivity]>[0];
  expectDone: (charge: Charge) => void;
}

const everything = { provider: { release: 'call', abandon: true } } as const;
const begun = async () => await (await bench.customer(everything)).begin();

const EFFECTS: Effect[] = [
  {
    activity: 'reservePayment',
    operation: 'reserve',
    moments: 5,
    prepare: begun,
    inputOf: (charge) => charge.reserveInput(),
    expectDone: (charge) => {
      expect(charge.truth()).toMatchObject({ phase: 'pending', requestedMinor: 500 });
    },
  },
  {
    activity: 'capturePayment',
    operation: 'capture',
    moments: 7,
    prepare: async () => await (await begun()).authorize(),
    inputOf: (charge) => charge.captureInput(),
    expectDone: (charge) => {
      expect(charge.truth()).toMatchObject({ capturedMinor: 100, releasedMinor: 0 });
    },
  },
  {
    activity: 'releasePayment',
    operation: 'release',
    moments: 7,
    prepare: async () => await (await begun()).authorize(),
    inputOf: (charge) => charge.releaseInput(),
    expectDone: (charge) => {
      expect(charge.truth()).toMatchObject({ capturedMinor: 0, releasedMinor: 500 });
    },
  },
  {
    activity: 'abandonPayment',
    operation: 'abandon',
    moments: 7,
    prepare: async () => await (await begun()).reserve(),
    inputOf: (charge) => charge.abandonInput(),
    expectDone: (charge) => {
      expect(charge.truth()).toMatchObject({ phase: 'abandoned' });
    },
  },
];

/** Tries until one comes through, as the retry policy does; answers how many tries it took. */
async function comesThrough(charge: Charge, effect: Effect): Promise<unknown> {
  for (let attempt = 2; attempt <= 6; attempt += 1) {
    const result = await charge.customer
      .run(effect.activity, effect.inputOf(charge), { attempt })
      .catch((error: unknown) => ({ failed: error }));
    if (!('failed' in result)) return result;
    expect(result.failed).toMatchObject({ nonRetryable: false });
    const { nextRetryDelay = 2_000 } = result.failed as { nextRetryDelay?: number };
    bench.now = addMs(bench.now, nextRetryDelay);
  }
  throw new Error('five tries were not enough');
}

describe.each(EFFECTS)('$activity', (effect) => {
  describe.each([
    ['before the call acts', false],
    ['after the call has acted', true],
  ])('whose process dies %s', (_, afterActing) => {
    it.each([
      ['reads at once', 0],
      ['reads late', 3],
    ])('brings its effect about once, at every moment, at a provider that %s', async (_reads, lag) => {
      let deaths = 0;
      for (let moment = 1; ; moment += 1) {
        bench.now = NOW;
        const charge = await effect.prepare();
        const mortal = new Mortal(moment, afterActing);
        charge.customer.provider.lagReads(charge.reference, lag);
        const first = await charge.customer
          .run(effect.activity, effect.inputOf(charge), {}, mortal.deps(charge.customer.deps))
          .catch((error: unknown) => error);
        if (mortal.calls < moment) break;
        expect(first).toSatisfy(isDeath);
        deaths += 1;
        await comesThrough(charge, effect);
        effect.expectDone(charge);
        expect(await charge.operation(effect.operation)).toMatchObject({ state: 'succeeded' });
        const keys = charge.customer.provider.calls.filter((call) => call.operation === effect.operation);
        expect(new Set(keys.map((call) => call.key)).size).toBe(1);
        expect(keys.length).toBeLessThanOrEqual(2);
      }
      expect(deaths).toBe(effect.moments);
    });
  });

  it('whose last try dies once its call has acted is on record as done by the look that shows it', async () => {
    const charge = await effect.prepare();
    const { customer } = charge;
    const { held, reached } = holding(customer.provider, effect.operation, 'after');
    const deps = { providers: { [customer.partnerId]: held } };
    void customer.run(effect.activity, effect.inputOf(charge), { attempt: 5 }, deps);
    await reached;
    expect(await charge.operation(effect.operation)).toMatchObject({ state: 'started' });
    charge.stepNumber += 1;
    await customer.run('readPayment', charge.readInput());
    expect(await charge.operation(effect.operation)).toMatchObject({ state: 'succeeded', tries: 1 });
    effect.expectDone(charge);
  });

  it('whose only call did not act stays open on record while looks show nothing', async () => {
    const charge = await effect.prepare();
    const { customer } = charge;
    customer.provider.failNext(effect.operation, 'outcomeUnknown');
    const failed = customer.run(effect.activity, effect.inputOf(charge));
    await expect(failed).rejects.toMatchObject({ type: 'outcomeUnknown' });
    await customer.run('readPayment', charge.readInput());
    expect(await charge.operation(effect.operation)).toMatchObject({ state: 'unknown', tries: 1 });
  });

  it('that hangs in its call while the next try runs has its effect once', async () => {
    const charge = await effect.prepare();
    const { customer } = charge;
    const { held, reached, letGo } = holding(customer.provider, effect.operation);
    const deps = { providers: { [customer.partnerId]: held } };
    const hanging = customer
      .run(effect.activity, effect.inputOf(charge), { attempt: 1 }, deps)
      .catch((error: unknown) => error);
    await reached;
    await comesThrough(charge, effect);
    letGo();
    await hanging;
    effect.expectDone(charge);
    expect(await charge.operation(effect.operation)).toMatchObject({ state: 'succeeded' });
  });

  it('whose call may still be under way is not called for by the next try, where no key removes doubles', async () => {
    const charge = await effect.prepare();
    const { customer } = charge;
    const { held, reached, letGo } = holding(customer.provider, effect.operation);
    const deps = { providers: { [customer.partnerId]: held } };
    const cutOff = customer
      .run(effect.activity, effect.inputOf(charge), { attempt: 1 }, deps)
      .catch((error: unknown) => error);
    await reached;
    bench.now = addMs(NOW, 5_000);
    const next = customer.run(effect.activity, effect.inputOf(charge), { attempt: 2 });
    await expect(next).rejects.toMatchObject({ type: 'underWay', nextRetryDelay: 15_000 });
    expect(charge.callsOf(effect.operation)).toBe(0);
    letGo();
    await cutOff;
    bench.now = addMs(NOW, 20_000);
    await customer.run(effect.activity, effect.inputOf(charge), { attempt: 3 });
    expect(charge.callsOf(effect.operation)).toBe(1);
    effect.expectDone(charge);
  });

  it('whose record is newer than what the next try has seen of it is not called for there either', async () => {
    const charge = await effect.prepare();
    const { customer } = charge;
    const next = holding(bench.stores.money, 'startOperation');
    const second = customer
      .run(
        effect.activity,
        effect.inputOf(charge),
        { attempt: 2 },
        { stores: { ...bench.stores, money: next.held } },
      )
      .catch((error: unknown) => error);
    await next.reached;
    const first = holding(customer.provider, effect.operation);
    const firstDeps = { providers: { [customer.partnerId]: first.held } };
    const standing = customer
      .run(effect.activity, effect.inputOf(charge), { attempt: 1 }, firstDeps)
      .catch((error: unknown) => error);
    await first.reached;
    next.letGo();
    expect(await second).toMatchObject({ type: 'underWay', nonRetryable: false });
    first.letGo();
    await standing;
    expect(charge.callsOf(effect.operation)).toBe(1);
    await comesThrough(charge, effect);
    effect.expectDone(charge);
  });

  it('whose call may still be under way is called for at once where its key removes doubles', async () => {
    const charge = await effect.prepare();
    const { customer } = charge;
    customer.provider.capabilities.idempotencyKeys = true;
    const { held, reached, letGo } = holding(customer.provider, effect.operation);
    const deps = { providers: { [customer.partnerId]: held } };
    const hanging = customer
      .run(effect.activity, effect.inputOf(charge), { attempt: 1 }, deps)
      .catch((error: unknown) => error);
    await reached;
    await customer.run(effect.activity, effect.inputOf(charge), { attempt: 2 });
    expect(charge.callsOf(effect.operation)).toBe(1);
    effect.expectDone(charge);
    letGo();
    await hanging;
    effect.expectDone(charge);
  });

  it('whose process stands still between its record and its call makes no call, and the next one does', async () => {
    const charge = await effect.prepare();
    const { customer } = charge;
    const { held, reached, letGo } = holding(bench.stores.money, 'startOperation', 'after');
    const deps = { stores: { ...bench.stores, money: held } };
    const standing = customer.run(effect.activity, effect.inputOf(charge), { attempt: 1 }, deps);
    await reached;
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 9_000);
    letGo();
    await expect(standing).rejects.toMatchObject({ type: 'tooLate', nonRetryable: false });
    clock.mockRestore();
    expect(charge.callsOf(effect.operation)).toBe(0);
    await comesThrough(charge, effect);
    effect.expectDone(charge);
  });

  it('whose confirmation comes when the next try has looked at the record already is not called for again', async () => {
    const charge = await effect.prepare();
    const { customer } = charge;
    const confirming = effect.operation === 'reserve' ? 'recordReservation' : 'finishOperation';
    const slow = holding(bench.stores.money, confirming);
    const slowDeps = { stores: { ...bench.stores, money: slow.held } };
    customer.provider.lagReads(charge.reference, 2);
    const first = customer.run(effect.activity, effect.inputOf(charge), { attempt: 1 }, slowDeps);
    const settled = first.catch((error: unknown) => error);
    await slow.reached;
    const next = holding(bench.stores.money, 'startOperation');
    const nextDeps = { stores: { ...bench.stores, money: next.held } };
    const second = customer
      .run(effect.activity, effect.inputOf(charge), { attempt: 2 }, nextDeps)
      .catch((error: unknown) => error);
    await Promise.race([next.reached, second]);
    slow.letGo();
    await settled;
    next.letGo();
    await second;
    expect(charge.callsOf(effect.operation)).toBe(1);
    expect(await charge.operation(effect.operation)).toMatchObject({ state: 'succeeded', tries: 1 });
    await comesThrough(charge, effect);
    effect.expectDone(charge);
  });

  it('that hangs before its call while the next try runs makes no call any more', async () => {
    const charge = await effect.prepare();
    const { customer } = charge;
    const { held, reached, letGo } = holding(bench.stores.money, 'startOperation');
    const deps = { stores: { ...bench.stores, money: held } };
    const hanging = customer
      .run(effect.activity, effect.inputOf(charge), { attempt: 1 }, deps)
      .catch((error: unknown) => error);
    await reached;
    await comesThrough(charge, effect);
    const calls = charge.callsOf(effect.operation);
    letGo();
    expect(await hanging).toMatchObject({ type: 'staleToken', nonRetryable: true });
    expect(charge.callsOf(effect.operation)).toBe(calls);
    effect.expectDone(charge);
    expect(await charge.operation(effect.operation)).toMatchObject({ state: 'succeeded' });
  });
});
