import { createHash, createHmac, randomUUID } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { onTestFinished } from 'vitest';
import type { Exchange } from '../../src/simulator/exchanges.ts';
import { createSimulator, type Simulator, type SimulatorOptions } from '../../src/simulator/index.ts';
import { ManualTime } from './manual-time.ts';

export const link = {
  username: 'link-user',
  password: 'link-secret',
  platformId: 'P1',
  platformPartnerId: 'PP1',
};
export const partner = {
  partnerId: '4711',
  secretBase64: 'YS1kZW1vLXNlY3JldC1mb3ItdGVzdC12ZWN0b3JzLTAx',
};
export const webhookLogin = { username: 'hook', password: 'hook-secret' };
const inProcessBase = 'http://simulator.test/sim';

export interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

/** sms2pay as the vendors see it: takes every push, answers what the test says, by default a taken 200. */
export class Receiver {
  readonly received: Received[] = [];
  answers: { status: number; body: string }[] = [];
  readonly #server: Server;

  constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        this.received.push({ method, url, headers, body: Buffer.concat(chunks).toString() });
        const { status, body } = this.answers.shift() ?? { status: 200, body: 'OK' };
        response.writeHead(status).end(body);
      });
    });
  }

  async listen(): Promise<this> {
    await new Promise<void>((resolve) => {
      this.#server.listen(0, '127.0.0.1', resolve);
    });
    return this;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  at(path: string): Received[] {
    return this.received.filter((request) => request.url.split('?')[0] === path);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}

export interface Bench {
  time: ManualTime;
  receiver: Receiver;
  simulator: Simulator;
  baseUrl: string;
  /** a call to the simulator: in process, or over HTTP when served */
  call: (path: string, init?: RequestInit) => Promise<Response>;
  post: (path: string, body: unknown) => Promise<Response>;
  /** a signed call to Paycore; `path` begins with `/paycore` */
  paycore: (method: string, path: string, body?: unknown, change?: SignatureChange) => Promise<Response>;
  events: () => Promise<Exchange[]>;
}

interface BenchOptions extends Partial<SimulatorOptions> {
  time?: ManualTime;
  receiver?: Receiver;
  served?: boolean;
}

export async function aBench(given: BenchOptions = {}): Promise<Bench> {
  const { time = new ManualTime(), receiver = await startReceiver(), served = false, ...options } = given;
  let baseUrl = inProcessBase;
  const simulator = createSimulator({
    dataDir: null,
    baseUrl: () => baseUrl,
    webhooks: () => ({ smsUrl: `${receiver.url}/mo`, deliveryUrl: `${receiver.url}/dlr`, ...webhookLogin }),
    link,
    paycore: partner,
    shortNumber: '27222',
    wallNow: time.now,
    schedule: time.schedule,
    ...options,
  });
  onTestFinished(() => simulator.close());
  const host = new Hono().route('/sim', simulator.app);
  if (served) baseUrl = await serve(host);
  const call = async (path: string, init?: RequestInit): Promise<Response> =>
    served
      ? fetch(`${baseUrl}${path}`, { redirect: 'manual', ...init })
      : host.request(`${baseUrl}${path}`, init);
  const bench: Bench = {
    time,
    receiver,
    simulator,
    baseUrl,
    call,
    post: (path, body) => call(path, jsonPost(body)),
    paycore: (method, path, body, change) => {
      const text = body === undefined ? '' : JSON.stringify(body);
      const authorization = signature({
        method,
        url: `${baseUrl}${path}`,
        body: text,
        wallMs: time.now(),
        ...change,
      });
      const headers = { authorization, 'content-type': 'application/json' };
      return call(path, { method, headers, ...(text === '' ? {} : { body: text }) });
    },
    events: async () => ((await (await call('/api/events')).json()) as { items: Exchange[] }).items,
  };
  return bench;
}

async function startReceiver(): Promise<Receiver> {
  const receiver = await new Receiver().listen();
  onTestFinished(() => receiver.close());
  return receiver;
}

async function serve(host: Hono): Promise<string> {
  const server = createAdaptorServer({ fetch: host.fetch, overrideGlobalObjects: false }) as Server;
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/sim`;
}

export function jsonPost(body: unknown): RequestInit {
  return { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

export interface SignatureChange {
  nonce?: string;
  wallMs?: number;
  partnerId?: string;
  secretBase64?: string;
  quoted?: boolean;
}

/** Signs as LINK's public Java client does; checked against its test vector in paycore-hmac.test.ts. */
export function signature(
  request: { method: string; url: string; body: string; wallMs: number } & SignatureChange,
): string {
  const { nonce = randomUUID(), partnerId = partner.partnerId, quoted = true } = request;
  const seconds = Math.floor(request.wallMs / 1_000);
  // Form encoding, as java.net.URLEncoder.
  const url = new URLSearchParams({ u: request.url.toLowerCase() }).toString().slice(2);
  const bodyHash = request.body === '' ? '' : createHash('md5').update(request.body).digest('base64');
  const key = Buffer.from(request.secretBase64 ?? partner.secretBase64, 'base64');
  const signed = `${partnerId}${request.method}${url}${seconds}${nonce}${bodyHash}`;
  const short = createHmac('sha256', key).update(signed).digest('base64').slice(0, 10);
  const value = `${partnerId}:${short}:${nonce}:${seconds}`;
  return `hmac ${quoted ? `"${value}"` : value}`;
}

export function aPreTransaction(change: Record<string, unknown> = {}) {
  return {
    partnerId: 4711,
    currency: 'NOK',
    amount: '5.00',
    paymentProviders: ['Vipps'],
    referenceId: 's2p0123456789abcdef0123456789abcdef',
    description: 'Charging, up to 5 NOK',
    returnUrl: 'http://sms2pay.test/p/token/done',
    expiryUtc: '2026-11-23T10:15:00.000Z',
    sendSms: false,
    ...change,
  };
}

/** Makes a payment at the stand-in and gives its id. */
export async function aPayment(bench: Bench, change: Record<string, unknown> = {}): Promise<string> {
  const created = await bench.paycore('POST', '/paycore/api/pre-transactions', aPreTransaction(change));
  const id = created.headers.get('location')?.split('/').at(-1);
  if (created.status !== 204 || id === undefined) throw new Error(`not created: ${await created.text()}`);
  return id;
}

export async function anAuthorizedPayment(
  bench: Bench,
  change: Record<string, unknown> = {},
): Promise<string> {
  const id = await aPayment(bench, change);
  await bench.call(`/api/payments/${id}/approve`, { method: 'POST' });
  return id;
}

export function aSend(change: Record<string, unknown> = {}) {
  return {
    source: '27222',
    sourceTON: 'SHORTNUMBER',
    destination: '+4790000001',
    destinationTON: 'MSISDN',
    userData: 'Hello',
    dcs: 'TEXT',
    platformId: link.platformId,
    platformPartnerId: link.platformPartnerId,
    useDeliveryReport: true,
    deliveryReportGates: ['gate-1'],
    refId: 'session-link-1',
    ignoreResponse: false,
    ...change,
  };
}

export function sendText(bench: Bench, body: unknown, login = link): Promise<Response> {
  const authorization = `Basic ${Buffer.from(`${login.username}:${login.password}`).toString('base64')}`;
  return bench.call('/link/sms/send', {
    method: 'POST',
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
}

export async function json<T>(response: Response | Promise<Response>): Promise<T> {
  return (await (await response).json()) as T;
}
