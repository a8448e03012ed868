/**
 * A provider with idempotency keys gives a key its first answer for ever, a no as well. Asked again with the same key, a no that
 * would be a yes by now stays a no, and the money is lost; asked with another key too early, it could be taken twice.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { addMs } from '../../src/domain/instant.ts';
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
  const provider = { release: 'call', idempotencyKeys: true, eventLog: true } as const;
  return await (await (await bench.customer({ provider })).begin()).authorize();
}

const NO_FUNDS = { code: '6260', keyBinding: 'bound' } as const;
const UNCLEAR = { code: '6280', keyBinding: 'perhaps' } as const;

async function capture(charge: Charge, { attempt = 1, n = 1 } = {}) {
  return await charge.customer.run('capturePayment', charge.captureInput(100, 500, n), { attempt });
}

async function release(charge: Charge, n = 1) {
  return await charge.customer.run('releasePayment', charge.releaseInput(500, n));
}

/** Five tries with one key, the last of which may have acted although it says no. */
async function fiveUnclear(charge: Charge, { afterActing = false } = {}): Promise<void> {
  const { provider } = charge.customer;
  provider.capabilities.idempotencyKeys = false;
  for (let attempt = 1; attempt <= 5; attempt += 1) {
    provider.failNext('capture', 'outcomeUnknown', { ...UNCLEAR, afterActing: afterActing && attempt === 5 });
    await expect(capture(charge, { attempt })).rejects.toMatchObject({ type: 'outcomeUnknown' });
  }
  provider.capabilities.idempotencyKeys = true;
  charge.stepNumber += 1;
}

