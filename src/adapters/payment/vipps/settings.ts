import { z } from 'zod';
import type { Currency } from '../../../domain/money.ts';
import type { WebhookSecret } from '../../../ports/webhook-registrations.ts';
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

export interface VippsConfig extends VippsAccount {
  /** the four Vipps-System-* headers, cut at 30 characters; default `sms2pay` and `0` */
  systemName?: string;
  systemVersion?: string;
  pluginName?: string;
  pluginVersion?: string;
  /** smallest capture in minor units; default 100, the smallest payment in NOK */
  minimumCaptureMinor?: number;
  /** of the sales unit's market; default NOK alone */
  currencies?: readonly Currency[];
  /** wall time in ms since the epoch, for the age of tokens */
  now?: () => number;
}

export interface VippsCallbackConfig {
  /** registrations whose callbacks are taken; read for each callback */
  webhooks: () => readonly WebhookSecret[];
  /** how far a callback's `x-ms-date` may be from our clock; default 5 minutes */
  webhookToleranceMs?: number;
  /** wall time in ms since the epoch */
  now?: () => number;
}
