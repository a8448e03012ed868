import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import { createSimulator } from '../../src/simulator/index.ts';
import type { InboundHttpRequest } from '../../src/ports/webhooks.ts';

export const LINK_ACCOUNT = {
  username: 'sms2pay',
  password: 'send-secret',
  platformId: 'COMMON_API',
  platformPartnerId: '4711',
};
export const PAYCORE_PARTNER = {
  partnerId: '4711',
  secretBase64: 'YS1kZW1vLXNlY3JldC1mb3ItdGVzdC12ZWN0b3JzLTAx',
};
export const VIPPS_SALES_UNIT = {
  merchantSerialNumber: '123456',
  clientId: 'fb492b5e-7907-4d83-ba20-c7fb60ca35de',
  clientSecret: 'client-secret',
  subscriptionKey: 'subscription-key',
};
export const WEBHOOK = { username: 'hook', password: 'hook-secret' };
export const SHORT_NUMBER = '27222';

/** How long an adapter that "gives up soon" waits: enough for the other side to act, even on a busy machine. */
export const IMPATIENT_MS = 400;
export const PATIENT_MS = 10_000;

/** The simulator over real HTTP, and a server in our place that takes whatever it pushes. */
export interface SimulatorHarness {
  /** of the simulator */
  baseUrl: string;
  callbackUrl: string;
  api(method: 'GET' | 'POST', path: string, body?: unknown): Promise<{ status: number; body: unknown }>;
  /** the first push to this route that `act` leads to */
  pushOf(route: PushRoute, act: () => Promise<unknown>): Promise<InboundHttpRequest>;
  /** `work` with the body of every reply changed on its way */
  withReplies: <T>(change: (body: string) => string, work: () => Promise<T>) => Promise<T>;
  /** resolves when nothing is being pushed */
  idle(): Promise<void>;
  close(): Promise<void>;
}

export type PushRoute = '/sms' | '/delivery' | '/callback';

export async function startSimulator(): Promise<SimulatorHarness> {
  const taker = new PushTaker();
  const ours = await listen(taker.app.fetch);
  let baseUrl = 'http://unset.invalid';
  const simulator = createSimulator({
    dataDir: null,
    baseUrl: () => baseUrl,
    webhooks: () => ({ smsUrl: `${ours.baseUrl}/sms`, deliveryUrl: `${ours.baseUrl}/delivery`, ...WEBHOOK }),
    link: LINK_ACCOUNT,
    paycore: PAYCORE_PARTNER,
    vipps: VIPPS_SALES_UNIT,
    shortNumber: SHORT_NUMBER,
    schedule: hurried,
  });
  let change: ((body: string) => string) | null = null;
  const theirs = await listen(async (request, env) => {
    const reply = await simulator.app.fetch(request, env);
    if (change === null) return reply;
    const { status, headers } = reply;
    return new Response(change(await reply.text()), { status, headers });
  });
  baseUrl = theirs.baseUrl;

  return {
    baseUrl,
    callbackUrl: `${ours.baseUrl}/callback`,
    async api(method: 'GET' | 'POST', path: string, body?: unknown) {
      const response = await fetch(`${baseUrl}/api${path}`, {
        method,
        ...(body === undefined
          ? {}
          : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      });
      return { status: response.status, body: await response.json() };
    },
    async pushOf(route, act) {
      await simulator.idle();
      const push = taker.next(route);
      await act();
      return push;
    },
    async withReplies(changed, work) {
      change = changed;
      try {
        return await work();
      } finally {
        change = null;
      }
    },
    idle: () => simulator.idle(),
    async close() {
      await simulator.close();
      await Promise.all([theirs.close(), ours.close()]);
    },
  };
}

/** Does at once what the simulator would do within seconds (reports, repeats); what it holds for long stays held. */
function hurried(afterMs: number, run: () => void): () => void {
  const timer = setTimeout(run, afterMs <= 2000 ? 0 : afterMs);
  return () => clearTimeout(timer);
}

/** Answers every push and hands it to whoever waits for one of its route. */
class PushTaker {
  readonly app = new Hono();
  readonly #waiting = new Map<string, (request: InboundHttpRequest) => void>();

  constructor() {
    this.app.all('*', async (c) => {
      const { method, url } = c.req;
      const headers = Object.fromEntries(c.req.raw.headers);
      const request = { method, url, headers, body: await c.req.text() };
      const route = new URL(url).pathname;
      this.#waiting.get(route)?.(request);
      this.#waiting.delete(route);
      return c.text('OK');
    });
  }

  next(route: PushRoute): Promise<InboundHttpRequest> {
    return new Promise((resolve) => {
      this.#waiting.set(route, resolve);
    });
  }
}

async function listen(
  fetch: Parameters<typeof serve>[0]['fetch'],
): Promise<{ baseUrl: string; close(): Promise<void> }> {
  const options = { fetch, port: 0, hostname: '127.0.0.1' };
  const server = await new Promise<ReturnType<typeof serve>>((resolve) => {
    const starting = serve(options, () => resolve(starting));
  });
  const { port } = server.address() as AddressInfo;
  return {
    baseUrl: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}
