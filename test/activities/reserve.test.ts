import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ReserveRequest } from '../../src/ports/payment-provider.ts';
import { ActivityBench, NOW, PUBLIC_URL, type Charge } from './activity-bench.ts';
import { holding, withMethods } from './interrupted.ts';

let bench: ActivityBench;
beforeAll(async () => {
  bench = await ActivityBench.open();
});
afterAll(() => bench.close());
beforeEach(() => {
  bench.now = NOW;
});

async function begun(): Promise<Charge> {
  return await (await bench.customer()).begin();
}

async function reserve(charge: Charge, attempt = 1) {
  return await charge.customer.run('reservePayment', charge.reserveInput(), { attempt });
}

function made(charge: Charge) {
  return {
    type: 'reserved',
    paymentNumber: 1,
    providerReference: `provider-${charge.reference}`,
    redirectUrl: `https://wallet.test/${charge.reference}`,
    at: NOW,
  };
}

describe('a reservation', () => {
  it('is made once and kept: id and address of the payment', async () => {
    const charge = await begun();
    expect(await reserve(charge)).toEqual(made(charge));
    expect(await bench.stores.money.findPayment(charge.sessionId, 1)).toMatchObject({
      paymentReference: charge.reference,
      providerReference: `provider-${charge.reference}`,
      redirectUrl: `https://wallet.test/${charge.reference}`,
      requestedMinor: 500,
      currency: 'NOK',
    });
    expect(await charge.operation('reserve')).toEqual({ state: 'succeeded', tries: 1, detail: null });
  });

  it('asks for the agreed amount in the customer’s name and leads back to our page', async () => {
    const charge = await begun();
    const links = { termsUrl: 'https://partner.test/terms', privacyUrl: 'https://partner.test/privacy' };
    const requests: ReserveRequest[] = [];
    const { provider, partnerId, msisdn } = charge.customer;
    await bench.stores.settings.updatePartner(partnerId, links);
    const listening = Object.assign(Object.create(provider) as typeof provider, {
      reserve: async (request: ReserveRequest) => {
        requests.push(request);
        return await provider.reserve(request);
      },
    });
    const deps = { providers: { [partnerId]: listening } };
    await charge.customer.run('reservePayment', charge.reserveInput(), {}, deps);
    expect(requests).toEqual([
      {
        paymentReference: charge.reference,
        idempotencyKey: `${charge.sessionId}-reserve-1`,
        amountMinor: 500,
        currency: 'NOK',
        description: 'Charging',
        msisdn,
        returnUrl: `${PUBLIC_URL}/p/${charge.record.linkToken}/done`,
        expiresAt: charge.reserveInput().expiresAt,
        ...links,
      },
    ]);
  });

  it('is recorded before the provider is called', async () => {
    const charge = await begun();
    const { held, reached, letGo } = holding(charge.customer.provider, 'reserve');
    const deps = { providers: { [charge.customer.partnerId]: held } };
    const running = charge.customer.run('reservePayment', charge.reserveInput(), {}, deps);
    await reached;
    expect(await bench.stores.money.findPayment(charge.sessionId, 1)).toMatchObject({ redirectUrl: null });
    expect(await charge.operation('reserve')).toMatchObject({ state: 'started', tries: 1 });
    letGo();
    await running;
  });

  it('that was stored is told again without any call', async () => {
    const charge = await begun();
    await reserve(charge);
    const calls = charge.customer.provider.calls.length;
    expect(await reserve(charge, 2)).toEqual(made(charge));
    expect(charge.customer.provider.calls).toHaveLength(calls);
    expect(await charge.operation('reserve')).toEqual({ state: 'succeeded', tries: 1, detail: null });
  });
});

