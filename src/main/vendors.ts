// Owns: which vendor accounts this process uses: those of the environment, or the simulator's.
import { createPaycoreCallbacks } from '../adapters/payment/paycore/callbacks.ts';
import { createPaycoreProvider } from '../adapters/payment/paycore/provider.ts';
import { createLinkGateway } from '../adapters/sms/link/gateway.ts';
import type { Config, LinkConfig, PaycoreConfig } from '../config/config.ts';
import type { PaymentCallbacks } from '../ports/payment-callbacks.ts';
import type { PaymentProvider } from '../ports/payment-provider.ts';
import type { SmsGateway } from '../ports/sms-gateway.ts';
import type { DemoSecrets } from './demo-secrets.ts';

export interface VendorAccounts {
  link: LinkConfig;
  paycore: PaycoreConfig;
}

export interface Vendors {
  providers: Record<string, PaymentProvider>;
  gateways: Record<string, SmsGateway>;
  callbacks: Record<string, PaymentCallbacks>;
}

const VENDOR_TIMEOUT_MS = 10_000;

/** The accounts of the environment; with the simulator on and none given, the simulator's under `simulatorUrl`. */
export function vendorAccounts(
  config: Config,
  demo: { secrets: DemoSecrets; simulatorUrl: string } | null,
): VendorAccounts {
  const link = config.link ?? (demo && demoLink(demo));
  const paycore = config.paycore ?? (demo && demoPaycore(demo));
  if (!link || !paycore)
    throw new Error('vendor accounts are missing although the configuration was accepted');
  return { link, paycore };
}

export function createVendors(accounts: VendorAccounts, publicUrl: string): Vendors {
  const paycore = { ...accounts.paycore, callbackUrl: `${publicUrl}/webhooks/payments/paycore` };
  return {
    providers: { paycore: createPaycoreProvider(paycore) },
    gateways: { link: createLinkGateway(accounts.link) },
    callbacks: { paycore: createPaycoreCallbacks(paycore) },
  };
}

function demoLink({ secrets, simulatorUrl }: { secrets: DemoSecrets; simulatorUrl: string }): LinkConfig {
  return {
    baseUrl: `${simulatorUrl}/link`,
    username: 'sms2pay',
    password: secrets.linkPassword,
    platformId: 'demo',
    platformPartnerId: 'demo',
    deliveryGateId: 'demo',
    webhookUsername: 'link',
    webhookPassword: secrets.webhookPassword,
    timeoutMs: VENDOR_TIMEOUT_MS,
  };
}

function demoPaycore({
  secrets,
  simulatorUrl,
}: {
  secrets: DemoSecrets;
  simulatorUrl: string;
}): PaycoreConfig {
  return {
    baseUrl: `${simulatorUrl}/paycore`,
    partnerId: 4711,
    secretBase64: secrets.paycoreSecretBase64,
    providerName: 'Vipps',
    callbackUsername: 'paycore',
    callbackPassword: secrets.callbackPassword,
    timeoutMs: VENDOR_TIMEOUT_MS,
  };
}
