import type { Currency } from '../../../domain/money.ts';

/** The slice of configuration of one partner account at LINK NEXT Paycore; validated by src/config. */
export interface PaycoreConfig {
  /** without `/api`, e.g. `https://pay-core.linkmobility.com` */
  baseUrl: string;
  partnerId: number;
  /** the shared secret as LINK hands it out: base64 */
  secretBase64: string;
  /** the wallet to pay with, by Paycore's name */
  providerName: 'Vipps';
  /** for one call, connecting and reading the answer included */
  timeoutMs: number;
  /** public address of our callback route */
  callbackUrl: string;
  /** Basic credentials put into the callback URL; URL-safe characters only, Paycore may not decode others */
  callbackUsername: string;
  callbackPassword: string;
  /**
   * `api-version` of every call. LINK's own client sends `2.0`; the calls of the proof of concept carry none, so null
   * (nothing sent) is the default. It is part of what is signed.
   */
  apiVersion?: string | null;
  /** smallest capture in minor units; default 100, the Vipps minimum in NOK */
  minimumCaptureMinor?: number;
  /** default NOK alone, which is what Vipps takes in Norway */
  currencies?: readonly Currency[];
  /** wall time in ms since the epoch, for signatures: Paycore allows 10 minutes of drift */
  now?: () => number;
  /** at most 50 characters, unique per request */
  nonce?: () => string;
}
