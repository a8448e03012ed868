// The payment link: complete before consent, harmless to GET, honest about every state, and safe to open from a text.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { SessionRecord } from '../../src/ports/session-store.ts';
import {
  aPartner,
  apiFixture,
  aReceipt,
  aSession,
  LINK_TOKEN,
  MSISDN,
  NOW,
  PAYCORE_AUTH,
  RECEIPT_TOKEN,
  type ApiFixtureOptions,
} from './api-fixture.ts';

const PAGE = `/p/${LINK_TOKEN}`;
/** of `aSession` */
const LINK_ENDS = '2026-11-23T10:15:00.000Z';
const IN = (language: string) => ({ headers: { 'accept-language': language } });

/** The text a person reads, spaces made plain: Intl writes no-break spaces. */
function textOf(html: string): string {
  return html
    .replaceAll(/<\/?bdi>/g, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

async function read(response: Response) {
  const html = await response.text();
  return { status: response.status, html, text: textOf(html), headers: response.headers };
}

function withSession(overrides: Partial<SessionRecord> = {}, options: ApiFixtureOptions = {}) {
  const session = aSession(overrides);
  const fixture = apiFixture({ sessions: [session], ...options });
  fixture.workflows.run('session-a');
  /** What the session records when the tap has arrived. */
  const whenOpened = (recorded: Partial<SessionRecord>) => {
    fixture.workflows.onOpened = () => void Object.assign(session, recorded);
  };
  const waitingAt = (url: string) => ({ paymentPageUrl: url, paymentPageExpiresAt: LINK_ENDS });
  const get = async (path = PAGE, init: RequestInit = IN('en')) =>
    read(await fixture.app.request(path, init));
  const post = async (init: RequestInit = {}) =>
    read(await fixture.app.request(PAGE, { method: 'POST', ...IN('en'), ...init }));
  return { ...fixture, get, post, session, whenOpened, waitingAt };
}

describe('before consent the page says', () => {
  test('who asks, for what, at what price, the exact amount, and until when (English)', async () => {
    const { get } = withSession({ serviceReference: 'BAY 7' });
    const { status, html, text } = await get();
    expect(status).toBe(200);
    expect(html).toMatch(/^<!doctype html><html lang="en">/);
    expect(text).toContain('Fjord Bikes AS asks you to reserve');
    expect(text).toContain('NOK 5.00 is reserved now');
    expect(text).toContain('Bike hire (BAY 7)');
    expect(text).toContain('NOK 1 per started hour');
    expect(text).toContain('A started hour counts once more than 5 minutes of it is used');
    expect(text).toContain('You pay only for what you use, and never more than this');
    expect(text).toContain('The link can be used until 11:15');
    expect(html).toMatch(
      new RegExp(`<form method="post" action="${PAGE}"><button type="submit" [^>]*>Reserve`),
    );
    expect(html.match(/<button/g)).toHaveLength(1);
    expect(html).toContain('href="https://fjord.example/terms"');
    expect(html).toContain('href="https://fjord.example/privacy"');
  });

  test('the same in Norwegian', async () => {
    const { get } = withSession();
    const { html, text } = await get(PAGE, IN('nn-NO,nn;q=0.9,en;q=0.5'));
    expect(html).toContain('<html lang="nb">');
    expect(text).toContain('Fjord Bikes AS ber deg om å reservere 5,00 kr');
    expect(text).toContain('5,00 kr reserveres nå');
    expect(text).toContain('1 kr per påbegynt time');
    expect(text).toContain('Du betaler bare for det du bruker');
    expect(text).toContain('Påbegynt time regnes først når mer enn 5 minutter er brukt');
    expect(text).toContain('Lenken gjelder til 11:15');
    expect(text).toContain('Vilkår');
    expect(text).toContain('Personvern');
  });

  test('no terms where the partner has none, and never one that is not a web address', async () => {
    const { get } = withSession(
      {},
      { partner: aPartner({ termsUrl: null, privacyUrl: 'javascript:alert(1)' }) },
    );
    const { html } = await get();
    expect(html).not.toMatch(/javascript|Terms|Privacy/);
  });
});

test('GET never changes anything: no workflow is asked', async () => {
  const { get, workflows } = withSession();
  await get();
  await get(PAGE, { method: 'HEAD' });
  expect(workflows.calls).toBe(0);
});

test('names and references are escaped', async () => {
  const { get } = withSession(
    { serviceReference: '"><img src=x onerror=alert(1)>' },
    { partner: aPartner({ name: '<script>alert(1)</script>', termsUrl: 'https://x.example/"onclick="a' }) },
  );
  const { html } = await get();
  expect(html).not.toMatch(/<script|<img|"onclick/);
  expect(html).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
});

describe('every page', () => {
  const SESSIONS: [string, Partial<SessionRecord>][] = [
    ['awaitingApproval', {}],
    ['active', { state: 'active', startedAt: NOW, reservedMinor: 500 }],
    ['captured', { state: 'captured', capturedMinor: 100 }],
  ];
  test.each(SESSIONS)(
    'of a session that is %s is not stored, indexed, framed or scripted',
    async (_s, state) => {
      const { html, headers } = await withSession(state).get();
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('x-robots-tag')).toContain('noindex');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('vary')).toBe('Accept-Language, Cookie');
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toContain("default-src 'self'");
      expect(policy).toContain("frame-ancestors 'self'");
      expect(policy).not.toContain('unsafe');
      expect(html).toContain('<meta name="robots" content="noindex');
      expect(html).not.toMatch(/<script(?! src="\/assets\/)| style=| on[a-z]+=/);
      expect(html).not.toContain(MSISDN);
    },
  );

  test('with the form leaves form-action open, because it would stop the redirect to the wallet', async () => {
    const withForm = await withSession().get();
    const without = await withSession({ state: 'active', startedAt: NOW }).get();
    expect(withForm.headers.get('content-security-policy')).not.toContain('form-action');
    expect(without.headers.get('content-security-policy')).toContain("form-action 'none'");
  });
});

describe('the page of a session that is', () => {
  const STARTED = { startedAt: '2026-11-23T10:00:00.000Z', reservedMinor: 500 };
  const ENDED = { ...STARTED, endedAt: '2026-11-23T11:00:30.000Z', computedMinor: 100 };
  test.each<[string, Partial<SessionRecord>, string[]]>([
    [
      'active: since when, what is reserved, how to end',
      { state: 'active', ...STARTED },
      ['You have started', 'Started 11:00', 'Reserved NOK 5.00', 'text ENDCHARGE to 27222', 'Stop and pay'],
    ],
    [
      'capturing: what will be charged',
      { state: 'capturing', ...ENDED },
      ['Your use has ended', 'Amount to be charged NOK 1.00', 'Ended 12:00', 'Duration 1 h 0 min 30 s'],
    ],
    [
      'capturing above the reservation: never more than the reservation',
      { state: 'capturing', ...ENDED, computedMinor: 700 },
      ['Amount to be charged NOK 5.00'],
    ],
    [
      'capturing less than the provider takes: nothing',
      { state: 'capturing', ...ENDED, computedMinor: 0 },
      ['Your use has ended', 'This use costs you nothing', 'Amount to be charged NOK 0.00'],
    ],
    ['captured', { state: 'captured', ...ENDED, capturedMinor: 100 }, ['Paid', 'Charged NOK 1.00']],
    [
      'released by our call',
      { state: 'released', releaseSource: 'call' },
      ['Nothing was charged', 'has been given back'],
    ],
    [
      'released as far as we know',
      { state: 'released', releaseSource: 'assumed' },
      ['Nothing was charged', 'is released by your bank or wallet'],
    ],
    ['lapsed', { state: 'lapsed' }, ['Nothing was charged', 'has run out']],
    ['lost', { state: 'lost' }, ['Nothing was charged', 'The session is over']],
    ['lost after a capture', { state: 'lost', capturedMinor: 100 }, ['Charged NOK 1.00']],
    ['written off', { state: 'writtenOff' }, ['Nothing was charged']],
    ['declined', { state: 'declined' }, ['was not approved', 'Text CHARGE to 27222 to get a new link']],
    ['expired', { state: 'expired' }, ['The link has expired', 'Text CHARGE to 27222']],
    ['expired abroad', { state: 'expired', shortNumber: 'SE-72222' }, ['Text CHARGE to 72222']],
    ['cancelled', { state: 'cancelled' }, ['Cancelled', 'Nothing will be charged']],
  ])('%s', async (_what, state, expected) => {
    const { html, text } = await withSession(state).get();
    for (const words of expected) expect(text).toContain(words);
    expect(html).not.toContain('<form');
  });

  test('captured links to the receipt of the sale, when there is one', async () => {
    const creditNote = aReceipt({ kind: 'creditNote', token: 'credit_abcdefghijklmn1' });
    const receipts = [creditNote, aReceipt()];
    const state = { state: 'captured', capturedMinor: 100 } as const;
    expect((await withSession(state, { receipts }).get()).html).toContain(`href="/r/${RECEIPT_TOKEN}"`);
    expect((await withSession(state).get()).html).not.toContain('/r/');
  });
});

describe('a link past its time, of which the workflow has not decided yet,', () => {
  test('is not called expired: the customer may have approved in its last second', async () => {
    const { get, clock } = withSession();
    clock.at = '2026-11-23T10:15:00.000Z';
    const { html, text } = await get();
    expect(text).toContain('One moment');
    expect(text).not.toContain('expired');
    expect(html).toContain(`content="2; url=${PAGE}/done?poll=1"`);
    expect(html).not.toContain('<form');
  });

  test('is dead when the workflow is gone', async () => {
    const { get, clock, workflows } = withSession();
    clock.at = '2026-11-23T10:15:00.000Z';
    workflows.session('session-a').running = false;
    expect((await get()).text).toContain('This link can no longer be used');
  });

  test('is "one moment" when Temporal cannot be asked', async () => {
    const { get, clock, workflows } = withSession();
    clock.at = '2026-11-23T10:15:00.000Z';
    workflows.down = true;
    expect((await get()).text).toContain('One moment');
  });
});

describe('pressing the button', () => {
  test('sends the browser to the wallet, to the very address the provider gave', async () => {
    const { post, whenOpened, waitingAt } = withSession();
    const url = 'https://wallet.example/pay?token=a%2Fb&x=1#top';
    whenOpened(waitingAt(url));
    const { status, headers } = await post();
    expect([status, headers.get('location')]).toEqual([303, url]);
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  });

  test.each([
    'javascript:alert(1)',
    '//wallet.example/pay',
    '/relative',
    'data:text/html,x',
    'vipps://pay',
    'https://wallet.example/\r\nSet-Cookie: a=b',
    '',
  ])('never to %j: 502, and the page offers another try', async (url) => {
    const { post, log, whenOpened, waitingAt } = withSession();
    whenOpened(waitingAt(url));
    const { status, headers, text } = await post();
    expect(status).toBe(502);
    expect(headers.get('location')).toBeNull();
    expect(text).toContain('We could not open the payment');
    expect(log.named('walletUrlRefused')).toHaveLength(1);
  });

  test('when it was approved already leads to the page that waits for the records', async () => {
    const { post, whenOpened } = withSession();
    whenOpened({ state: 'active', startedAt: NOW });
    const { status, headers } = await post();
    expect([status, headers.get('location')]).toEqual([303, `${PAGE}/done`]);
  });

  test.each([
    ['declined', 'was not approved'],
    ['expired', 'The link has expired'],
    ['cancelled', 'Cancelled'],
  ] as const)('of a link that is %s meanwhile says so', async (state, words) => {
    const { post, whenOpened } = withSession();
    whenOpened({ state });
    const { status, text } = await post();
    expect(status).toBe(200);
    expect(text).toContain(words);
  });

  test('waits for the provider: the page that is recorded a moment later is where the browser goes', async () => {
    const { post, workflows, session, waitingAt } = withSession({}, { deps: { answerTimeoutMs: 5_000 } });
    workflows.onOpened = () =>
      void setTimeout(() => Object.assign(session, waitingAt('https://wallet.example/late')), 200);
    const { status, headers } = await post();
    expect([status, headers.get('location')]).toEqual([303, 'https://wallet.example/late']);
    expect(workflows.session('session-a').opened).toEqual([NOW]);
  });

  test('to a payment that was made at the start word is answered by its record, and costs the workflow nothing', async () => {
    const { post, workflows, session, waitingAt } = withSession();
    Object.assign(session, waitingAt('https://wallet.example/pay'));
    const { status, headers } = await post();
    expect([status, headers.get('location')]).toEqual([303, 'https://wallet.example/pay']);
    expect(workflows.session('session-a').opened).toEqual([]);
  });

  test('is known to the session where payments are made then: the one on record may be over', async () => {
    const { post, workflows, session, waitingAt } = withSession();
    Object.assign(session, waitingAt('https://wallet.example/pay'));
    session.terms.payment.paymentOnOpen = true;
    const { status, headers } = await post();
    expect([status, headers.get('location')]).toEqual([303, 'https://wallet.example/pay']);
    expect(workflows.session('session-a').opened).toEqual([NOW]);
  });

  test('to a known payment of a session whose workflow is gone opens nothing', async () => {
    const { post, workflows, session, waitingAt } = withSession();
    Object.assign(session, waitingAt('https://wallet.example/pay'));
    workflows.session('session-a').running = false;
    expect((await post()).text).toContain('This link can no longer be used');
  });

  test('to a known payment while Temporal is down: 503', async () => {
    const { post, workflows, session, waitingAt } = withSession();
    Object.assign(session, waitingAt('https://wallet.example/pay'));
    workflows.down = true;
    expect((await post()).status).toBe(503);
  });

  test('never leads to a page of the wallet that has ended', async () => {
    const { post, session, waitingAt } = withSession();
    Object.assign(session, waitingAt('https://wallet.example/over'), { paymentPageExpiresAt: NOW });
    const { headers, text } = await post();
    expect(headers.get('location')).toBeNull();
    expect(text).toContain('The payment is not ready yet');
  });

  test('after the end of the link leads back to the page, and the session is not told', async () => {
    const { post, workflows, clock, session, waitingAt } = withSession();
    Object.assign(session, waitingAt('https://wallet.example/open'), {
      paymentPageExpiresAt: '2026-11-23T10:20:00.000Z',
    });
    clock.at = LINK_ENDS;
    const { status, headers } = await post();
    expect([status, headers.get('location')]).toEqual([303, PAGE]);
    expect(workflows.session('session-a').opened).toEqual([]);
  });

  test('before the provider has answered asks to try again', async () => {
    const { post } = withSession();
    const { status, html, text, headers } = await post();
    expect(status).toBe(200);
    expect(text).toContain('The payment is not ready yet');
    expect(html).toContain('<form');
    expect(headers.get('content-security-policy')).not.toContain('form-action');
  });

  test('of a session whose workflow is gone opens nothing', async () => {
    const { post, workflows } = withSession();
    workflows.session('session-a').running = false;
    expect((await post()).text).toContain('This link can no longer be used');
  });

  test('while Temporal is down: 503, and the page offers another try', async () => {
    const { post, workflows } = withSession();
    workflows.down = true;
    const { status, html, headers } = await post();
    expect([status, headers.get('retry-after')]).toEqual([503, '5']);
    expect(html).toContain('<form');
  });

  test('while the database fails after the tap: 503, and the page offers another try', async () => {
    const { post, inbox, workflows, log } = withSession();
    workflows.onOpened = () => {
      inbox.down = true;
    };
    const { status, html, headers } = await post();
    expect([status, headers.get('retry-after')]).toEqual([503, '5']);
    expect(html).toContain('<form');
    expect(log.named('openPaymentFailed')).toHaveLength(1);
  });

  test('of a session past approval goes back to its page and asks no workflow', async () => {
    const { post, workflows } = withSession({ state: 'active' });
    const { status, headers } = await post();
    expect([status, headers.get('location')]).toEqual([303, PAGE]);
    expect(workflows.calls).toBe(0);
  });

  test('with a body above 64 KiB: 413', async () => {
    const { post, workflows } = withSession();
    expect((await post({ body: 'x'.repeat(64 * 1024 + 1) })).status).toBe(413);
    expect(workflows.calls).toBe(0);
  });
});

describe('with time', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('the button waits 8 seconds for the wallet, not longer', async () => {
    const { post, workflows } = withSession();
    workflows.gate = new Promise(() => undefined);
    const pending = post();
    await vi.advanceTimersByTimeAsync(8000);
    expect((await pending).text).toContain('The payment is not ready yet');
  });

  test('the return page waits 1 second for whether its workflow runs, not longer', async () => {
    const { get, workflows } = withSession();
    workflows.gate = new Promise(() => undefined);
    const pending = get(`${PAGE}/done?poll=1`);
    await vi.advanceTimersByTimeAsync(1000);
    expect((await pending).text).toContain('One moment');
  });

  test('the return from the wallet is a hint a second later, once, however often the page is viewed', async () => {
    const { get, workflows } = withSession();
    workflows.gate = new Promise(() => undefined);
    for (let view = 0; view < 100; view += 1) await get(`${PAGE}/done`);
    workflows.gate = null;
    expect(workflows.calls).toBe(0);
    await vi.advanceTimersByTimeAsync(1100);
    expect(workflows.session('session-a').hints).toBe(1);
  });

  test('the return from the wallet wakes no workflow that the callback has woken: the approval is known', async () => {
    const { get, owner, workflows } = withSession();
    await get(`${PAGE}/done`);
    owner.isApprovalAwaited = false;
    await vi.advanceTimersByTimeAsync(1100);
    expect(workflows.calls).toBe(0);
  });

  test('the return from the wallet is a hint also where the read that a callback led to showed no approval', async () => {
    const { app, get, workflows } = withSession();
    await app.request('/webhooks/payments/paycore?id=tx-1', { headers: { authorization: PAYCORE_AUTH } });
    await vi.advanceTimersByTimeAsync(500);
    await get(`${PAGE}/done`);
    expect(workflows.session('session-a').hints).toBe(1);
    await vi.advanceTimersByTimeAsync(1100);
    expect(workflows.session('session-a').hints).toBe(2);
  });

  test('the return from the wallet holds up no callback', async () => {
    const { app, get, workflows } = withSession();
    await get(`${PAGE}/done`);
    await app.request('/webhooks/payments/paycore?id=tx-1', { headers: { authorization: PAYCORE_AUTH } });
    expect(workflows.session('session-a').hints).toBe(1);
  });

  test('the return from the wallet is work in the background that a stop waits for', async () => {
    const { get, background, workflows } = withSession();
    await get(`${PAGE}/done`);
    let isOver = false;
    void Promise.all(background).then(() => (isOver = true));
    await vi.advanceTimersByTimeAsync(900);
    expect(isOver).toBe(false);
    await vi.advanceTimersByTimeAsync(200);
    expect([isOver, workflows.session('session-a').hints]).toEqual([true, 1]);
  });

  test('the return from the wallet is logged where its hint fails', async () => {
    const { get, log, workflows } = withSession();
    workflows.down = true;
    await get(`${PAGE}/done`);
    await get(`${PAGE}/done`);
    await vi.advanceTimersByTimeAsync(1100);
    expect(log.named('hintFailed')).toHaveLength(1);
  });
});

describe('the return page', () => {
  test('looks again by itself with growing waits', async () => {
    const { get } = withSession();
    const first = await get(`${PAGE}/done`);
    expect(first.text).toContain('We are waiting to hear about the payment');
    expect(first.html).toContain(`http-equiv="refresh" content="2; url=${PAGE}/done?poll=1"`);
    const third = await get(`${PAGE}/done?poll=3`);
    expect(third.html).toContain(`content="8; url=${PAGE}/done?poll=4"`);
  });

  test.each(['20', '99', '-1', 'x', '999'])('does not reload for ever (poll=%s)', async (look) => {
    const { get } = withSession();
    const { html, text } = await get(`${PAGE}/done?poll=${look}`);
    expect(html).not.toContain('http-equiv="refresh"');
    expect(text).toContain('You get a text message when we know more');
    expect(html).toContain(`href="${PAGE}/done"`);
  });

  test('leads to the session at the address of the link once it is approved', async () => {
    const { get } = withSession({ state: 'active', startedAt: NOW, reservedMinor: 500 });
    const { status, headers } = await get(`${PAGE}/done`);
    expect([status, headers.get('location')]).toEqual([303, PAGE]);
  });

  test.each(['active', 'capturing', 'captured', 'declined'] as const)(
    'costs the workflow of a session that is %s nothing, however often it is viewed',
    async (state) => {
      const { get, workflows } = withSession({ state, startedAt: NOW, reservedMinor: 500 });
      for (let view = 0; view < 100; view += 1) await get(`${PAGE}/done`);
      expect(workflows.session('session-a').hints).toBe(0);
    },
  );

  test('does not mind a Temporal that is down', async () => {
    const { get, workflows } = withSession();
    workflows.down = true;
    for (const look of ['', '?poll=1']) {
      const { status, text } = await get(`${PAGE}/done${look}`);
      expect(status).toBe(200);
      expect(text).toContain('One moment');
    }
  });

  test('goes by the records when the workflow is gone', async () => {
    const { get, workflows } = withSession();
    workflows.session('session-a').running = false;
    expect((await get(`${PAGE}/done?poll=1`)).text).toContain('This link can no longer be used');
    const ended = withSession({ state: 'captured', capturedMinor: 100 });
    ended.workflows.session('session-a').running = false;
    expect((await ended.get(`${PAGE}/done`)).headers.get('location')).toBe(PAGE);
    expect((await ended.get()).text).toContain('Charged NOK 1.00');
  });
});

describe('the page of a use that ended and that no workflow runs any more', () => {
  const task = {
    subject: 'session-a',
    reason: 'workflowMissing',
    sessionId: 'session-a',
    details: {},
  } as const;
  const ended = {
    startedAt: '2026-11-23T10:00:00.000Z',
    endedAt: '2026-11-23T11:00:30.000Z',
    computedMinor: 100,
    reservedMinor: 500,
  };

  test.each([
    ['en', 'Your use has ended', 'The amount is not ready yet', /being charged|to be charged/i],
    ['nb', 'Bruken er avsluttet', 'Beløpet er ikke klart ennå', /blir trukket|som trekkes/i],
  ])('does not claim that the amount is being charged (%s)', async (language, heading, told, claim) => {
    const { get } = withSession({ state: 'capturing', ...ended }, { tasks: [task] });
    const { text, html } = await get(PAGE, IN(language));
    expect(text).toContain(heading);
    expect(text).toContain(told);
    expect(text).toContain('12:00');
    expect(text).not.toMatch(claim);
    expect(html).toContain('hx-get');
  });

  test('also where the end was noted, or Stop was pressed, after the workflow was gone', async () => {
    const { startedAt, reservedMinor } = ended;
    for (const note of ['text', 'press'] as const) {
      const { get, inbox } = withSession(
        { state: 'active', startedAt, reservedMinor },
        { tasks: note === 'press' ? [task] : [] },
      );
      inbox.holdSlot('session-a', { msisdn: MSISDN, serviceId: 'service-1' });
      if (note === 'text') inbox.askedEnds.set('session-a', '2026-11-23T11:00:30.000Z');
      else await inbox.acceptStop('session-a', '2026-11-23T11:00:30.000Z');
      const { text } = await get();
      expect(text).toContain('Your use has ended');
      expect(text).toContain('The amount is not ready yet');
      expect(text).not.toMatch(/charged/i);
    }
  });
});

describe('an unknown link', () => {
  test.each(['GET', 'POST'])('is a 404 page (%s)', async (method) => {
    const { app } = apiFixture();
    const { status, html } = await read(
      await app.request('/p/aaaaaaaaaaaaaaaaaaaaaa', { method, ...IN('nb') }),
    );
    expect(status).toBe(404);
    expect(html).toContain('Siden finnes ikke');
  });

  test.each(['short', 'a'.repeat(23), "' or 1=1 --aaaaaaaaaaaa", 'aaaaaaaaaaaaaaaaaaaaa%00', '%F0%9F%98%80'])(
    'that cannot be a token (%s) does not reach the database',
    async (token) => {
      const { app, tokensLookedUp } = apiFixture();
      for (const path of [`/p/${token}`, `/p/${token}/done`, `/r/${token}`])
        expect((await app.request(path)).status).toBe(404);
      expect(tokensLookedUp).toEqual([]);
    },
  );
});
