// Owns: the settings of our accounts at LINK, the SMS gateway.
import { whole, type SettingName, type Settings } from './settings.ts';

export interface LinkConfig {
  readonly baseUrl: string;
  readonly username: string;
  readonly password: string;
  readonly platformId: string;
  readonly platformPartnerId: string;
  readonly deliveryGateId: string | null;
  readonly webhookUsername: string;
  readonly webhookPassword: string;
  readonly timeoutMs: number;
}

/** The account that a payment link goes out by again which the first has not delivered. */
export interface SecondLinkConfig extends LinkConfig {
  /** the number it sends from; null: the one that the customer texted */
  readonly shortNumber: string | null;
}

/** Of use only together. */
export const LINK_REQUIRED = [
  'LINK_BASE_URL',
  'LINK_USERNAME',
  'LINK_PASSWORD',
  'LINK_PLATFORM_ID',
  'LINK_PLATFORM_PARTNER_ID',
  'LINK_WEBHOOK_USERNAME',
  'LINK_WEBHOOK_PASSWORD',
] as const satisfies readonly SettingName[];

/** Null: not set. */
export function linkConfig(settings: Settings): LinkConfig | null {
  const given = whole(settings, LINK_REQUIRED);
  if (given === null) return null;
  return {
    baseUrl: given.LINK_BASE_URL,
    username: given.LINK_USERNAME,
    password: given.LINK_PASSWORD,
    platformId: given.LINK_PLATFORM_ID,
    platformPartnerId: given.LINK_PLATFORM_PARTNER_ID,
    deliveryGateId: settings.LINK_DELIVERY_GATE_ID,
    webhookUsername: given.LINK_WEBHOOK_USERNAME,
    webhookPassword: given.LINK_WEBHOOK_PASSWORD,
    timeoutMs: settings.LINK_TIMEOUT_MS,
  };
}

/** Of use only together. */
export const LINK2_REQUIRED = [
  'LINK2_BASE_URL',
  'LINK2_USERNAME',
  'LINK2_PASSWORD',
  'LINK2_PLATFORM_ID',
  'LINK2_PLATFORM_PARTNER_ID',
  'LINK2_WEBHOOK_USERNAME',
  'LINK2_WEBHOOK_PASSWORD',
] as const satisfies readonly SettingName[];

/** Null: not set. */
export function secondLinkConfig(settings: Settings): SecondLinkConfig | null {
  const given = whole(settings, LINK2_REQUIRED);
  if (given === null) return null;
  return {
    baseUrl: given.LINK2_BASE_URL,
    username: given.LINK2_USERNAME,
    password: given.LINK2_PASSWORD,
    platformId: given.LINK2_PLATFORM_ID,
    platformPartnerId: given.LINK2_PLATFORM_PARTNER_ID,
    deliveryGateId: settings.LINK2_DELIVERY_GATE_ID,
    webhookUsername: given.LINK2_WEBHOOK_USERNAME,
    webhookPassword: given.LINK2_WEBHOOK_PASSWORD,
    timeoutMs: settings.LINK_TIMEOUT_MS,
    shortNumber: settings.LINK2_SHORT_NUMBER,
  };
}
