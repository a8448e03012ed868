import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aBench, anAuthorizedPayment, aPayment, aSend, jsonPost, json, link, sendText } from './harness.ts';

const charge = { from: '+4790000001', to: '27222', text: 'CHARGE' };

describe("the simulator's API", () => {
  it.each([
    ['/api/sms', {}],
    ['/api/sms', { ...charge, from: 'me' }],
    ['/api/sms', { ...charge, to: '27 222x' }],
    ['/api/sms', { ...charge, text: 7 }],
    ['/api/sms', { ...charge, sentAt: 'yesterday' }],
    ['/api/sms', { ...charge, messageId: '' }],
    ['/api/sms', null],
    ['/api/faults', []],
  ])('refuses rubbish at %s: %j', async (path, body) => {
    const bench = await aBench();
    const refused = await bench.post(path, body);
    expect(refused.status).toBe(400);
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(await refused.json()).toMatchObject({
      status: 400,
      title: 'Bad Request',
      detail: expect.any(String) as unknown,
    });
    expect(bench.receiver.received).toEqual([]);
  });

  it('refuses what is not JSON, not declared as JSON, too big, or from another site', async () => {
    const bench = await aBench();
    const post = (headers: Record<string, string>, body: string) =>
      bench.call('/api/sms', { method: 'POST', headers, body });
    const declared = { 'content-type': 'application/json' };
    expect((await post(declared, '{')).status).toBe(400);
    expect((await post({ 'content-type': 'text/plain' }, JSON.stringify(charge))).status).toBe(415);
    expect((await post(declared, JSON.stringify({ ...charge, text: 'a'.repeat(70_000) }))).status).toBe(413);
    const foreign = { ...declared, 'sec-fetch-site': 'cross-site' };
    expect((await post(foreign, JSON.stringify(charge))).status).toBe(403);
    expect(await json(bench.call('/api/sms'))).toEqual({ items: [] });
  });

  it('ends every JSON answer with a newline, so that those of several curls do not run together', async () => {
    const bench = await aBench();
    for (const answer of [
      await bench.post('/api/sms', charge),
      await bench.call('/api/clock'),
      await bench.call('/api/payments/none'),
    ])
      expect(await answer.text()).toMatch(/^\{.*\}\n$/);
    expect(await (await bench.call('/api/faults', { method: 'DELETE' })).text()).toBe('');
  });

  it('answers 404 for what is not there', async () => {
    const bench = await aBench();
    for (const path of ['/api/nothing', '/api/payments/none', '/elsewhere']) {
      const answer = await bench.call(path);
      expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    }
    expect((await bench.call('/api/payments/none/approve', { method: 'POST' })).status).toBe(404);
  });

  it('shows a payment with all its amounts', async () => {
    const bench = await aBench();
    const id = await aPayment(bench);
    const expected = {
      id,
      provider: 'paycore',
      status: 'pending',
      requestedMinor: 500,
      authorizedMinor: 0,
      capturedMinor: 0,
      releasedMinor: 0,
      refundedMinor: 0,
      currency: 'NOK',
      createdAt: '2026-11-23T10:00:00.000Z',
      authorizedAt: null,
      captures: 0,
      reference: 's2p0123456789abcdef0123456789abcdef',
      description: 'Charging, up to 5 NOK',
      expiresAt: '2026-11-23T10:15:00.000Z',
      landingUrl: `${bench.baseUrl}/paycore/pre-transactions/4711/${id}`,
    };
    expect(await json(bench.call(`/api/payments/${id}`))).toEqual(expected);
    expect(await json(bench.call('/api/payments'))).toEqual({ items: [expected] });
  });

  it.each([
    ['approve', 'authorized'],
    ['reject', 'declined'],
    ['expire', 'expired'],
  ])('%s makes a pending payment %s, once', async (action, status) => {
    const bench = await aBench();
    const id = await aPayment(bench);
    const act = (name: string) => bench.call(`/api/payments/${id}/${name}`, { method: 'POST' });
    const done = await act(action);
    expect([done.status, await done.json()]).toMatchObject([200, { id, status }]);
    for (const name of ['approve', 'reject', 'expire']) {
      const again = await act(name);
      expect([again.status, await again.json()]).toMatchObject([409, { status: 409 }]);
    }
    expect(await json(bench.call(`/api/payments/${id}`))).toMatchObject({ status });
  });

  it('records every exchange between the parties, credentials masked, and none of its own', async () => {
    const bench = await aBench();
    await bench.post('/api/sms', charge);
    const id = await aPayment(bench);
    await bench.call(`/paycore/pre-transactions/4711/${id}`);
    await sendText(bench, aSend());
    await sendText(bench, aSend({ destination: 'x' }), { ...link, password: 'wrong' });
    const events = await bench.events();
    expect(events.map(({ from, to, method, status }) => [from, to, method, status])).toEqual([
      ['gateway', 'sms2pay', 'POST', 200],
      ['sms2pay', 'paycore', 'POST', 204],
      ['browser', 'paycore', 'GET', 200],
      ['sms2pay', 'gateway', 'POST', 200],
      ['sms2pay', 'gateway', 'POST', 401],
    ]);
    expect(events[0]).toEqual({
      id: '1',
      at: '2026-11-23T10:00:00.000Z',
      from: 'gateway',
      to: 'sms2pay',
      method: 'POST',
      url: `${bench.receiver.url}/mo`,
      requestHeaders: { 'content-type': 'application/json', authorization: 'Basic ***' },
      requestBody: bench.receiver.received[0]?.body,
      status: 200,
      responseBody: 'OK',
      durationMs: 0,
      note: null,
    });
    expect(events[1]).toMatchObject({
      url: `${bench.baseUrl}/paycore/api/pre-transactions`,
      requestHeaders: { authorization: 'hmac ***' },
      requestBody: expect.stringContaining('"amount":"5.00"') as unknown,
    });
    expect(events[3]?.responseBody).toContain('"resultCode":1005');
    const since = await json<{ items: { id: string }[] }>(bench.call('/api/events?since=2&limit=1'));
    expect(since.items.map((event) => event.id)).toEqual(['3']);
    expect((await bench.call('/api/events?limit=0')).status).toBe(400);
    expect((await bench.call('/api/events?since=x')).status).toBe(400);
  });

  it("records no login of a callback's address, in events or journal, and still uses it", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'simulator-'));
    onTestFinished(() => rmSync(dataDir, { recursive: true }));
    const bench = await aBench({ dataDir });
    const { host } = new URL(bench.receiver.url);
    const statusCallbackUrl = `http://paycore:callback%2Dsecret@${host}/cb?id={{transactionId}}`;
    const id = await anAuthorizedPayment(bench, { statusCallbackUrl });
    await bench.simulator.idle();
    const read = await bench.paycore('GET', `/paycore/api/pre-transactions/4711/${id}`);
    expect(await read.text()).toContain('callback%2Dsecret');
    expect(bench.receiver.at('/cb')[0]?.headers.authorization).toBe(
      `Basic ${btoa('paycore:callback-secret')}`,
    );

    const events = JSON.stringify(await bench.events());
    const journal = readFileSync(join(dataDir, 'simulator-exchanges.jsonl'), 'utf8');
    for (const kept of [events, journal]) {
      expect(kept).toContain(`http://***@${host}/cb`);
      expect(kept).not.toMatch(/callback(%2D|-)secret/);
      expect(kept).not.toContain(btoa('paycore:callback-secret'));
    }
  });

  it('records a push that found nobody', async () => {
    const nowhere = 'http://127.0.0.1:1/';
    const bench = await aBench({
      webhooks: () => ({ smsUrl: nowhere, deliveryUrl: nowhere, username: 'u', password: 'p' }),
    });
    const sent = await bench.call('/api/sms', jsonPost(charge));
    expect(await sent.json()).toMatchObject({ delivery: { status: 'pending', attempts: 1 } });
    expect(await bench.events()).toMatchObject(
      [{ url: nowhere, status: null, note: /no answer/ }].map((event) => ({
        ...event,
        note: expect.stringMatching(event.note) as unknown,
      })),
    );
  });
});
