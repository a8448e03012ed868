// Whom the simulator answers: pages of other sites open in the tester's browser may neither read nor press anything.
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { aBench, type Bench, json } from './harness.ts';

const charge = { from: '+4790000001', to: '27222', text: 'CHARGE' };
const form = { 'content-type': 'application/x-www-form-urlencoded' };

/** `fetch` writes its own Host: a page whose name was pointed at this machine sends another one. */
function ask(bench: Bench, host: string, method: 'GET' | 'POST' = 'GET'): Promise<number> {
  const { port } = new URL(bench.baseUrl);
  return new Promise((resolve, reject) => {
    const headers = { host, 'content-type': 'application/json', 'sec-fetch-site': 'same-origin' };
    request({ host: '127.0.0.1', port, path: '/sim/api/sms', method, headers }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    })
      .on('error', reject)
      .end(method === 'POST' ? JSON.stringify(charge) : undefined);
  });
}

const texts = async (bench: Bench): Promise<unknown[]> =>
  (await json<{ items: unknown[] }>(bench.call('/api/sms'))).items;

describe('the name a request came by', () => {
  it.each(['evil.example', 'evil.example:80', 'localhost.evil.example', '127.0.0.1.evil.example'])(
    'refuses %s, a name pointed at this machine',
    async (host) => {
      const bench = await aBench({ served: true });
      expect(await ask(bench, host)).toBe(403);
      expect(await ask(bench, host, 'POST')).toBe(403);
      expect(await texts(bench)).toEqual([]);
    },
  );

  it.each(['localhost:9', '127.0.0.1', '[::1]:8080', '192.168.1.20:8080', 'demo.example', 'Pub.Example'])(
    'takes %s, by which this process is reached',
    async (host) => {
      const bench = await aBench({ served: true, hostNames: ['demo.example', 'pub.example'] });
      expect(await ask(bench, host)).toBe(200);
      expect(await ask(bench, host, 'POST')).toBe(201);
      expect(await texts(bench)).toHaveLength(1);
    },
  );
});

describe('the page a form came from', () => {
  const post = (bench: Bench, headers: Record<string, string>) =>
    bench.call('/page/sms', { method: 'POST', headers: { ...form, ...headers }, body: 'text=CHARGE' });

  it.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['another port of this machine', { 'sec-fetch-site': 'same-site' }],
    ['another port, says a browser without Fetch Metadata', { origin: 'http://simulator.test:3000' }],
    ['another site, says a browser without Fetch Metadata', { origin: 'https://evil.example' }],
    ['a page that hides where it is from', { origin: 'null' }],
  ])('refuses one of %s', async (_page, headers) => {
    const bench = await aBench();
    expect((await post(bench, headers)).status).toBe(403);
    const approve = await bench.call('/api/payments/none/approve', { method: 'POST', headers });
    expect(approve.status).toBe(403);
    const clear = await bench.call('/api/faults', { method: 'DELETE', headers });
    expect(clear.status).toBe(403);
    expect(await texts(bench)).toEqual([]);
  });

  it.each([
    ['this page', { 'sec-fetch-site': 'same-origin', origin: 'null' }],
    ['nowhere, for it was typed or sent again', { 'sec-fetch-site': 'none' }],
    ['this page, says a browser without Fetch Metadata', { origin: 'http://simulator.test' }],
    ['this page behind a proxy that speaks https', { origin: 'https://simulator.test' }],
    ['a program', {}],
  ])('takes one of %s', async (_page, headers) => {
    const bench = await aBench();
    expect((await post(bench, headers)).status).toBe(303);
    expect(await texts(bench)).toHaveLength(1);
  });

  it('answers a link of another site: looking changes nothing', async () => {
    const bench = await aBench();
    const headers = { 'sec-fetch-site': 'cross-site' };
    expect((await bench.call('/', { headers })).status).toBe(200);
  });
});
