/** Relies on Paycore's test host: that our signature is accepted, shown by "unknown" for a payment that cannot exist. */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createPaycoreProvider } from '../../src/adapters/payment/paycore/provider.ts';
import { announce, sandbox } from './sandbox.ts';

const found = sandbox('PAYCORE', ['PAYCORE_BASE_URL', 'PAYCORE_PARTNER_ID', 'PAYCORE_SECRET'], process.env);
announce('Paycore', found);

describe.skipIf(!found.ready)('Paycore test host', () => {
  it('accepts our signature and knows no such payment', async () => {
    const env = found.ready ? found.env : {};
    const provider = createPaycoreProvider({
      baseUrl: env['PAYCORE_BASE_URL'] ?? '',
      partnerId: Number(env['PAYCORE_PARTNER_ID']),
      secretBase64: env['PAYCORE_SECRET'] ?? '',
      providerName: 'Vipps',
      timeoutMs: 12_000,
      callbackUrl: 'https://example.com/callback',
      callbackUsername: 'u',
      callbackPassword: 'p',
    });
    const paymentReference = `s2p${randomBytes(16).toString('hex')}`;
    expect(await provider.read({ paymentReference, providerReference: null })).toBeNull();
  });
});
