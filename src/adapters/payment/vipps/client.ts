import type { z } from 'zod';
import { ProviderFault } from '../../../ports/payment-provider.ts';
import { exchange, type ExchangeRequest, type Outcome } from '../../http/exchange.ts';
import type { VippsConfig } from './settings.ts';
import { fieldsOf, parseJson } from '../../http/body.ts';
import { doubtful, faultOf, type VippsOperation } from './faults.ts';
import { tokenSchema } from './schema.ts';

export type VippsAnswer =
  | Outcome
  /** Vipps gave no access token, so the call was not made; `reply`: the answer to the token request */
  | { kind: 'noToken'; reply: Outcome };

interface VippsCall {
  method: 'GET' | 'POST' | 'DELETE';
  /** under the base URL, leading slash */
  path: string;
  idempotencyKey?: string;
  /** sent as JSON */
  body?: unknown;
}

interface Expected<T> {
  statuses: readonly number[];
  schema: z.ZodType<T>;
}

/**
 * HTTP to Vipps with its headers; fetches and renews access tokens by itself. Calls return a readable body or throw a
 * `ProviderFault`. `signal`: the end of an operation of several calls; default a time-out of its own.
 */
export interface VippsClient {
  request<T>(
    operation: VippsOperation,
    call: VippsCall,
    expected: Expected<T>,
    signal?: AbortSignal,
  ): Promise<T>;
  /** `GET` of a payment; null when Vipps has none. */
  find<T>(path: string, schema: z.ZodType<T>, signal?: AbortSignal): Promise<T | null>;
  /** ends after the account's time limit */
  deadline(): AbortSignal;
}

export function createVippsClient(settings: VippsConfig): VippsClient {
  const { clientId, clientSecret, timeoutMs, now = Date.now } = settings;
  const base = settings.baseUrl.replace(/\/+$/, '');
  const common = commonHeaders(settings);
  const deadline = (): AbortSignal => AbortSignal.timeout(timeoutMs);

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

  function withHeaders(call: VippsCall, token: string): ExchangeRequest {
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

  /** A token that Vipps answers with a 401 is dropped for every caller. */
  async function callOnce(call: VippsCall, signal: AbortSignal): Promise<VippsAnswer> {
    const got = await within(tokens.get(), signal);
    if (got.kind === 'noToken') return got;
    const answer = await exchange(withHeaders(call, got.token), signal);
    if (isUnauthorized(answer)) tokens.drop(got.token);
    return answer;
  }

  async function request<T>(
    operation: VippsOperation,
    call: VippsCall,
    { statuses, schema }: Expected<T>,
    signal = deadline(),
  ): Promise<T> {
    const first = await callOnce(call, signal);
    // A 401 comes before any processing, so even a write may be sent again, once and with the same key.
    const answer = isUnauthorized(first) ? await callOnce(call, signal) : first;
    if (answer.kind !== 'answered' || !statuses.includes(answer.status))
      throw faultOf(operation, answer, now());
    const parsed = schema.safeParse(parseJson(answer.body));
    if (parsed.success) return parsed.data;
    throw doubtful(operation, 'unreadableReply', `unreadable fields: ${fieldsOf(parsed.error)}`);
  }

  return {
    request,
    async find(path, schema, signal) {
      try {
        return await request('read', { method: 'GET', path }, { statuses: [200], schema }, signal);
      } catch (error) {
        if (error instanceof ProviderFault && error.code === 'unknownPayment') return null;
        throw error;
      }
    },
    deadline,
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

/** An access token, or the reply that was not one. */
type TokenResult = { kind: 'token'; token: string } | { kind: 'noToken'; reply: Outcome };

/** Access tokens of one sales unit, shared by all of its calls. */
interface TokenSource {
  /** The current token while it is valid; otherwise fetches one, once for all waiting callers. */
  get(): Promise<TokenResult>;
  /** Vipps refused this token: it is not returned again. */
  drop(token: string): void;
}

/** A token is renewed this long before its expiry, so that none expires in flight; a short-lived one at half its life. */
const RENEW_BEFORE_MS = 60_000;

/**
 * Access tokens of `POST /accesstoken/get`: valid for 1 hour (test) or 24 hours (production), to be reused; several may be
 * valid at once. `expires_in` and `expires_on` are strings of seconds; the former counts on our own clock, so a wrong clock
 * does no harm.
 */
function createTokenSource(fetchToken: () => Promise<Outcome>, now: () => number): TokenSource {
  let current: { token: string; renewAtMs: number } | null = null;
  let pending: Promise<TokenResult> | null = null;

  async function renew(): Promise<TokenResult> {
    const requestedAtMs = now();
    const reply = await fetchToken();
    if (reply.kind !== 'answered' || reply.status !== 200) return { kind: 'noToken', reply };
    const parsed = tokenSchema.safeParse(parseJson(reply.body));
    if (!parsed.success) return { kind: 'noToken', reply };
    const { access_token: token, expires_in: lifeSeconds, expires_on: endSeconds } = parsed.data;
    const lifeMs = lifeSeconds === undefined ? (endSeconds ?? 0) * 1000 - requestedAtMs : lifeSeconds * 1000;
    current = { token, renewAtMs: requestedAtMs + lifeMs - Math.min(RENEW_BEFORE_MS, lifeMs / 2) };
    return { kind: 'token', token };
  }

  return {
    async get() {
      if (current && now() < current.renewAtMs) return { kind: 'token', token: current.token };
      pending ??= renew().finally(() => {
        pending = null;
      });
      return pending;
    },
    drop(token) {
      if (current?.token === token) current = null;
    },
  };
}
