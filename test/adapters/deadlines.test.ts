// Every call to a vendor ends when its time is over: before the answer, in the middle of its head, and in its body. And
// none follows a redirect, which could lead a signed or authenticated request anywhere.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPaycoreClient } from '../../src/adapters/payment/paycore/client.ts';
import { exchange, MAX_ANSWER_BYTES } from '../../src/adapters/http/exchange.ts';
import { createLinkGateway } from '../../src/adapters/sms/link/gateway.ts';
import { SmsFault } from '../../src/ports/sms-gateway.ts';
import { startScriptedServer, type ScriptedServer } from './scripted-server.ts';

/** Enough to connect, even on a busy machine: a request that was not sent yet would not be lost. */
const TIMEOUT_MS = 400;

let server: ScriptedServer;
beforeAll(async () => {
  server = await startScriptedServer();
});
afterAll(() => server.close());

const LINK_ACCOUNT = {
  username: 'u',
  password: 'p',
  platformId: 'p',
  platformPartnerId: 'p',
  deliveryGateId: null,
  webhookUsername: 'w',
  webhookPassword: 'w',
  timeoutMs: TIMEOUT_MS,
};
const A_TEXT = {
  outboundId: 'a-link-1',
  shortNumber: '27222',
  msisdn: '4790000001',
  text: 'x',
  moReferenceId: null,
};

/** The gateway throws a fault, whose code says what became of the exchange. */
function outcomeOf(fault: unknown): { kind: string; code?: string; status?: number } {
  if (!(fault instanceof SmsFault) || fault.code === null) throw fault;
  const status = /^http(\d+)$/.exec(fault.code)?.[1];
  return status === undefined
    ? { kind: 'lost', code: fault.code }
    : { kind: 'answered', status: Number(status) };
}

const CALLS: Record<string, (baseUrl: string) => Promise<{ kind: string }>> = {
  LINK: (baseUrl) =>
    createLinkGateway({ ...LINK_ACCOUNT, baseUrl })
      .send(A_TEXT)
      .then(() => ({ kind: 'queued' }), outcomeOf),
  Paycore: (baseUrl) =>
    createPaycoreClient({
      baseUrl,
      partnerId: 1,
      secretBase64: btoa('secret'),
      timeoutMs: TIMEOUT_MS,
    }).call({ method: 'GET', path: '/api/transactions/1/x' }),
  Vipps: (baseUrl) =>
    exchange(
      { method: 'POST', url: `${baseUrl}/epayment/v1/payments`, headers: {}, body: '{}' },
      AbortSignal.timeout(TIMEOUT_MS),
    ),
};

describe.each(Object.entries(CALLS))('a call to %s', (_vendor, call) => {
  test.each(['hang', 'drip'] as const)('ends in time when the vendor would %s', async (how) => {
    server.script(how);
    const startedMs = performance.now();
    expect(await call(server.baseUrl)).toEqual({ kind: 'lost', code: 'TIMEOUT' });
    expect(performance.now() - startedMs).toBeLessThan(5_000);
  });

  test('follows no redirect', async () => {
    server.script(new Response(null, { status: 307, headers: { location: `${server.baseUrl}/elsewhere` } }));
    expect(await call(server.baseUrl)).toMatchObject({ kind: 'answered', status: 307 });
    expect(server.seen).toHaveLength(1);
  });
});

describe('an answer', () => {
  const read = () =>
    exchange({ method: 'GET', url: server.baseUrl, headers: {}, body: null }, AbortSignal.timeout(5_000));

  test('is read as UTF-8 up to 1 MiB', async () => {
    const whole = 'å'.repeat(MAX_ANSWER_BYTES / 2);
    server.script(new Response(whole));
    expect(await read()).toMatchObject({ kind: 'answered', status: 200, body: whole });
  });

  test('that is larger is not read to its end, and counts as none', async () => {
    server.script(new Response('x'.repeat(MAX_ANSWER_BYTES + 1)));
    expect(await read()).toEqual({ kind: 'lost', code: 'TOO_LARGE' });
  });
});
