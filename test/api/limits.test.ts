// What one address may do: 429 with Retry-After, and nobody else pays for it.
import { describe, expect, test } from 'vitest';
import type { HttpLimits } from '../../src/api/limit-addresses.ts';
import {
  aReceipt,
  aSession,
  apiFixture,
  LIMITS,
  LINK_AUTH,
  LINK_TOKEN,
  moBody,
  PAYCORE_AUTH,
  postJson,
  RECEIPT_TOKEN,
} from './api-fixture.ts';

const PAGE = `/p/${LINK_TOKEN}`;
const RECEIPT = `/r/${RECEIPT_TOKEN}`;
const PAYMENTS = '/webhooks/payments/paycore?id=tx-unknown';
const MO = '/webhooks/sms/link';
const ATTACKER = { remoteAddress: '198.51.100.66' };
const CUSTOMER = { remoteAddress: '198.51.100.7' };

function fixture(limits: Partial<HttpLimits>) {
  const time = { ms: 0 };
  const deps = { limits: { ...LIMITS, ...limits }, monotonicMs: () => time.ms };
  const api = apiFixture({ sessions: [aSession()], receipts: [aReceipt()], deps });
  const repeat = async (times: number, path: string, init: RequestInit, from: object) => {
    const statuses: number[] = [];
    for (let n = 0; n < times; n += 1) statuses.push((await api.app.request(path, init, from)).status);
    return statuses;
  };
  return { ...api, time, repeat };
}

describe('page views of one address', () => {
  test('over the limit get a readable 429 and reach no database; others are served, and later so is it', async () => {
    const { app, time, repeat, tokensLookedUp } = fixture({ pageViewsPerMinute: 3 });
    expect(await repeat(4, PAGE, {}, ATTACKER)).toEqual([200, 200, 200, 429]);
    const lookedUp = tokensLookedUp.length;
    const refused = await app.request(PAGE, { headers: { 'accept-language': 'en' } }, ATTACKER);
    expect(refused.headers.get('retry-after')).toBe('20');
    expect(refused.headers.get('content-type')).toMatch(/^text\/html/);
    expect(refused.headers.get('cache-control')).toBe('no-store');
    expect(await refused.text()).toContain('too many requests');
    expect(tokensLookedUp).toHaveLength(lookedUp);
    expect((await app.request(PAGE, {}, CUSTOMER)).status).toBe(200);
    time.ms += 20_000;
    expect((await app.request(PAGE, {}, ATTACKER)).status).toBe(200);
  });

  test('of receipts count with them', async () => {
    const { repeat } = fixture({ pageViewsPerMinute: 2 });
    expect(await repeat(2, RECEIPT, {}, ATTACKER)).toEqual([200, 200]);
    expect(await repeat(1, PAGE, {}, ATTACKER)).toEqual([429]);
  });

  test('are not used up by wrong links at the same address', async () => {
    const { repeat } = fixture({ pageViewsPerMinute: 2, wrongLinksPerMinute: 1 });
    await repeat(10, '/p/aaaaaaaaaaaaaaaaaaaaaa', {}, ATTACKER);
    expect(await repeat(2, PAGE, {}, ATTACKER)).toEqual([200, 200]);
  });
});

describe('what is counted apart', () => {
  test('is told apart by no more than a name can have, so that long ones cannot fill the memory', async () => {
    const { app } = fixture({ opensPerMinute: 2, callbacksPerMinute: 2 });
    for (const [place, found] of [
      ['/p/', 404],
      ['/webhooks/payments/', 404],
    ] as const) {
      const statuses: number[] = [];
      for (let n = 0; n < 3; n += 1) {
        const path = `${place}${'a'.repeat(10_000)}${n}`;
        statuses.push((await app.request(path, { method: 'POST' }, ATTACKER)).status);
      }
      expect(statuses).toEqual([found, found, 429]);
    }
  });
});

