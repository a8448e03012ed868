// Owns: the whole configuration and the rules between settings. Callers pass the environment in; nobody else reads it.
import { warnAboutSimilarNames } from './similar-names.ts';
import { isLoopback, type PersonalDataKey } from './formats.ts';
import { defaultLogLevel, describeSettings, type SettingDescription } from './describe.ts';
import type { Environment } from './environment.ts';
import { isGiven, readSettings, type SettingName, type Settings } from './settings.ts';

export interface HttpConfig {
  readonly port: number;
  /** false: a taken port may be replaced by a free one */
  readonly portGiven: boolean;
  readonly host: string;
  /** without a slash at the end; null: the address the server turns out to have */
  readonly publicUrl: string | null;
}

export interface TemporalTls {
  readonly certPath: string | null;
  readonly keyPath: string | null;
  readonly caPath: string | null;
}

export interface TemporalConfig {
  /** host:port; null: the embedded dev server */
  readonly address: string | null;
  readonly namespace: string;
  readonly apiKey: string | null;
  /** null: plain text */
  readonly tls: TemporalTls | null;
  /** a `temporal` program to run as the embedded dev server */
  readonly cliPath: string | null;
}

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

export interface VippsConfig {
  readonly baseUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly subscriptionKey: string;
  readonly merchantSerialNumber: string;
  readonly timeoutMs: number;
}

export interface PersonalDataConfig {
  /** never empty; the first one is used for new data */
  readonly keys: readonly PersonalDataKey[];
}

/**
 * `link` and `personalData` are null only with the simulator on: then main fills in the demo's own, and likewise those of
 * `paycore` and `vipps` that are not set. Without the simulator at least one of these two is set. (Read without
 * vendors, see `parseConfig`, none of the three vendors is there.)
 */
export interface Config {
  readonly http: HttpConfig;
  readonly dataDir: string;
  /** null: PGlite in the data directory */
  readonly databaseUrl: string | null;
  readonly temporal: TemporalConfig;
  readonly simulator: { readonly on: boolean };
  readonly link: LinkConfig | null;
  readonly paycore: PaycoreConfig | null;
  readonly vipps: VippsConfig | null;
  readonly personalData: PersonalDataConfig | null;
  readonly logLevel: NonNullable<Settings['LOG_LEVEL']>;
  /** sentences for the person who starts the process */
  readonly warnings: readonly string[];
  /** every setting as it may be shown: secrets are masked already */
  readonly described: readonly SettingDescription[];
}

/** All that is wrong with the environment, one line each. Holds no value of any setting. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(['The configuration cannot be used:', ...problems.map((line) => `  - ${line}`)].join('\n'));
    this.problems = problems;
  }
}

const LINK_REQUIRED = [
  'LINK_BASE_URL',
  'LINK_USERNAME',
  'LINK_PASSWORD',
  'LINK_PLATFORM_ID',
  'LINK_PLATFORM_PARTNER_ID',
  'LINK_WEBHOOK_USERNAME',
  'LINK_WEBHOOK_PASSWORD',
] as const satisfies readonly SettingName[];

const PAYCORE_REQUIRED = [
  'PAYCORE_BASE_URL',
  'PAYCORE_PARTNER_ID',
  'PAYCORE_SECRET',
  'PAYCORE_CALLBACK_USERNAME',
  'PAYCORE_CALLBACK_PASSWORD',
] as const satisfies readonly SettingName[];

const VIPPS_REQUIRED = [
  'VIPPS_BASE_URL',
  'VIPPS_CLIENT_ID',
  'VIPPS_CLIENT_SECRET',
  'VIPPS_SUBSCRIPTION_KEY',
  'VIPPS_MERCHANT_SERIAL_NUMBER',
] as const satisfies readonly SettingName[];

/**
 * The configuration that `env` (the process environment) asks for, frozen. Throws `ConfigError` with ALL problems at
 * once, so that nobody mends them one start at a time. `vendors: false` is for work on the database and Temporal alone:
 * nothing is then required for serving customers, and no vendor account is read.
 */
