// A link in a text is often followed by a full stop, a bracket or a character that nobody sees.
import { describe, expect, test } from 'vitest';
import { aReceipt, aSession, apiFixture, LINK_TOKEN, RECEIPT_TOKEN } from './api-fixture.ts';

const PAGE = `/p/${LINK_TOKEN}`;
const RECEIPT = `/r/${RECEIPT_TOKEN}`;
const ATTACHED = [
  '.',
  ',',
  '...',
  ')',
  ').',
  '>',
  '%3E',
  '%22',
  "'",
  '!',
  '%20',
  '%20.',
  '%C2%A0',
  '%E2%80%8B',
  '%EF%BB%BF',
  '%E2%80%9D',
  '/',
  '//',
  '/.%20',
  '*',
  '-',
  '%',
  '.Thanks',
  '%0A',
  '.%0D%0AThanks',
];

describe.each([PAGE, RECEIPT])('%s', (path) => {
  test.each(ATTACHED)('with %j behind it leads to its page', async (attached) => {
    const { app } = apiFixture({ sessions: [aSession()], receipts: [aReceipt()] });
    const response = await app.request(path + attached);
    expect([response.status, response.headers.get('location')]).toEqual([307, path]);
    expect((await app.request(response.headers.get('location') ?? '')).status).toBe(200);
  });
});

test.each(ATTACHED)(
  'a page of the link with %j behind it leads there, and keeps its method',
  async (attached) => {
    const { app } = apiFixture({ sessions: [aSession()] });
    for (const page of ['/stop', '/done'])
      for (const method of ['GET', 'POST']) {
        const response = await app.request(PAGE + page + attached, { method });
        expect([response.status, response.headers.get('location')]).toEqual([307, PAGE + page]);
      }
    const between = await app.request(`${PAGE}./stop`, { method: 'POST' });
    expect([between.status, between.headers.get('location')]).toEqual([307, `${PAGE}/stop`]);
  },
);

test.each(['a', '1', '%C3%A6', '/nothing', '/stopped', '/stop/1'])(
  'a link with %j behind it is another address',
  async (behind) => {
    const { app } = apiFixture({ sessions: [aSession()] });
    expect((await app.request(PAGE + behind)).status).toBe(404);
  },
);

test('a link to nothing is redirected without being looked up, and counts as a guess once it is', async () => {
  const { app, tokensLookedUp } = apiFixture();
  const redirected = await app.request('/p/aaaaaaaaaaaaaaaaaaaaaa.');
  expect(redirected.status).toBe(307);
  expect(tokensLookedUp).toEqual([]);
  expect((await app.request(redirected.headers.get('location') ?? '')).status).toBe(404);
});

test.each(['.'.repeat(250) + 'a/a', '.'.repeat(16_000) + '/a', './stop'.repeat(2_000) + 'a'])(
  'a long address costs no more than its length, as it is read before all limits (%#)',
  async (behind) => {
    const { app } = apiFixture();
    // The fastest of several rounds: a busy machine slows some of them down, a pattern that goes back all.
    const fastestMs = async (address: string): Promise<number> => {
      const rounds: number[] = [];
      for (let round = 0; round < 6; round += 1) {
        const startedMs = performance.now();
        for (let n = 0; n < 5; n += 1) expect((await app.request(address)).status).toBe(404);
        rounds.push(performance.now() - startedMs);
      }
      return Math.min(...rounds);
    };
    const plainMs = await fastestMs(PAGE + 'a'.repeat(behind.length));
    expect(await fastestMs(PAGE + behind)).toBeLessThan(4 * plainMs + 5);
  },
);
