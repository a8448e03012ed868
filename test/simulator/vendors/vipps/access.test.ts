import { describe, expect, it } from 'vitest';
import { aBench, json } from '../../harness.ts';
import { aCreate, aVippsBench, codeOf, payments, salesUnit, tokenHeaders } from './harness.ts';

interface Token {
  access_token: string;
  expires_in: string;
  expires_on: string;
}
const path = '/vipps/accesstoken/get';
const nobody = '/epayment/v1/payments/nobody-00';

describe('the access token', () => {
  it('is given for the keys of the sales unit, with its times as strings', async () => {
    const bench = await aBench({ vipps: salesUnit });
    const given = await bench.call(path, { method: 'POST', headers: tokenHeaders() });
    expect([given.status, given.headers.get('content-type')]).toEqual([
      200,
      'application/json;charset=UTF-8',
    ]);
    const token = await json<Token>(given);
    expect(token).toMatchObject({
      token_type: 'Bearer',
      expires_in: '3600',
      expires_on: String(Date.parse('2026-11-23T11:00:00Z') / 1_000),
    });
    expect(token.access_token.length).toBeGreaterThan(1_000);
  });

  it.each(['client_id', 'client_secret', 'ocp-apim-subscription-key', 'merchant-serial-number'])(
    'is refused for another %s',
    async (name) => {
      const bench = await aBench({ vipps: salesUnit });
      const refused = await bench.call(path, { method: 'POST', headers: tokenHeaders({ [name]: '654321' }) });
      expect(refused.status).toBe(401);
      expect(await refused.text()).not.toContain('access_token');
    },
  );

  it('lives an hour by wall time, several at once, whatever the simulator clock says', async () => {
    const bench = await aVippsBench();
    bench.time.advance(1_800_000);
    const second = await json<Token>(bench.call(path, { method: 'POST', headers: tokenHeaders() }));
    const withSecond = { headers: { authorization: `Bearer ${second.access_token}` } };
    await bench.post('/api/clock/advance', { seconds: 7_200 });
    bench.time.advance(1_799_999);
    expect((await bench.vipps('GET', nobody)).status).toBe(404);
    bench.time.advance(1);
    expect((await bench.vipps('GET', nobody)).status).toBe(401);
    expect((await bench.vipps('GET', nobody, withSecond)).status).toBe(404);
    bench.time.advance(1_800_000);
    expect((await bench.vipps('GET', nobody, withSecond)).status).toBe(401);
  });
});

describe('every call', () => {
  /** Not in its first bytes: those say until when it lives. */
  const flipped = (token: string) =>
    `${token.slice(0, 100)}${token[100] === 'A' ? 'B' : 'A'}${token.slice(101)}`;

  it.each<[string, (token: string) => Record<string, string | null>, number]>([
    ['no token', () => ({ authorization: null }), 401],
    ['a token without the word Bearer', (token) => ({ authorization: token }), 401],
    ['a token that was tampered with', (token) => ({ authorization: `Bearer ${flipped(token)}` }), 401],
    ['rubbish for a token', () => ({ authorization: 'Bearer e30' }), 401],
    ['another subscription key', () => ({ 'ocp-apim-subscription-key': 'other' }), 401],
    ['no subscription key', () => ({ 'ocp-apim-subscription-key': null }), 401],
    ['another sales unit', () => ({ 'merchant-serial-number': '654321' }), 403],
    ['no sales unit', () => ({ 'merchant-serial-number': null }), 400],
    ['a system name over 30 characters', () => ({ 'vipps-system-name': 's'.repeat(31) }), 400],
    ['a plugin version over 30 characters', () => ({ 'vipps-system-plugin-version': 's'.repeat(31) }), 400],
  ])('with %s is refused and changes nothing', async (_what, change, status) => {
    const bench = await aVippsBench();
    const headers = change(bench.token);
    for (const call of [
      bench.vipps('POST', payments, { headers, body: aCreate() }),
      bench.vipps('GET', '/webhooks/v1/webhooks', { headers }),
    ]) {
      expect((await call).status).toBe(status);
    }
    expect(await json(bench.call('/api/payments'))).toEqual({ items: [] });
  });

  it('is on record as one between sms2pay and Vipps, its secrets left out', async () => {
    const bench = await aVippsBench();
    await bench.call(path, { method: 'POST', headers: tokenHeaders() });
    const body = { url: 'https://sms2pay.test/hook', events: ['epayments.payment.captured.v1'] };
    const { secret } = await json<{ secret: string }>(bench.vipps('POST', '/webhooks/v1/webhooks', { body }));
    const events = await bench.events();
    expect(events.map(({ from, to, status }) => [from, to, status])).toEqual([
      ['sms2pay', 'vipps', 200],
      ['sms2pay', 'vipps', 200],
      ['sms2pay', 'vipps', 201],
    ]);
    const recorded = JSON.stringify(events);
    for (const hidden of [salesUnit.clientSecret, salesUnit.subscriptionKey, bench.token, secret]) {
      expect(recorded).not.toContain(hidden);
    }
    expect(recorded).toContain('***');
  });

  it('to what does not exist is answered with a problem', async () => {
    const bench = await aBench({ vipps: salesUnit });
    const given = await json<Token>(bench.call(path, { method: 'POST', headers: tokenHeaders() }));
    const headers = tokenHeaders({ authorization: `Bearer ${given.access_token}` });
    expect(await codeOf(bench.call('/vipps/epayment/v2/payments', { headers }))).toEqual([404, null]);
  });

  it('finds nothing at all where no sales unit is configured', async () => {
    const bench = await aBench();
    expect((await bench.call(path, { method: 'POST', headers: tokenHeaders() })).status).toBe(404);
    expect((await bench.call('/vipps/landing/token')).status).toBe(404);
    const refused = await bench.post('/api/faults', { operation: 'refund', kind: 'fail' });
    expect(refused.status).toBe(400);
  });
});
