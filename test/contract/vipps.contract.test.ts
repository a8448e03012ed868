import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createVippsCallbacks } from '../../src/adapters/payment/vipps/callbacks.ts';
import { createVippsProvider, type VippsProvider } from '../../src/adapters/payment/vipps/provider.ts';
import type { PaymentIdentity } from '../../src/ports/payment-provider.ts';
import { startSimulator, type SimulatorHarness } from './simulator-harness.ts';
import { decide, simulatedPayment, vippsContractConfig } from './vipps-subject.ts';

/** What only Vipps has, against the simulator's Vipps; the rest is the contract of all payment providers. */
let simulator: SimulatorHarness;
let provider: VippsProvider;
beforeAll(async () => {
  simulator = await startSimulator();
  provider = createVippsProvider(vippsContractConfig(simulator));
});
afterAll(() => simulator.close());

type Fault = { operation: string; kind: string; code?: number; times?: number };
async function disturb(fault: Fault): Promise<void> {
  const { status } = await simulator.api('POST', '/faults', fault);
  if (status !== 201) throw new Error(`the simulator answered a fault with ${status}`);
}

async function aPending(amountMinor = 500): Promise<PaymentIdentity> {
  const id = randomBytes(16).toString('hex');
  const paymentReference = `s2p${id}`;
  await provider.reserve({
    paymentReference,
    idempotencyKey: `${id}-reserve-1`,
    amountMinor,
    currency: 'NOK',
    description: 'Parkering på Torget',
    msisdn: '4790000001',
    returnUrl: 'https://sms2pay.example/p/token/done',
    expiresAt: new Date(Date.now() + 600_000).toISOString(),
    termsUrl: null,
    privacyUrl: null,
  });
  return { paymentReference, providerReference: null };
}

async function anAuthorized(): Promise<PaymentIdentity> {
  const payment = await aPending();
  await decide(simulator, payment, 'approve');
  return payment;
}

/** The captures that succeeded, as Vipps' log has them: amount, and whose call it was. */
async function capturesLogged(payment: PaymentIdentity) {
  const events = await provider.readEvents(payment);
  return events
    .filter(({ kind, success }) => kind === 'captured' && success)
    .map(({ amountMinor, idempotencyKey }) => ({ amountMinor, key: idempotencyKey }));
}

const keyOf = (payment: PaymentIdentity, name: string) => `${payment.paymentReference.slice(3)}-${name}`;
const captureOf = (payment: PaymentIdentity, name = 'capture-1') => ({
  ...payment,
  idempotencyKey: keyOf(payment, name),
  amountMinor: 100,
  authorizedMinor: 500,
  currency: 'NOK' as const,
});

describe('a token that ends in the middle', () => {
  test.each(['reserve', 'read', 'capture', 'release', 'abandon', 'refund'])(
    'of a %s is replaced, and the effect is there once',
    async (operation) => {
      const payment = await anAuthorized();
      const pending = await aPending();
      await provider.capture(captureOf(payment));
      await disturb({ operation, kind: 'badSignature' });
      if (operation === 'reserve') await aPending();
      if (operation === 'read') await provider.read(payment);
      if (operation === 'capture') await provider.capture(captureOf(payment, 'capture-2'));
      if (operation === 'release')
        await provider.release({ ...payment, idempotencyKey: keyOf(payment, 'release-1') });
      if (operation === 'abandon')
        await provider.abandon({ ...pending, idempotencyKey: keyOf(pending, 'abandon-1') });
      if (operation === 'refund') await provider.refund(captureOf(payment, 'refund-1'));
      expect(await simulatedPayment(simulator, payment)).toMatchObject({
        capturedMinor: operation === 'capture' ? 200 : 100,
        releasedMinor: operation === 'release' ? 400 : 0,
        refundedMinor: operation === 'refund' ? 100 : 0,
      });
      expect(await provider.read(pending)).toMatchObject({
        phase: operation === 'abandon' ? 'abandoned' : 'pending',
      });
    },
  );
});

describe('the event log', () => {
  test('says when the customer approved', async () => {
    const payment = await anAuthorized();
    const [created, approved] = await provider.readEvents(payment);
    expect([created?.kind, approved?.kind]).toEqual(['created', 'authorized']);
    const snapshot = await provider.read(payment);
    expect(snapshot?.authorizedAt).toBe(approved?.at);
    expect(Date.parse(snapshot?.captureDeadlineAt ?? '')).toBeGreaterThan(Date.now());
  });

  test('proves whose capture it was after an answer was lost', async () => {
    const payment = await anAuthorized();
    const impatient = createVippsProvider(vippsContractConfig(simulator, 1_000));
    await disturb({ operation: 'capture', kind: 'timeoutAfterActing' });
    await expect(impatient.capture(captureOf(payment))).rejects.toMatchObject({ kind: 'outcomeUnknown' });
    expect(await capturesLogged(payment)).toEqual([{ amountMinor: 100, key: keyOf(payment, 'capture-1') }]);
    await provider.capture(captureOf(payment));
    expect(await simulatedPayment(simulator, payment)).toMatchObject({ capturedMinor: 100 });
  });
});