describe('a reservation whose answer was lost', () => {
  it('is found by its reference, not made again', async () => {
    const charge = await begun();
    charge.customer.provider.failNext('reserve', 'outcomeUnknown', { afterActing: true });
    await expect(reserve(charge)).rejects.toMatchObject({ type: 'outcomeUnknown', nonRetryable: false });
    expect(await charge.operation('reserve')).toEqual({ state: 'unknown', tries: 1, detail: 'madeToFail' });
    expect(await reserve(charge, 2)).toEqual(made(charge));
    expect(charge.callsOf('reserve')).toBe(1);
    expect(await charge.operation('reserve')).toMatchObject({ state: 'succeeded' });
  });

  it('is made again under the same key when the provider knows none', async () => {
    const charge = await begun();
    charge.customer.provider.failNext('reserve', 'unavailable');
    await expect(reserve(charge)).rejects.toMatchObject({ type: 'unavailable' });
    expect(await reserve(charge, 2)).toEqual(made(charge));
    const calls = charge.customer.provider.calls.filter((call) => call.operation === 'reserve');
    expect(calls.map((call) => call.key)).toEqual(Array(2).fill(`${charge.sessionId}-reserve-1`));
    expect(await charge.operation('reserve')).toEqual({ state: 'succeeded', tries: 2, detail: null });
  });

  it('is adopted when a repeat meets "this reference exists"', async () => {
    const charge = await begun();
    const { provider } = charge.customer;
    provider.lagReads(charge.reference, 1);
    provider.failNext('reserve', 'outcomeUnknown', { afterActing: true });
    await expect(reserve(charge)).rejects.toMatchObject({ type: 'outcomeUnknown' });
    expect(await reserve(charge, 2)).toEqual(made(charge));
    expect(charge.callsOf('reserve')).toBe(2);
    expect(await charge.operation('reserve')).toMatchObject({ state: 'succeeded' });
  });

  it('is looked for until it is seen, once the provider has said that it exists', async () => {
    const charge = await begun();
    const { provider } = charge.customer;
    provider.lagReads(charge.reference, 4);
    provider.failNext('reserve', 'outcomeUnknown', { afterActing: true });
    await expect(reserve(charge, 1)).rejects.toMatchObject({ type: 'outcomeUnknown' });
    await expect(reserve(charge, 2)).rejects.toMatchObject({ type: 'notVisibleYet' });
    await expect(reserve(charge, 3)).rejects.toMatchObject({ type: 'notVisibleYet' });
    expect(await reserve(charge, 4)).toEqual(made(charge));
    expect(charge.callsOf('reserve')).toBe(2);
  });

  // A provider may say "no" in another way than `duplicateReference` to a reference it knows.
  it('is adopted when a repeat is refused for another reason and the payment shows up', async () => {
    const charge = await begun();
    const { provider } = charge.customer;
    provider.lagReads(charge.reference, 1);
    provider.failNext('reserve', 'outcomeUnknown', { afterActing: true });
    provider.failNext('reserve', 'rejected', { code: 'http400' });
    await expect(reserve(charge)).rejects.toMatchObject({ type: 'outcomeUnknown' });
    expect(await reserve(charge, 2)).toEqual(made(charge));
  });
});

describe('a reservation that is refused', () => {
  it('is told with the provider’s code, and not asked for again when executed again', async () => {
    const charge = await begun();
    charge.customer.provider.failNext('reserve', 'rejected', { code: 'amountOutOfRange' });
    const refused = { type: 'reserveRefused', paymentNumber: 1, code: 'amountOutOfRange', at: NOW };
    expect(await reserve(charge)).toEqual(refused);
    expect(await charge.operation('reserve')).toEqual({
      state: 'refused',
      tries: 1,
      detail: 'amountOutOfRange',
    });
    expect(await reserve(charge, 2)).toEqual(refused);
    expect(charge.callsOf('reserve')).toBe(1);
  });

  it('after an unclear try is told once a later look still finds nothing', async () => {
    const charge = await begun();
    charge.customer.provider.failNext('reserve', 'outcomeUnknown');
    charge.customer.provider.failNext('reserve', 'rejected', { code: 'http400' });
    await expect(reserve(charge, 1)).rejects.toMatchObject({ type: 'outcomeUnknown' });
    await expect(reserve(charge, 2)).rejects.toMatchObject({ type: 'notVisibleYet' });
    expect(await reserve(charge, 3)).toMatchObject({ type: 'reserveRefused', code: 'http400' });
    expect(charge.callsOf('reserve')).toBe(2);
  });

  it.each([
    ['misconfigured', true],
    ['rateLimited', false],
  ] as const)('by %s fails the try', async (kind, nonRetryable) => {
    const charge = await begun();
    charge.customer.provider.failNext('reserve', kind, { retryAfterMs: 5_000 });
    await expect(reserve(charge)).rejects.toMatchObject({ type: kind, nonRetryable });
    expect(await charge.operation('reserve')).toMatchObject({ state: 'unknown' });
  });
});

