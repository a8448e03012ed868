// Which vendor accounts this process uses (those of the environment, or the simulator's), and what is made of them.
import type { SecondAccount } from '../app/attention/text-watch.ts';
import type { Config } from '../config/config.ts';
import { readSettings } from '../config/settings.ts';
import {
  PAYMENT_PROVIDERS,
  readAccounts,
  SMS_GATEWAYS,
  VENDORS,
  type PaymentVendor,
  type SmsGatewayVendor,
  type VendorAccounts,
} from '../config/vendors.ts';
import type { PaymentCallbacks, WebhookSecret } from '../ports/webhooks.ts';
import type { PaymentProvider } from '../ports/payment-provider.ts';
import type { SmsGateway } from '../ports/sms-gateway.ts';
import type { DemoSecrets } from './demo/demo-secrets.ts';

export type { VendorAccounts } from '../config/vendors.ts';

/** What this process calls, and what calls it; by the account's name. */
export interface Vendors {
  providers: Record<string, PaymentProvider>;
  gateways: Record<string, SmsGateway>;
  secondAccount: SecondAccount | null;
  callbacks: Record<string, PaymentCallbacks>;
}

/** The accounts of the environment; with the simulator on, its own under `simulatorUrl` for those that are not set. */
export function vendorAccounts(
  config: Config,
  demo: { secrets: DemoSecrets; simulatorUrl: string } | null,
): VendorAccounts {
  const standIns = readAccounts(demo ? readSettings(demoSettings(demo)).settings : {});
  const names = Object.keys(VENDORS) as (keyof VendorAccounts)[];
  return Object.fromEntries(names.map((name) => [name, config[name] ?? standIns[name]])) as VendorAccounts;
}

/** `webhookSecrets`: of our registrations at a provider, read for each of its callbacks. */
export function createVendors(
  accounts: Partial<VendorAccounts>,
  publicUrl: string,
  webhookSecrets: (provider: string) => readonly WebhookSecret[],
): Vendors {
  const given: Readonly<Record<string, VendorAccounts[keyof VendorAccounts] | undefined>> = accounts;
  const vendors: Vendors = { providers: {}, gateways: {}, secondAccount: null, callbacks: {} };
  for (const [name, vendor] of Object.entries<SmsGatewayVendor>(SMS_GATEWAYS)) {
    const account = given[name];
    if (!account) continue;
    const gateway = vendor.create(account, name);
    vendors.gateways[name] = gateway;
    if (vendor.resendsFrom) vendors.secondAccount = { gateway, shortNumber: vendor.resendsFrom(account) };
  }
  for (const [name, vendor] of Object.entries<PaymentVendor>(PAYMENT_PROVIDERS)) {
    const account = given[name];
    if (!account) continue;
    const callbackUrl = callbackUrlOf(name, publicUrl);
    const made = vendor.create(account, { callbackUrl, webhookSecrets: () => webhookSecrets(name) });
    vendors.providers[name] = made.provider;
    vendors.callbacks[name] = made.callbacks;
  }
  return vendors;
}

/** Where this provider calls us. */
export function callbackUrlOf(provider: string, publicUrl: string): string {
  return `${publicUrl}/webhooks/payments/${provider}`;
}

/** The simulator's accounts, written as the environment would have them. */
function demoSettings({
  secrets,
  simulatorUrl,
}: {
  secrets: DemoSecrets;
  simulatorUrl: string;
}): Record<string, string> {
  return {
    LINK_BASE_URL: `${simulatorUrl}/link`,
    LINK_USERNAME: 'sms2pay',
    LINK_PASSWORD: secrets.linkPassword,
    LINK_PLATFORM_ID: 'demo',
    LINK_PLATFORM_PARTNER_ID: 'demo',
    LINK_DELIVERY_GATE_ID: 'demo',
    LINK_WEBHOOK_USERNAME: 'link',
    LINK_WEBHOOK_PASSWORD: secrets.webhookPassword,
    PAYCORE_BASE_URL: `${simulatorUrl}/paycore`,
    PAYCORE_PARTNER_ID: '4711',
    PAYCORE_SECRET: secrets.paycoreSecretBase64,
    PAYCORE_CALLBACK_USERNAME: 'paycore',
    PAYCORE_CALLBACK_PASSWORD: secrets.callbackPassword,
    VIPPS_BASE_URL: `${simulatorUrl}/vipps`,
    VIPPS_CLIENT_ID: 'sms2pay-demo',
    VIPPS_CLIENT_SECRET: secrets.vippsClientSecret,
    VIPPS_SUBSCRIPTION_KEY: secrets.vippsSubscriptionKey,
    VIPPS_MERCHANT_SERIAL_NUMBER: '123456',
  };
}
