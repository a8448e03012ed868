// Why a call over the network failed, in words for a person. An error's text may hold secrets: only its code is shown, and of
// the database a line without the credentials of its address.

export interface Trouble {
  what: string;
  advice: string;
}

export function refuse(trouble: Trouble | null): void {
  if (trouble !== null) throw new Error(`${trouble.what}. ${trouble.advice}.`);
}

const ADDRESS = 'check the address in the settings, and that the other side runs';
const NETWORK = 'check the network, the firewall and the proxy between here and there';
const PROTOCOL = 'check https or http, and the port';
const CERTIFICATE = 'the other side must renew or replace its certificate';
const AUTHORITY =
  'if the certificate is meant to be so, name its authority in NODE_EXTRA_CA_CERTS; else somebody is in between';

/** Codes of Node's sockets, of its HTTP client (undici) and of OpenSSL; `TIMEOUT`, `DROPPED`, `BAD_PORT` are ours. */
const TROUBLES = new Map<string, Trouble>(
  [
    alike('ECONNREFUSED', 'nothing listens there', ADDRESS),
    alike('ENOTFOUND', 'the host name is not known', 'check its spelling in the settings, and the DNS'),
    alike('EAI_AGAIN', 'the host name cannot be resolved now', 'check the DNS and the network'),
    alike('ETIMEDOUT TIMEOUT UND_ERR_HEADERS_TIMEOUT', 'no answer in time', NETWORK),
    alike('UND_ERR_CONNECT_TIMEOUT', 'no connection in time', NETWORK),
    alike('UND_ERR_BODY_TIMEOUT', 'only half an answer in time', NETWORK),
    alike('EHOSTUNREACH', 'the host cannot be reached', NETWORK),
    alike('ENETUNREACH', 'the network cannot be reached', NETWORK),
    alike('ECONNRESET EPIPE UND_ERR_SOCKET DROPPED', 'the connection was broken off', NETWORK),
    alike(
      'BAD_PORT',
      'no HTTP client calls this port, which belongs to another service',
      'check the port in the settings',
    ),
    alike(
      'EPROTO ERR_SSL_WRONG_VERSION_NUMBER ERR_SSL_PACKET_LENGTH_TOO_LONG',
      'it does not speak TLS there',
      PROTOCOL,
    ),
    alike('CERT_HAS_EXPIRED', 'its certificate has expired', CERTIFICATE),
    alike('CERT_NOT_YET_VALID', 'its certificate is not valid yet', 'check the clock of this machine'),
    alike(
      'ERR_TLS_CERT_ALTNAME_INVALID',
      'its certificate is for another host name',
      'check the host name in the settings; a proxy or a DNS entry may lead elsewhere',
    ),
    alike('DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is signed by itself', AUTHORITY),
    alike(
      'SELF_SIGNED_CERT_IN_CHAIN UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'its certificate comes from an unknown authority',
      AUTHORITY,
    ),
    alike(
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'its chain of certificates is not complete',
      'the other side must send the certificates in between as well',
    ),
  ].flat(),
);

function alike(codes: string, what: string, advice: string): [string, Trouble][] {
  return codes.split(' ').map((code) => [code, { what, advice }]);
}

const NOT_HTTP: Trouble = { what: 'it does not speak HTTP there', advice: 'check the address and the port' };

/** `code` is part of the answer, so that it can be searched for. */
export function troubleOf(code: string): Trouble {
  const { what, advice } =
    TROUBLES.get(code) ?? (code.startsWith('HPE_') ? NOT_HTTP : { what: 'the call failed', advice: NETWORK });
  return { what: `${what} (${code})`, advice };
}

/** True for a code of the connection, false for one of an answer. */
export function isTrouble(code: string): boolean {
  return TROUBLES.has(code);
}

/** What `fetch` failed of: the reason is the innermost cause. */
export function troubleOfError(error: unknown): Trouble {
  const causes = causesOf(error);
  if (causes.some(({ name }) => name === 'TimeoutError')) return troubleOf('TIMEOUT');
  if (causes.some(({ message }) => message === 'bad port')) return troubleOf('BAD_PORT');
  return troubleOf(causes.map(codeOf).findLast((code) => code !== null) ?? 'UNKNOWN');
}

/** Codes of Node's sockets and of PostgreSQL (appendix A, "Error Codes"). */
const DATABASE_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses the connection: does it run, and is this its address?',
  ENOTFOUND: 'is not found: is its host name right?',
  EAI_AGAIN: 'is not found: is its host name right, and is there a network?',
  ECONNRESET: 'closed the connection',
  ETIMEDOUT: 'does not answer: may we reach it over the network?',
  EHOSTUNREACH: 'cannot be reached over the network',
  ENETUNREACH: 'cannot be reached over the network',
  '28P01': 'refuses the user name or the password',
  '28000': 'does not let this user in this way (see its pg_hba.conf)',
  '3D000': 'knows no database of that name',
  '42501': 'does not allow this user to change the schema',
  '53300': 'has no connection left',
};

/** `databaseUrl` null: the embedded database. */
export function databaseTrouble(error: unknown, databaseUrl: string | null): Error {
  const causes = causesOf(error);
  const known = causes
    .map((cause) => DATABASE_REASONS[codeOf(cause) ?? ''])
    .find((reason) => reason !== undefined);
  const lines = causes.map(({ message }) => message.split('\n')[0]?.trim() ?? '');
  const message = lines.findLast((line) => line !== '') ?? 'the reason is not known';
  const reason = known ?? `cannot be used: ${withoutCredentials(message, databaseUrl)}`;
  const host = databaseUrl === null ? '' : new URL(databaseUrl).host;
  return new Error(`The database${host === '' ? '' : ` at ${host}`} ${reason}`, { cause: error });
}

/** The error, what it was caused by, and the first of several (one per address of a host), innermost last. */
function causesOf(error: unknown): Error[] {
  const causes: Error[] = [];
  let next = error;
  while (next instanceof Error && !causes.includes(next)) {
    causes.push(next);
    next = next instanceof AggregateError ? next.errors[0] : next.cause;
  }
  return causes;
}

function withoutCredentials(message: string, databaseUrl: string | null): string {
  if (databaseUrl === null) return message;
  const { username, password, searchParams } = new URL(databaseUrl);
  const secrets = [username, password, ...searchParams.values()].flatMap((text) => [text, decoded(text)]);
  return secrets
    .filter((secret) => secret.length > 2)
    .toSorted((a, b) => b.length - a.length)
    .reduce((text, secret) => text.replaceAll(secret, '(hidden)'), message);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function codeOf(error: Error): string | null {
  return 'code' in error && typeof error.code === 'string' ? error.code : null;
}
