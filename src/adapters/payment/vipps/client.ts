import { exchange, type ExchangeRequest, type Outcome } from '../../http/exchange.ts';
import type { VippsConfig } from './settings.ts';
import { createTokenSource, type TokenResult } from './token.ts';

/** HTTP to Vipps with its headers and tokens. Knows no payment and no domain. */

export type VippsAnswer =
  | Outcome
  /** Vipps gave no access token, so the call was not made; `reply`: the answer to the token request */
  | { kind: 'noToken'; reply: Outcome };

export interface VippsCall {
  method: 'GET' | 'POST' | 'DELETE';
  /** under the base URL, leading slash */
  path: string;
  idempotencyKey?: string;
  /** sent as JSON */
  body?: unknown;
}

/** Fetches and renews access tokens by itself. Never throws. */
export interface VippsClient {
  /** `signal`: the end of an operation of several calls; default a time-out of its own. */
  call(call: VippsCall, signal?: AbortSignal): Promise<VippsAnswer>;
  /** ends after the account's time limit */
  deadline(): AbortSignal;
}

export function createVippsClient(settings: VippsConfig): VippsClient {
  const { clientId, clientSecret, timeoutMs, now = Date.now } = settings;
  const base = settings.baseUrl.replace(/\/+$/, '');
  const common = commonHeaders(settings);

  const tokens = createTokenSource(
    () =>
      exchange(
        {
          method: 'POST',
          url: `${base}/accesstoken/get`,
          headers: { ...common, client_id: clientId, client_secret: clientSecret },
          body: null,
        },
        // Leaves the waiting call at least as long for itself.
        AbortSignal.timeout(timeoutMs / 2),
      ),
    now,
  );

  function request(call: VippsCall, token: string): ExchangeRequest {
    return {
      method: call.method,
      url: `${base}${call.path}`,
      headers: {
        ...common,
        authorization: `Bearer ${token}`,
        ...(call.idempotencyKey === undefined ? {} : { 'idempotency-key': call.idempotencyKey }),
      },
      body: call.body === undefined ? null : JSON.stringify(call.body),
    };
  }

  /** One attempt. A token that Vipps answers with a 401 is dropped for every caller. */
  async function attempt(call: VippsCall, signal: AbortSignal): Promise<VippsAnswer> {
    const got = await within(tokens.get(), signal);
    if (got.kind === 'noToken') return got;
    const answer = await exchange(request(call, got.token), signal);
    if (isUnauthorized(answer)) tokens.drop(got.token);
    return answer;
  }

  const deadline = () => AbortSignal.timeout(timeoutMs);
  return {
    deadline,
    async call(call, signal = deadline()) {
      const answer = await attempt(call, signal);
      // A 401 comes before any processing, so even a write may be sent again, once and with the same key.
      return isUnauthorized(answer) ? attempt(call, signal) : answer;
    },
  };
}

function isUnauthorized(answer: VippsAnswer): boolean {
  return answer.kind === 'answered' && answer.status === 401;
}

/** `Vipps-System-*` name the calling system, at most 30 characters each. */
function commonHeaders({ subscriptionKey, merchantSerialNumber }: VippsConfig): Record<string, string> {
  return {
    'ocp-apim-subscription-key': subscriptionKey,
    'merchant-serial-number': merchantSerialNumber,
    'vipps-system-name': 'sms2pay',
    'vipps-system-version': '0',
    'vipps-system-plugin-name': 'sms2pay',
    'vipps-system-plugin-version': '0',
  };
}

/** Waits for a token, which other calls may be waiting for too, no longer than this call has time. */
async function within(token: Promise<TokenResult>, signal: AbortSignal): Promise<TokenResult> {
  const late: TokenResult = { kind: 'noToken', reply: { kind: 'lost', code: 'TIMEOUT' } };
  if (signal.aborted) return late;
  let stop = (): void => {};
  const end = new Promise<TokenResult>((resolve) => {
    stop = () => resolve(late);
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([token, end]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
