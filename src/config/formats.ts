// The written form of each kind of setting. Every message is an instruction and never holds the value.
import { isIP, isIPv4 } from 'node:net';
import { z } from 'zod';
import { parseDurationMs } from '../domain/instant.ts';

export { text, webUrl } from '../adapters/http/account-settings.ts';

const MAX_PORT = 65_535;
const PERSONAL_DATA_KEY_BYTES = 32;

export const port = z
  .string()
  .regex(/^\d{1,5}$/, `must be a whole number from 0 (any free port) to ${MAX_PORT}`)
  .transform(Number)
  .refine((value) => value <= MAX_PORT, `must be a whole number from 0 (any free port) to ${MAX_PORT}`);

const MAX_LIMIT = 1_000_000;

export const limit = z
  .string()
  .regex(/^\d{1,7}$/, `must be a whole number from 1 to ${MAX_LIMIT}`)
  .transform(Number)
  .refine((value) => value >= 1 && value <= MAX_LIMIT, `must be a whole number from 1 to ${MAX_LIMIT}`);

function wholeNumber(least: number, most: number) {
  const message = `must be a whole number from ${least} to ${most}`;
  return z
    .string()
    .regex(/^\d{1,6}$/, message)
    .transform(Number)
    .refine((value) => value >= least && value <= most, message);
}

/** PostgreSQL itself is slow with thousands. */
export const connections = wholeNumber(1, 1_000);
/** The SDK needs two to work at all. */
export const cachedSessions = wholeNumber(2, 100_000);

/** IP addresses, or address/prefix, separated by commas; `none` is none. */
export const addresses = z
  .string()
  .transform((value) => (value === 'none' ? [] : value.split(',').map((entry) => entry.trim())))
  .refine((entries) => entries.every(isAddressOrNetwork), {
    error: 'must be "none", or IP addresses or networks like 10.0.0.0/8, separated by commas',
  });
/** How often something is done: a length of time as people write it. */
export const everySoOften = z.string().transform((value, context) => {
  const everyMs = parseDurationMs(value);
  if (everyMs !== null && everyMs >= 60_000) return everyMs;
  context.addIssue({
    code: 'custom',
    message: 'must be a length of time such as 30m, 1h or 1d, at least 1m',
  });
  return z.NEVER;
});

export const onOff = z
  .enum(['on', 'off'], { error: 'must be "on" or "off"' })
  .transform((value) => value === 'on');

export const logLevel = z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], {
  error: 'must be one of trace, debug, info, warn, error, fatal, silent',
});

export const databaseUrl = z
  .string()
  .refine(isPostgresUrl, 'must be an address like postgres://user:password@host:5432/database');

export const hostAndPort = z
  .string()
  .regex(/^(\[[0-9a-fA-F:.]+\]|[^\s/:@[\]]+):\d{1,5}$/, 'must be host:port, for example localhost:7233');

/** One key set for personal data. Both keys are base64 of 32 bytes. */
export interface PersonalDataKey {
  /** stored with each encrypted value, so that keys can be changed */
  readonly id: string;
  readonly encryptionKeyBase64: string;
  readonly lookupKeyBase64: string;
}

/** `id:encryption:lookup`, several with commas; the first one is used for new data, the others to read old data. */
export const personalDataKeys = z.string().transform((value, context): readonly PersonalDataKey[] => {
  const keys = value.split(',').map((entry) => parsePersonalDataKey(entry.trim()));
  const ids = new Set(keys.map((key) => key?.id));
  if (keys.includes(null)) {
    context.addIssue(
      `must be id:encryption:lookup, several separated by commas; each key is base64 of ${PERSONAL_DATA_KEY_BYTES} random bytes (openssl rand -base64 ${PERSONAL_DATA_KEY_BYTES}), and the two differ`,
    );
    return z.NEVER;
  }
  if (ids.size !== keys.length) {
    context.addIssue('must not name the same key id twice');
    return z.NEVER;
  }
  return keys.filter((key) => key !== null);
});

function parsePersonalDataKey(entry: string): PersonalDataKey | null {
  const [id, encryptionKeyBase64, lookupKeyBase64, ...more] = entry.split(':');
  if (id === undefined || encryptionKeyBase64 === undefined || lookupKeyBase64 === undefined) return null;
  const bothAreKeys = [encryptionKeyBase64, lookupKeyBase64].every(
    (key) => isBase64(key) && Buffer.from(key, 'base64').length === PERSONAL_DATA_KEY_BYTES,
  );
  const sound = more.length === 0 && /^[\w-]{1,16}$/.test(id) && encryptionKeyBase64 !== lookupKeyBase64;
  return sound && bothAreKeys ? { id, encryptionKeyBase64, lookupKeyBase64 } : null;
}

function isBase64(value: string): boolean {
  return value !== '' && Buffer.from(value, 'base64').toString('base64') === value;
}

function isAddressOrNetwork(entry: string): boolean {
  const [, address = '', prefix] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(entry) ?? [];
  if (isIP(address) === 0) return false;
  return prefix === undefined || Number(prefix) <= (isIPv4(address) ? 32 : 128);
}

function isPostgresUrl(value: string): boolean {
  return /^postgres(ql)?:\/\//.test(value) && URL.canParse(value);
}

/** This machine itself: nothing that is sent there reaches a vendor. */
export function isLoopback(address: string): boolean {
  return isLoopbackHost(new URL(address).hostname);
}

/** Of a host alone, with or without the brackets of a URL. */
export function isLoopbackHost(host: string): boolean {
  return ['localhost', '[::1]', '::1'].includes(host) || /^127\.\d+\.\d+\.\d+$/.test(host);
}
