import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ActivityBench, NOW, type Charge } from './activity-bench.ts';

let bench: ActivityBench;
beforeAll(async () => {
  bench = await ActivityBench.open();
});
afterAll(() => bench.close());
beforeEach(() => {
  bench.now = NOW;
});

async function authorized(): Promise<Charge> {
  const customer = await bench.customer({ provider: { release: 'call', abandon: true } });
  return await (await customer.begin()).authorize();
}

async function pending(): Promise<Charge> {
  const customer = await bench.customer({ provider: { release: 'call', abandon: true } });
  return await (await customer.begin()).reserve();
}

async function release(charge: Charge, attempt = 1, input = charge.releaseInput()) {
  return await charge.customer.run('releasePayment', input, { attempt });
}

async function abandon(charge: Charge, attempt = 1) {
  return await charge.customer.run('abandonPayment', charge.abandonInput(), { attempt });
}

describe('a release', () => {
  it('reads, gives back once, reads back and tells what it read', async () => {
    const charge = await authorized();
    expect(await release(charge)).toEqual({
      type: 'released',
      paymentNumber: 1,
      snapshot: charge.truth(),
      at: NOW,
    });
    const calls = charge.customer.provider.calls.slice(-3);
    expect(calls.map((call) => call.operation)).toEqual(['read', 'release', 'read']);
    expect(calls[1]?.key).toBe(`${charge.sessionId}-release-1`);
    expect(charge.truth()).toMatchObject({ capturedMinor: 0, releasedMinor: 500 });
    expect(await charge.operation('release')).toEqual({ state: 'succeeded', tries: 1, detail: null });
  });

  it('gives back the rest after a partial capture, and leaves what was captured', async () => {
    const charge = await authorized();
    await charge.customer.run('capturePayment', charge.captureInput());
    charge.stepNumber += 1;
    expect(await release(charge, 1, charge.releaseInput(400))).toMatchObject({ type: 'released' });
    expect(charge.truth()).toMatchObject({ capturedMinor: 100, releasedMinor: 400 });
  });

  it('makes no call when nothing is held any more, also when nobody of ours gave it back', async () => {
    const charge = await authorized();
    await charge.customer.provider.release({
      paymentReference: charge.reference,
      providerReference: null,
      idempotencyKey: 'by hand',
    });
    expect(await release(charge)).toMatchObject({ type: 'released', snapshot: { releasedMinor: 500 } });
    expect(charge.callsOf('release')).toBe(1);
    expect(await charge.operation('release')).toBeNull();
  });

  it('whose answer was lost is found done, not repeated', async () => {
    const charge = await authorized();
    charge.customer.provider.failNext('release', 'outcomeUnknown', { afterActing: true });
    await expect(release(charge)).rejects.toMatchObject({ type: 'outcomeUnknown', nonRetryable: false });
    expect(await release(charge, 2)).toMatchObject({ type: 'released' });
    expect(charge.callsOf('release')).toBe(1);
    expect(await charge.operation('release')).toMatchObject({ state: 'succeeded', tries: 1 });
  });

  it('that was confirmed is waited for, not called for again, while reads lag behind', async () => {
    const charge = await authorized();
    charge.customer.provider.lagReads(charge.reference, 4);
    await expect(release(charge, 1)).rejects.toMatchObject({ type: 'notVisibleYet', nonRetryable: false });
    await expect(release(charge, 2)).rejects.toMatchObject({ type: 'notVisibleYet' });
    expect(await release(charge, 3)).toMatchObject({ type: 'released' });
    expect(charge.callsOf('release')).toBe(1);
  });

  it('that is refused is told and recorded, and not called for again', async () => {
    const charge = await authorized();
    charge.customer.provider.failNext('release', 'rejected', { code: 'http409' });
    expect(await release(charge)).toEqual({
      type: 'releaseRefused',
      paymentNumber: 1,
      code: 'http409',
      at: NOW,
    });
    expect(await charge.operation('release')).toEqual({ state: 'refused', tries: 1, detail: 'http409' });
    expect(await release(charge, 2)).toEqual({
      type: 'releaseRefused',
      paymentNumber: 1,
      code: 'http409',
      at: NOW,
    });
    expect(charge.callsOf('release')).toBe(1);
  });

  it('after an unclear try is not told as refused before a later read', async () => {
    const charge = await authorized();
    const { provider } = charge.customer;
    provider.lagReads(charge.reference, 3);
    provider.failNext('release', 'outcomeUnknown', { afterActing: true });
    provider.failNext('release', 'rejected');
    await expect(release(charge, 1)).rejects.toMatchObject({ type: 'outcomeUnknown' });
    await expect(release(charge, 2)).rejects.toMatchObject({ type: 'notVisibleYet' });
    expect(await release(charge, 3)).toMatchObject({ type: 'released' });
  });

  it('is refused where nothing can be called', async () => {
    const customer = await bench.customer();
    const charge = await (await customer.begin()).authorize();
    expect(await release(charge)).toEqual({
      type: 'releaseRefused',
      paymentNumber: 1,
      code: 'unsupported',
      at: NOW,
    });
  });

  it.each([['declined'], ['expired']] as const)('of a payment that is %s makes no call', async (phase) => {
    const charge = await authorized();
    if (phase === 'declined') charge.customer.provider.reject(charge.reference);
    else charge.customer.provider.expire(charge.reference);
    expect(await release(charge)).toEqual({
      type: 'releaseRefused',
      paymentNumber: 1,
      code: 'nothingToRelease',
      at: NOW,
    });
    expect(charge.callsOf('release')).toBe(0);
  });

  it('of a payment the provider does not know is refused', async () => {
    const customer = await bench.customer({ provider: { release: 'call' } });
    const charge = await customer.begin();
    expect(await release(charge)).toEqual({
      type: 'releaseRefused',
      paymentNumber: 1,
      code: 'unknownPayment',
      at: NOW,
    });
  });

  // Read as pending it may be approved still: to be given back then, not now.
  it('of a payment that reads as pending is asked for later', async () => {
    const charge = await pending();
    await expect(release(charge)).rejects.toMatchObject({ type: 'notVisibleYet', nonRetryable: false });
    expect(charge.callsOf('release')).toBe(0);
  });

  it('goes on under its name when less is left than at its first try', async () => {
    const charge = await authorized();
    charge.customer.provider.failNext('release', 'unavailable');
    await expect(release(charge)).rejects.toMatchObject({ type: 'unavailable' });
    charge.stepNumber += 1;
    expect(await release(charge, 1, charge.releaseInput(300))).toMatchObject({ type: 'released' });
    expect(await charge.operation('release')).toMatchObject({ state: 'succeeded', tries: 2 });
  });

  it.each([
    ['rateLimited', false],
    ['misconfigured', true],
  ] as const)('that meets %s fails the try', async (kind, nonRetryable) => {
    const charge = await authorized();
    charge.customer.provider.failNext('release', kind, { retryAfterMs: 9_000 });
    await expect(release(charge)).rejects.toMatchObject({ type: kind, nonRetryable });
    expect(await charge.operation('release')).toMatchObject({ state: 'unknown', tries: 1 });
  });

  it('makes no call when it is stale or late', async () => {
    const charge = await authorized();
    const short = { startToCloseTimeoutMs: 15_000 };
    await expect(charge.customer.run('releasePayment', charge.releaseInput(), short)).rejects.toMatchObject({
      type: 'tooLate',
    });
    const late = charge.releaseInput();
    charge.stepNumber += 1;
    charge.customer.provider.failNext('release', 'unavailable');
    await expect(release(charge)).rejects.toMatchObject({ type: 'unavailable' });
    await expect(release(charge, 5, late)).rejects.toMatchObject({ type: 'staleToken' });
    expect(charge.callsOf('release')).toBe(1);
  });
});

