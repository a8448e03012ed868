/**
 * Relies on Paycore's test host: that our signature is accepted. Any web server says "not found" of a payment that cannot
 * exist; one that checks signatures says so to ours alone, and refuses the same read under a wrong secret.
 */
import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createPaycoreProvider } from '../../src/adapters/payment/paycore/provider.ts';
import { announce, sandbox } from './sandbox.ts';

const found = sandbox('PAYCORE', ['PAYCORE_BASE_URL', 'PAYCORE_PARTNER_ID', 'PAYCORE_SECRET'], process.env);
announce('Paycore', found);

describe.skipIf(!found.ready)('Paycore test host', () => {
  const env = found.ready ? found.env : {};
  const signedWith = (secretBase64: string) =>
    createPaycoreProvider({
      baseUrl: env['PAYCORE_BASE_URL'] ?? '',
      partnerId: Number(env['PAYCORE_PARTNER_ID']),
      secretBase64,
      providerName: 'Vipps',
      timeoutMs: 12_000,
      callbackUrl: 'https://example.com/callback',
      callbackUsername: 'u',
      callbackPassword: 'p',
    });
  const nothing = () => ({
    paymentReference: `s2p${randomBytes(16).toString('hex')}`,
    providerReference: null,
  });

  it('refuses a read that a wrong secret has signed', async () => {
    const wrong = signedWith(randomBytes(32).toString('base64'));
    await expect(wrong.read(nothing())).rejects.toMatchObject({
      code: expect.stringMatching(/^http40[13]$/),
    });
  });

  it('takes our signature, and knows no such payment', async () => {
    expect(await signedWith(env['PAYCORE_SECRET'] ?? '').read(nothing())).toBeNull();
  });
});
