import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { paymentSchema } from '../../src/adapters/payment/vipps/schema.ts';
import { toSnapshot } from '../../src/adapters/payment/vipps/transform.ts';
import type { PaymentSnapshot } from '../../src/domain/payment.ts';
import { ProviderFault } from '../../src/ports/payment-provider.ts';
import { json } from './scripted-server.ts';
import {
  aggregate,
  anEvent,
  aPayment,
  aProvider,
  CAPTURE,
  faultOf,
  nok,
  PSP_REFERENCE,
  REFERENCE,
  startVippsServer,
  type Money,
  type VippsServer,
} from './vipps-harness.ts';

const AUTHORIZED_AT = '2026-11-23T10:01:02.500Z';

function snapshotOf(change: Record<string, unknown>, money: Money = {}): PaymentSnapshot {
  const payment = paymentSchema.parse(aPayment(change, money));
  return toSnapshot(payment, {
    paymentReference: REFERENCE,
    currencies: ['NOK', 'DKK'],
    authorizedAt: AUTHORIZED_AT,
  });
}

function faultIn(attempt: () => unknown): unknown {
  try {
    return attempt();
  } catch (error) {
    return error;
  }
}

const NOTHING = { authorizedMinor: 0, capturedMinor: 0, releasedMinor: 0, refundedMinor: 0 };

describe('the status table', () => {
  test.each([
    ['CREATED', { authorized: 0 }, { ...NOTHING, phase: 'pending' }],
    ['AUTHORIZED', {}, { ...NOTHING, phase: 'authorized', authorizedMinor: 500 }],
    [
      'AUTHORIZED',
      { captured: 100 },
      { ...NOTHING, phase: 'authorized', authorizedMinor: 500, capturedMinor: 100 },
    ],
    [
      'AUTHORIZED',
      { captured: 100, cancelled: 400, refunded: 50 },
      {
        phase: 'authorized',
        authorizedMinor: 500,
        capturedMinor: 100,
        releasedMinor: 400,
        refundedMinor: 50,
      },
    ],
    [
      'AUTHORIZED',
      { cancelled: 500 },
      { ...NOTHING, phase: 'authorized', authorizedMinor: 500, releasedMinor: 500 },
    ],
    ['ABORTED', { authorized: 0 }, { ...NOTHING, phase: 'declined' }],
    ['EXPIRED', { authorized: 0 }, { ...NOTHING, phase: 'expired' }],
    // The trap: the full amount is shown as cancelled, though nothing was ever held.
    ['TERMINATED', { authorized: 0, cancelled: 500 }, { ...NOTHING, phase: 'abandoned' }],
    ['CAPTURED', { captured: 500 }, { ...NOTHING, phase: 'pending' }],
    ['authorized', {}, { ...NOTHING, phase: 'pending' }],
    ['', {}, { ...NOTHING, phase: 'pending' }],
  ])('%s with %j', (state, money, expected) => {
    expect(snapshotOf({ state }, money)).toMatchObject(expected);
  });

  test('the rest of a snapshot: whose payment, how much, since when, until when', () => {
    const captureGuaranteedUntil = '2026-12-01T07:53:44.812+00:00';
    expect(snapshotOf({ captureGuaranteedUntil })).toEqual({
      paymentReference: REFERENCE,
      providerReference: PSP_REFERENCE,
      phase: 'authorized',
      currency: 'NOK',
      requestedMinor: 500,
      ...NOTHING,
      authorizedMinor: 500,
      authorizedAt: AUTHORIZED_AT,
      captureDeadlineAt: '2026-12-01T07:53:44.812Z',
    });
  });

  test.each(['CREATED', 'ABORTED', 'EXPIRED', 'TERMINATED'])(
    '%s has no approval and no deadline',
    (state) => {
      const snapshot = snapshotOf({ state, captureGuaranteedUntil: '2026-12-01T07:53:44Z' });
      expect(snapshot).toMatchObject({ authorizedAt: null, captureDeadlineAt: null });
    },
  );

  test('amounts either add up or are not believed', () => {
    const amount = fc.integer({ min: 0, max: 600 });
    fc.assert(
      fc.property(amount, amount, amount, amount, (authorized, captured, cancelled, refunded) => {
        const outcome = faultIn(() => snapshotOf({}, { authorized, captured, cancelled, refunded }));
        const addsUp = authorized <= 500 && captured + cancelled <= authorized && refunded <= captured;
        expect(outcome).toMatchObject(
          addsUp
            ? {
                authorizedMinor: authorized,
                capturedMinor: captured,
                releasedMinor: cancelled,
                refundedMinor: refunded,
              }
            : { kind: 'unavailable', code: 'contradictoryAmounts' },
        );
      }),
    );
  });
});

