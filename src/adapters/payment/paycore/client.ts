import { createHash, createHmac, randomUUID } from 'node:crypto';
import { exchange, type ExchangeRequest, type Outcome } from '../../http/exchange.ts';
import type { PaycoreConfig } from './settings.ts';

export interface PaycoreCall {
  method: 'GET' | 'POST' | 'PUT';
  /** under the base URL, leading slash */
  path: string;
  query?: Record<string, string>;
  /** sent as JSON */
  body?: unknown;
}

/**
 * Signed HTTP to Paycore. Every call ends within the account's time limit and never throws. No `api-version` is sent, as in
 * the calls of the proof of concept (LINK's own client sends `2.0`; it would be part of what is signed).
 */
export interface PaycoreClient {
  call(call: PaycoreCall): Promise<Outcome>;
  /** GET of a redirect's target, signed again; null when it leads to another origin, which must not see a signature. */
  follow(location: string, from: PaycoreCall): Promise<Outcome | null>;
  /** an address under the base URL */
  urlOf(path: string, query?: Record<string, string>): URL;
}

export function createPaycoreClient(
  settings: Pick<PaycoreConfig, 'baseUrl' | 'partnerId' | 'secretBase64' | 'timeoutMs' | 'now' | 'nonce'>,
): PaycoreClient {
  const { now = Date.now, nonce = randomUUID } = settings;
  const base = settings.baseUrl.replace(/\/+$/, '');

  function urlOf(path: string, query: Record<string, string> = {}): URL {
    const url = new URL(`${base}${path}`);
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    return url;
  }

  async function request(method: ExchangeRequest['method'], url: URL, body: string | null): Promise<Outcome> {
    const unixSeconds = Math.floor(now() / 1000);
    const { partnerId, secretBase64 } = settings;
    const signed = { partnerId, secretBase64, method, url: url.href, body, nonce: nonce(), unixSeconds };
    const authorization = hmacAuthorization(signed);
    return exchange(
      { method, url, headers: { authorization }, body },
      AbortSignal.timeout(settings.timeoutMs),
    );
  }

  return {
    urlOf,
    call: ({ method, path, query, body }) =>
      request(method, urlOf(path, query), body === undefined ? null : JSON.stringify(body)),
    async follow(location, from) {
      const origin = urlOf(from.path, from.query);
      if (!URL.canParse(location, origin.href)) return null;
      const target = new URL(location, origin);
      return target.origin === origin.origin ? request('GET', target, null) : null;
    },
  };
}

/** What a signature covers. `url` is the absolute URL exactly as sent, query included. */
export interface SignedRequest {
  partnerId: number;
  secretBase64: string;
  method: string;
  url: string;
  /** null: no body */
  body: string | null;
  nonce: string;
  unixSeconds: number;
}

/**
 * Paycore's `Authorization` header (LINK's public `CreatingHmac.md` and Java client `Utils.java`): the first ten
 * characters of a base64 HMAC-SHA256 under the DECODED secret. The written document shows the value bare, both of LINK's
 * clients put it in double quotes: so do we. Nonce and time belong to one try, so a retry is signed again.
 */
export function hmacAuthorization(request: SignedRequest): string {
  const { partnerId, nonce, unixSeconds } = request;
  const bodyHash =
    request.body === null ? '' : createHash('md5').update(request.body, 'utf8').digest('base64');
  const signed = [
    partnerId,
    request.method.toUpperCase(),
    formEncode(request.url.toLowerCase()),
    unixSeconds,
    nonce,
    bodyHash,
  ].join('');
  const signature = createHmac('sha256', Buffer.from(request.secretBase64, 'base64'))
    .update(signed, 'utf8')
    .digest('base64')
    .slice(0, 10);
  return `hmac "${partnerId}:${signature}:${nonce}:${unixSeconds}"`;
}

/** Java's URLEncoder: letters, digits and `.-*_` stay, a space becomes `+`, all else `%XX` of its UTF-8 bytes. */
export function formEncode(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()~]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
