// Owns: why a call over the network failed, in words for a person. Keeps codes only: an error's text may hold secrets.

export interface Trouble {
  what: string;
  advice: string;
}

const ADDRESS = 'check the address in the settings, and that the other side runs';
const NETWORK = 'check the network, the firewall and the proxy between here and there';
const CERTIFICATE = 'the other side must renew or replace its certificate';
const AUTHORITY =
  'if the certificate is meant to be so, name its authority in NODE_EXTRA_CA_CERTS; else somebody is in between';

/** Codes of Node's sockets, of its HTTP client (undici) and of OpenSSL; `TIMEOUT`, `DROPPED`, `BAD_PORT` are ours. */
const TROUBLES: Readonly<Record<string, Trouble>> = {
  ECONNREFUSED: { what: 'nothing listens there', advice: ADDRESS },
  ENOTFOUND: {
    what: 'the host name is not known',
    advice: 'check its spelling in the settings, and the DNS',
  },
  EAI_AGAIN: { what: 'the host name cannot be looked up now', advice: 'check the DNS and the network' },
  ETIMEDOUT: { what: 'no answer in time', advice: NETWORK },
  TIMEOUT: { what: 'no answer in time', advice: NETWORK },
  UND_ERR_CONNECT_TIMEOUT: { what: 'no connection in time', advice: NETWORK },
  UND_ERR_HEADERS_TIMEOUT: { what: 'no answer in time', advice: NETWORK },
  UND_ERR_BODY_TIMEOUT: { what: 'only half an answer in time', advice: NETWORK },
  EHOSTUNREACH: { what: 'the host cannot be reached', advice: NETWORK },
  ENETUNREACH: { what: 'the network cannot be reached', advice: NETWORK },
  ECONNRESET: { what: 'the connection was broken off', advice: NETWORK },
  EPIPE: { what: 'the connection was broken off', advice: NETWORK },
  UND_ERR_SOCKET: { what: 'the connection was broken off', advice: NETWORK },
  DROPPED: { what: 'the connection was broken off', advice: NETWORK },
  BAD_PORT: {
    what: 'no HTTP client calls this port, which belongs to another service',
    advice: 'check the port in the settings',
  },
  EPROTO: { what: 'it does not speak TLS there', advice: 'check https or http, and the port' },
  ERR_SSL_WRONG_VERSION_NUMBER: {
    what: 'it does not speak TLS there',
    advice: 'check https or http, and the port',
  },
  ERR_SSL_PACKET_LENGTH_TOO_LONG: {
    what: 'it does not speak TLS there',
    advice: 'check https or http, and the port',
  },
  CERT_HAS_EXPIRED: { what: 'its certificate has expired', advice: CERTIFICATE },
  CERT_NOT_YET_VALID: { what: 'its certificate is not valid yet', advice: 'check the clock of this machine' },
  ERR_TLS_CERT_ALTNAME_INVALID: {
    what: 'its certificate is for another host name',
    advice: 'check the host name in the settings; a proxy or a DNS entry may lead elsewhere',
  },
  DEPTH_ZERO_SELF_SIGNED_CERT: { what: 'its certificate is signed by itself', advice: AUTHORITY },
  SELF_SIGNED_CERT_IN_CHAIN: { what: 'its certificate comes from an unknown authority', advice: AUTHORITY },
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: {
    what: 'its certificate comes from an unknown authority',
    advice: AUTHORITY,
  },
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: {
    what: 'its chain of certificates is not complete',
    advice: 'the other side must send the certificates in between as well',
  },
};

/** `code` stands in the answer, so that it can be searched for. */
export function troubleOf(code: string): Trouble {
  const { what, advice } =
    TROUBLES[code] ?? (code.startsWith('HPE_') ? NOT_HTTP : { what: 'the call failed', advice: NETWORK });
  return { what: `${what} (${code})`, advice };
}

const NOT_HTTP: Trouble = { what: 'it does not speak HTTP there', advice: 'check the address and the port' };

/** True for a code that says something about the connection rather than about an answer. */
export function isTrouble(code: string): boolean {
  return code in TROUBLES;
}

/** What `fetch` failed of: the reason is in its cause, or in the first of several (one per address of the host). */
export function troubleOfError(error: unknown): Trouble {
  return troubleOf(codeOf(error) ?? 'UNKNOWN');
}

function codeOf(error: unknown): string | null {
  let next = error;
  let code: string | null = null;
  for (let depth = 0; depth < 5 && next instanceof Error; depth += 1) {
    if (next.name === 'TimeoutError') return 'TIMEOUT';
    if (next.message === 'bad port') return 'BAD_PORT';
    if ('code' in next && typeof next.code === 'string') code = next.code;
    next = next instanceof AggregateError ? next.errors[0] : next.cause;
  }
  return code;
}
