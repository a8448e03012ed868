import { createVippsCallbacks } from '../../src/adapters/payment/vipps/callbacks.ts';
import { VIPPS_CAPABILITIES, type VippsConfig } from '../../src/adapters/payment/vipps/settings.ts';
import { createVippsProvider } from '../../src/adapters/payment/vipps/provider.ts';
import type { PaymentIdentity } from '../../src/ports/payment-provider.ts';
import type {
  DisturbedOperation,
  PaymentProviderHarness,
  TestLedger,
  ProviderSubject,
} from './payment-provider.contract.ts';
import { PATIENT_MS, startSimulator, VIPPS_SALES_UNIT, type SimulatorHarness } from './simulator-harness.ts';

/** The Vipps adapter against the simulator's Vipps: two readings of the same facts, written apart. */
export const vippsSubject: ProviderSubject = {
  capabilities: VIPPS_CAPABILITIES,
  accessTokens: true,
  withUnknownStatus: (body) => body.replace('"state":"AUTHORIZED"', '"state":"MULLED"'),
  create: async () => vippsHarness(await startSimulator()),
};

/** Longer than elsewhere: half of it is for an access token. */
const IMPATIENT_MS = 1_000;

/** Many codes say no; these are for good, and nobody's set-up: "customer not found" and "capture period expired". */
const DEFINITE_REFUSAL: Partial<Record<DisturbedOperation, number>> = { reserve: 7010, capture: 6100 };

export function vippsContractConfig(simulator: SimulatorHarness, timeoutMs = PATIENT_MS): VippsConfig {
  return { ...VIPPS_SALES_UNIT, baseUrl: `${simulator.baseUrl}/vipps`, timeoutMs };
}

/** The simulator's own name of a payment. */
export async function simulatedPayment(
  simulator: SimulatorHarness,
  { paymentReference }: PaymentIdentity,
): Promise<(TestLedger & { id: string }) | null> {
  const { body } = await simulator.api('GET', '/payments');
  const { items } = body as { items: (TestLedger & { id: string; reference: string })[] };
  return items.find(({ reference }) => reference === paymentReference) ?? null;
}

export async function decide(
  simulator: SimulatorHarness,
  payment: PaymentIdentity,
  decision: string,
): Promise<void> {
  const found = await simulatedPayment(simulator, payment);
  const { status } = await simulator.api('POST', `/payments/${found?.id}/${decision}`);
  if (status !== 200) throw new Error(`the simulator answered ${decision} with ${status}`);
}

async function vippsHarness(simulator: SimulatorHarness): Promise<PaymentProviderHarness> {
  const provider = createVippsProvider(vippsContractConfig(simulator));
  const { id, secret } = await provider.webhooks.ensure(simulator.callbackUrl, []);
  return {
    provider,
    impatient: createVippsProvider(vippsContractConfig(simulator, IMPATIENT_MS)),
    callbacks: createVippsCallbacks({ webhooks: () => [{ id, secret: secret ?? '' }] }),
    approve: (payment) => decide(simulator, payment, 'approve'),
    reject: (payment) => decide(simulator, payment, 'reject'),
    expire: (payment) => decide(simulator, payment, 'expire'),
    ledger: (payment) => simulatedPayment(simulator, payment),
    async disturbNext(operation, kind) {
      // The event of the creation is not the one meant.
      if (operation === 'callback') await simulator.idle();
      // One 401 may be a token that has ended, and is made good; wrong credentials are refused again.
      const times = kind === 'badSignature' && operation !== 'callback' ? 2 : 1;
      const code = kind === 'refuse' ? DEFINITE_REFUSAL[operation] : undefined;
      const named = kind === 'loginOver' ? 'expiredToken' : kind;
      const { status } = await simulator.api('POST', '/faults', { operation, kind: named, times, code });
      if (status !== 201) throw new Error(`the simulator answered a fault with ${status}`);
    },
    callbackOf: (act) => simulator.pushOf('/callback', act),
    withReplies: simulator.withReplies,
    openPage: async (url) => (await fetch(url, { redirect: 'manual' })).status,
    close: () => simulator.close(),
  };
}