describe('a capture whose key has a no for now', () => {
  it('ends its round, and is asked for with the next key', async () => {
    const charge = await authorized();
    charge.customer.provider.failNext('capture', 'unavailable', NO_FUNDS);
    await expect(capture(charge)).rejects.toMatchObject({ type: 'unavailable', nonRetryable: true });
    expect(await charge.operation('capture')).toEqual({ state: 'refusedForNow', tries: 1, detail: '6260' });
    charge.stepNumber += 1;
    expect(await capture(charge)).toEqual({
      type: 'captureKeyRefused',
      paymentNumber: 1,
      code: '6260',
      at: NOW,
    });
    expect(charge.callsOf('capture')).toBe(1);

    charge.stepNumber += 1;
    expect(await capture(charge, { n: 2 })).toMatchObject({ type: 'captured', byOther: false });
    expect(charge.truth().capturedMinor).toBe(100);
    charge.stepNumber += 1;
    await charge.customer.run('readPayment', charge.readInput());
    expect(await charge.operation('capture', 1)).toMatchObject({ state: 'refusedForNow', detail: '6260' });
    expect(await charge.operation('capture', 2)).toMatchObject({ state: 'succeeded', tries: 1 });
  });

  it('where it is the set-up that is wrong, too', async () => {
    const charge = await authorized();
    charge.customer.provider.failNext('capture', 'misconfigured', { code: '6140', keyBinding: 'bound' });
    await expect(capture(charge)).rejects.toMatchObject({ type: 'misconfigured', nonRetryable: true });
    charge.stepNumber += 1;
    expect(await capture(charge)).toMatchObject({ type: 'captureKeyRefused', code: '6140' });
  });

  it('keeps its key where the no may be an echo or is to be repeated, for a round of tries', async () => {
    const charge = await authorized();
    const { provider } = charge.customer;
    provider.failNext('capture', 'outcomeUnknown', UNCLEAR);
    for (let attempt = 1; attempt <= 4; attempt += 1)
      await expect(capture(charge, { attempt })).rejects.toMatchObject({ nonRetryable: false });
    expect(await charge.operation('capture')).toEqual({ state: 'refusedUnclear', tries: 4, detail: '6280' });
    await expect(capture(charge, { attempt: 5 })).rejects.toMatchObject({ type: 'outcomeUnknown' });
    const keys = provider.calls.filter(({ operation }) => operation === 'capture').map(({ key }) => key);
    expect(new Set(keys)).toEqual(new Set([`${charge.sessionId}-capture-1`]));
    charge.stepNumber += 1;
    bench.now = addMs(NOW, 30_000);
    expect(await capture(charge)).toMatchObject({ type: 'captureKeyRefused', code: '6280' });
    expect(await charge.operation('capture')).toEqual({ state: 'refusedForNow', tries: 5, detail: '6280' });
  });

  it('is not asked for with another key at once after such a round, also when an operator does not want to wait', async () => {
    const charge = await authorized();
    await fiveUnclear(charge);
    bench.now = addMs(NOW, 29_999);
    await expect(capture(charge)).rejects.toMatchObject({ type: 'notVisibleYet', nonRetryable: false });
    bench.now = addMs(NOW, 30_000);
    expect(await capture(charge, { attempt: 2 })).toMatchObject({ type: 'captureKeyRefused' });
  });

  it('keeps its key for ever where one of its tries was not answered: that one may still act', async () => {
    const charge = await authorized();
    const { provider } = charge.customer;
    provider.capabilities.idempotencyKeys = false;
    provider.failNext('capture', 'outcomeUnknown');
    provider.failNext('capture', 'outcomeUnknown', { ...UNCLEAR, times: 6 });
    for (let attempt = 1; attempt <= 7; attempt += 1)
      await expect(capture(charge, { attempt })).rejects.toMatchObject({ type: 'outcomeUnknown' });
    expect(await charge.operation('capture')).toEqual({ state: 'unknown', tries: 7, detail: '6280' });
    charge.stepNumber += 1;
    bench.now = addMs(NOW, 3_600_000);
    expect(await capture(charge)).toMatchObject({ type: 'captured' });
    expect(await charge.operation('capture')).toMatchObject({ state: 'succeeded', tries: 8 });
  });

  it('keeps its key for ever where nothing says that the key has an answer', async () => {
    const charge = await authorized();
    charge.customer.provider.failNext('capture', 'outcomeUnknown', { times: 12 });
    for (let round = 1; round <= 2; round += 1) {
      for (let attempt = 1; attempt <= 6; attempt += 1)
        await expect(capture(charge, { attempt })).rejects.toMatchObject({ type: 'outcomeUnknown' });
      charge.stepNumber += 1;
    }
    expect(await capture(charge)).toMatchObject({ type: 'captured' });
    expect(await charge.operation('capture')).toMatchObject({ state: 'succeeded', tries: 13 });
  });

  it('is not asked for with another key while the event log shows it as made and the read does not yet', async () => {
    const charge = await authorized();
    charge.customer.provider.lagReads(charge.reference, 6);
    await fiveUnclear(charge, { afterActing: true });
    bench.now = addMs(NOW, 60_000);
    await expect(capture(charge)).rejects.toMatchObject({ type: 'notVisibleYet', nonRetryable: false });
    expect(await capture(charge, { attempt: 2 })).toMatchObject({ type: 'captured', byOther: false });
    expect(await charge.operation('capture')).toMatchObject({ state: 'succeeded', tries: 5 });
    expect(charge.truth().capturedMinor).toBe(100);
  });

  it('is not asked for with another key while the event log is out of reach', async () => {
    const charge = await authorized();
    await fiveUnclear(charge);
    bench.now = addMs(NOW, 60_000);
    charge.customer.provider.failNext('readEvents', 'unavailable');
    await expect(capture(charge)).rejects.toMatchObject({ type: 'notVisibleYet', nonRetryable: false });
    expect(await capture(charge, { attempt: 2 })).toMatchObject({ type: 'captureKeyRefused' });
  });

  it('is ours where money was taken after all and the event log is out of reach', async () => {
    const charge = await authorized();
    await fiveUnclear(charge, { afterActing: true });
    charge.customer.provider.failNext('readEvents', 'unavailable');
    expect(await capture(charge)).toMatchObject({ type: 'captured', byOther: false });
    expect(await charge.operation('capture')).toMatchObject({ state: 'succeeded' });
  });

  it('is somebody else’s where money was taken meanwhile and no call of ours can have done it', async () => {
    const charge = await authorized();
    charge.customer.provider.failNext('capture', 'unavailable', NO_FUNDS);
    await expect(capture(charge)).rejects.toMatchObject({ type: 'unavailable' });
    await charge.customer.provider.capture({
      paymentReference: charge.reference,
      providerReference: null,
      idempotencyKey: 'by hand',
      amountMinor: 100,
      authorizedMinor: 500,
      currency: 'NOK',
    });
    charge.stepNumber += 1;
    expect(await capture(charge)).toMatchObject({ type: 'captured', byOther: true });
    expect(await charge.operation('capture')).toMatchObject({ state: 'refusedForNow' });
  });
});

describe('a release whose key has a no for now', () => {
  it('ends its round, and is asked for with the next key', async () => {
    const charge = await authorized();
    charge.customer.provider.failNext('release', 'misconfigured', { code: '6140', keyBinding: 'bound' });
    await expect(release(charge)).rejects.toMatchObject({ type: 'misconfigured' });
    charge.stepNumber += 1;
    expect(await release(charge)).toEqual({
      type: 'releaseKeyRefused',
      paymentNumber: 1,
      code: '6140',
      at: NOW,
    });
    expect(charge.callsOf('release')).toBe(1);
    charge.stepNumber += 1;
    expect(await release(charge, 2)).toMatchObject({ type: 'released', snapshot: { releasedMinor: 500 } });
    expect(await charge.operation('release', 1)).toMatchObject({ state: 'refusedForNow' });
    expect(await charge.operation('release', 2)).toMatchObject({ state: 'succeeded' });
  });
});