describe('a reservation at a provider that is not set up', () => {
  const NONE = { providers: {} };

  it('is refused while nothing was sent, so that nobody looks for a payment', async () => {
    const charge = await begun();
    const outcome = await charge.customer.run('reservePayment', charge.reserveInput(), {}, NONE);
    expect(outcome).toEqual({ type: 'reserveRefused', paymentNumber: 1, code: 'providerNotSetUp', at: NOW });
    expect(await charge.operation('reserve')).toBeNull();
    expect(await bench.stores.money.findPayment(charge.sessionId, 1)).toBeNull();
  });

  it('stays open after an earlier call, which may have made the payment', async () => {
    const charge = await begun();
    charge.customer.provider.failNext('reserve', 'outcomeUnknown');
    await expect(reserve(charge, 1)).rejects.toMatchObject({ type: 'outcomeUnknown' });
    const again = charge.customer.run('reservePayment', charge.reserveInput(), { attempt: 2 }, NONE);
    await expect(again).rejects.toMatchObject({ type: 'misconfigured', nonRetryable: true });
  });

  it('that is on record is reported again without the provider', async () => {
    const charge = await begun();
    await reserve(charge);
    const again = charge.customer.run('reservePayment', charge.reserveInput(), { attempt: 2 }, NONE);
    expect(await again).toEqual(made(charge));
  });
});

describe('a try that should not be running any more', () => {
  it('makes no call when a later step of the session has begun', async () => {
    const charge = await begun();
    charge.customer.provider.failNext('reserve', 'unavailable');
    charge.stepNumber = 2;
    await expect(reserve(charge)).rejects.toMatchObject({ type: 'unavailable' });
    charge.stepNumber = 1;
    await expect(reserve(charge, 6)).rejects.toMatchObject({ type: 'staleToken', nonRetryable: true });
    expect(charge.callsOf('reserve')).toBe(1);
  });

  it('makes no call with too little of its time left', async () => {
    const charge = await begun();
    const short = { startToCloseTimeoutMs: 15_000 };
    await expect(charge.customer.run('reservePayment', charge.reserveInput(), short)).rejects.toMatchObject({
      type: 'tooLate',
      nonRetryable: false,
    });
    expect(charge.callsOf('reserve')).toBe(0);
  });

  // The answer of a call begun then would come after the next try has started.
  it('makes no call when looking for the earlier payment has used the time up', async () => {
    const charge = await begun();
    const { provider, partnerId } = charge.customer;
    provider.failNext('reserve', 'outcomeUnknown');
    await expect(reserve(charge)).rejects.toMatchObject({ type: 'outcomeUnknown' });
    let passedMs = 0;
    const realNow = performance.now.bind(performance);
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => realNow() + passedMs);
    const slow = withMethods(provider, async (call, name) => {
      if (name === 'findReservation') passedMs = 26_000;
      return await call();
    });
    const deps = { providers: { [partnerId]: slow } };
    try {
      const second = charge.customer.run('reservePayment', charge.reserveInput(), { attempt: 2 }, deps);
      await expect(second).rejects.toMatchObject({ type: 'tooLate' });
    } finally {
      clock.mockRestore();
    }
    expect(charge.callsOf('reserve')).toBe(1);
  });
});
