import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ActivityDeps } from '../../src/activities/deps.ts';
import { addMs } from '../../src/domain/instant.ts';
import { ActivityBench, NOW, type Charge } from './activity-bench.ts';
import { holding } from './interrupted.ts';

let bench: ActivityBench;
beforeAll(async () => {
  bench = await ActivityBench.open();
});
afterAll(() => bench.close());
beforeEach(() => {
  bench.now = NOW;
});

async function authorized(): Promise<Charge> {
  const customer = await bench.customer();
  return await (await customer.begin()).authorize();
}

async function authorizedAtLogged(): Promise<Charge> {
  const customer = await bench.customer({ provider: { eventLog: true } });
  return await (await customer.begin()).authorize();
}

async function captureByHand({ customer, reference }: Charge, idempotencyKey = 'by hand'): Promise<void> {
  await customer.provider.capture({
    paymentReference: reference,
    providerReference: null,
    idempotencyKey,
    amountMinor: 100,
    authorizedMinor: 500,
    currency: 'NOK',
  });
}

async function capture(charge: Charge, attempt = 1, input = charge.captureInput()) {
  return await charge.customer.run('capturePayment', input, { attempt });
}

describe('a capture', () => {
  it('reads, writes once with the explicit amount and its key, reads back and tells what it read', async () => {
    const charge = await authorized();
    expect(await capture(charge)).toEqual({
      type: 'captured',
      paymentNumber: 1,
      snapshot: charge.truth(),
      byOther: false,
      at: NOW,
    });
    const calls = charge.customer.provider.calls.slice(-3);
    expect(calls.map((call) => call.operation)).toEqual(['read', 'capture', 'read']);
    expect(calls[1]).toMatchObject({ amountMinor: 100, key: `${charge.sessionId}-capture-1` });
    expect(charge.truth()).toMatchObject({ authorizedMinor: 500, capturedMinor: 100 });
    expect(await charge.operation('capture')).toEqual({ state: 'succeeded', tries: 1, detail: null });
  });

  it('takes the whole reservation when the use cost as much', async () => {
    const charge = await authorized();
    expect(await capture(charge, 1, charge.captureInput(500))).toMatchObject({ type: 'captured' });
    expect(charge.truth().capturedMinor).toBe(500);
  });

  it('makes no call when executed again after it succeeded', async () => {
    const charge = await authorized();
    await capture(charge);
    expect(await capture(charge, 2)).toMatchObject({ type: 'captured', snapshot: { capturedMinor: 100 } });
    expect(charge.callsOf('capture')).toBe(1);
    expect(await charge.operation('capture')).toEqual({ state: 'succeeded', tries: 1, detail: null });
  });

  it('writes the record before the call', async () => {
    const charge = await authorized();
    const { provider } = charge.customer;
    const { held, reached, letGo } = holding(provider, 'capture');
    const deps = { providers: { [charge.customer.partnerId]: held } };
    const running = charge.customer.run('capturePayment', charge.captureInput(), {}, deps);
    await reached;
    expect(charge.callsOf('capture')).toBe(0);
    expect(await charge.operation('capture')).toMatchObject({ state: 'started', tries: 1 });
    letGo();
    await running;
  });

  it('is not taken off the record by an earlier look whose answer comes late', async () => {
    const charge = await authorized();
    const { provider, partnerId } = charge.customer;
    const { held, reached, letGo } = holding(provider, 'read', 'after');
    const late = charge.customer.run(
      'readPayment',
      charge.readInput(),
      {},
      { providers: { [partnerId]: held } },
    );
    await reached;
    bench.now = addMs(NOW, 1_000);
    await capture(charge);
    bench.now = addMs(NOW, 2_000);
    letGo();
    await late;
    const [attempt] = await bench.stores.money.listPayments(charge.sessionId);
    expect(attempt).toMatchObject({ authorizedMinor: 500, capturedMinor: 100 });
  });

  it('tells what the provider had authorised although a read after it shows only what was captured', async () => {
    const charge = await authorized();
    charge.customer.provider.showsOnlyCaptured = true;
    const snapshot = { authorizedMinor: 500, capturedMinor: 100 };
    expect(await capture(charge)).toMatchObject({ type: 'captured', snapshot });
    expect(await capture(charge, 2)).toMatchObject({ type: 'captured', snapshot });
    expect(charge.callsOf('capture')).toBe(1);
  });
});

