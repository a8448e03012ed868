import { z } from 'zod';
import type { WebhookSecret } from '../../../ports/webhooks.ts';
import {
  text,
  timeoutMs,
  webUrl,
  type AccountOf,
  type AccountSettings,
} from '../../http/account-settings.ts';
import type { ProviderCapabilities } from '../../../ports/payment-provider.ts';

/** One Vipps sales unit. */
export const VIPPS_SETTINGS = {
  /** `https://api.vipps.no` or, with other keys, `https://apitest.vipps.no` */
  baseUrl: { name: 'VIPPS_BASE_URL', format: webUrl },
  clientId: { name: 'VIPPS_CLIENT_ID', format: text },
  clientSecret: { name: 'VIPPS_CLIENT_SECRET', format: text, secret: true },
  /** Ocp-Apim-Subscription-Key: the primary or the secondary one */
  subscriptionKey: { name: 'VIPPS_SUBSCRIPTION_KEY', format: text, secret: true },
  /** Vipps' number of a sales unit (MSN) */
  merchantSerialNumber: {
    name: 'VIPPS_MERCHANT_SERIAL_NUMBER',
    format: z.string().regex(/^\d{4,7}$/, 'must be 4 to 7 digits'),
  },
  /** for one operation: a new token, connecting, reading the answer and the repeat after a 401 included */
  timeoutMs: { name: 'VIPPS_TIMEOUT_MS', format: timeoutMs, fallback: '10000' },
} as const satisfies AccountSettings;

export type VippsAccount = AccountOf<typeof VIPPS_SETTINGS>;

/** An account, and what tests replace. */
export interface VippsConfig extends VippsAccount {
  /** wall time in ms since the epoch, for the age of tokens */
  now?: () => number;
}

/** What is needed to check callbacks. */
export interface VippsCallbackConfig {
  /** registrations whose callbacks are accepted; read for each callback */
  webhooks: () => readonly WebhookSecret[];
  /** wall time in ms since the epoch */
  now?: () => number;
}

/** What Vipps MobilePay ePayment can do. */
export const VIPPS_CAPABILITIES: ProviderCapabilities = {
  provider: 'vipps',
  release: 'call',
  abandon: true,
  refund: true,
  idempotencyKeys: true,
  paymentOnOpen: true,
  /** 5 minutes on the landing page and 5 in the app (Vipps knowledge base, "timeouts") */
  paymentLifeMs: 10 * 60_000,
  /** the smallest payment in NOK; no smaller capture is documented */
  minimumCaptureMinor: 100,
  /**
   * A reservation at Visa Electron lasts 5 days, the least of all cards, though Vipps itself allows a capture for 180
   * (vendor's payment lifecycle). Only for payments that name no `captureGuaranteedUntil` of their own.
   */
  captureDeadlineMs: 5 * 24 * 3_600_000,
  showsReceipt: true,
  eventLog: true,
  showsReservationAfterCapture: true,
  currencies: ['NOK'],
};
