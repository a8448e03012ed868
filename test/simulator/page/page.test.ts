import { describe, expect, it } from 'vitest';
import { phoneKey } from '../../../src/simulator/page/phones.ts';
import type { SessionShown, Sms2pay } from '../../../src/simulator/sms2pay.ts';
import { aBench, aPayment, aSend, type Bench, json, sendText } from '../harness.ts';

const form = (
  bench: Bench,
  path: string,
  fields: Record<string, string> = {},
  more: Record<string, string> = {},
) =>
  bench.call(path, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded', ...more },
    body: new URLSearchParams(fields).toString(),
  });
const page = async (bench: Bench, query = '') => (await bench.call(query)).text();
const locationOf = (answer: Response) => [answer.status, answer.headers.get('location')];

const first = phoneKey('4790000001');
const second = phoneKey('4790000002');

/** A session of the first phone, as sms2pay would show it. */
function aSession(change: Partial<SessionShown> = {}): SessionShown {
  return {
    sessionId: '14e57c72f3a740728a1977c3ee122c07',
    phone: '4790000001',
    serviceName: 'Charging',
    state: 'active',
    createdAt: '2026-11-23T10:00:00.000Z',
    startedAt: '2026-11-23T10:00:00.000Z',
    endedAt: null,
    currency: 'NOK',
    reservedMinor: 500,
    soFarMinor: 100,
    capturedMinor: 0,
    releasedMinor: 0,
    attention: null,
    knownAs: ['14e57c72f3a740728a1977c3ee122c07'],
    workflowUrl: 'http://127.0.0.1:8233/namespaces/default/workflows/charge-session-14e57',
    ...change,
  };
}

function shows(...sessions: SessionShown[]): Sms2pay {
  return {
    sessions: () => Promise.resolve(sessions),
    services: () => Promise.resolve([]),
    limitOf: () => Promise.resolve('2026-11-24T10:00:00.000Z'),
  };
}

describe("the simulator's page", () => {
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
    expect(files).toEqual(['/sim/assets/simulator.css', '/sim/assets/simulator.js']);
    const types = await Promise.all(
      files.map(async (file) => (await bench.call(file.replace('/sim', ''))).headers.get('content-type')),
    );
    expect(types).toEqual(['text/css; charset=utf-8', 'text/javascript; charset=utf-8']);
  });

  it('takes a person who wrote localhost to the address that the pages in the phone have', async () => {
    const bench = await aBench({ served: true });
    const port = new URL(bench.baseUrl).port;
    const answer = await fetch(`http://localhost:${port}/sim?phone=${first}`, { redirect: 'manual' });
    expect(locationOf(answer)).toEqual([302, `${bench.baseUrl}?phone=${first}`]);
  });
});