describe('what the provider is told to take', () => {
  async function requestOf(charge: Charge, amountMinor: number, authorizedMinor: number) {
    const requests: unknown[] = [];
    const { provider, partnerId } = charge.customer;
    const listening = Object.assign(Object.create(provider) as typeof provider, {
      capture: async (request: Parameters<typeof provider.capture>[0]) => {
        requests.push(request);
        await provider.capture(request);
      },
    });
    const deps = { providers: { [partnerId]: listening } };
    const input = charge.captureInput(amountMinor, authorizedMinor);
    const outcome = await charge.customer.run('capturePayment', input, {}, deps);
    return { outcome, requests };
  }

  it('names the reservation as it was read just now: a provider that takes "all" must take what is meant', async () => {
    const charge = await authorized();
    const { requests } = await requestOf(charge, 300, 300);
    // As if all were meant, Paycore would take the 500 that are reserved.
    expect(requests).toMatchObject([{ amountMinor: 300, authorizedMinor: 500 }]);
    expect(charge.truth().capturedMinor).toBe(300);
  });

  it('names the provider’s own id as read, when the session does not know it', async () => {
    const charge = await authorized();
    const { requests } = await requestOf(charge, 100, 500);
    expect(requests).toMatchObject([
      {
        paymentReference: charge.reference,
        providerReference: `provider-${charge.reference}`,
        idempotencyKey: `${charge.sessionId}-capture-1`,
        currency: 'NOK',
      },
    ]);
  });

  it.each([
    [501, 500],
    [0, 500],
    [-1, 500],
    [Number.NaN, 500],
    [0.5, 500],
  ])('is never %d of %d: no call is made', async (amountMinor, authorizedMinor) => {
    const charge = await authorized();
    const { provider } = charge.customer;
    const callsBefore = provider.calls.length;
    await expect(capture(charge, 1, charge.captureInput(amountMinor, authorizedMinor))).rejects.toThrow(
      /whole number|captured <= authorized/,
    );
    expect(provider.calls).toHaveLength(callsBefore);
    expect(await charge.operation('capture')).toBeNull();
  });

  it('is never more than is left at the provider, whatever the session believes', async () => {
    const charge = await authorized();
    expect(await capture(charge, 1, charge.captureInput(600, 600))).toMatchObject({
      type: 'captureRefused',
      code: 'nothingToCapture',
      snapshot: { authorizedMinor: 500 },
    });
    expect(charge.callsOf('capture')).toBe(0);
  });
});

