import { randomUUID } from 'node:crypto';
import { exchange, type ExchangeRequest, type Outcome } from '../../http/exchange.ts';
import { hmacAuthorization } from './signing.ts';

/** HTTP to Paycore. Knows no payment and no domain: it signs a request and says what became of it. */

export interface PaycoreCall {
  method: 'GET' | 'POST' | 'PUT';
  /** under the base URL, leading slash */
  path: string;
  query?: Record<string, string>;
  /** sent as JSON */
  body?: unknown;
}

export interface PaycoreClient {
  call(call: PaycoreCall): Promise<Outcome>;
  /** GET of a redirect's target, signed anew; null when it leads to another origin, which must not see a signature. */
  follow(location: string, from: PaycoreCall): Promise<Outcome | null>;
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
