// Every call to a vendor ends when its time is over: before the answer, in the middle of its head, and in its body. And
// none follows a redirect, which could lead a signed or authenticated request anywhere.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPaycoreClient } from '../../src/adapters/payment/paycore/client.ts';
import { exchange } from '../../src/adapters/payment/vipps/http.ts';
import { createLinkClient } from '../../src/adapters/sms/link/client.ts';
import { startScriptedServer, type ScriptedServer } from './scripted-server.ts';

const TIMEOUT_MS = 150;

let server: ScriptedServer;
beforeAll(async () => {
  server = await startScriptedServer();
});
afterAll(() => server.close());

const CALLS: Record<string, (baseUrl: string) => Promise<{ kind: string }>> = {
  LINK: (baseUrl) =>
    createLinkClient({ baseUrl, username: 'u', password: 'p', timeoutMs: TIMEOUT_MS }).post('/sms/send', {}),
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