export function parseConfig(env: Environment, { vendors = true }: { vendors?: boolean } = {}): Config {
  const { settings, problems } = readSettings(env);
  const simulatorOn = settings.SIMULATOR ?? settings.DATABASE_URL === null;
  if (vendors) problems.push(...missingVendors(env, simulatorOn));
  problems.push(...temporalProblems(env), ...liveProblems(env, settings, simulatorOn));
  if (problems.length > 0) throw new ConfigError(problems);

  const link = vendors ? linkConfig(settings) : null;
  const paycore = vendors ? paycoreConfig(settings) : null;
  const vipps = vendors ? vippsConfig(settings) : null;
  const personalData = settings.PERSONAL_DATA_KEYS && { keys: settings.PERSONAL_DATA_KEYS };
  const byDemo = { LINK_: link, PAYCORE_: paycore, VIPPS_: vipps, PERSONAL_DATA_: personalData };
  const demoPrefixes = simulatorOn
    ? Object.entries(byDemo).flatMap(([prefix, slice]) => (slice === null ? [prefix] : []))
    : [];
  return deepFreeze<Config>({
    http: {
      port: settings.PORT,
      portGiven: isGiven(env, 'PORT'),
      host: settings.HOST,
      publicUrl: settings.PUBLIC_URL,
    },
    dataDir: settings.DATA_DIR,
    databaseUrl: settings.DATABASE_URL,
    temporal: temporalConfig(settings),
    simulator: { on: simulatorOn },
    link,
    paycore,
    vipps,
    personalData,
    logLevel: settings.LOG_LEVEL ?? defaultLogLevel(simulatorOn),
    warnings: warnings(env, settings),
    described: describeSettings(env, { simulatorOn, demoPrefixes }),
  });
}

function missingVendors(env: Environment, simulatorOn: boolean): string[] {
  const absent = (names: readonly SettingName[]): SettingName[] =>
    names.filter((name) => !isGiven(env, name));
  const vendors = simulatorOn
    ? [LINK_REQUIRED, PAYCORE_REQUIRED, VIPPS_REQUIRED]
    : [PAYCORE_REQUIRED, VIPPS_REQUIRED];
  // Half a vendor's settings with the simulator's other half would be neither the demo nor the real thing.
  const halves = vendors.flatMap((names) => {
    const missing = absent(names);
    if (missing.length === 0 || missing.length === names.length) return [];
    const given = names.filter((name) => !missing.includes(name));
    const otherwise = simulatorOn ? 'none and the simulator uses its own' : 'none of them';
    return [`${given.join(', ')} set without ${missing.join(', ')}: set all of them, or ${otherwise}.`];
  });
  if (simulatorOn) return halves;
  const missing = absent(['PUBLIC_URL', 'PERSONAL_DATA_KEYS', ...LINK_REQUIRED]);
  const noProvider = [PAYCORE_REQUIRED, VIPPS_REQUIRED].every(
    (names) => absent(names).length === names.length,
  );
  return [
    ...(missing.length === 0
      ? []
      : [
          `Without the simulator these must be set: ${missing.join(', ')}. To try sms2pay without vendors, set SIMULATOR=on.`,
        ]),
    ...(noProvider
      ? [
          `Without the simulator a payment provider must be set: either ${PAYCORE_REQUIRED.join(', ')}, or ${VIPPS_REQUIRED.join(', ')}.`,
        ]
      : []),
    ...halves,
  ];
}

function temporalProblems(env: Environment): string[] {
  const problems: string[] = [];
  const given = (name: SettingName): boolean => isGiven(env, name);
  const needAddress: SettingName[] = ['TEMPORAL_API_KEY', 'TEMPORAL_TLS', 'TEMPORAL_TLS_CLIENT_CERT_PATH'];
  for (const name of needAddress) {
    if (given(name) && !given('TEMPORAL_ADDRESS'))
      problems.push(`${name} is set without TEMPORAL_ADDRESS: set the address of that Temporal server.`);
  }
  if (given('TEMPORAL_TLS_CLIENT_CERT_PATH') !== given('TEMPORAL_TLS_CLIENT_KEY_PATH'))
    problems.push('TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH must be set together.');
  return problems;
}

