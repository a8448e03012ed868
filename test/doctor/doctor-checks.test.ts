// Single checks of the doctor, where a whole run would need a vendor that misbehaves.
import { describe, expect, it } from 'vitest';
import { VIPPS_EVENTS } from '../../src/adapters/payment/vipps/webhooks.ts';
import { clockCheck, credentialsCheck, webhookCheck } from '../../src/doctor/vendor-checks.ts';
import { findingLine } from '../../src/doctor/finding.ts';
import { troubleOf, troubleOfError } from '../../src/main/trouble.ts';
import { installationProofs } from '../../src/main/installation.ts';
import type { WebhookRegistration } from '../../src/ports/webhooks.ts';
import { FakeProvider } from '../support/fake-provider.ts';
import { aWebServer } from './doctor-bench.ts';

const provider = (): FakeProvider => new FakeProvider({ provider: 'vipps' }, () => new Date().toISOString());

function refusing(code: string): FakeProvider {
  const refused = provider();
  refused.failNext('read', 'misconfigured', { code });
  return refused;
}

describe('a finding', () => {
  it('is one line, and what is wrong comes with what to do', () => {
    expect(findingLine('database', { state: 'ok', what: 'answers' })).toMatch(/^ok\s+database\s+answers$/);
    const failed = { state: 'failed', what: 'no schema', advice: 'run: sms2pay migrate' } as const;
    expect(findingLine('database', failed)).toMatch(
      /^FAILED\s+database\s+no schema -> run: sms2pay migrate$/,
    );
  });
});

describe('credentials', () => {
  it('are shown by reads alone: a payment nobody made is unknown to ours, and a wrong secret is refused', async () => {
    const [ours, wrong] = [provider(), refusing('http401')];
    expect(await credentialsCheck('vipps', ours, wrong).run()).toMatchObject({ state: 'ok' });
    for (const asked of [ours, wrong])
      expect(asked.calls.map(({ operation }) => operation)).toEqual(['read']);
  });

  it('are not shown by a vendor that takes any secret, or answers a wrong one with something else', async () => {
    const failed = { state: 'failed', what: expect.stringContaining('is not refused') };
    expect(await credentialsCheck('vipps', provider(), provider()).run()).toMatchObject(failed);
    expect(await credentialsCheck('vipps', provider(), refusing('http404')).run()).toMatchObject(failed);
  });

  it('that are refused send a person to the settings', async () => {
    const finding = await credentialsCheck('vipps', refusing('http401'), refusing('http401')).run();
    expect(finding).toMatchObject({
      state: 'failed',
      advice: expect.stringContaining('VIPPS_* credentials'),
    });
  });

  it('that are let in to an answer nobody expected are told as that', async () => {
    const odd = provider();
    odd.failNext('read', 'rejected', { code: 'http400' });
    const finding = await credentialsCheck('paycore', odd, refusing('http403')).run();
    expect(finding).toMatchObject({
      state: 'warning',
      what: expect.stringContaining('a wrong secret is refused'),
    });
  });
});

describe('the clock', () => {
  it.each([
    [20_000, { state: 'ok' }],
    [5 * 60_000, { state: 'failed', what: expect.stringMatching(/^(299|300|301) s apart/) }],
    [-5 * 60_000, { state: 'failed', advice: expect.stringContaining('NTP') }],
  ])(
    'may be some seconds off, not minutes: signatures would be refused (%i ms)',
    async (driftMs, finding) => {
      const url = await aWebServer((response) => {
        response.sendDate = false;
        response.writeHead(404, { date: new Date(Date.now() + driftMs).toUTCString() }).end();
      });
      expect(await clockCheck('paycore', url).run()).toMatchObject(finding);
    },
  );
});

describe('the webhook registration', () => {
  const ourUrl = 'https://pay.example.com/webhooks/payments/vipps';
  const look = (registrations: WebhookRegistration[], kept: string[] | string) =>
    webhookCheck('vipps', {
      ourUrl,
      webhooks: {
        events: VIPPS_EVENTS,
        list: () => Promise.resolve(registrations),
      },
      kept: () => Promise.resolve(kept),
      remedy: 'run: sms2pay vipps webhooks ensure',
    }).run();
  const one = (id: string, change: Partial<WebhookRegistration> = {}): WebhookRegistration => ({
    id,
    url: ourUrl,
    events: VIPPS_EVENTS,
    ...change,
  });

  it('must be there for our very address', async () => {
    expect(await look([one('a')], ['a'])).toMatchObject({ state: 'ok' });
    expect(await look([one('a', { url: `${ourUrl}/` })], ['a'])).toMatchObject({
      state: 'failed',
      what: expect.stringContaining('is not registered (1 other'),
      advice: 'run: sms2pay vipps webhooks ensure',
    });
  });

  it('must be for every event: which are missing is said', async () => {
    const events = VIPPS_EVENTS.filter((event) => !/authorized|captured/.test(event));
    expect(await look([one('a', { events })], ['a'])).toMatchObject({
      state: 'failed',
      what: expect.stringMatching(
        /without epayments\.payment\.authorized\.v1, epayments\.payment\.captured\.v1$/,
      ),
    });
  });

  it('must be one whose secret we keep, alone', async () => {
    expect(await look([one('a')], ['b'])).toMatchObject({
      state: 'failed',
      advice: expect.stringContaining('remove a'),
    });
    expect(await look([one('a'), one('b')], ['b'])).toMatchObject({
      state: 'warning',
      what: expect.stringContaining('also as a'),
    });
    expect(await look([one('a')], 'nobody could be asked')).toMatchObject({ state: 'failed' });
  });
});

describe('why a call failed', () => {
  it.each([
    ['ENOTFOUND', /host name is not known \(ENOTFOUND\)/],
    ['CERT_HAS_EXPIRED', /certificate has expired/],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', /signed by itself/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /another host name/],
    ['HPE_INVALID_CONSTANT', /does not speak HTTP/],
    ['ESOMETHING_NEW', /\(ESOMETHING_NEW\)/],
  ])('is said in words: %s', (code, words) => {
    expect(troubleOf(code).what).toMatch(words);
    expect(troubleOf(code).advice).not.toBe('');
  });

  it('is found inside what fetch throws, also for a host with several addresses, and a time-out', async () => {
    const refused = Object.assign(new Error('x'), { code: 'ECONNREFUSED' });
    for (const cause of [refused, new AggregateError([refused, refused])])
      expect(troubleOfError(new TypeError('fetch failed', { cause })).what).toContain('ECONNREFUSED');
    expect(troubleOfError(new DOMException('late', 'TimeoutError')).what).toContain('TIMEOUT');
    expect(troubleOfError(await fetch('http://127.0.0.1:1').catch((error: unknown) => error)).what).toContain(
      'BAD_PORT',
    );
    expect(troubleOfError(new Error('secret')).what).not.toContain('secret');
  });
});

describe('the proof of an installation', () => {
  const key = (fill: number) => ({ lookupKeyBase64: Buffer.alloc(32, fill).toString('base64') });

  it('is the same for the same key and challenge, and differs for any other', () => {
    const [one] = installationProofs([key(1)])('a');
    expect(installationProofs([key(1)])('a')).toEqual([one]);
    expect(installationProofs([key(1)])('b')).not.toContain(one);
    expect(installationProofs([key(2)])('a')).not.toContain(one);
  });

  it('stays recognisable while keys are rotated', () => {
    const [before, after] = [
      installationProofs([key(1), key(2)])('a'),
      installationProofs([key(3), key(1)])('a'),
    ];
    expect(before.some((proof) => after.includes(proof))).toBe(true);
  });
});
