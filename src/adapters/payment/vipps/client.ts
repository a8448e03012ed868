import { exchange, type ExchangeRequest, type Outcome } from '../../http/exchange.ts';
import type { VippsConfig } from './settings.ts';
import { createTokenSource, type TokenResult } from './token.ts';

/** HTTP to Vipps with its headers and tokens. Knows no payment and no domain. */

export type VippsAnswer =
  | Outcome
  /** the call was not made, because Vipps gave no access token: `reply` says why */
  | { kind: 'noToken'; reply: Outcome };

export interface VippsCall {
  method: 'GET' | 'POST' | 'DELETE';
  /** under the base URL, leading slash */
  path: string;
  idempotencyKey?: string;
  /** sent as JSON */
  body?: unknown;
}

export interface VippsClient {
  /** `signal`: the end of an operation of several calls; default a time-out of its own. */
  call(call: VippsCall, signal?: AbortSignal): Promise<VippsAnswer>;
  deadline(): AbortSignal;
}

export type VippsClientSettings = Pick<
  VippsConfig,
  | 'baseUrl'
  | 'clientId'
  | 'clientSecret'
  | 'subscriptionKey'
  | 'merchantSerialNumber'
  | 'timeoutMs'
  | 'systemName'
  | 'systemVersion'
  | 'pluginName'
  | 'pluginVersion'
  | 'now'
>;

export function createVippsClient(settings: VippsClientSettings): VippsClient {
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
        // The call that waits for it keeps at least as long for itself.
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

  /** One try. A token that Vipps answers with a 401 is not used again, by nobody. */
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
      // A 401 comes before anything is done, so even a write may be sent again, once and with the same key.
      return isUnauthorized(answer) ? attempt(call, signal) : answer;
    },
  };
}

function isUnauthorized(answer: VippsAnswer): boolean {
  return answer.kind === 'answered' && answer.status === 401;
}

const SYSTEM_HEADER_LENGTH = 30;

function commonHeaders(settings: VippsClientSettings): Record<string, string> {
  const { systemName = 'sms2pay', systemVersion = '0', pluginName = 'sms2pay' } = settings;
  const system = {
    'vipps-system-name': systemName,
    'vipps-system-version': systemVersion,
    'vipps-system-plugin-name': pluginName,
    'vipps-system-plugin-version': settings.pluginVersion ?? systemVersion,
  };
  return {
    'ocp-apim-subscription-key': settings.subscriptionKey,
    'merchant-serial-number': settings.merchantSerialNumber,
    ...Object.fromEntries(
      Object.entries(system).map(([name, value]) => [name, value.slice(0, SYSTEM_HEADER_LENGTH)]),
    ),
  };
}

/** A token that others wait for, too, is waited for no longer than this call has time. */
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