describe('a capture that failed in between', () => {
  it('by a lost answer after the provider acted is found by the next try, not repeated', async () => {
    const charge = await authorized();
    charge.customer.provider.failNext('capture', 'outcomeUnknown', { afterActing: true });
    await expect(capture(charge)).rejects.toMatchObject({ type: 'outcomeUnknown', nonRetryable: false });
    expect(await charge.operation('capture')).toEqual({ state: 'unknown', tries: 1, detail: 'madeToFail' });
    expect(await capture(charge, 2)).toMatchObject({ type: 'captured' });
    expect(charge.callsOf('capture')).toBe(1);
    expect(await charge.operation('capture')).toMatchObject({ state: 'succeeded', tries: 1 });
  });

  it('without acting is repeated under the same key', async () => {
    const charge = await authorized();
    charge.customer.provider.failNext('capture', 'outcomeUnknown');
    charge.customer.provider.failNext('capture', 'unavailable');
    await expect(capture(charge, 1)).rejects.toMatchObject({ type: 'outcomeUnknown' });
    await expect(capture(charge, 2)).rejects.toMatchObject({ type: 'unavailable' });
    expect(await capture(charge, 3)).toMatchObject({ type: 'captured' });
    const keys = charge.customer.provider.calls.filter((call) => call.operation === 'capture');
    expect(keys.map((call) => call.key)).toEqual(Array(3).fill(`${charge.sessionId}-capture-1`));
    expect(await charge.operation('capture')).toEqual({ state: 'succeeded', tries: 3, detail: null });
  });

  it('is not written when it cannot be read first', async () => {
    const charge = await authorized();
    charge.customer.provider.failNext('read', 'unavailable');
    await expect(capture(charge)).rejects.toMatchObject({ type: 'unavailable' });
    expect(charge.callsOf('capture')).toBe(0);
    expect(await charge.operation('capture')).toBeNull();
  });

  it('waits as long as a provider with a rate limit says', async () => {
    const charge = await authorized();
    charge.customer.provider.failNext('capture', 'rateLimited', { retryAfterMs: 42_000 });
    await expect(capture(charge)).rejects.toMatchObject({ nonRetryable: false, nextRetryDelay: 42_000 });
  });

  it('gives the round up when the set-up is wrong', async () => {
    const charge = await authorized();
    charge.customer.provider.failNext('capture', 'misconfigured');
    await expect(capture(charge)).rejects.toMatchObject({ type: 'misconfigured', nonRetryable: true });
    charge.stepNumber += 1;
    expect(await capture(charge)).toMatchObject({ type: 'captured' });
  });

  it('gives the round up when the provider is not set up', async () => {
    const charge = await authorized();
    const run = charge.customer.run('capturePayment', charge.captureInput(), {}, { providers: {} });
    await expect(run).rejects.toMatchObject({ type: 'misconfigured', nonRetryable: true });
  });
});

describe('a capture that the provider confirmed while its reads lag behind', () => {
  it('is not told before a read shows it, and not called for again', async () => {
    const charge = await authorized();
    charge.customer.provider.lagReads(charge.reference, 4);
    await expect(capture(charge, 1)).rejects.toMatchObject({ type: 'notVisibleYet', nonRetryable: false });
    await expect(capture(charge, 2)).rejects.toMatchObject({ type: 'notVisibleYet' });
    expect(await capture(charge, 3)).toMatchObject({ type: 'captured', snapshot: { capturedMinor: 100 } });
    expect(charge.callsOf('capture')).toBe(1);
    expect(await charge.operation('capture')).toEqual({ state: 'succeeded', tries: 1, detail: null });
  });

  it('is not called for again in the next round either', async () => {
    const charge = await authorized();
    charge.customer.provider.lagReads(charge.reference, 4);
    await expect(capture(charge)).rejects.toMatchObject({ type: 'notVisibleYet' });
    charge.stepNumber += 1;
    await expect(capture(charge)).rejects.toMatchObject({ type: 'notVisibleYet' });
    expect(charge.callsOf('capture')).toBe(1);
  });

  it('is not called for again when its answer came but the read after it failed', async () => {
    const charge = await authorized();
    charge.customer.provider.lagReads(charge.reference, 3);
    await expect(
      charge.customer.run('capturePayment', charge.captureInput(), {}, failingSecondRead(charge)),
    ).rejects.toThrow('no second read');
    await expect(capture(charge, 2)).rejects.toMatchObject({ type: 'notVisibleYet' });
    expect(await capture(charge, 3)).toMatchObject({ type: 'captured' });
    expect(charge.callsOf('capture')).toBe(1);
  });

  it('is not told as refused when a read shows all as given back instead', async () => {
    const charge = await authorized();
    const { provider } = charge.customer;
    provider.lagReads(charge.reference, 2);
    await expect(capture(charge, 1)).rejects.toMatchObject({ type: 'notVisibleYet' });
    provider.distort(charge.reference, { capturedMinor: 0, releasedMinor: 500 });
    await expect(capture(charge, 2)).rejects.toMatchObject({ type: 'notVisibleYet', nonRetryable: false });
    expect(await charge.operation('capture')).toMatchObject({ state: 'succeeded' });
    expect(charge.callsOf('capture')).toBe(1);
  });

  function failingSecondRead(charge: Charge): Partial<ActivityDeps> {
    const { provider, partnerId } = charge.customer;
    let reads = 0;
    const read = async (payment: Parameters<typeof provider.read>[0]) => {
      reads += 1;
      if (reads === 2) throw new Error('no second read');
      return await provider.read(payment);
    };
    return {
      providers: { [partnerId]: Object.assign(Object.create(provider) as typeof provider, { read }) },
    };
  }

  // Told as refused, the session would be lost although the customer has paid.
  it('is not told as refused when a repeat after a lost answer meets "already captured"', async () => {
    const charge = await authorized();
    charge.customer.provider.lagReads(charge.reference, 3);
    charge.customer.provider.failNext('capture', 'outcomeUnknown', { afterActing: true });
    await expect(capture(charge, 1)).rejects.toMatchObject({ type: 'outcomeUnknown' });
    await expect(capture(charge, 2)).rejects.toMatchObject({ type: 'notVisibleYet', nonRetryable: false });
    expect(await capture(charge, 3)).toMatchObject({ type: 'captured', snapshot: { capturedMinor: 100 } });
    expect(await charge.operation('capture')).toMatchObject({ state: 'succeeded' });
  });
});

