// The registry of vendors: the settings of each account that the environment can name, and what is made of it.
import type { AccountOf, AccountSettings } from '../adapters/http/account-settings.ts';
import { createPaycoreCallbacks } from '../adapters/payment/paycore/callbacks.ts';
import { createPaycoreProvider } from '../adapters/payment/paycore/provider.ts';
import {
  PAYCORE_CAPABILITIES,
  PAYCORE_SETTINGS,
  type PaycoreAccount,
} from '../adapters/payment/paycore/settings.ts';
import { createVippsCallbacks } from '../adapters/payment/vipps/callbacks.ts';
import { createVippsProvider } from '../adapters/payment/vipps/provider.ts';
import { VIPPS_CAPABILITIES, VIPPS_SETTINGS, type VippsAccount } from '../adapters/payment/vipps/settings.ts';
import { createLinkGateway } from '../adapters/sms/link/gateway.ts';
import { LINK2_SETTINGS, LINK_SETTINGS, type Link2Account } from '../adapters/sms/link/settings.ts';
import { paymentRulesOf, type PaymentRules } from '../domain/payment.ts';
import type { PaymentCallbacks, WebhookSecret } from '../ports/webhooks.ts';
import type { PaymentProvider, ProviderCapabilities } from '../ports/payment-provider.ts';
import type { SmsGateway } from '../ports/sms-gateway.ts';

/** One account of a vendor, as the environment can name it. */
export interface Vendor {
  readonly settings: AccountSettings;
  /** the simulator has a stand-in, which the demo uses when the settings are not set */
  readonly simulated: boolean;
}

type Account = AccountOf<AccountSettings>;

/** An SMS gateway account: docs/adding-a-gateway.md. */
export interface SmsGatewayVendor extends Vendor {
  /** `name`: the account's, in webhook addresses and rows */
  create(account: Account, name: string): SmsGateway;
  /**
   * Present: this account only sends payment links again that the session's own account did not deliver, from the
   * number returned (null: the one that the customer texted).
   */
  resendsFrom?(account: Account): string | null;
}

/** A payment provider account: docs/adding-a-provider.md. */
export interface PaymentVendor extends Vendor {
  /** as people write it */
  readonly title: string;
  readonly capabilities: ProviderCapabilities;
  /** the field of the account that proves who calls: the doctor shows that the provider refuses a wrong one */
  readonly secret: string;
  /** `callbackUrl`: where the provider calls us; `webhookSecrets`: of our registrations there, read for each callback */
  create(
    account: Account,
    ours: { callbackUrl: string; webhookSecrets: () => readonly WebhookSecret[] },
  ): { provider: PaymentProvider; callbacks: PaymentCallbacks };
}

/** By the name in `/webhooks/sms/{name}` and in routes. */
export const SMS_GATEWAYS = {
  link: { settings: LINK_SETTINGS, simulated: true, create: createLinkGateway },
  link2: {
    settings: LINK2_SETTINGS,
    simulated: false,
    create: createLinkGateway,
    resendsFrom: ({ shortNumber }: Link2Account) => shortNumber,
  },
} as const satisfies Record<string, SmsGatewayVendor>;

/** By the name in `/webhooks/payments/{name}` and in a partner's settings. */
export const PAYMENT_PROVIDERS = {
  paycore: {
    title: 'Paycore',
    capabilities: PAYCORE_CAPABILITIES,
    secret: 'secretBase64',
    settings: PAYCORE_SETTINGS,
    simulated: true,
    create: (account: PaycoreAccount, { callbackUrl }: { callbackUrl: string }) => ({
      provider: createPaycoreProvider({ ...account, callbackUrl }),
      callbacks: createPaycoreCallbacks(account),
    }),
  },
  vipps: {
    title: 'Vipps',
    capabilities: VIPPS_CAPABILITIES,
    secret: 'clientSecret',
    settings: VIPPS_SETTINGS,
    simulated: true,
    create: (account: VippsAccount, ours: { webhookSecrets: () => readonly WebhookSecret[] }) => ({
      provider: createVippsProvider(account),
      callbacks: createVippsCallbacks({ webhooks: ours.webhookSecrets }),
    }),
  },
} as const satisfies Record<string, PaymentVendor>;

/** What a session copies of its provider; null: this version knows no such provider. */
export function paymentRules(provider: string): PaymentRules | null {
  const vendors: Readonly<Record<string, PaymentVendor>> = PAYMENT_PROVIDERS;
  const vendor = Object.hasOwn(vendors, provider) ? vendors[provider] : undefined;
  return vendor ? paymentRulesOf(vendor.capabilities) : null;
}

/** Both kinds: a name stands for one account. */
export const VENDORS = { ...SMS_GATEWAYS, ...PAYMENT_PROVIDERS };

/** Null: not set up. */
export type VendorAccounts = {
  readonly [Name in keyof typeof VENDORS]: AccountOf<(typeof VENDORS)[Name]['settings']> | null;
};

/** The accounts whose settings are there. `values`: of each setting, by its name; null or absent: not set. */
export function readAccounts(values: Readonly<Record<string, unknown>>): VendorAccounts {
  const accounts = Object.entries<Vendor>(VENDORS).map(([name, { settings }]) => [
    name,
    readAccount(settings, values),
  ]);
  return Object.fromEntries(accounts) as VendorAccounts;
}

function readAccount(settings: AccountSettings, values: Readonly<Record<string, unknown>>): object | null {
  if (requiredNames(settings).some((name) => (values[name] ?? null) === null)) return null;
  const fields = Object.entries(settings).map(([field, { name }]) => [field, values[name] ?? null]);
  return Object.fromEntries(fields) as object;
}

/** The settings without which an account cannot be used. */
export function requiredNames(settings: AccountSettings): string[] {
  return Object.values(settings)
    .filter(({ fallback, optional }) => fallback === undefined && !optional)
    .map(({ name }) => name);
}
