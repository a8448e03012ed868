// Owns: which vendors must be set up, whole, and what may not be combined with real ones.
import type { Environment } from './environment.ts';
import { isLoopback, isLoopbackHost } from './formats.ts';
import { LINK2_REQUIRED, LINK_REQUIRED } from './link.ts';
import { PAYCORE_REQUIRED } from './paycore.ts';
import { isGiven, type SettingName, type Settings } from './settings.ts';
import { VIPPS_REQUIRED } from './vipps.ts';

/** Without the simulator a gateway and a payment provider are needed; a vendor's settings come whole or not at all. */
export function missingVendors(env: Environment, simulatorOn: boolean): string[] {
  const absent = (names: readonly SettingName[]): SettingName[] =>
    names.filter((name) => !isGiven(env, name));
  const vendors = simulatorOn
    ? [LINK_REQUIRED, LINK2_REQUIRED, PAYCORE_REQUIRED, VIPPS_REQUIRED]
    : [LINK2_REQUIRED, PAYCORE_REQUIRED, VIPPS_REQUIRED];
  // Half a vendor's settings with the simulator's other half would be neither the demo nor the real thing.
  const halves = vendors.flatMap((names) => {
    const missing = absent(names);
    if (missing.length === 0 || missing.length === names.length) return [];
    const given = names.filter((name) => !missing.includes(name));
    const isStoodIn = simulatorOn && names !== LINK2_REQUIRED;
    const otherwise = isStoodIn ? 'none and the simulator uses its own' : 'none of them';
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

const VENDOR_ADDRESSES = ['LINK_BASE_URL', 'LINK2_BASE_URL', 'PAYCORE_BASE_URL', 'VIPPS_BASE_URL'] as const;

function liveAddresses(settings: Settings): (typeof VENDOR_ADDRESSES)[number][] {
  return VENDOR_ADDRESSES.filter((name) => {
    const address = settings[name];
    return address !== null && !isLoopback(address);
  });
}

/** Addresses to which nothing may be sent with real vendors: secrets and phone numbers would be readable on the way. */
export function plainAddresses(settings: Settings): SettingName[] {
  const live = liveAddresses(settings);
  if (live.length === 0) return [];
  return ([...live, 'PUBLIC_URL'] as const).filter((name) => {
    const address = settings[name];
    return address?.startsWith('http:') && !isLoopback(address);
  });
}
