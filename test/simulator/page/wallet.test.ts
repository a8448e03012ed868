import { describe, expect, it } from 'vitest';
import { aBench, aPayment, type Bench, json } from '../harness.ts';

const page = (id: string) => `/paycore/pre-transactions/4711/${id}`;
const decide = (bench: Bench, id: string, decision: string) =>
  bench.call(page(id), {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ decision }).toString(),
  });
const status = async (bench: Bench, id: string) =>
  (await json<{ status: string }>(bench.call(`/api/payments/${id}`))).status;

describe("the wallet's page", () => {
  it('shows amount and description, escaped, and that it is a test', async () => {
    const bench = await aBench();
    const id = await aPayment(bench, { description: '<script>alert(1)</script> & more' });
    const shown = await bench.call(page(id));
    const html = await shown.text();
    expect(shown.status).toBe(200);
    expect(html).toContain('5.00 NOK');
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; more');
    expect(html).toMatch(/^<!doctype html>.*<title>TEST/s);
    expect(html).toContain('<form method="post"');
    expect(shown.headers.get('content-security-policy')).toContain("default-src 'self'");
    expect(await status(bench, id)).toBe('pending');
  });

  it.each([
    ['approve', 'authorized'],
    ['reject', 'declined'],
  ])('on %s makes the payment %s and goes back', async (decision, expected) => {
    const bench = await aBench();
    const id = await aPayment(bench, { returnUrl: 'http://sms2pay.test/p/t/done?id={{transactionId}}' });
    const back = await decide(bench, id, decision);
    expect([back.status, back.headers.get('location')]).toEqual([
      303,
      `http://sms2pay.test/p/t/done?id=${id}`,
    ]);
    expect(await status(bench, id)).toBe(expected);
  });

  it('thanks where there is nowhere to go back to', async () => {
    const bench = await aBench();
    const id = await aPayment(bench, { returnUrl: undefined });
    expect((await decide(bench, id, 'approve')).status).toBe(200);
  });

  it('refuses to pay twice', async () => {
    const bench = await aBench();
    const id = await aPayment(bench);
    await decide(bench, id, 'approve');
    for (const again of [
      await decide(bench, id, 'approve'),
      await decide(bench, id, 'reject'),
      await bench.call(page(id)),
    ]) {
      expect(again.status).toBe(409);
      expect(await again.text()).toContain('already been processed');
    }
    expect(await status(bench, id)).toBe('authorized');
  });

  it('refuses after the expiry by the simulator clock', async () => {
    const bench = await aBench();
    const id = await aPayment(bench);
    await bench.post('/api/clock/advance', { seconds: 900 });
    expect((await bench.call(page(id))).status).toBe(410);
    expect((await decide(bench, id, 'approve')).status).toBe(410);
    expect(await status(bench, id)).toBe('expired');
  });

  it('takes no other decision, partner or site', async () => {
    const bench = await aBench();
    const id = await aPayment(bench);
    expect((await decide(bench, id, 'steal')).status).toBe(400);
    expect((await bench.call(`/paycore/pre-transactions/4712/${id}`)).status).toBe(404);
    expect((await bench.call(page('unknown'))).status).toBe(404);
    const foreign = await bench.call(page(id), {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'cross-site' },
      body: 'decision=approve',
    });
    expect(foreign.status).toBe(403);
    expect(await status(bench, id)).toBe('pending');
  });

  it('is on record as a visit of a browser', async () => {
    const bench = await aBench();
    const id = await aPayment(bench);
    await bench.call(page(id), { headers: { cookie: 'portal=secret' } });
    const visit = (await bench.events()).at(-1);
    expect(visit).toMatchObject({
      from: 'browser',
      to: 'paycore',
      status: 200,
      requestHeaders: { cookie: '***' },
    });
  });
});
