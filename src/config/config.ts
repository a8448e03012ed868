// The whole configuration, put together from the parts. Callers pass the environment in; nobody else reads it.
import {
  liveProblems,
  missingVendors,
  openSimulatorProblems,
  plainAddresses,
  temporalConfig,
  type TemporalConfig,
  temporalProblems,
  warnAboutSimilarNames,
} from './rules.ts';
import type { PersonalDataKey } from './formats.ts';
import {
  defaultLogLevel,
  describeSettings,
  type Environment,
  isGiven,
  readSettings,
  type SettingDescription,
  type Settings,
  without,
} from './settings.ts';
import { readAccounts, type Vendor, type VendorAccounts, VENDORS } from './vendors.ts';

export interface HttpConfig {
  readonly port: number;
  /** false: a port in use may be replaced by a free one */
  readonly portGiven: boolean;
  readonly host: string;
  /** without a slash at the end; null: the address the server turns out to have */
  readonly publicUrl: string | null;
  /** addresses, or address/prefix, of proxies whose `X-Forwarded-For` is believed */
  readonly trustedProxies: readonly string[];
}

interface PersonalDataConfig {
  /** never empty; the first one is used for new data */
  readonly keys: readonly PersonalDataKey[];
}

/**
 * `personalData` is null only with the simulator on, and the accounts of vendors are: then main fills in the demo's own.
 * Without the simulator a gateway and a payment provider are set. (Read without vendors, see `parseConfig`, none is.)
 */
export interface Config extends VendorAccounts {
  readonly http: HttpConfig;
  readonly limits: Readonly<ReturnType<typeof limitsConfig>>;
  readonly dataDir: string;
  /** null: PGlite in the data directory */
  readonly databaseUrl: string | null;
  readonly temporal: TemporalConfig;
  readonly simulator: { readonly on: boolean };
  /** of this process at most; PGlite has one */
  readonly databaseConnections: number;
  /** open sessions that a worker keeps in memory */
  readonly workerCachedSessions: number;
  /** how often our payments are compared with the providers' */
  readonly reconcileEveryMs: number;
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

/** What can be used of an environment, whatever else is wrong with it. */
export interface InspectedConfig {
  /** every part that can be used, frozen; a vendor whose settings are not whole is null */
  readonly config: Config;
  readonly problems: readonly string[];
  /** what was given and cannot be used; in `config` it is as if it were not set */
  readonly unusable: readonly string[];
}

/**
 * The configuration that `env` (the process environment) asks for, frozen. Throws `ConfigError` with ALL problems at
 * once, so that nobody fixes them one start at a time. `vendors: false` is for work on the database and Temporal alone:
 * nothing is then required for serving customers, and no vendor account is read.
 */
export function parseConfig(env: Environment, options: { vendors?: boolean } = {}): Config {
  const { config, problems } = inspectConfig(env, options);
  if (problems.length > 0) throw new ConfigError(problems);
  return config;
}

/** For the doctor: never throws. Nothing may be served with a configuration that has problems. */
export function inspectConfig(
  env: Environment,
  { vendors = true }: { vendors?: boolean } = {},
): InspectedConfig {
  const read = readSettings(env);
  const simulatorOn = read.settings.SIMULATOR ?? !isGiven(env, 'DATABASE_URL');
  const unsafe = plainAddresses(read.settings);
  const problems = [
    ...read.problems,
    ...(vendors ? missingVendors(env, simulatorOn) : []),
    ...(vendors ? openSimulatorProblems(read.settings, simulatorOn) : []),
    ...temporalProblems(env),
    ...liveProblems(env, read.settings, simulatorOn),
  ];
  const unusable = [...read.unusable, ...unsafe];
  const settings = without(read.settings, unusable);
  return { config: configOf(env, settings, { simulatorOn, vendors }), problems, unusable };
}

function configOf(
  env: Environment,
  settings: Settings,
  { simulatorOn, vendors }: { simulatorOn: boolean; vendors: boolean },
): Config {
  const accounts = readAccounts(vendors ? settings : {});
  const personalData = settings.PERSONAL_DATA_KEYS && { keys: settings.PERSONAL_DATA_KEYS };
  const demoNames = simulatorOn
    ? [...(personalData ? [] : ['PERSONAL_DATA_KEYS']), ...standInNames(accounts)]
    : [];
  return deepFreeze<Config>({
    http: {
      port: settings.PORT,
      portGiven: isGiven(env, 'PORT'),
      host: settings.HOST,
      publicUrl: settings.PUBLIC_URL,
      trustedProxies: settings.TRUSTED_PROXIES,
    },
    limits: limitsConfig(settings),
    dataDir: settings.DATA_DIR,
    databaseUrl: settings.DATABASE_URL,
    temporal: temporalConfig(settings),
    simulator: { on: simulatorOn },
    databaseConnections: settings.DATABASE_CONNECTIONS,
    workerCachedSessions: settings.WORKER_CACHED_SESSIONS,
    reconcileEveryMs: settings.RECONCILE_EVERY,
    ...accounts,
    personalData,
    logLevel: settings.LOG_LEVEL ?? defaultLogLevel(simulatorOn),
    warnings: warnings(env, settings),
    described: describeSettings(env, { simulatorOn, demoNames }),
  });
}

/** Settings of the accounts that the simulator's stand-ins take the place of. */
function standInNames(accounts: VendorAccounts): string[] {
  const given: Readonly<Record<string, object | null>> = accounts;
  return Object.entries<Vendor>(VENDORS).flatMap(([name, { simulated, settings }]) =>
    simulated && given[name] === null ? Object.values(settings).map((setting) => setting.name) : [],
  );
}

function warnings(env: Environment, settings: Settings): string[] {
  const lines = warnAboutSimilarNames(env);
  if (settings.TEMPORAL_ADDRESS !== null && settings.TEMPORAL_CLI_PATH !== null)
    lines.push('TEMPORAL_CLI_PATH has no effect: TEMPORAL_ADDRESS names a server that runs already.');
  // We speak plain HTTP only, so an https address means a proxy in front, and every visitor would have its address.
  if (settings.PUBLIC_URL?.startsWith('https:') && !isGiven(env, 'TRUSTED_PROXIES'))
    lines.push(
      'PUBLIC_URL is https, so a proxy stands in front: name it in TRUSTED_PROXIES (or set it to none), or all visitors are limited as one.',
    );
  return lines;
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null) return value;
  for (const part of Object.values(value)) deepFreeze(part);
  return Object.freeze(value);
}

function limitsConfig(settings: Settings) {
  return {
    http: {
      pageViewsPerMinute: settings.LIMIT_PAGE_VIEWS_PER_MINUTE,
      wrongLinksPerMinute: settings.LIMIT_WRONG_LINKS_PER_MINUTE,
      opensPerMinute: settings.LIMIT_OPENS_PER_MINUTE,
      failedLoginsPerMinute: settings.LIMIT_FAILED_LOGINS_PER_MINUTE,
      callbacksPerMinute: settings.LIMIT_CALLBACKS_PER_MINUTE,
    },
    texts: {
      startsPerHour: settings.LIMIT_STARTS_PER_HOUR,
      sessionTextsPerHour: settings.LIMIT_SESSION_TEXTS_PER_HOUR,
      otherTextsPerMinute: settings.LIMIT_OTHER_TEXTS_PER_MINUTE,
      repliesPerHour: settings.LIMIT_REPLIES_PER_HOUR,
    },
  };
}

/** A wrong use of a command; the message is for the person at the terminal. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
