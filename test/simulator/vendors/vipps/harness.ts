// Owns: the Vipps stand-in for tests. Every exchange with it is held against the vendor's documents.
import { expect } from 'vitest';
import type { VippsSalesUnit } from '../../../../src/simulator/options.ts';
import { documentProblems } from '../../../specs/vipps-documents.ts';
import { aBench, type Bench, json } from '../../harness.ts';

export const salesUnit: VippsSalesUnit = {
  merchantSerialNumber: '123456',
  clientId: 'fb492b5e-7907-4d83-ba20-c7fb60ca35de',
  clientSecret: 'client-secret-of-the-test',
  subscriptionKey: 'subscription-key-of-the-test',
};

export interface VippsCall {
  body?: unknown;
  /** sent as it is, instead of `body` */
  text?: string;
  key?: string | null;
  /** replaces a header; null leaves it out */
  headers?: Record<string, string | null>;
}

export interface VippsBench extends Bench {
  /** a call with good headers and, for a POST, a fresh key; `path` begins behind `/vipps` */
  vipps: (method: string, path: string, call?: VippsCall) => Promise<Response>;
  token: string;
  /** later calls of `vipps` carry another token */
  renewToken: () => Promise<void>;
}

let keys = 0;
export const aKey = (): string => `key-${(keys += 1)}`;

export async function aVippsBench(options: Parameters<typeof aBench>[0] = {}): Promise<VippsBench> {
  const bench = await aBench({ vipps: salesUnit, ...options });
  const ask = checkedCall(bench);
  const token = await tokenOf(ask);
  let current = token;
  const vipps = (method: string, path: string, call: VippsCall = {}) => {
    const text = call.text ?? (call.body === undefined ? '' : JSON.stringify(call.body));
    const key = call.key === undefined ? aKey() : call.key;
    const defaults: Record<string, string> = {
      authorization: `Bearer ${current}`,
      'ocp-apim-subscription-key': salesUnit.subscriptionKey,
      'merchant-serial-number': salesUnit.merchantSerialNumber,
      'vipps-system-name': 'sms2pay-test',
      ...(text === '' ? {} : { 'content-type': 'application/json' }),
      ...(method === 'POST' && key !== null ? { 'idempotency-key': key } : {}),
    };
    const headers = new Headers(defaults);
    for (const [name, value] of Object.entries(call.headers ?? {})) {
      if (value === null) headers.delete(name);
      else headers.set(name, value);
    }
    return ask(method, path, headers, text);
  };
  const renewToken = async () => {
    current = await tokenOf(ask);
  };
  return { ...bench, vipps, token, renewToken };
}

type Ask = (method: string, path: string, headers: Headers, text: string) => Promise<Response>;

function checkedCall(bench: Bench): Ask {
  return async (method, path, headers, text) => {
    const response = await bench.call(`/vipps${path}`, {
      method,
      headers,
      ...(text === '' ? {} : { body: text }),
    });
    const problems = documentProblems({
      method,
      path,
      requestHeaders: headers,
      requestBody: text,
      status: response.status,
      responseHeaders: response.headers,
      responseBody: await response.clone().text(),
    });
    expect(problems).toEqual([]);
    return response;
  };
}

export function tokenHeaders(change: Record<string, string> = {}): Headers {
  return new Headers({
    client_id: salesUnit.clientId,
    client_secret: salesUnit.clientSecret,
    'ocp-apim-subscription-key': salesUnit.subscriptionKey,
    'merchant-serial-number': salesUnit.merchantSerialNumber,
    ...change,
  });
}

async function tokenOf(ask: Ask): Promise<string> {
  const given = await json<{ access_token: string }>(ask('POST', '/accesstoken/get', tokenHeaders(), ''));
  return given.access_token;
}

export const payments = '/epayment/v1/payments';

let references = 0;
export const aReference = (): string => `s2p-test-${String((references += 1)).padStart(6, '0')}`;

export function aCreate(change: Record<string, unknown> = {}) {
  return {
    amount: { currency: 'NOK', value: 500 },
    paymentMethod: { type: 'WALLET' },
    reference: aReference(),
    userFlow: 'WEB_REDIRECT',
    returnUrl: 'http://sms2pay.test/p/token/done',
    paymentDescription: 'Charging, up to 5 NOK',
    merchantLegalLinks: { termsOfSaleUrl: 'https://sms2pay.test/terms' },
    metadata: { session: 'one' },
    ...change,
  };
}

export interface Created {
  reference: string;
  /** of the simulator's own API */
  id: string;
  redirectUrl: string;
}

/** Makes a payment at the stand-in. */
export async function aVippsPayment(
  bench: VippsBench,
  change: Record<string, unknown> = {},
): Promise<Created> {
  const created = await bench.vipps('POST', payments, { body: aCreate(change) });
  expect(created.status, await created.clone().text()).toBe(201);
  const { reference, redirectUrl } = await json<{ reference: string; redirectUrl: string }>(created);
  const { items } = await json<{ items: { id: string; reference: string }[] }>(bench.call('/api/payments'));
  const id = items.find((payment) => payment.reference === reference)?.id ?? '';
  return { reference, id, redirectUrl };
}

export async function anApprovedPayment(
  bench: VippsBench,
  change: Record<string, unknown> = {},
): Promise<Created> {
  const created = await aVippsPayment(bench, change);
  expect((await bench.call(`/api/payments/${created.id}/approve`, { method: 'POST' })).status).toBe(200);
  return created;
}

export const nok = (value: number) => ({ modificationAmount: { currency: 'NOK', value } });

export function capture(bench: VippsBench, reference: string, minor: number, key = aKey()) {
  return bench.vipps('POST', `${payments}/${reference}/capture`, { body: nok(minor), key });
}

export function refund(bench: VippsBench, reference: string, minor: number, key = aKey()) {
  return bench.vipps('POST', `${payments}/${reference}/refund`, { body: nok(minor), key });
}

export function cancel(bench: VippsBench, reference: string, call: VippsCall = {}) {
  return bench.vipps('POST', `${payments}/${reference}/cancel`, call);
}

/** Status and the domain code of an answer; null: it has none. */
export async function codeOf(answer: Response | Promise<Response>): Promise<[number, number | null]> {
  const response = await answer;
  const body = (await response.json()) as { extraDetails?: { name: string; reason: string }[] };
  const code = body.extraDetails?.find(({ name }) => name === 'ErrorCode')?.reason;
  return [response.status, code === undefined ? null : Number(code)];
}

/** `[state, authorized, captured, cancelled, refunded]` as the stand-in reports it. */
export async function standing(bench: VippsBench, reference: string) {
  interface Amount {
    value: number;
  }
  interface Read {
    state: string;
    aggregate: Record<`${'authorized' | 'captured' | 'cancelled' | 'refunded'}Amount`, Amount>;
  }
  const { state, aggregate } = await json<Read>(bench.vipps('GET', `${payments}/${reference}`));
  return [
    state,
    aggregate.authorizedAmount.value,
    aggregate.capturedAmount.value,
    aggregate.cancelledAmount.value,
    aggregate.refundedAmount.value,
  ];
}

export interface LogEntry {
  name: string;
  pspReference: string;
  amount: { value: number };
  timestamp: string;
  idempotencyKey: string | null;
  success: boolean;
}

export function eventLog(bench: VippsBench, reference: string): Promise<LogEntry[]> {
  return json(bench.vipps('GET', `${payments}/${reference}/events`));
}
