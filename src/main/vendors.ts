// Owns: which vendor accounts this process uses: those of the environment, or the simulator's.
import { createPaycoreCallbacks } from '../adapters/payment/paycore/callbacks.ts';
import { createPaycoreProvider } from '../adapters/payment/paycore/provider.ts';
import { createVippsCallbacks } from '../adapters/payment/vipps/callbacks.ts';
import type { VippsWebhookSecret } from '../adapters/payment/vipps/config.ts';
import { createVippsProvider } from '../adapters/payment/vipps/provider.ts';
import { createLinkGateway } from '../adapters/sms/link/gateway.ts';
import type { SecondAccount } from '../app/attention/text-watch.ts';
import type { Config } from '../config/config.ts';
import type { LinkConfig, SecondLinkConfig } from '../config/link.ts';
import type { PaycoreConfig } from '../config/paycore.ts';
import type { VippsConfig } from '../config/vipps.ts';
import type { PaymentCallbacks } from '../ports/payment-callbacks.ts';
import type { PaymentProvider } from '../ports/payment-provider.ts';
import type { SmsGateway } from '../ports/sms-gateway.ts';
import type { WalletReceipts } from '../ports/wallet-receipts.ts';
import type { DemoSecrets } from './demo-secrets.ts';

/** At least one of the two payment providers is there. */
export interface VendorAccounts {
  link: LinkConfig;
  /** null: there is none, as in the demo */
  link2: SecondLinkConfig | null;
  paycore: PaycoreConfig | null;
  vipps: VippsConfig | null;
}

export interface Vendors {
  providers: Record<string, PaymentProvider>;
  gateways: Record<string, SmsGateway>;
  secondAccount: SecondAccount | null;
  callbacks: Record<string, PaymentCallbacks>;
  walletReceipts: Record<string, WalletReceipts>;
}

const VENDOR_TIMEOUT_MS = 10_000;

/** The accounts of the environment; with the simulator on and none given, the simulator's under `simulatorUrl`. */
export function vendorAccounts(
  config: Config,
  demo: { secrets: DemoSecrets; simulatorUrl: string } | null,
): VendorAccounts {
  const { link, link2, paycore, vipps } = knownAccounts(config, demo);
  if (!link || !(paycore ?? vipps))
    throw new Error('vendor accounts are missing although the configuration was accepted');
  return { link, link2, paycore, vipps };
}

/** The same, as far as there are any. */
export function knownAccounts(
  config: Config,
  demo: { secrets: DemoSecrets; simulatorUrl: string } | null,
): { [Vendor in keyof VendorAccounts]: VendorAccounts[Vendor] | null } {
  return {
    link: config.link ?? (demo && demoLink(demo)),
    link2: config.link2,
    paycore: config.paycore ?? (demo && demoPaycore(demo)),
    vipps: config.vipps ?? (demo && demoVipps(demo)),
  };
}

/** `vippsWebhooks`: the registrations whose callbacks are taken, asked for each time. */
export function createVendors(
  accounts: VendorAccounts,
  publicUrl: string,
  vippsWebhooks: () => readonly VippsWebhookSecret[],
): Vendors {
  const vendors: Vendors = {
    providers: {},
    gateways: { link: createLinkGateway(accounts.link) },
    secondAccount: null,
    callbacks: {},
    walletReceipts: {},
  };
  if (accounts.link2) {
    const { shortNumber, ...account } = accounts.link2;
    const gateway = createLinkGateway(account, 'link2');
    vendors.gateways['link2'] = gateway;
    vendors.secondAccount = { gateway, shortNumber };
  }
  if (accounts.paycore) {
    const paycore = { ...accounts.paycore, callbackUrl: `${publicUrl}/webhooks/payments/paycore` };
    vendors.providers['paycore'] = createPaycoreProvider(paycore);
    vendors.callbacks['paycore'] = createPaycoreCallbacks(paycore);
  }
  if (accounts.vipps) {
    const vipps = createVippsProvider(accounts.vipps);
    vendors.providers['vipps'] = vipps;
    vendors.callbacks['vipps'] = createVippsCallbacks({ webhooks: vippsWebhooks });
    vendors.walletReceipts['vipps'] = {
      show: ({ paymentReference, ...receipt }) => vipps.addReceipt(paymentReference, receipt),
    };
  }
  return vendors;
}

function demoVipps({ secrets, simulatorUrl }: { secrets: DemoSecrets; simulatorUrl: string }): VippsConfig {
  return {
    baseUrl: `${simulatorUrl}/vipps`,
    clientId: 'sms2pay-demo',
    clientSecret: secrets.vippsClientSecret,
    subscriptionKey: secrets.vippsSubscriptionKey,
    merchantSerialNumber: '123456',
    timeoutMs: VENDOR_TIMEOUT_MS,
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