describe('a capture that is refused', () => {
  it('is told with the provider’s code, and recorded', async () => {
    const charge = await authorized();
    charge.customer.provider.failNext('capture', 'rejected', { code: 'http422' });
    expect(await capture(charge)).toMatchObject({
      type: 'captureRefused',
      code: 'http422',
      snapshot: { capturedMinor: 0, authorizedMinor: 500 },
    });
    expect(await charge.operation('capture')).toEqual({ state: 'refused', tries: 1, detail: 'http422' });
  });

  it('is not called for again when executed again', async () => {
    const charge = await authorized();
    charge.customer.provider.failNext('capture', 'rejected', { code: 'http422' });
    await capture(charge);
    expect(await capture(charge, 2)).toMatchObject({ type: 'captureRefused', code: 'http422' });
    expect(charge.callsOf('capture')).toBe(1);
  });

  it('after an unclear try is told as refused once a later read still shows nothing captured', async () => {
    const charge = await authorized();
    charge.customer.provider.failNext('capture', 'outcomeUnknown');
    charge.customer.provider.failNext('capture', 'rejected', { code: 'http422' });
    await expect(capture(charge, 1)).rejects.toMatchObject({ type: 'outcomeUnknown' });
    await expect(capture(charge, 2)).rejects.toMatchObject({ type: 'notVisibleYet' });
    expect(await capture(charge, 3)).toMatchObject({ type: 'captureRefused', code: 'http422' });
    expect(charge.callsOf('capture')).toBe(2);
  });

  it('is told as captured when the read after the refusal shows the money taken', async () => {
    const charge = await authorized();
    charge.customer.provider.failNext('capture', 'rejected', { afterActing: true });
    expect(await capture(charge)).toMatchObject({ type: 'captured' });
    expect(await charge.operation('capture')).toMatchObject({ state: 'succeeded' });
  });
});

describe('a payment that cannot be captured', () => {
  it.each([['declined'], ['expired']] as const)(
    'because it is %s is refused without a call',
    async (phase) => {
      const charge = await authorized();
      if (phase === 'declined') charge.customer.provider.reject(charge.reference);
      else charge.customer.provider.expire(charge.reference);
      expect(await capture(charge)).toMatchObject({ type: 'captureRefused', code: 'nothingToCapture' });
      expect(charge.callsOf('capture')).toBe(0);
      expect(await charge.operation('capture')).toBeNull();
    },
  );

  it('because it was given back is refused without a call', async () => {
    const customer = await bench.customer({ provider: { release: 'call' } });
    const charge = await (await customer.begin()).authorize();
    await customer.run('releasePayment', charge.releaseInput());
    charge.stepNumber += 1;
    expect(await capture(charge)).toMatchObject({
      type: 'captureRefused',
      code: 'nothingToCapture',
      snapshot: { releasedMinor: 500 },
    });
    expect(charge.callsOf('capture')).toBe(0);
  });

  // An adopted payment was authorised once: both are a provider in disorder (a status we do not know reads as pending),
  // and giving up for good would lose the money of a use.
  it('because it reads as pending again is asked for later, not given up', async () => {
    const charge = await (await (await bench.customer()).begin()).reserve();
    await expect(capture(charge)).rejects.toMatchObject({ type: 'notVisibleYet', nonRetryable: false });
    charge.customer.provider.approve(charge.reference);
    expect(await capture(charge, 2)).toMatchObject({ type: 'captured' });
  });

  it('because the provider does not know it just now is asked for later, not given up', async () => {
    const customer = await bench.customer();
    const charge = await customer.begin();
    customer.provider.lagReads(charge.reference, 1);
    await charge.authorize();
    await expect(capture(charge)).rejects.toMatchObject({ type: 'notVisibleYet', nonRetryable: false });
    expect(charge.callsOf('capture')).toBe(0);
    expect(await capture(charge, 2)).toMatchObject({ type: 'captured' });
  });

  it('because it is in another currency gives the round up without a call', async () => {
    const charge = await authorized();
    const input = { ...charge.captureInput(), currency: 'SEK' as const };
    await expect(capture(charge, 1, input)).rejects.toMatchObject({
      type: 'misconfigured',
      nonRetryable: true,
    });
    expect(charge.callsOf('capture')).toBe(0);
  });
});