describe('guessing links', () => {
  test('is slowed down long before views are, also when all come at once', async () => {
    const { app, repeat } = fixture({ wrongLinksPerMinute: 5 });
    const guesses = await Promise.all(
      Array.from({ length: 50 }, async (_, n) =>
        app.request(`/p/guess-${String(n).padStart(16, '0')}`, {}, ATTACKER),
      ),
    );
    const statuses = guesses.map(({ status }) => status);
    expect(statuses.filter((status) => status === 404)).toHaveLength(5);
    expect(statuses.filter((status) => status === 429)).toHaveLength(45);
    expect(await repeat(1, PAGE, {}, CUSTOMER)).toEqual([200]);
  });

  test('refuses no right link at the same address: not its page, its receipt, its payment, nor its Stop', async () => {
    const { repeat } = fixture({ wrongLinksPerMinute: 5 });
    const statuses = await repeat(22, '/r/aaaaaaaaaaaaaaaaaaaaaa', {}, ATTACKER);
    expect(statuses.slice(4, 7)).toEqual([404, 429, 429]);
    const press = { method: 'POST' };
    expect(await repeat(1, PAGE, {}, ATTACKER)).toEqual([200]);
    expect(await repeat(1, RECEIPT, {}, ATTACKER)).toEqual([200]);
    expect(await repeat(1, `${PAGE}/stop`, {}, ATTACKER)).toEqual([303]);
    expect(await repeat(1, PAGE, press, ATTACKER)).toEqual([200]);
    expect(await repeat(1, `${PAGE}/stop`, press, ATTACKER)).toEqual([303]);
  });

  test('a refused guess is answered by a page with Retry-After and nothing of the page it replaces', async () => {
    const { app, repeat } = fixture({ wrongLinksPerMinute: 3 });
    await repeat(3, '/p/aaaaaaaaaaaaaaaaaaaaaa', {}, ATTACKER);
    const refused = await app.request('/p/aaaaaaaaaaaaaaaaaaaaaa', {}, ATTACKER);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '20']);
    expect(refused.headers.get('content-type')).toMatch(/^text\/html/);
  });

  test('right links never count as guesses', async () => {
    const { repeat } = fixture({ wrongLinksPerMinute: 1 });
    expect(new Set(await repeat(20, PAGE, {}, CUSTOMER))).toEqual(new Set([200]));
  });
});

test('taps on one link are few a minute from whatever addresses: each would grow the history of its session', async () => {
  const { app, workflows } = fixture({ opensPerMinute: 4 });
  workflows.run('session-a');
  const statuses: number[] = [];
  for (let n = 0; n < 10; n += 1)
    statuses.push((await app.request(PAGE, { method: 'POST' }, { remoteAddress: `203.0.113.${n}` })).status);
  expect(statuses).toEqual([200, 200, 200, 200, 429, 429, 429, 429, 429, 429]);
  expect(workflows.session('session-a').opened).toHaveLength(4);
});

describe('presses on Stop', () => {
  const STOP = `${PAGE}/stop`;
  const POST = { method: 'POST' };

  test('are let through where the address has used up its page views, and are few a minute for one link', async () => {
    const { repeat, app } = fixture({ pageViewsPerMinute: 1, opensPerMinute: 3 });
    expect(await repeat(2, PAGE, {}, CUSTOMER)).toEqual([200, 429]);
    expect(await repeat(5, STOP, POST, CUSTOMER)).toEqual([303, 303, 303, 429, 429]);
    const refused = await app.request(STOP, POST, { remoteAddress: '203.0.113.9' });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '20']);
  });

  test('count apart from taps on the payment button', async () => {
    const { repeat, workflows } = fixture({ opensPerMinute: 1 });
    workflows.run('session-a');
    expect((await repeat(2, PAGE, POST, CUSTOMER))[1]).toBe(429);
    expect(await repeat(1, STOP, POST, CUSTOMER)).toEqual([303]);
  });

  test('on links that lead to nothing count as guesses', async () => {
    const { repeat } = fixture({ wrongLinksPerMinute: 2 });
    expect(await repeat(3, '/p/aaaaaaaaaaaaaaaaaaaaaa/stop', POST, ATTACKER)).toEqual([404, 404, 429]);
  });
});

