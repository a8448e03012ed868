/**
 * Relies on the merchant test environment: that a token is given, that a payment can be made, read and withdrawn before it
 * is approved, and that the registrations can be listed. Nothing is approved or captured.
 */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createVippsProvider } from '../../src/adapters/payment/vipps/provider.ts';
import { announce, sandbox } from './sandbox.ts';

const NAMES = [
  'VIPPS_BASE_URL',
  'VIPPS_CLIENT_ID',
  'VIPPS_CLIENT_SECRET',
  'VIPPS_SUBSCRIPTION_KEY',
  'VIPPS_MERCHANT_SERIAL_NUMBER',
] as const;
const found = sandbox('VIPPS', NAMES, process.env);
announce('Vipps', found);

function account() {
  const env = found.ready ? found.env : {};
  return {
    baseUrl: env['VIPPS_BASE_URL'] ?? '',
    clientId: env['VIPPS_CLIENT_ID'] ?? '',
    clientSecret: env['VIPPS_CLIENT_SECRET'] ?? '',
    subscriptionKey: env['VIPPS_SUBSCRIPTION_KEY'] ?? '',
    merchantSerialNumber: env['VIPPS_MERCHANT_SERIAL_NUMBER'] ?? '',
    timeoutMs: 12_000,
  };
}

describe.skipIf(!found.ready)('Vipps test environment', () => {
  it('makes, reads and withdraws a payment', async () => {
    const provider = createVippsProvider(account());
    const paymentReference = `s2p${randomBytes(16).toString('hex')}`;
    const reserved = await provider.reserve({
      paymentReference,
      idempotencyKey: `${paymentReference.slice(3)}-reserve-1`,
      amountMinor: 500,
      currency: 'NOK',
      description: 'sms2pay test',
      msisdn: '',
      returnUrl: 'https://example.com/done',
      expiresAt: new Date(Date.now() + 600_000).toISOString(),
      termsUrl: null,
      privacyUrl: null,
    });
    expect(reserved.redirectUrl).toMatch(/^https:/);
    const identity = { paymentReference, providerReference: null };
    expect(await provider.read(identity)).toMatchObject({ phase: 'pending', requestedMinor: 500 });
    await provider.abandon({ ...identity, idempotencyKey: `${paymentReference.slice(3)}-abandon-1` });
    expect(await provider.read(identity)).toMatchObject({ phase: 'abandoned' });
  });

  it('lists our registrations', async () => {
    expect(Array.isArray(await createVippsProvider(account()).webhooks.list())).toBe(true);
  });
});