/** What may not be combined with vendors that move real money and send real texts. */
function liveProblems(env: Environment, settings: Settings, simulatorOn: boolean): string[] {
  const live = (['LINK_BASE_URL', 'PAYCORE_BASE_URL', 'VIPPS_BASE_URL'] as const).filter((name) => {
    const address = settings[name];
    return address !== null && !isLoopback(address);
  });
  if (live.length === 0) return [];
  const problems: string[] = [];
  const names = live.join(' and ');
  if (simulatorOn)
    problems.push(
      `${names} must not name a real vendor while the simulator is on (its phone page could move real money): set SIMULATOR=off, or remove the vendor settings.`,
    );
  const embedded: string[] = [];
  if (!isGiven(env, 'DATABASE_URL'))
    embedded.push('DATABASE_URL (PostgreSQL instead of the embedded PGlite)');
  if (!isGiven(env, 'TEMPORAL_ADDRESS'))
    embedded.push('TEMPORAL_ADDRESS (a Temporal server instead of the embedded dev server)');
  if (embedded.length > 0)
    problems.push(
      `${names} may name a real vendor only with ${embedded.join(' and ')}: the embedded ones do not survive power loss, and money would be lost from sight.`,
    );
  for (const name of [...live, 'PUBLIC_URL'] as const) {
    if (settings[name]?.startsWith('http:') && !isLoopback(settings[name]))
      problems.push(`${name} must be an https address when real vendors are used.`);
  }
  return problems;
}

function temporalConfig(settings: Settings): TemporalConfig {
  const tls: TemporalTls = {
    certPath: settings.TEMPORAL_TLS_CLIENT_CERT_PATH,
    keyPath: settings.TEMPORAL_TLS_CLIENT_KEY_PATH,
    caPath: settings.TEMPORAL_TLS_SERVER_CA_CERT_PATH,
  };
  const impliesTls = settings.TEMPORAL_API_KEY !== null || tls.certPath !== null || tls.caPath !== null;
  return {
    address: settings.TEMPORAL_ADDRESS,
    namespace: settings.TEMPORAL_NAMESPACE,
    apiKey: settings.TEMPORAL_API_KEY,
    tls: (settings.TEMPORAL_TLS ?? impliesTls) ? tls : null,
    cliPath: settings.TEMPORAL_CLI_PATH,
  };
}

function linkConfig(settings: Settings): LinkConfig | null {
  const baseUrl = settings.LINK_BASE_URL;
  if (baseUrl === null) return null;
  return {
    baseUrl,
    username: needed(settings, 'LINK_USERNAME'),
    password: needed(settings, 'LINK_PASSWORD'),
    platformId: needed(settings, 'LINK_PLATFORM_ID'),
    platformPartnerId: needed(settings, 'LINK_PLATFORM_PARTNER_ID'),
    deliveryGateId: settings.LINK_DELIVERY_GATE_ID,
    webhookUsername: needed(settings, 'LINK_WEBHOOK_USERNAME'),
    webhookPassword: needed(settings, 'LINK_WEBHOOK_PASSWORD'),
    timeoutMs: settings.LINK_TIMEOUT_MS,
  };
}

function paycoreConfig(settings: Settings): PaycoreConfig | null {
  const baseUrl = settings.PAYCORE_BASE_URL;
  if (baseUrl === null) return null;
  return {
    baseUrl,
    partnerId: needed(settings, 'PAYCORE_PARTNER_ID'),
    secretBase64: needed(settings, 'PAYCORE_SECRET'),
    callbackUsername: needed(settings, 'PAYCORE_CALLBACK_USERNAME'),
    callbackPassword: needed(settings, 'PAYCORE_CALLBACK_PASSWORD'),
    providerName: settings.PAYCORE_PROVIDER_NAME,
    timeoutMs: settings.PAYCORE_TIMEOUT_MS,
  };
}

function vippsConfig(settings: Settings): VippsConfig | null {
  const baseUrl = settings.VIPPS_BASE_URL;
  if (baseUrl === null) return null;
  return {
    baseUrl,
    clientId: needed(settings, 'VIPPS_CLIENT_ID'),
    clientSecret: needed(settings, 'VIPPS_CLIENT_SECRET'),
    subscriptionKey: needed(settings, 'VIPPS_SUBSCRIPTION_KEY'),
    merchantSerialNumber: needed(settings, 'VIPPS_MERCHANT_SERIAL_NUMBER'),
    timeoutMs: settings.VIPPS_TIMEOUT_MS,
  };
}

function needed<Name extends SettingName>(settings: Settings, name: Name): NonNullable<Settings[Name]> {
  const value = settings[name];
  if (value === null) throw new Error(`${name} was not checked`);
  return value;
}

function warnings(env: Environment, settings: Settings): string[] {
  const lines = warnAboutSimilarNames(env);
  if (settings.TEMPORAL_ADDRESS !== null && settings.TEMPORAL_CLI_PATH !== null)
    lines.push('TEMPORAL_CLI_PATH has no effect: TEMPORAL_ADDRESS names a server that runs already.');
  return lines;
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}
