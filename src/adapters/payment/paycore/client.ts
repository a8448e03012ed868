import { randomUUID } from 'node:crypto';
import { hmacAuthorization } from './signing.ts';

/** HTTP to Paycore. Knows no payment and no domain: it signs a request and says what became of it. */

export type PaycoreReply =
  | { kind: 'answered'; status: number; location: string | null; retryAfter: string | null; body: string }
  /** no connection was made, so Paycore has seen nothing */
  | { kind: 'notSent'; code: string }
  /** the request may have reached Paycore; no whole answer came back */
  | { kind: 'lost'; code: string };

export interface PaycoreCall {
  method: 'GET' | 'POST' | 'PUT';
  /** under the base URL, leading slash */
  path: string;
  query?: Record<string, string>;
  /** sent as JSON */
  body?: unknown;
}

export interface PaycoreClient {
  call(call: PaycoreCall): Promise<PaycoreReply>;
  /** GET of a redirect's target, signed anew; null when it leads to another origin, which must not see a signature. */
  follow(location: string, from: PaycoreCall): Promise<PaycoreReply | null>;
  /** an address under the base URL */
  urlOf(path: string, query?: Record<string, string>): URL;
}

export interface PaycoreClientSettings {
  baseUrl: string;
  partnerId: number;
  secretBase64: string;
  timeoutMs: number;
  apiVersion?: string | null;
  now?: () => number;
  nonce?: () => string;
}

export function createPaycoreClient(settings: PaycoreClientSettings): PaycoreClient {
  const { now = Date.now, nonce = randomUUID, apiVersion = null } = settings;
  const base = settings.baseUrl.replace(/\/+$/, '');

  function urlOf(path: string, query: Record<string, string> = {}): URL {
    const url = new URL(`${base}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  function addressOf(call: PaycoreCall): URL {
    const version: Record<string, string> = apiVersion === null ? {} : { 'api-version': apiVersion };
    return urlOf(call.path, { ...call.query, ...version });
  }

  async function request(method: string, url: URL, body: string | null): Promise<PaycoreReply> {
    const unixSeconds = Math.floor(now() / 1000);
    const { partnerId, secretBase64 } = settings;
    const signed = { partnerId, secretBase64, method, url: url.href, body, nonce: nonce(), unixSeconds };
    const authorization = hmacAuthorization(signed);
    try {
      const response = await fetch(url, {
        method,
        headers: {
          authorization,
          accept: 'application/json',
          // A kept-alive socket that Paycore has just closed would lose the answer and leave money in doubt.
          connection: 'close',
          ...(body === null ? {} : { 'content-type': 'application/json' }),
        },
        ...(body === null ? {} : { body }),
        redirect: 'manual',
        signal: AbortSignal.timeout(settings.timeoutMs),
      });
      return {
        kind: 'answered',
        status: response.status,
        location: response.headers.get('location'),
        retryAfter: response.headers.get('retry-after'),
        body: await response.text(),
      };
    } catch (error) {
      return lostOrNotSent(error);
    }
  }

  return {
    urlOf,
    call: (call) =>
      request(call.method, addressOf(call), call.body === undefined ? null : JSON.stringify(call.body)),
    async follow(location, from) {
      const origin = addressOf(from);
      if (!URL.canParse(location, origin.href)) return null;
      const target = new URL(location, origin);
      return target.origin === origin.origin ? request('GET', target, null) : null;
    },
  };
}

/** Error codes that can only come before the first byte of a request is written. */
const NOT_SENT_CODE =
  /^(ECONNREFUSED|ENOTFOUND|EAI_\w+|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT|CERT_\w+|ERR_TLS_CERT_\w+|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)$/;

/** Only the code is kept: an error's text and cause may hold addresses and credentials. */
function lostOrNotSent(error: unknown): PaycoreReply {
  if (error instanceof Error && error.name === 'TimeoutError') return { kind: 'lost', code: 'TIMEOUT' };
  const code = error instanceof Error ? codeOf(error.cause) : null;
  if (code !== null && NOT_SENT_CODE.test(code)) return { kind: 'notSent', code };
  return { kind: 'lost', code: code ?? 'DROPPED' };
}

function codeOf(cause: unknown): string | null {
  if (typeof cause !== 'object' || cause === null || !('code' in cause)) return null;
  return typeof cause.code === 'string' ? cause.code : null;
}