describe('the guaranteed deadline', () => {
  test.each([
    ['2026-09-01T07:53:44.812+00:00', '2026-09-01T07:53:44.812Z'],
    ['2026-09-01T09:53:44.8120001+02:00', '2026-09-01T07:53:44.812Z'],
    ['2026-09-01t07:53:44z', '2026-09-01T07:53:44.000Z'],
    ['2026-09-01T07:53:44', null],
    ['2026-13-01T07:53:44Z', null],
    ['2026-09-01', null],
    ['', null],
    [null, null],
    [undefined, null],
  ])('%s is %s', (captureGuaranteedUntil, captureDeadlineAt) => {
    expect(snapshotOf({ captureGuaranteedUntil }).captureDeadlineAt).toBe(captureDeadlineAt);
  });
});

describe('a doubtful payment is never a success', () => {
  test.each([
    ['another reference', { reference: 's2pother' }, 'foreignPayment'],
    ['our reference in another case', { reference: REFERENCE.toUpperCase() }, 'foreignPayment'],
    ['another currency', { amount: { currency: 'SEK', value: 500 } }, 'foreignCurrency'],
    [
      'amounts of another currency',
      { aggregate: { ...aggregate(), capturedAmount: { currency: 'DKK', value: 0 } } },
      'foreignCurrency',
    ],
  ])('%s', (_, change, code) => {
    const fault = faultIn(() => snapshotOf(change));
    expect(fault).toBeInstanceOf(ProviderFault);
    expect(fault).toMatchObject({ kind: 'unavailable', code });
  });

  test.each([
    ['fractions of an øre', { amount: nok(1.5) }],
    ['a negative amount', { aggregate: aggregate({ captured: -1 }) }],
    ['an amount as text', { amount: { currency: 'NOK', value: '500' } }],
    ['no aggregate', { aggregate: undefined }],
    ['no state', { state: undefined }],
    ['no pspReference', { pspReference: undefined }],
  ])('%s', (_, change) => {
    expect(paymentSchema.safeParse(aPayment(change)).success).toBe(false);
  });
});

describe('the event log', () => {
  let server: VippsServer;
  beforeAll(async () => {
    server = await startVippsServer();
  });
  afterAll(() => server.close());

  test('is given in our words, and what we have no word for is no movement of money', async () => {
    const names = [
      'CREATED',
      'AUTHORIZED',
      'CAPTURED',
      'CANCELLED',
      'REFUNDED',
      'ABORTED',
      'EXPIRED',
      'TERMINATED',
    ];
    const unknown = anEvent({
      name: 'NEW_KIND',
      idempotencyKey: undefined,
      timestamp: 'soon',
      success: false,
    });
    server.script(json([...names.map((name) => anEvent({ name, idempotencyKey: 'key-1' })), unknown]));
    const { paymentReference, providerReference } = CAPTURE;
    const events = await aProvider(server.baseUrl).readEvents({ paymentReference, providerReference });
    const kinds = 'created authorized captured released refunded declined expired abandoned other'.split(' ');
    expect(events.map(({ kind }) => kind)).toEqual(kinds);
    expect(events[0]).toEqual({
      kind: 'created',
      amountMinor: 500,
      at: AUTHORIZED_AT,
      success: true,
      idempotencyKey: 'key-1',
    });
    expect(events.at(-1)).toEqual({
      kind: 'other',
      amountMinor: 500,
      at: null,
      success: false,
      idempotencyKey: null,
    });
    expect(server.seen[0]?.target).toBe(`/epayment/v1/payments/${REFERENCE}/events`);
  });

  test.each([
    ['an approval', [anEvent()], AUTHORIZED_AT],
    [
      'an approval that failed before one that did not',
      [anEvent({ success: false, timestamp: '2026-11-23T10:00:00Z' }), anEvent()],
      AUTHORIZED_AT,
    ],
    ['only one that failed', [anEvent({ success: false })], null],
    ['none', [anEvent({ name: 'CREATED' })], null],
    ['nothing', [], null],
    ['an unreadable instant', [anEvent({ timestamp: '23.11.2026' })], null],
  ])('with %s says since when the money is held', async (_, events, authorizedAt) => {
    server.script(json(aPayment()), json(events));
    const { paymentReference, providerReference } = CAPTURE;
    const snapshot = await aProvider(server.baseUrl).read({ paymentReference, providerReference });
    expect(snapshot).toMatchObject({ phase: 'authorized', authorizedAt });
  });

  test.each([
    ['an error', json({}, 500), { kind: 'unavailable' }],
    ['an unknown payment', json({}, 404), { kind: 'rejected', code: 'unknownPayment' }],
    ['no list', json({}), { kind: 'unavailable', code: 'unreadableReply' }],
    ['an event without outcome', json([anEvent({ success: undefined })]), { kind: 'unavailable' }],
    ['another payment', json([anEvent({ reference: 's2pother' })]), { code: 'foreignPayment' }],
    [
      'another currency',
      json([anEvent({ amount: { currency: 'SEK', value: 1 } })]),
      { code: 'foreignCurrency' },
    ],
  ])('that is %s is no proof of anything', async (_, answer, expected) => {
    server.script(answer);
    const call = aProvider(server.baseUrl).readEvents(CAPTURE);
    expect(await faultOf(call)).toMatchObject(expected);
  });
});