describe('money that somebody else took', () => {
  it('is told as read, without an operation of ours', async () => {
    const charge = await authorized();
    const { provider } = charge.customer;
    await provider.capture({
      paymentReference: charge.reference,
      providerReference: null,
      idempotencyKey: 'by hand, at the provider’s own page',
      amountMinor: 250,
      authorizedMinor: 500,
      currency: 'NOK',
    });
    expect(await capture(charge)).toMatchObject({ type: 'captured', snapshot: { capturedMinor: 250 } });
    expect(charge.callsOf('capture')).toBe(1);
    expect(await charge.operation('capture')).toBeNull();
  });
});

describe('money that is captured where the provider keeps an event log', () => {
  it('under our key is ours, though the answer to our call was lost', async () => {
    const charge = await authorizedAtLogged();
    charge.customer.provider.failNext('capture', 'outcomeUnknown', { afterActing: true });
    await expect(capture(charge)).rejects.toMatchObject({ type: 'outcomeUnknown' });
    expect(await capture(charge, 2)).toMatchObject({ type: 'captured', byOther: false });
    expect(await charge.operation('capture')).toMatchObject({ state: 'succeeded' });
  });

  it('under another key is told as somebody else’s, though the amount is ours, and is not taken again', async () => {
    const charge = await authorizedAtLogged();
    charge.customer.provider.failNext('capture', 'outcomeUnknown');
    await expect(capture(charge)).rejects.toMatchObject({ type: 'outcomeUnknown' });
    await captureByHand(charge, 'by hand');
    expect(await capture(charge, 2)).toMatchObject({
      type: 'captured',
      byOther: true,
      snapshot: { capturedMinor: 100 },
    });
    expect(await charge.operation('capture')).toMatchObject({ state: 'refused', detail: 'capturedByOther' });
    expect(charge.truth().capturedMinor).toBe(100);
  });

  it('is ours when our call was confirmed just now: the log is not asked', async () => {
    const charge = await authorizedAtLogged();
    expect(await capture(charge)).toMatchObject({ type: 'captured', byOther: false });
    expect(charge.callsOf('readEvents')).toBe(0);
  });

  it('is taken for ours when the log cannot be read: that the money was taken is certain', async () => {
    const charge = await authorizedAtLogged();
    charge.customer.provider.failNext('capture', 'outcomeUnknown', { afterActing: true });
    await expect(capture(charge)).rejects.toMatchObject({ type: 'outcomeUnknown' });
    charge.customer.provider.failNext('readEvents', 'unavailable');
    expect(await capture(charge, 2)).toMatchObject({ type: 'captured', byOther: false });
  });
});

