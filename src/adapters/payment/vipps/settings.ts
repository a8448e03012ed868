import { z } from 'zod';
import type { WebhookSecret } from '../../../ports/webhooks.ts';
import {
  text,
  timeoutMs,
  webUrl,
  type AccountOf,
  type AccountSettings,
} from '../../http/account-settings.ts';

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