describe('wrong credentials', () => {
  const wrong = postJson(moBody('m1', 'CHARGE'), { authorization: `Basic ${btoa('gate:guess')}` });
  const right = (id: string) => postJson(moBody(id, 'HELP'));

  test('over the limit are refused with 429, for this address alone, and name no way in', async () => {
    const { app, inbox, repeat } = fixture({ failedLoginsPerMinute: 3 });
    expect(await repeat(5, MO, wrong, ATTACKER)).toEqual([401, 401, 401, 429, 429]);
    const refused = await app.request(MO, wrong, ATTACKER);
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(refused.headers.get('retry-after')).toBe('20');
    expect(refused.headers.get('www-authenticate')).toBeNull();
    expect(inbox.rows).toEqual([]);
    expect(await repeat(1, MO, wrong, CUSTOMER)).toEqual([401]);
  });

  test('of others at the same address never refuse right ones, also those never seen before', async () => {
    const { repeat } = fixture({ failedLoginsPerMinute: 3, callbacksPerMinute: 3 });
    await repeat(10, MO, wrong, ATTACKER);
    await repeat(10, PAYMENTS, { headers: { authorization: 'Bearer guess' } }, ATTACKER);
    expect(await repeat(1, MO, wrong, ATTACKER)).toEqual([429]);
    expect(await repeat(1, MO, right('m2'), ATTACKER)).toEqual([200]);
    expect(await repeat(1, PAYMENTS, { headers: { authorization: PAYCORE_AUTH } }, ATTACKER)).toEqual([200]);
  });

  test('right ones never count', async () => {
    const { app } = fixture({ failedLoginsPerMinute: 1 });
    for (let n = 0; n < 20; n += 1)
      expect((await app.request(MO, postJson(moBody(`m${n}`, 'HELP')), CUSTOMER)).status).toBe(200);
  });

  test('a refusal for another cause is no wrong password', async () => {
    const { repeat } = fixture({ failedLoginsPerMinute: 2 });
    const guess = { authorization: `Basic ${btoa('gate:guess')}` };
    await repeat(5, '/webhooks/sms/nobody', postJson('{}', guess), ATTACKER);
    await repeat(5, MO, postJson('x'.repeat(70_000), { authorization: LINK_AUTH }), ATTACKER);
    expect(await repeat(3, MO, wrong, ATTACKER)).toEqual([401, 401, 429]);
  });
});

test('callbacks over the limit of their address are refused with 429 and reach no workflow', async () => {
  const { repeat, workflows } = fixture({ callbacksPerMinute: 3 });
  workflows.run('session-b');
  const callback = { headers: { authorization: PAYCORE_AUTH } };
  expect(await repeat(5, PAYMENTS, callback, ATTACKER)).toEqual([200, 200, 200, 429, 429]);
  expect(await repeat(1, PAYMENTS, callback, CUSTOMER)).toEqual([200]);
});

test('texts of a gateway are not limited by address: they all come from one', async () => {
  const { app, inbox } = fixture({ callbacksPerMinute: 1, pageViewsPerMinute: 1, failedLoginsPerMinute: 1 });
  for (let n = 0; n < 50; n += 1)
    await app.request(MO, postJson(moBody(`m${n}`, 'HELP'), { authorization: LINK_AUTH }), CUSTOMER);
  expect(inbox.rows).toHaveLength(50);
});

describe('a body over 64 KiB is refused with 413 on every path of ours', () => {
  test.each(['/webhooks/sms/link', '/webhooks/payments/paycore', PAGE, '/r/x', '/healthz', '/nothing'])(
    '%s',
    async (path) => {
      const { app } = fixture({});
      const authorization = path.includes('paycore') ? PAYCORE_AUTH : LINK_AUTH;
      const body = 'x'.repeat(64 * 1024 + 1);
      const response = await app.request(path, { method: 'POST', body, headers: { authorization } });
      expect(response.status).toBe(413);
    },
  );
});
