import { describe, expect, test } from 'vitest';
import { toSnapshot, transactionSchema } from '../../src/adapters/payment/paycore/transform.ts';
import type { PaymentSnapshot } from '../../src/domain/payment.ts';
import { ProviderFault } from '../../src/ports/payment-provider.ts';
import { PAYMENT, REFERENCE, TRANSACTION, TRANSACTION_ID } from './paycore-harness.ts';

function snapshotOf(change: Record<string, unknown>): PaymentSnapshot {
  const transaction = transactionSchema.parse({ ...TRANSACTION, ...change });
  return toSnapshot(transaction, { ...PAYMENT, currencies: ['NOK', 'DKK'] });
}

const NOTHING = { authorizedMinor: 0, capturedMinor: 0, releasedMinor: 0 };

describe('the status table', () => {
  test.each([
    ['Registered', {}, { ...NOTHING, phase: 'pending' }],
    ['Authorized', {}, { ...NOTHING, phase: 'authorized', authorizedMinor: 500 }],
    ['Captured', {}, { ...NOTHING, phase: 'authorized', authorizedMinor: 500, capturedMinor: 500 }],
    [
      'Captured in part',
      { amount: 1 },
      { ...NOTHING, phase: 'authorized', authorizedMinor: 100, capturedMinor: 100 },
    ],
    ['Failed', {}, { ...NOTHING, phase: 'declined' }],
    ['Failed', { statusDescription: 'User rejected' }, { ...NOTHING, phase: 'declined' }],
    ['Failed', { statusDescription: 'Payment EXPIRED' }, { ...NOTHING, phase: 'expired' }],
    ['Failed', { statusDescription: 'Timeout' }, { ...NOTHING, phase: 'expired' }],
    ['Failed', { statusDescription: 'timed out' }, { ...NOTHING, phase: 'expired' }],
    ['Failed', { status: 'TIMEOUT', statusDescription: null }, { ...NOTHING, phase: 'expired' }],
    [
      'Authorized',
      { statusDescription: 'Expires in 7 days' },
      { ...NOTHING, phase: 'authorized', authorizedMinor: 500 },
    ],
    ['Annulled', {}, { ...NOTHING, phase: 'authorized', authorizedMinor: 500, releasedMinor: 500 }],
    ['Annulled', { paymentDateUtc: null }, { ...NOTHING, phase: 'abandoned' }],
    ['Annulled', { paymentDateUtc: '0001-01-01T00:00:00' }, { ...NOTHING, phase: 'abandoned' }],
    ['Refunded', {}, { ...NOTHING, phase: 'pending' }],
    ['authorized', {}, { ...NOTHING, phase: 'pending' }],
    ['', {}, { ...NOTHING, phase: 'pending' }],
    [null, {}, { ...NOTHING, phase: 'pending' }],
    [undefined, {}, { ...NOTHING, phase: 'pending' }],
  ])('%s with %j', (status, change, expected) => {
    const statusCode = typeof status === 'string' ? status.replace(' in part', '') : status;
    const snapshot = snapshotOf({ statusCode, ...change });
    expect(snapshot).toMatchObject(expected);
    expect(snapshot.capturedMinor + snapshot.releasedMinor).toBeLessThanOrEqual(snapshot.authorizedMinor);
    expect(snapshot.authorizedMinor).toBeLessThanOrEqual(snapshot.requestedMinor);
  });

  test('the rest of a snapshot: whose payment, how much, since when', () => {
    expect(snapshotOf({})).toEqual({
      paymentReference: REFERENCE,
      providerReference: TRANSACTION_ID,
      phase: 'authorized',
      currency: 'NOK',
      requestedMinor: 500,
      authorizedMinor: 500,
      capturedMinor: 0,
      releasedMinor: 0,
      refundedMinor: 0,
      authorizedAt: '2026-11-23T10:01:02.500Z',
      captureDeadlineAt: null,
    });
  });
});

describe('the payment date', () => {
  test.each([
    ['2026-11-23T10:01:02Z', '2026-11-23T10:01:02.000Z'],
    ['2026-11-23T11:01:02.1234567+01:00', '2026-11-23T10:01:02.123Z'],
    ['2026-11-23T10:01:02.77', '2026-11-23T10:01:02.770Z'],
    ['0001-01-01T00:00:00', null],
    ['2026-13-01T00:00:00Z', null],
    ['23.11.2026 10:01', null],
    ['', null],
    [null, null],
    [undefined, null],
  ])('%s is %s', (paymentDateUtc, authorizedAt) => {
    expect(snapshotOf({ paymentDateUtc }).authorizedAt).toBe(authorizedAt);
  });
});

describe('a doubtful transaction is never a success', () => {
  test.each([
    ['another reference', { referenceId: 's2pother' }, 'foreignPayment'],
    ['another transaction', { transactionId: '11111111-1111-1111-1111-111111111111' }, 'foreignPayment'],
    ['another currency', { currency: 'SEK' }, 'foreignCurrency'],
    ['an amount of fractions of an øre', { amount: '5.001' }, 'unreadableReply'],
    ['a negative amount', { amount: -5 }, 'unreadableReply'],
    ['an amount in prose', { amount: 'five' }, 'unreadableReply'],
  ])('%s', (_, change, code) => {
    const attempt = (): unknown => {
      try {
        return snapshotOf(change);
      } catch (error) {
        return error;
      }
    };
    const fault = attempt();
    expect(fault).toBeInstanceOf(ProviderFault);
    expect(fault).toMatchObject({ kind: 'outcomeUnknown', code });
  });

  test('but the case in which Paycore writes an id does not matter', () => {
    expect(snapshotOf({ transactionId: TRANSACTION_ID.toUpperCase() }).phase).toBe('authorized');
  });
});
