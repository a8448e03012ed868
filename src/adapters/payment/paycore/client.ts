import { randomUUID } from 'node:crypto';
import { exchange, type ExchangeRequest, type Outcome } from '../../http/exchange.ts';
import type { PaycoreConfig } from './settings.ts';
import { hmacAuthorization } from './signing.ts';

/**
 * Signed HTTP to Paycore; knows no payment and no domain. No `api-version` is sent, as in the calls of the proof of
 * concept (LINK's own client sends `2.0`; it would be part of what is signed).
 */

export interface PaycoreCall {
  method: 'GET' | 'POST' | 'PUT';
  /** under the base URL, leading slash */
  path: string;
  query?: Record<string, string>;
  /** sent as JSON */
  body?: unknown;
}

/** Every call ends within the account's time limit and never throws. */
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
