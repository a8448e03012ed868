import type { VippsConfig } from '../../src/adapters/payment/vipps/settings.ts';
import { createVippsProvider, type VippsProvider } from '../../src/adapters/payment/vipps/provider.ts';
import { ProviderFault, type ReserveRequest } from '../../src/ports/payment-provider.ts';
import { json, startScriptedServer, type Scripted, type SeenRequest } from './scripted-server.ts';

export const REFERENCE = 's2p00112233445566778899aabbccddeeff';
export const PSP_REFERENCE = '37c34d8c-2649-448e-864b-060d5d93e4c4';
export const PAYMENT = { paymentReference: REFERENCE, providerReference: PSP_REFERENCE };
export const SESSION_ID = '00112233445566778899aabbccddeeff';
export const REDIRECT_URL = 'https://landing.vipps.example/?token=abc123';
/** None of these may show in an error. */
export const SECRETS = { clientSecret: 'client+secret==', subscriptionKey: 'sub-key-1', token: 'token-1' };

export const RESERVE: ReserveRequest = {
  paymentReference: REFERENCE,
  idempotencyKey: `${SESSION_ID}-reserve-1`,
  amountMinor: 500,
  currency: 'NOK',
  description: 'Parkering på Torget',
  msisdn: '4790000001',
  returnUrl: 'https://sms2pay.example/p/token/done',
  expiresAt: '2026-11-23T10:10:00.000Z',
  termsUrl: null,
  privacyUrl: null,
};
export const CAPTURE = {
  ...PAYMENT,
  idempotencyKey: `${SESSION_ID}-capture-1`,
  amountMinor: 100,
  authorizedMinor: 500,
  currency: 'NOK',
} as const;
export const RELEASE = { ...PAYMENT, idempotencyKey: `${SESSION_ID}-release-1` };
export const ABANDON = { ...PAYMENT, idempotencyKey: `${SESSION_ID}-abandon-1` };
export const REFUND = {
  ...PAYMENT,
  idempotencyKey: `${SESSION_ID}-refund-1`,
  amountMinor: 50,
  currency: 'NOK',
} as const;

export const nok = (value: number) => ({ currency: 'NOK', value });

export interface Money {
  authorized?: number;
  captured?: number;
  cancelled?: number;
  refunded?: number;
}

export function aggregate({ authorized = 500, captured = 0, cancelled = 0, refunded = 0 }: Money = {}) {
  return {
    authorizedAmount: nok(authorized),
    capturedAmount: nok(captured),
    cancelledAmount: nok(cancelled),
    refundedAmount: nok(refunded),
  };
}

/** A payment as Vipps shows it, with fields we do not read. */
export function aPayment(change: Record<string, unknown> = {}, money: Money = {}) {
  return {
    aggregate: aggregate(money),
    amount: nok(500),
    state: 'AUTHORIZED',
    paymentMethod: { type: 'WALLET', cardBin: '540185' },
    profile: { sub: 'c06c4afe-d9e1-4c5d-939a-177d752a0944' },
    pspReference: PSP_REFERENCE,
    reference: REFERENCE,
    redirectUrl: REDIRECT_URL,
    metadata: { operation: 'x' },
    ...change,
  };
}

/** The answer to capture, cancel and refund. */
export function aModification(money: Money = {}, change: Record<string, unknown> = {}) {
  return {
    amount: nok(500),
    state: 'AUTHORIZED',
    aggregate: aggregate(money),
    pspReference: PSP_REFERENCE,
    reference: REFERENCE,
    ...change,
  };
}

export function anEvent(change: Record<string, unknown> = {}) {
  return {
    reference: REFERENCE,
    pspReference: 'dd8e0a8e-2b26-40ed-98f1-1d5832fc129f',
    name: 'AUTHORIZED',
    amount: nok(500),
    timestamp: '2026-11-23T10:01:02.5Z',
    idempotencyKey: null,
    success: true,
    ...change,
  };
}

/** A problem reply with a domain code; null for one without. */
export function problem(status: number, code: string | null, headers: Record<string, string> = {}): Response {
  const body = {
    type: `https://httpstatuses.io/${status}`,
    title: 'A title that is reworded over time',
    detail: 'The customer 4790000001 said no',
    instance: `/v1/payments/${REFERENCE}`,
    status,
    traceId: '00-813b63975adcaaeef2b0ec7c103c40e3-706492e906541d31-01',
    extraDetails: code === null ? [{ name: 'amount', reason: 'x' }] : [{ name: 'ErrorCode', reason: code }],
  };
  return json(body, status, { 'content-type': 'application/problem+json', ...headers });
}

export function aToken(token = SECRETS.token, change: Record<string, unknown> = {}): Response {
  const life = {
    expires_in: '3600',
    ext_expires_in: '3600',
    expires_on: '1795433908',
    not_before: '1795430008',
  };
  return json({ token_type: 'Bearer', ...life, resource: 'x', access_token: token, ...change });
}

type Answer = Scripted | ((request: SeenRequest) => Scripted);

export interface VippsServer {
  baseUrl: string;
  /** all requests but those for a token */
  seen: SeenRequest[];
  tokenRequests: SeenRequest[];
  /** the n-th call uses the n-th answer, the last one stays; tokens are given out freely again */
  script(...answers: Answer[]): void;
  scriptTokens(...answers: Answer[]): void;
  close(): Promise<void>;
}

/** A scripted server that knows tokens from other calls. */
export async function startVippsServer(): Promise<VippsServer> {
  const server = await startScriptedServer();
  const seen: SeenRequest[] = [];
  const tokenRequests: SeenRequest[] = [];
  let answers: Answer[] = [];
  let tokens: Answer[] = [];
  server.script((request) => {
    const isToken = request.target === '/accesstoken/get';
    (isToken ? tokenRequests : seen).push(request);
    const queue = isToken ? tokens : answers;
    const next = queue.length > 1 ? queue.shift() : queue[0];
    return (typeof next === 'function' ? next(request) : next) ?? 'drop';
  });
  return {
    baseUrl: server.baseUrl,
    seen,
    tokenRequests,
    script(...next) {
      answers = next;
      tokens = [aToken()];
      seen.length = 0;
      tokenRequests.length = 0;
    },
    scriptTokens(...next) {
      tokens = next;
    },
    close: () => server.close(),
  };
}

export function vippsConfig(baseUrl: string, change: Partial<VippsConfig> = {}): VippsConfig {
  return {
    baseUrl,
    clientId: 'fb492b5e-7907-4d83-ba20-c7fb60ca35de',
    clientSecret: SECRETS.clientSecret,
    subscriptionKey: SECRETS.subscriptionKey,
    merchantSerialNumber: '123456',
    timeoutMs: 2000,
    ...change,
  };
}

export function aProvider(baseUrl: string, change: Partial<VippsConfig> = {}): VippsProvider {
  return createVippsProvider(vippsConfig(baseUrl, change));
}

/** The fault of a call that must fail. */
export async function faultOf(call: Promise<unknown>): Promise<ProviderFault> {
  const outcome: unknown = await call.catch((error: unknown) => error);
  if (outcome instanceof ProviderFault) return outcome;
  throw new Error(`expected a ProviderFault, got ${JSON.stringify(outcome)}`);
}
