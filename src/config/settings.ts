// Owns: the list of every environment variable: name, form, default, whether it is a secret. Rules between them: the files beside this one.
import type { z } from 'zod';
import type { Environment } from './environment.ts';
import * as format from './formats.ts';

export interface Setting {
  readonly format: z.ZodType;
  /** as it would be written in the environment; absent: there is none */
  readonly fallback?: string;
  readonly secret?: true;
}

export const SETTINGS = {
  PORT: { format: format.port, fallback: '8080' },
  HOST: { format: format.text, fallback: '127.0.0.1' },
  PUBLIC_URL: { format: format.webUrl },
  TRUSTED_PROXIES: { format: format.addresses, fallback: 'none' },
  DATA_DIR: { format: format.text, fallback: '.sms2pay' },
  DATABASE_URL: { format: format.databaseUrl, secret: true },
  LOG_LEVEL: { format: format.logLevel },
  SIMULATOR: { format: format.onOff },
  SIMULATOR_PUBLIC: { format: format.onOff, fallback: 'off' },
  RECONCILE_EVERY: { format: format.everySoOften, fallback: '1h' },

  TEMPORAL_ADDRESS: { format: format.hostAndPort },
  TEMPORAL_NAMESPACE: { format: format.text, fallback: 'default' },
  TEMPORAL_API_KEY: { format: format.text, secret: true },
  TEMPORAL_TLS: { format: format.onOff },
  TEMPORAL_TLS_CLIENT_CERT_PATH: { format: format.text },
  TEMPORAL_TLS_CLIENT_KEY_PATH: { format: format.text },
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: { format: format.text },
  TEMPORAL_CLI_PATH: { format: format.text },

  LINK_BASE_URL: { format: format.webUrl },
  LINK_USERNAME: { format: format.text },
  LINK_PASSWORD: { format: format.text, secret: true },
  LINK_PLATFORM_ID: { format: format.text },
  LINK_PLATFORM_PARTNER_ID: { format: format.text },
  LINK_DELIVERY_GATE_ID: { format: format.text },
  LINK_WEBHOOK_USERNAME: { format: format.text },
  LINK_WEBHOOK_PASSWORD: { format: format.text, secret: true },
  LINK_TIMEOUT_MS: { format: format.timeoutMs, fallback: '10000' },
  LINK2_BASE_URL: { format: format.webUrl },
  LINK2_USERNAME: { format: format.text },
  LINK2_PASSWORD: { format: format.text, secret: true },
  LINK2_PLATFORM_ID: { format: format.text },
  LINK2_PLATFORM_PARTNER_ID: { format: format.text },
  LINK2_DELIVERY_GATE_ID: { format: format.text },
  LINK2_WEBHOOK_USERNAME: { format: format.text },
  LINK2_WEBHOOK_PASSWORD: { format: format.text, secret: true },
  LINK2_SHORT_NUMBER: { format: format.shortNumber },

  PAYCORE_BASE_URL: { format: format.webUrl },
  PAYCORE_PARTNER_ID: { format: format.partnerNumber },
  PAYCORE_SECRET: { format: format.base64Secret, secret: true },
  PAYCORE_CALLBACK_USERNAME: { format: format.urlSafeText },
  PAYCORE_CALLBACK_PASSWORD: { format: format.urlSafeText, secret: true },
  PAYCORE_PROVIDER_NAME: { format: format.paycoreProvider, fallback: 'Vipps' },
  PAYCORE_TIMEOUT_MS: { format: format.timeoutMs, fallback: '10000' },

  VIPPS_BASE_URL: { format: format.webUrl },
  VIPPS_CLIENT_ID: { format: format.text },
  VIPPS_CLIENT_SECRET: { format: format.text, secret: true },
  VIPPS_SUBSCRIPTION_KEY: { format: format.text, secret: true },
  VIPPS_MERCHANT_SERIAL_NUMBER: { format: format.merchantSerialNumber },
  VIPPS_TIMEOUT_MS: { format: format.timeoutMs, fallback: '10000' },

  LIMIT_PAGE_VIEWS_PER_MINUTE: { format: format.limit, fallback: '600' },
  LIMIT_WRONG_LINKS_PER_MINUTE: { format: format.limit, fallback: '20' },
  LIMIT_OPENS_PER_MINUTE: { format: format.limit, fallback: '10' },
  LIMIT_FAILED_LOGINS_PER_MINUTE: { format: format.limit, fallback: '20' },
  LIMIT_CALLBACKS_PER_MINUTE: { format: format.limit, fallback: '3000' },
  LIMIT_STARTS_PER_HOUR: { format: format.limit, fallback: '10' },
  LIMIT_SESSION_TEXTS_PER_HOUR: { format: format.limit, fallback: '10' },
  LIMIT_OTHER_TEXTS_PER_MINUTE: { format: format.limit, fallback: '10' },
  LIMIT_REPLIES_PER_HOUR: { format: format.limit, fallback: '6' },

  PERSONAL_DATA_KEYS: { format: format.personalDataKeys, secret: true },
} as const satisfies Record<string, Setting>;

export type SettingName = keyof typeof SETTINGS;
export const SETTING_NAMES = Object.keys(SETTINGS) as readonly SettingName[];

type Parsed<Name extends SettingName> = z.output<(typeof SETTINGS)[Name]['format']>;
type Fallback<Name extends SettingName> = (typeof SETTINGS)[Name] extends { fallback: string } ? never : null;

/** The value of each setting; null where it is neither set nor has a default. */
export type Settings = { readonly [Name in SettingName]: Parsed<Name> | Fallback<Name> };

/** The settings of these names when every one of them is there. */
export function whole<Name extends SettingName>(
  settings: Settings,
  names: readonly Name[],
): { readonly [Each in Name]: NonNullable<Settings[Each]> } | null {
  const given: Partial<Record<Name, unknown>> = {};
  for (const name of names) {
    if (settings[name] === null) return null;
    given[name] = settings[name];
  }
  return given as { readonly [Each in Name]: NonNullable<Settings[Each]> };
}

/** What each setting was given as; a variable that is set but empty counts as not set (compose files pass those). */
export function isGiven(env: Environment, name: SettingName): boolean {
  return (env[name] ?? '').trim() !== '';
}

/** As if these had not been given: null, or the default. */
export function without(settings: Settings, names: readonly SettingName[]): Settings {
  const { settings: defaults } = readSettings({});
  return { ...settings, ...Object.fromEntries(names.map((name) => [name, defaults[name]])) };
}

/**
 * Reads every setting by itself. A malformed one is null, is named in `unusable`, and has a line in `problems`, which
 * never holds its value.
 */
export function readSettings(env: Environment): {
  settings: Settings;
  problems: string[];
  unusable: SettingName[];
} {
  const problems: string[] = [];
  const unusable: SettingName[] = [];
  const values: Partial<Record<SettingName, unknown>> = {};
  for (const name of SETTING_NAMES) {
    const setting: Setting = SETTINGS[name];
    const written = isGiven(env, name) ? env[name]?.trim() : setting.fallback;
    if (written === undefined) {
      values[name] = null;
      continue;
    }
    const result = setting.format.safeParse(written);
    values[name] = result.success ? result.data : null;
    if (result.success) continue;
    unusable.push(name);
    problems.push(`${name} ${result.error.issues[0]?.message ?? 'cannot be read'}.`);
  }
  return { settings: values as Settings, problems, unusable };
}
