import type { Currency } from '../../../domain/money.ts';

/** A registration at Vipps' Webhooks API. The secret is shown once, when it is made. */
export interface VippsWebhookSecret {
  id: string;
  secret: string;
}

/** The slice of configuration of one Vipps sales unit; validated by src/config. */
export interface VippsConfig {
  /** `https://api.vipps.no` or, with other keys, `https://apitest.vipps.no` */
  baseUrl: string;
  clientId: string;
  clientSecret: string;
  /** Ocp-Apim-Subscription-Key: the primary or the secondary one */
  subscriptionKey: string;
  merchantSerialNumber: string;
  /** for one operation: a new token, connecting, reading the answer and the repeat after a 401 included */
  timeoutMs: number;
  /** the four Vipps-System-* headers, cut at 30 characters; default `sms2pay` and `0` */
  systemName?: string;
  systemVersion?: string;
  pluginName?: string;
  pluginVersion?: string;
  /** registrations whose callbacks are taken; a function when they change while the process runs */
  webhooks?: readonly VippsWebhookSecret[] | (() => readonly VippsWebhookSecret[]);
  /** how far a callback's `x-ms-date` may be from our clock; default 5 minutes */
  webhookToleranceMs?: number;
  /** smallest capture in minor units; default 100, the smallest payment in NOK */
  minimumCaptureMinor?: number;
  /** of the sales unit's market; default NOK alone */
  currencies?: readonly Currency[];
  /** wall time in ms since the epoch, for the age of tokens and callbacks */
  now?: () => number;
}