describe('withdrawing a payment', () => {
  it('reads, withdraws once, and tells what it reads then', async () => {
    const charge = await pending();
    expect(await abandon(charge)).toEqual({
      type: 'abandonTried',
      paymentNumber: 1,
      snapshot: charge.truth(),
      at: NOW,
    });
    expect(charge.truth().phase).toBe('abandoned');
    expect(await charge.operation('abandon')).toEqual({ state: 'succeeded', tries: 1, detail: null });
  });

  it('makes no call for one that was approved in the meantime', async () => {
    const charge = await authorized();
    expect(await abandon(charge)).toMatchObject({ snapshot: { phase: 'authorized' } });
    expect(charge.callsOf('abandon')).toBe(0);
    expect(await charge.operation('abandon')).toBeNull();
  });

  it('makes no call for one the provider does not know', async () => {
    const customer = await bench.customer({ provider: { abandon: true } });
    const charge = await customer.begin();
    expect(await abandon(charge)).toEqual({
      type: 'abandonTried',
      paymentNumber: 1,
      snapshot: null,
      at: NOW,
    });
    expect(charge.callsOf('abandon')).toBe(0);
  });

  it('whose answer was lost is found done, and recorded so', async () => {
    const charge = await pending();
    charge.customer.provider.failNext('abandon', 'outcomeUnknown', { afterActing: true });
    await expect(abandon(charge)).rejects.toMatchObject({ type: 'outcomeUnknown' });
    expect(await abandon(charge, 2)).toMatchObject({ snapshot: { phase: 'abandoned' } });
    expect(charge.callsOf('abandon')).toBe(1);
    expect(await charge.operation('abandon')).toMatchObject({ state: 'succeeded' });
  });

  it('that loses the race against the approval is recorded as refused, and the approval is told', async () => {
    const charge = await pending();
    const { provider } = charge.customer;
    provider.lagReads(charge.reference, 1);
    provider.approve(charge.reference);
    expect(await abandon(charge)).toMatchObject({ snapshot: { phase: 'authorized' } });
    expect(await charge.operation('abandon')).toEqual({ state: 'refused', tries: 1, detail: 'wrongState' });
  });

  it('whose try was unclear and lost the race is recorded as refused', async () => {
    const charge = await pending();
    charge.customer.provider.failNext('abandon', 'outcomeUnknown');
    await expect(abandon(charge)).rejects.toMatchObject({ type: 'outcomeUnknown' });
    charge.customer.provider.approve(charge.reference);
    expect(await abandon(charge, 2)).toMatchObject({ snapshot: { phase: 'authorized' } });
    expect(await charge.operation('abandon')).toEqual({ state: 'refused', tries: 1, detail: 'authorized' });
  });

  it('tells pending while reads lag behind: the session looks again by itself', async () => {
    const charge = await pending();
    charge.customer.provider.lagReads(charge.reference, 3);
    expect(await abandon(charge)).toMatchObject({ snapshot: { phase: 'pending' } });
    expect(await abandon(charge, 2)).toMatchObject({ snapshot: { phase: 'abandoned' } });
    expect(charge.callsOf('abandon')).toBe(1);
  });

  it('where it cannot be called is recorded as refused', async () => {
    const customer = await bench.customer();
    const charge = await (await customer.begin()).reserve();
    expect(await abandon(charge)).toMatchObject({ snapshot: { phase: 'pending' } });
    expect(await charge.operation('abandon')).toMatchObject({ state: 'refused', detail: 'unsupported' });
  });

  it('makes no call when it is stale or late', async () => {
    const charge = await pending();
    const short = { startToCloseTimeoutMs: 15_000 };
    await expect(charge.customer.run('abandonPayment', charge.abandonInput(), short)).rejects.toMatchObject({
      type: 'tooLate',
    });
    const late = charge.abandonInput();
    charge.stepNumber += 1;
    charge.customer.provider.failNext('abandon', 'unavailable');
    await expect(abandon(charge)).rejects.toMatchObject({ type: 'unavailable' });
    const stale = charge.customer.run('abandonPayment', late, { attempt: 5 });
    await expect(stale).rejects.toMatchObject({ type: 'staleToken' });
    expect(charge.callsOf('abandon')).toBe(1);
  });
});

