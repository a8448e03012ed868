// What must be set together and what may not: vendors, the simulator, Temporal; and names that look like a misspelt setting.
import { type Environment, isGiven, SETTING_NAMES, type Settings } from './settings.ts';
import { isLoopback, isLoopbackHost } from './formats.ts';
import {
  PAYMENT_PROVIDERS,
  requiredNames,
  SMS_GATEWAYS,
  type SmsGatewayVendor,
  type Vendor,
  VENDORS,
} from './vendors.ts';

/** Without the simulator a gateway and a payment provider are needed; an account's settings come whole or not at all. */
export function missingVendors(env: Environment, simulatorOn: boolean): string[] {
  const absent = (names: readonly string[]): string[] => names.filter((name) => !isGiven(env, name));
  // Half of an account's settings with the simulator's other half would be neither the demo nor the real thing.
  const halves = Object.values<Vendor>(VENDORS).flatMap(({ settings, simulated }) => {
    const names = requiredNames(settings);
    const missing = absent(names);
    if (missing.length === 0 || missing.length === names.length) return [];
    const given = names.filter((name) => !missing.includes(name));
    const otherwise = simulatorOn && simulated ? 'none and the simulator uses its own' : 'none of them';
    return [`${given.join(', ')} set without ${missing.join(', ')}: set all of them, or ${otherwise}.`];
  });
  if (simulatorOn) return halves;
  /** The settings of each vendor, any of which would do; empty when one is there, if only half. */
  const alternatives = (vendors: readonly Vendor[]): string[] => {
    const sets = vendors.map(({ settings }) => requiredNames(settings));
    return sets.every((names) => absent(names).length === names.length)
      ? sets.map((names) => names.join(', '))
      : [];
  };
  const gateways = alternatives(
    Object.values<SmsGatewayVendor>(SMS_GATEWAYS).filter((vendor) => !('resendsFrom' in vendor)),
  );
  const providers = alternatives(Object.values(PAYMENT_PROVIDERS));
  const missing = [
    ...absent(['PUBLIC_URL', 'PERSONAL_DATA_KEYS']),
    ...(gateways.length === 0 ? [] : [gateways.join(', or ')]),
  ];
  return [
    ...(missing.length === 0
      ? []
      : [
          `Without the simulator these must be set: ${missing.join(', ')}. To try sms2pay without vendors, set SIMULATOR=on.`,
        ]),
    ...(providers.length === 0
      ? []
      : [`Without the simulator a payment provider must be set: either ${providers.join(', or ')}.`]),
    ...halves,
  ];
}

/** Everybody who reaches the simulator plays customer, gateway and wallet: an operator must want that. */
export function openSimulatorProblems(settings: Settings, simulatorOn: boolean): string[] {
  if (!simulatorOn || settings.SIMULATOR_PUBLIC || isLoopbackHost(settings.HOST)) return [];
  return [
    'HOST opens the simulator to other machines: everybody who reaches it can read and send its texts and approve its payments. Set SIMULATOR_PUBLIC=on if that is meant, leave HOST out, or set SIMULATOR=off.',
  ];
}

/** What may not be combined with vendors that move real money and send real texts. */
export function liveProblems(env: Environment, settings: Settings, simulatorOn: boolean): string[] {
  const live = liveAddresses(settings);
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
  return [
    ...problems,
    ...plainAddresses(settings).map((name) => `${name} must be an https address when real vendors are used.`),
  ];
}

/** The settings that name a vendor outside this machine. */
function liveAddresses(settings: Settings): string[] {
  return Object.values<Vendor>(VENDORS)
    .map((vendor) => vendor.settings.baseUrl.name)
    .filter((name) => typeof settings[name] === 'string' && !isLoopback(settings[name]));
}

/** Addresses to which nothing may be sent with real vendors: secrets and phone numbers would be readable on the way. */
export function plainAddresses(settings: Settings): string[] {
  const live = liveAddresses(settings);
  if (live.length === 0) return [];
  return [...live, 'PUBLIC_URL'].filter((name) => {
    const address = settings[name];
    return typeof address === 'string' && address.startsWith('http:') && !isLoopback(address);
  });
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

export function temporalProblems(env: Environment): string[] {
  const problems: string[] = [];
  const given = (name: string): boolean => isGiven(env, name);
  const needAddress: string[] = ['TEMPORAL_API_KEY', 'TEMPORAL_TLS', 'TEMPORAL_TLS_CLIENT_CERT_PATH'];
  for (const name of needAddress) {
    if (given(name) && !given('TEMPORAL_ADDRESS'))
      problems.push(`${name} is set without TEMPORAL_ADDRESS: set the address of that Temporal server.`);
  }
  if (given('TEMPORAL_TLS_CLIENT_CERT_PATH') !== given('TEMPORAL_TLS_CLIENT_KEY_PATH'))
    problems.push('TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH must be set together.');
  return problems;
}

export function temporalConfig(settings: Settings): TemporalConfig {
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

const SHORTEST_COMPARED = 6;

/** One sentence for each variable whose name nearly is a setting's. */
export function warnAboutSimilarNames(env: Environment): string[] {
  const known: readonly string[] = SETTING_NAMES;
  return Object.keys(env)
    .filter((name) => !known.includes(name))
    .flatMap((name) => {
      const meant = known.find((setting) => looksLike(name, setting));
      return meant === undefined
        ? []
        : [`${name} is not a setting and has no effect: did you mean ${meant}?`];
    });
}

function looksLike(name: string, setting: string): boolean {
  // Short names are near to everything: HOME is not a misspelt HOST.
  if (setting.length < SHORTEST_COMPARED) return false;
  return isWithin(setting.length > 8 ? 2 : 1, name.toUpperCase(), setting);
}

/** Whether so many steps lead from one word to the other: a letter added, left out or replaced, two neighbours swapped. */
function isWithin(steps: number, a: string, b: string): boolean {
  if (a === b) return true;
  if (steps < 0 || Math.abs(a.length - b.length) > steps) return false;
  if (a[0] === b[0]) return isWithin(steps, a.slice(1), b.slice(1));
  const isSwapped = a[0] === b[1] && a[1] === b[0];
  return (
    isWithin(steps - 1, a.slice(1), b) ||
    isWithin(steps - 1, a, b.slice(1)) ||
    isWithin(steps - 1, a.slice(1), b.slice(1)) ||
    (isSwapped && isWithin(steps - 1, a.slice(2), b.slice(2)))
  );
}
