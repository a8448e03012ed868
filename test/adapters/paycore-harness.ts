import type { PaycoreConfig } from '../../src/adapters/payment/paycore/settings.ts';
import { createPaycoreProvider } from '../../src/adapters/payment/paycore/provider.ts';
import { ProviderFault, type ReserveRequest } from '../../src/ports/payment-provider.ts';

export const REFERENCE = 's2p00112233445566778899aabbccddeeff';
export const TRANSACTION_ID = '0b3b1c6e-6a6c-4d0a-9d8f-0f7a7d1c2b3a';
export const PAYMENT = { paymentReference: REFERENCE, providerReference: TRANSACTION_ID };

export const RESERVE: ReserveRequest = {
  paymentReference: REFERENCE,
  idempotencyKey: 'session-reserve-1',
  amountMinor: 500,
  currency: 'NOK',
  description: 'Parkering på Torget',
  msisdn: '4790000001',
  returnUrl: 'https://sms2pay.example/p/token/done',
  expiresAt: '2026-11-23T10:15:00.000Z',
  termsUrl: null,
  privacyUrl: null,
};

export const CAPTURE = {
  ...PAYMENT,
  idempotencyKey: 'session-capture-1',
  amountMinor: 100,
  authorizedMinor: 500,
  currency: 'NOK',
} as const;

/** A transaction as Paycore shows it, with fields we do not read. */
export const TRANSACTION = {
  transactionId: TRANSACTION_ID,
  partnerId: 4711,
  referenceId: REFERENCE,
  amount: '5.00',
  currency: 'NOK',
  paymentProvider: 'Vipps',
  paymentEntity: '+4790000001',
  status: 'RESERVE',
  success: true,
  statusCode: 'Authorized',
  statusDescription: null,
  createdDateUtc: '2026-11-23T10:00:00Z',
  paymentDateUtc: '2026-11-23T10:01:02.5Z',
  paymentTransactionId: '5001420067',
};

export function paycoreConfig(baseUrl: string, change: Partial<PaycoreConfig> = {}): PaycoreConfig {
  return {
    baseUrl,
    partnerId: 4711,
    secretBase64: 'YS1kZW1vLXNlY3JldC1mb3ItdGVzdC12ZWN0b3JzLTAx',
    providerName: 'Vipps',
    timeoutMs: 2000,
    callbackUrl: 'https://sms2pay.example/webhooks/payments/paycore',
    callbackUsername: 'paycore',
    callbackPassword: 'callback-secret',
    ...change,
  };
}

export function aProvider(baseUrl: string, change: Partial<PaycoreConfig> = {}) {
  return createPaycoreProvider(paycoreConfig(baseUrl, change));
}

/** The fault of a call that must fail. */
export async function faultOf(call: Promise<unknown>): Promise<ProviderFault> {
  const outcome: unknown = await call.catch((error: unknown) => error);
  if (outcome instanceof ProviderFault) return outcome;
  throw new Error(`expected a ProviderFault, got ${JSON.stringify(outcome)}`);
}