describe('a look at a payment', () => {
  it('tells what the provider says, or that it knows none', async () => {
    const charge = await pending();
    const read = () => charge.customer.run('readPayment', charge.readInput());
    expect(await read()).toEqual({
      type: 'paymentRead',
      paymentNumber: 1,
      snapshot: charge.truth(),
      byOther: false,
      at: NOW,
    });
    const none = await (await bench.customer()).begin();
    const nothing = await none.customer.run('readPayment', none.readInput());
    expect(nothing).toEqual({
      type: 'paymentRead',
      paymentNumber: 1,
      snapshot: null,
      byOther: false,
      at: NOW,
    });
  });

  it('fails the try when the provider does not answer', async () => {
    const charge = await pending();
    charge.customer.provider.failNext('read', 'unavailable');
    const read = charge.customer.run('readPayment', charge.readInput());
    await expect(read).rejects.toMatchObject({ type: 'unavailable', nonRetryable: false });
  });

  async function unclear(): Promise<Charge> {
    const customer = await bench.customer({ provider: { release: 'call', eventLog: true } });
    const charge = await (await customer.begin()).authorize();
    customer.provider.failNext('release', 'outcomeUnknown');
    await expect(release(charge)).rejects.toMatchObject({ type: 'outcomeUnknown' });
    return charge;
  }

  // Recorded as ours, the reconciliation would miss it in the provider's log and call a person.
  it('does not take it for our release that somebody gave the reservation back by hand', async () => {
    const charge = await unclear();
    const { provider } = charge.customer;
    const payment = { paymentReference: charge.reference, providerReference: null };
    await provider.release({ ...payment, idempotencyKey: 'by hand' });
    const calls = charge.callsOf('release');
    await charge.customer.run('readPayment', charge.readInput());
    expect(await charge.operation('release')).toMatchObject({ state: 'refused', detail: 'releasedByOther' });
    expect(await release(charge, 2)).toMatchObject({ type: 'released', snapshot: { releasedMinor: 500 } });
    expect(charge.callsOf('release')).toBe(calls);
  });

  it('takes it for our release where the log names no key, as Vipps shows a cancellation', async () => {
    const charge = await unclear();
    charge.customer.provider.lapse(charge.reference);
    await charge.customer.run('readPayment', charge.readInput());
    expect(await charge.operation('release')).toMatchObject({ state: 'succeeded' });
  });

  it('proves no release where all was captured and nothing given back', async () => {
    const charge = await unclear();
    charge.customer.provider.distort(charge.reference, { capturedMinor: 500 });
    await charge.customer.run('readPayment', charge.readInput());
    expect(await charge.operation('release')).toMatchObject({ state: 'unknown' });
  });
});
