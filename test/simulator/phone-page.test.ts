import { describe, expect, it } from 'vitest';
import { aBench, aPayment, aSend, type Bench, json, sendText } from './harness.ts';

const form = (bench: Bench, path: string, fields: Record<string, string> = {}, cookie = '') =>
  bench.call(path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', cookie },
    body: new URLSearchParams(fields).toString(),
  });
const page = async (bench: Bench, cookie = '') => (await bench.call('', { headers: { cookie } })).text();

describe('the phone page', () => {
  it('is one page that says TEST, at the mount point with and without slash', async () => {
    const bench = await aBench();
    for (const path of ['', '/']) {
      const answer = await bench.call(path);
      expect(answer.status).toBe(200);
      expect(await answer.text()).toMatch(/^<!doctype html>.*TEST: a simulator/s);
    }
  });

  it('works under its content security policy: nothing is inline, its files are its own', async () => {
    const bench = await aBench();
    const answer = await bench.call('');
    expect(answer.headers.get('content-security-policy')).toContain("default-src 'self'");
    const html = await answer.text();
    expect(html).not.toMatch(/ style=| on\w+=|<style|<script(?![^>]* src=)/);
    const files = [...html.matchAll(/(?:href|src)="(\/sim\/assets\/[^"]+)"/g)].map((match) => match[1] ?? '');
    expect(files).toHaveLength(2);
    const types = await Promise.all(
      files.map(async (file) => (await bench.call(file.replace('/sim', ''))).headers.get('content-type')),
    );
    expect(types).toEqual(['text/css; charset=utf-8', 'text/javascript; charset=utf-8']);
  });

  it('sends a text from the chosen phone, which never stands in an address', async () => {
    const bench = await aBench();
    const chosen = await form(bench, '/page/phone', { phone: '+47 900 00 002' });
    expect([chosen.status, chosen.headers.get('location')]).toEqual([303, '/sim']);
    const cookie = (chosen.headers.get('set-cookie') ?? '').split(';')[0] ?? '';
    expect(chosen.headers.get('set-cookie')).toMatch(/Path=\/sim; HttpOnly; SameSite=Lax/);
    const sent = await form(bench, '/page/sms', { text: 'CHARGE' }, cookie);
    expect([sent.status, sent.headers.get('location')]).toEqual([303, '/sim']);
    expect(await json(bench.call('/api/sms'))).toMatchObject({
      items: [{ from: '+4790000002', to: '27222', text: 'CHARGE', state: 'delivered' }],
    });
    expect(await page(bench, cookie)).toContain('<p>CHARGE</p>');
    expect(await page(bench)).not.toContain('<p>CHARGE</p>');
  });

  it('shows texts escaped and makes only web addresses tappable', async () => {
    const bench = await aBench();
    await sendText(
      bench,
      aSend({ userData: '<b>Pay</b> "now": https://pay.test/p/a?x=1&y=2. Not javascript:alert(1)' }),
    );
    const html = await page(bench);
    expect(html).toContain(
      '&lt;b&gt;Pay&lt;/b&gt; &quot;now&quot;: <a href="https://pay.test/p/a?x=1&amp;y=2"',
    );
    expect(html).toContain('https://pay.test/p/a?x=1&amp;y=2</a>. Not javascript:alert(1)');
  });

  it('approves, rejects and expires payments, and says when it cannot', async () => {
    const bench = await aBench();
    for (const [action, status] of [
      ['approve', 'authorized'],
      ['reject', 'declined'],
      ['expire', 'expired'],
    ] as const) {
      const id = await aPayment(bench, { referenceId: action, description: '<i>power</i>' });
      expect(await page(bench)).toContain(`/sim/page/payments/${id}/${action}`);
      expect((await form(bench, `/page/payments/${id}/${action}`)).headers.get('location')).toBe('/sim');
      expect(await json(bench.call(`/api/payments/${id}`))).toMatchObject({ status });
      const again = await form(bench, `/page/payments/${id}/${action}`);
      expect(again.headers.get('location')).toBe('/sim?notice=payment');
    }
    const html = await (await bench.call('?notice=payment')).text();
    expect(html).toContain('could not be changed');
    expect(html).toContain('&lt;i&gt;power&lt;/i&gt;');
    expect(html).toContain('reserved now 5.00 NOK');
  });

  it('moves the clock one hour', async () => {
    const bench = await aBench();
    expect((await form(bench, '/page/later')).headers.get('location')).toBe('/sim');
    expect(bench.simulator.clock.offsetMs()).toBe(3_600_000);
    expect(await page(bench)).toContain('2026-11-23 11:00:00 UTC');
    const stuck = await aBench({ advanceWorkflows: () => Promise.resolve({ unsupported: 'no' }) });
    expect((await form(stuck, '/page/later')).headers.get('location')).toBe('/sim?notice=clock');
  });

  it('refuses what is not a phone number, and a form of another site', async () => {
    const bench = await aBench();
    expect((await form(bench, '/page/phone', { phone: '<x>' })).headers.get('location')).toBe(
      '/sim?notice=number',
    );
    const foreign = await bench.call('/page/sms', {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'cross-site' },
      body: 'text=CHARGE',
    });
    expect(foreign.status).toBe(403);
    expect(bench.receiver.received).toEqual([]);
  });
});
