import { createPaycoreCallbacks } from '../../src/adapters/payment/paycore/callbacks.ts';
import { PAYCORE_CAPABILITIES } from '../../src/adapters/payment/paycore/settings.ts';
import { createPaycoreProvider } from '../../src/adapters/payment/paycore/provider.ts';
import type { PaymentIdentity } from '../../src/ports/payment-provider.ts';
import type { PaymentProviderHarness, TestLedger, ProviderSubject } from './payment-provider.contract.ts';
import { IMPATIENT_MS, PATIENT_MS, PAYCORE_PARTNER, startSimulator, WEBHOOK } from './simulator-harness.ts';

/** The Paycore adapter against the simulator's Paycore: two readings of the same facts, written apart. */
export const paycoreSubject: ProviderSubject = {
  capabilities: PAYCORE_CAPABILITIES,
  accessTokens: false,
  withUnknownStatus: (body) => body.replace('"statusCode":"Authorized"', '"statusCode":"Mulled"'),
  create,
};

async function create(): Promise<PaymentProviderHarness> {
  const simulator = await startSimulator();
  const configWithin = (timeoutMs: number) => ({
    baseUrl: `${simulator.baseUrl}/paycore`,
    partnerId: Number(PAYCORE_PARTNER.partnerId),
    secretBase64: PAYCORE_PARTNER.secretBase64,
    providerName: 'Vipps' as const,
    timeoutMs,
    callbackUrl: simulator.callbackUrl,
    callbackUsername: WEBHOOK.username,
    callbackPassword: WEBHOOK.password,
  });
  const pathOf = (payment: PaymentIdentity) => `/payments/${payment.providerReference}`;
  const decide = async (payment: PaymentIdentity, decision: string) => {
    const { status } = await simulator.api('POST', `${pathOf(payment)}/${decision}`);
    if (status !== 200) throw new Error(`the simulator answered ${decision} with ${status}`);
  };
  return {
    provider: createPaycoreProvider(configWithin(PATIENT_MS)),
    impatient: createPaycoreProvider(configWithin(IMPATIENT_MS)),
    callbacks: createPaycoreCallbacks(configWithin(PATIENT_MS)),
    approve: (payment) => decide(payment, 'approve'),
    reject: (payment) => decide(payment, 'reject'),
    expire: (payment) => decide(payment, 'expire'),
    async ledger(payment) {
      const { status, body } = await simulator.api('GET', pathOf(payment));
      return status === 200 ? (body as TestLedger) : null;
    },
    async disturbNext(operation, kind) {
      const named = kind === 'loginOver' ? 'badSignature' : kind;
      const { status } = await simulator.api('POST', '/faults', { operation, kind: named });
      if (status !== 201) throw new Error(`the simulator answered a fault with ${status}`);
    },
    callbackOf: (act) => simulator.pushOf('/callback', act),
    withReplies: simulator.withReplies,
    openPage: async (url) => (await fetch(url, { redirect: 'manual' })).status,
    close: () => simulator.close(),
  };
}
