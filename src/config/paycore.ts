// Owns: the settings of a partner account at LINK NEXT Paycore.
import { whole, type SettingName, type Settings } from './settings.ts';

export interface PaycoreConfig {
  readonly baseUrl: string;
  readonly partnerId: number;
  readonly secretBase64: string;
  readonly callbackUsername: string;
  readonly callbackPassword: string;
  /** the wallet a payment is made for, as Paycore spells it */
  readonly providerName: Settings['PAYCORE_PROVIDER_NAME'];
  readonly timeoutMs: number;
}

/** Of use only together. */
export const PAYCORE_REQUIRED = [
  'PAYCORE_BASE_URL',
  'PAYCORE_PARTNER_ID',
  'PAYCORE_SECRET',
  'PAYCORE_CALLBACK_USERNAME',
  'PAYCORE_CALLBACK_PASSWORD',
] as const satisfies readonly SettingName[];

/** Null: not set. */
export function paycoreConfig(settings: Settings): PaycoreConfig | null {
  const given = whole(settings, PAYCORE_REQUIRED);
  if (given === null) return null;
  return {
    baseUrl: given.PAYCORE_BASE_URL,
    partnerId: given.PAYCORE_PARTNER_ID,
    secretBase64: given.PAYCORE_SECRET,
    callbackUsername: given.PAYCORE_CALLBACK_USERNAME,
    callbackPassword: given.PAYCORE_CALLBACK_PASSWORD,
    providerName: settings.PAYCORE_PROVIDER_NAME,
    timeoutMs: settings.PAYCORE_TIMEOUT_MS,
  };
}
