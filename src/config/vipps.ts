// Owns: the settings of a Vipps sales unit.
import { whole, type SettingName, type Settings } from './settings.ts';

export interface VippsConfig {
  readonly baseUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly subscriptionKey: string;
  readonly merchantSerialNumber: string;
  readonly timeoutMs: number;
}

/** Of use only together. */
export const VIPPS_REQUIRED = [
  'VIPPS_BASE_URL',
  'VIPPS_CLIENT_ID',
  'VIPPS_CLIENT_SECRET',
  'VIPPS_SUBSCRIPTION_KEY',
  'VIPPS_MERCHANT_SERIAL_NUMBER',
] as const satisfies readonly SettingName[];

/** Null: not set. */
export function vippsConfig(settings: Settings): VippsConfig | null {
  const given = whole(settings, VIPPS_REQUIRED);
  if (given === null) return null;
  return {
    baseUrl: given.VIPPS_BASE_URL,
    clientId: given.VIPPS_CLIENT_ID,
    clientSecret: given.VIPPS_CLIENT_SECRET,
    subscriptionKey: given.VIPPS_SUBSCRIPTION_KEY,
    merchantSerialNumber: given.VIPPS_MERCHANT_SERIAL_NUMBER,
    timeoutMs: settings.VIPPS_TIMEOUT_MS,
  };
}