describe('a look at a payment that is captured although no call was confirmed', () => {
  async function unclear(afterActing: boolean): Promise<Charge> {
    const charge = await authorizedAtLogged();
    charge.customer.provider.failNext('capture', 'outcomeUnknown', { afterActing });
    await expect(capture(charge)).rejects.toMatchObject({ type: 'outcomeUnknown' });
    charge.stepNumber += 1;
    return charge;
  }

  const look = (charge: Charge) => charge.customer.run('readPayment', charge.readInput());

  it('settles the record of the call that the event log names', async () => {
    const charge = await unclear(true);
    expect(await look(charge)).toMatchObject({ snapshot: { capturedMinor: 100 } });
    expect(await charge.operation('capture')).toMatchObject({ state: 'succeeded', detail: null });
    expect(charge.callsOf('capture')).toBe(1);
  });

  it('records that another call took it, where the event log says so', async () => {
    const charge = await unclear(false);
    await captureByHand(charge);
    await look(charge);
    expect(await charge.operation('capture')).toMatchObject({ state: 'refused', detail: 'capturedByOther' });
    expect(await capture(charge, 2)).toMatchObject({ type: 'captured', byOther: true });
  });

  it('does not take back that another call took it when the event log is out of reach at a later look', async () => {
    const charge = await unclear(false);
    await captureByHand(charge);
    expect(await look(charge)).toMatchObject({ byOther: true });
    charge.customer.provider.failNext('readEvents', 'unavailable');
    expect(await look(charge)).toMatchObject({ byOther: true });
    expect(await charge.operation('capture')).toMatchObject({ state: 'refused', detail: 'capturedByOther' });
  });

  it('is ours without a word of the log where a call of ours may have acted', async () => {
    const charge = await unclear(true);
    charge.customer.provider.failNext('readEvents', 'unavailable');
    expect(await look(charge)).toMatchObject({ byOther: false });
    expect(await charge.operation('capture')).toMatchObject({ state: 'succeeded' });
  });

  it('does not wait for an event log that does not come', async () => {
    const charge = await unclear(true);
    const { provider, partnerId } = charge.customer;
    const { held, reached, letGo } = holding(provider, 'readEvents');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const deps = { providers: { [partnerId]: held } };
      const looking = charge.customer.run('readPayment', charge.readInput(), {}, deps);
      await reached;
      await vi.advanceTimersByTimeAsync(4_000);
      expect(await looking).toMatchObject({ snapshot: { capturedMinor: 100 }, byOther: false });
    } finally {
      vi.useRealTimers();
      letGo();
    }
  });

  it('takes nothing off a record that is proven, and none is made where no call was', async () => {
    const confirmed = await authorized();
    await capture(confirmed);
    await look(confirmed);
    expect(await confirmed.operation('capture')).toEqual({ state: 'succeeded', tries: 1, detail: null });
    const untouched = await authorized();
    await captureByHand(untouched);
    expect(await look(untouched)).toMatchObject({ byOther: true });
    expect(await untouched.operation('capture')).toBeNull();
  });
});

describe('a try that should not be running any more', () => {
  it('makes no call when a later step of the session has begun', async () => {
    const charge = await authorized();
    const late = charge.captureInput();
    charge.stepNumber += 1;
    charge.customer.provider.failNext('capture', 'unavailable');
    await expect(capture(charge)).rejects.toMatchObject({ type: 'unavailable' });
    const calls = charge.callsOf('capture');
    await expect(capture(charge, 5, late)).rejects.toMatchObject({ type: 'staleToken', nonRetryable: true });
    expect(charge.callsOf('capture')).toBe(calls);
  });

  it('makes no call when a later try of the same step has begun', async () => {
    const charge = await authorized();
    charge.customer.provider.failNext('capture', 'unavailable');
    await expect(capture(charge, 2)).rejects.toMatchObject({ type: 'unavailable' });
    await expect(capture(charge, 1)).rejects.toMatchObject({ type: 'staleToken' });
    expect(charge.callsOf('capture')).toBe(1);
  });

  it('makes no call with too little of its time left, and the next one does', async () => {
    const charge = await authorized();
    const short = { attempt: 1, startToCloseTimeoutMs: 15_000 };
    await expect(charge.customer.run('capturePayment', charge.captureInput(), short)).rejects.toMatchObject({
      type: 'tooLate',
      nonRetryable: false,
    });
    expect(charge.callsOf('capture')).toBe(0);
    expect(await charge.operation('capture')).toMatchObject({ state: 'unknown', detail: 'tooLate' });
    expect(await capture(charge, 2)).toMatchObject({ type: 'captured' });
  });
});
