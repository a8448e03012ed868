import { describe, expect, it } from 'vitest';
import { aVippsBench, aVippsPayment, cancel, standing, type VippsBench } from './harness.ts';

const pageOf = (bench: VippsBench, redirectUrl: string) => redirectUrl.slice(bench.baseUrl.length);
const decide = (bench: VippsBench, redirectUrl: string, decision: string, headers = {}) =>
  bench.call(pageOf(bench, redirectUrl), {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
    body: new URLSearchParams({ decision }).toString(),
  });
const stateOf = async (bench: VippsBench, reference: string) => (await standing(bench, reference))[0];

describe('the landing page', () => {
  it('shows amount and description, escaped, and that it is a test; looking changes nothing', async () => {
    const bench = await aVippsBench();
    const paymentDescription = '<script>alert(1)</script> & more';
    const { redirectUrl, reference } = await aVippsPayment(bench, { paymentDescription });
    const shown = await bench.call(pageOf(bench, redirectUrl));
    const html = await shown.text();
    expect(shown.status).toBe(200);
    expect(html).toContain('5.00 NOK');
    expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt; &amp; more');
    expect(html).toMatch(/^<!doctype html>.*<title>TEST/s);
    expect(html).toContain('<form method="post"');
    expect(await stateOf(bench, reference)).toBe('CREATED');
  });

  it.each([
    ['approve', 'AUTHORIZED'],
    ['reject', 'ABORTED'],
  ])('on %s makes the payment %s and goes back, once', async (decision, state) => {
    const bench = await aVippsBench();
    const { redirectUrl, reference } = await aVippsPayment(bench);
    const back = await decide(bench, redirectUrl, decision);
    expect([back.status, back.headers.get('location')]).toEqual([303, 'http://sms2pay.test/p/token/done']);
    for (const again of [
      await decide(bench, redirectUrl, 'approve'),
      await decide(bench, redirectUrl, 'reject'),
      await bench.call(pageOf(bench, redirectUrl)),
    ]) {
      expect(again.status).toBe(409);
      expect(await again.text()).toContain('already been processed');
    }
    expect(await stateOf(bench, reference)).toBe(state);
  });

  it('says why a card was refused and lets the customer decide again', async () => {
    const bench = await aVippsBench();
    const { redirectUrl, reference } = await aVippsPayment(bench, {
      amount: { currency: 'NOK', value: 151 },
    });
    const refused = await decide(bench, redirectUrl, 'approve');
    const html = await refused.text();
    expect(refused.status).toBe(409);
    expect(html).toContain('not enough money');
    expect(html).toContain('<form method="post"');
    expect(await stateOf(bench, reference)).toBe('CREATED');
    expect((await decide(bench, redirectUrl, 'reject')).status).toBe(303);
  });

  it('goes back while the result of an approval is unknown; deciding again changes nothing', async () => {
    const bench = await aVippsBench();
    const { redirectUrl, reference } = await aVippsPayment(bench, {
      amount: { currency: 'NOK', value: 201 },
    });
    expect((await decide(bench, redirectUrl, 'approve')).status).toBe(303);
    expect((await decide(bench, redirectUrl, 'reject')).status).toBe(409);
    expect(await stateOf(bench, reference)).toBe('CREATED');
  });

  it('refuses after 10 minutes, and what was cancelled meanwhile', async () => {
    const bench = await aVippsBench();
    const ended = await aVippsPayment(bench);
    await cancel(bench, ended.reference);
    expect((await decide(bench, ended.redirectUrl, 'approve')).status).toBe(409);
    expect(await stateOf(bench, ended.reference)).toBe('TERMINATED');
    const late = await aVippsPayment(bench);
    await bench.post('/api/clock/advance', { seconds: 600 });
    expect((await bench.call(pageOf(bench, late.redirectUrl))).status).toBe(410);
    expect((await decide(bench, late.redirectUrl, 'approve')).status).toBe(410);
    expect(await stateOf(bench, late.reference)).toBe('EXPIRED');
  });

  it('takes no other decision, token or site, and is on record as a visit of a browser', async () => {
    const bench = await aVippsBench();
    const { redirectUrl, reference } = await aVippsPayment(bench);
    expect((await decide(bench, redirectUrl, 'steal')).status).toBe(400);
    expect((await decide(bench, `${redirectUrl}x`, 'approve')).status).toBe(404);
    expect((await bench.call(`/vipps/landing/${reference}`)).status).toBe(404);
    expect((await bench.events()).at(-1)).toMatchObject({ from: 'browser', to: 'vipps', status: 404 });
    const foreign = await decide(bench, redirectUrl, 'approve', { 'sec-fetch-site': 'cross-site' });
    expect(foreign.status).toBe(403);
    expect(await stateOf(bench, reference)).toBe('CREATED');
  });
});