describe('the phone', () => {
  it('is one of several, kept, and never named by its number in an address', async () => {
    const bench = await aBench();
    const added = await form(bench, '/page/phones', { phone: '+47 900 00 002' });
    expect(locationOf(added)).toEqual([303, `/sim?phone=${second}`]);
    const sent = await form(bench, '/page/sms', { phone: second, text: 'CHARGE' });
    expect(locationOf(sent)).toEqual([303, `/sim?phone=${second}`]);
    expect(await json(bench.call('/api/sms'))).toMatchObject({
      items: [{ from: '+4790000002', to: '27222', text: 'CHARGE', state: 'delivered' }],
    });
    expect(await page(bench, `?phone=${second}`)).toContain('<p dir="auto">CHARGE</p>');
    const other = await page(bench);
    expect(other).not.toContain('<p dir="auto">CHARGE</p>');
    expect(other).toMatch(/\+47 900 00 001.*\+47 900 00 002/s);
    expect([...other.matchAll(/(?:href|action)="([^"]*)"/g)].join()).not.toContain('90000002');
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

  it('says of each text how many parts it is, in which encoding, and how far it came', async () => {
    const bench = await aBench();
    await sendText(bench, aSend({ userData: 'Привет' }));
    expect(await page(bench)).toMatch(/1 part, UCS-2<\/span>.*✓<\/span> here/s);
    bench.time.advance(1_000);
    await bench.simulator.idle();
    expect(await page(bench)).toMatch(/✓✓<\/span> reported/);
    bench.receiver.answers = [{ status: 503, body: '' }];
    await form(bench, '/page/sms', { phone: first, text: 'CHARGE' });
    expect(await page(bench)).toMatch(/1 part, GSM-7<\/span>.*✓<\/span> waiting, 1 try/s);
    const counted = await form(bench, '/page/segments', { text: 'æ'.repeat(161) });
    expect(await counted.text()).toBe('2 parts, GSM-7');
  });

  it('has what a sign says ready to be sent', async () => {
    const bench = await aBench();
    expect(await page(bench, '?compose=%22%3E%3Cscript%3E')).toContain('value="&quot;&gt;&lt;script&gt;"');
  });

  it.each(['constructor', 'toString', '__proto__', 'unknown'])('shows no notice named %s', async (name) => {
    const bench = await aBench();
    expect(await page(bench, '?notice=number')).toContain('<p class="ui-notice');
    expect(await page(bench, `?notice=${name}`)).not.toContain('<p class="ui-notice');
  });

  it('refuses what is not a phone number, and a form of another site', async () => {
    const bench = await aBench();
    const refused = await form(bench, '/page/phones', { phone: '<x>' });
    expect(locationOf(refused)).toEqual([303, '/sim?notice=number']);
    const foreign = await form(bench, '/page/sms', { text: 'CHARGE' }, { 'sec-fetch-site': 'cross-site' });
    expect(foreign.status).toBe(403);
    expect(bench.receiver.received).toEqual([]);
  });
});

describe('the wallet', () => {
  it('approves, rejects and lets expire, and says when it cannot', async () => {
    const bench = await aBench();
    for (const [action, status] of [
      ['approve', 'authorized'],
      ['reject', 'declined'],
      ['expire', 'expired'],
    ] as const) {
      const id = await aPayment(bench, { referenceId: action, description: '<i>power</i>' });
      expect(await page(bench)).toContain(`/sim/page/payments/${id}/${action}`);
      const decided = await form(bench, `/page/payments/${id}/${action}`, { phone: first });
      expect(locationOf(decided)).toEqual([303, `/sim?phone=${first}`]);
      expect(await json(bench.call(`/api/payments/${id}`))).toMatchObject({ status });
      const again = await form(bench, `/page/payments/${id}/${action}`);
      expect(locationOf(again)).toEqual([303, '/sim?notice=payment']);
    }
    const html = await page(bench, '?notice=payment');
    expect(html).toContain('could not be changed');
    expect(html).toContain('&lt;i&gt;power&lt;/i&gt;');
    expect(html).toContain('<dt>Reserved</dt><dd>5.00 NOK</dd>');
  });

  it("shows its owner's payments: by number, by session, or to all when nobody can tell", async () => {
    const bench = await aBench({ sms2pay: shows(aSession({ knownAs: ['known'] })) });
    await form(bench, '/page/phones', { phone: '+4790000002' });
    await aPayment(bench, { referenceId: 'a', description: 'By number', msisdn: '+4790000001' });
    await aPayment(bench, { referenceId: 's2pknown', description: 'By session' });
    await aPayment(bench, { referenceId: 'c', description: 'Unplaced' });
    const shown = async (key: string) =>
      ['By number', 'By session', 'Unplaced'].filter((text) => html[key]?.includes(text));
    const html: Record<string, string> = {
      [first]: await page(bench),
      [second]: await page(bench, `?phone=${second}`),
    };
    expect(await shown(first)).toEqual(['By number', 'By session', 'Unplaced']);
    expect(await shown(second)).toEqual(['Unplaced']);
  });

  it('answers htmx with the notice alone: the rest changes by itself', async () => {
    const bench = await aBench();
    const answer = await form(bench, '/page/payments/none/approve', {}, { 'hx-request': 'true' });
    expect([answer.status, await answer.text()]).toEqual([
      200,
      expect.stringMatching(/^<hx-partial hx-target="#notice" hx-swap="innerHTML"><p.*could not be changed/),
    ]);
  });
});

describe('the clock', () => {
  it('moves as far as asked, and says when it cannot', async () => {
    const bench = await aBench();
    expect(locationOf(await form(bench, '/page/later', { by: '3600' }))).toEqual([303, '/sim']);
    expect(bench.simulator.clock.offsetMs()).toBe(3_600_000);
    expect(await page(bench)).toMatch(/12:00:00<\/time>.*Monday 23 November, 1 h ahead/s);
    for (const by of ['', '-1', '1e99', 'limit'])
      expect(locationOf(await form(bench, '/page/later', { by }))).toEqual([303, '/sim?notice=limit']);
    const stuck = await aBench({ advanceWorkflows: () => Promise.resolve({ unsupported: 'no' }) });
    expect(locationOf(await form(stuck, '/page/later', { by: '600' }))).toEqual([303, '/sim?notice=clock']);
    const slow = await aBench({ advanceWorkflows: () => Promise.reject(new Error('slow')) });
    expect(locationOf(await form(slow, '/page/later', { by: '600' }))).toEqual([303, '/sim?notice=behind']);
  });

  it('goes just past the limit of the session', async () => {
    const bench = await aBench({ sms2pay: shows(aSession()) });
    await form(bench, '/page/later', { by: 'limit', phone: first });
    expect(bench.simulator.clock.offsetMs()).toBe(86_401_000);
  });
});

describe('the session', () => {
  it('is shown as sms2pay shows it, with a way into the Temporal UI', async () => {
    const attention = aSession({ attention: 'captureFails' });
    const html = await page(await aBench({ sms2pay: shows(attention) }));
    expect(html).toContain('In use');
    expect(html).toContain('<dt>Price so far</dt><dd>1.00 NOK</dd>');
    expect(html).toContain('href="http://127.0.0.1:8233/namespaces/default/workflows/charge-session-14e57"');
    expect(html).toContain('Needs attention: captureFails.');
  });

  it('is left out when sms2pay cannot say', async () => {
    const sms2pay = { ...shows(), sessions: () => Promise.reject(new Error('stopping')) };
    const answer = await (await aBench({ sms2pay })).call('');
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('No session')]);
  });
});

describe('the switches', () => {
  it('set faults until they are switched off, and leave those of others alone', async () => {
    const bench = await aBench();
    await bench.post('/api/faults', { operation: 'callback', kind: 'double' });
    expect(await page(bench)).toMatch(/id="fault-callback-doubled"[^>]*aria-checked="true"/);
    expect(await page(bench)).toMatch(/id="fault-gateway-down"[^>]*aria-checked="false"/);
    await form(bench, '/page/faults/gateway-down', { on: 'on' });
    await form(bench, '/page/sms', { text: 'CHARGE' });
    expect(bench.receiver.received).toEqual([]);
    expect(await page(bench)).toMatch(/id="fault-gateway-down"[^>]*aria-checked="true".*Struck once/s);
    await form(bench, '/page/faults/gateway-down', { on: '' });
    expect(await json(bench.call('/api/faults'))).toMatchObject({
      items: [{ operation: 'callback', kind: 'double' }],
    });
    expect((await form(bench, '/page/faults/no-such', { on: 'on' })).status).toBe(404);
  });
});