describe('a capture', () => {
  test.each([
    [6260, { kind: 'unavailable', keyBinding: 'bound' }],
    [6280, { kind: 'outcomeUnknown', keyBinding: 'perhaps' }],
    [6160, { kind: 'unavailable' }],
    [6170, { kind: 'outcomeUnknown' }],
    [6140, { kind: 'misconfigured', keyBinding: 'bound' }],
    [6100, { kind: 'rejected' }],
  ])('that is answered with %d takes nothing', async (code, expected) => {
    const payment = await anAuthorized();
    await disturb({ operation: 'capture', kind: 'refuse', code });
    await expect(provider.capture(captureOf(payment))).rejects.toMatchObject(expected);
    expect(await provider.read(payment)).toMatchObject({ capturedMinor: 0 });
    expect(await capturesLogged(payment)).toEqual([]);
  });

  test.each([6260, 6280, 6140])('that is answered with %d once is so for its key alone', async (code) => {
    const payment = await anAuthorized();
    await disturb({ operation: 'capture', kind: 'refuse', code });
    const again = () => provider.capture(captureOf(payment));
    await expect(again()).rejects.toMatchObject({ code: String(code) });
    await expect(again()).rejects.toMatchObject({ code: String(code) });
    await provider.capture(captureOf(payment, 'capture-2'));
    expect(await simulatedPayment(simulator, payment)).toMatchObject({ capturedMinor: 100 });
  });

  test('under a key that was used for another amount is read about before anything else', async () => {
    const payment = await anAuthorized();
    await provider.capture(captureOf(payment));
    await expect(provider.capture({ ...captureOf(payment), amountMinor: 200 })).rejects.toMatchObject({
      kind: 'outcomeUnknown',
    });
    expect(await simulatedPayment(simulator, payment)).toMatchObject({ capturedMinor: 100 });
  });
});

test('a payment that is being approved right now is not withdrawn, and may be tried again', async () => {
  const payment = await aPending();
  await decide(simulator, payment, 'approving');
  const request = { ...payment, idempotencyKey: keyOf(payment, 'abandon-1') };
  await expect(provider.abandon(request)).rejects.toMatchObject({ kind: 'unavailable', code: '6250' });
  await decide(simulator, payment, 'approve');
  await expect(provider.abandon(request)).rejects.toMatchObject({ kind: 'rejected', code: '6060' });
  expect(await provider.read(payment)).toMatchObject({ phase: 'authorized', releasedMinor: 0 });
});

test('a receipt is shown in the app once and stays as it is', async () => {
  const payment = await anAuthorized();
  await provider.capture(captureOf(payment));
  const line = {
    id: 'parking',
    name: 'Parkering',
    grossMinor: 100,
    netMinor: 80,
    vatMinor: 20,
    vatBasisPoints: 2500,
  };
  const { paymentReference } = payment;
  const receipt = { paymentReference, currency: 'NOK', receiptNumber: '17', lines: [line] } as const;
  expect(await provider.showReceipt(receipt)).toEqual({ outcome: 'added' });
  expect(await provider.showReceipt(receipt)).toEqual({ outcome: 'existed' });
});

describe('webhooks', () => {
  test('are registered once, found again, and taken back', async () => {
    const client = createVippsProvider(vippsContractConfig(simulator)).webhooks;
    const first = await client.ensure(simulator.callbackUrl, []);
    expect(first).toMatchObject({ superfluous: [] });
    expect(await client.ensure(simulator.callbackUrl, [first.id])).toEqual({
      id: first.id,
      secret: null,
      superfluous: [],
    });
    const lost = await client.ensure(simulator.callbackUrl, []);
    expect(lost.superfluous.map(({ id }) => id)).toEqual([first.id]);
    expect((await client.list()).map(({ id }) => id)).toEqual([first.id, lost.id]);
    expect([await client.remove(lost.id), await client.remove(lost.id)]).toEqual([true, false]);
    await client.remove(first.id);
    expect(await client.list()).toEqual([]);
  });

  test('tell of a failure, too, which is only a hint', async () => {
    const client = createVippsProvider(vippsContractConfig(simulator)).webhooks;
    const { id, secret } = await client.ensure(simulator.callbackUrl, []);
    const callbacks = createVippsCallbacks({ webhooks: () => [{ id, secret: secret ?? '' }] });
    const payment = await anAuthorized();
    await disturb({ operation: 'capture', kind: 'refuse', code: 6280 });
    const failing = () => provider.capture(captureOf(payment)).catch(() => null);
    const callback = await simulator.pushOf('/callback', failing);
    expect(JSON.parse(callback.body)).toMatchObject({ name: 'CAPTURED', success: false });
    const { paymentReference } = payment;
    expect(callbacks.parse(callback)).toEqual({
      ok: true,
      hints: [{ paymentReference, providerReference: null }],
    });
    await client.remove(id);
  });
});
