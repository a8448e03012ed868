// Every environment variable: name, form, default, whether it is a secret. Rules between them: the files beside
// this one; those of a vendor's account: the settings.ts of its adapter.
import type { z } from 'zod';
import type { AccountSetting } from '../adapters/http/account-settings.ts';
import { VENDORS } from './vendors.ts';
import * as format from './formats.ts';

export interface Setting {
  readonly format: z.ZodType;
  /** as it would be written in the environment; absent: there is none */
  readonly fallback?: string;
  readonly secret?: true;
}

/** Those that no vendor owns. */
const OWN_SETTINGS = {
  PORT: { format: format.port, fallback: '8080' },
  HOST: { format: format.text, fallback: '127.0.0.1' },
  PUBLIC_URL: { format: format.webUrl },
  TRUSTED_PROXIES: { format: format.addresses, fallback: 'none' },
  DATA_DIR: { format: format.text, fallback: '.sms2pay' },
  DATABASE_URL: { format: format.databaseUrl, secret: true },
  LOG_LEVEL: { format: format.logLevel },
  SIMULATOR: { format: format.onOff },
  SIMULATOR_PUBLIC: { format: format.onOff, fallback: 'off' },
  DATABASE_CONNECTIONS: { format: format.connections, fallback: '10' },
  WORKER_CACHED_SESSIONS: { format: format.cachedSessions, fallback: '500' },
  RECONCILE_EVERY: { format: format.everySoOften, fallback: '1h' },

  TEMPORAL_ADDRESS: { format: format.hostAndPort },
  TEMPORAL_NAMESPACE: { format: format.text, fallback: 'default' },
  TEMPORAL_API_KEY: { format: format.text, secret: true },
  TEMPORAL_TLS: { format: format.onOff },
  TEMPORAL_TLS_CLIENT_CERT_PATH: { format: format.text },
  TEMPORAL_TLS_CLIENT_KEY_PATH: { format: format.text },
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: { format: format.text },
  TEMPORAL_CLI_PATH: { format: format.text },

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

const VENDOR_SETTINGS: Readonly<Record<string, Setting>> = Object.fromEntries(
  Object.values(VENDORS).flatMap(({ settings }) =>
    Object.values<AccountSetting>(settings).map((setting) => [setting.name, setting]),
  ),
);

export const SETTINGS = { ...OWN_SETTINGS, ...VENDOR_SETTINGS };
export const SETTING_NAMES: readonly string[] = Object.keys(SETTINGS);

type OwnName = keyof typeof OWN_SETTINGS;
type Parsed<Name extends OwnName> = z.output<(typeof OWN_SETTINGS)[Name]['format']>;
type Fallback<Name extends OwnName> = (typeof OWN_SETTINGS)[Name] extends { fallback: string } ? never : null;

/** The value of each setting; null where it is neither set nor has a default. */
export type Settings = { readonly [Name in OwnName]: Parsed<Name> | Fallback<Name> } & {
  readonly [vendors: string]: unknown;
};

/** What each setting was given as; a variable that is set but empty counts as not set (compose files pass those). */
export function isGiven(env: Environment, name: string): boolean {
  return (env[name] ?? '').trim() !== '';
}

/** As if these had not been given: null, or the default. */
export function without(settings: Settings, names: readonly string[]): Settings {
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
  unusable: string[];
} {
  const problems: string[] = [];
  const unusable: string[] = [];
  const values: Record<string, unknown> = {};
  for (const [name, setting] of Object.entries<Setting>(SETTINGS)) {
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

export type Environment = Readonly<Record<string, string | undefined>>;

/** A copy of the environment of this process; also what child processes are given. */
export function readEnvironment(): Environment {
  return Object.freeze({ ...process.env });
}

export interface SettingDescription {
  readonly name: string;
  readonly value: string;
  readonly source: 'environment' | 'default' | 'demo' | 'not set';
}

/**
 * Every setting with the value in force and where it comes from; secrets masked. `demoNames`: settings that the simulator
 * fills in where they are not set.
 */
export function describeSettings(
  env: Environment,
  inForce: { simulatorOn: boolean; demoNames: readonly string[] },
): SettingDescription[] {
  return Object.entries<Setting>(SETTINGS).map(([name, setting]) => {
    if (isGiven(env, name))
      return { name, value: shown(name, setting, env[name]?.trim() ?? ''), source: 'environment' };
    if (setting.fallback !== undefined) return { name, value: setting.fallback, source: 'default' };
    if (name === 'LOG_LEVEL') return { name, value: defaultLogLevel(inForce.simulatorOn), source: 'default' };
    if (name === 'SIMULATOR') return { name, value: inForce.simulatorOn ? 'on' : 'off', source: 'default' };
    if (inForce.demoNames.includes(name)) return { name, value: '(simulator)', source: 'demo' };
    return { name, value: '-', source: 'not set' };
  });
}

/** The demo is watched on its pages, an installation through its log. */
export function defaultLogLevel(simulatorOn: boolean): 'warn' | 'info' {
  return simulatorOn ? 'warn' : 'info';
}

/** The description as aligned lines of text. */
export function describe(config: { readonly described: readonly SettingDescription[] }): string {
  const width = (key: 'name' | 'value'): number =>
    Math.max(...config.described.map((line) => line[key].length));
  const [names, values] = [width('name'), width('value')];
  return config.described
    .map((line) => `${line.name.padEnd(names)}  ${line.value.padEnd(values)}  ${line.source}`)
    .join('\n');
}

function shown(name: string, setting: Setting, value: string): string {
  if (name === 'DATABASE_URL') return databaseWithoutCredentials(value);
  return setting.secret ? '(secret)' : value;
}

/** Host and database only: user, password and parameters can all hold secrets. */
function databaseWithoutCredentials(value: string): string {
  if (!URL.canParse(value)) return '(secret)';
  const url = new URL(value);
  return `${url.protocol}//(secret)@${url.host}${url.pathname}`;
}
