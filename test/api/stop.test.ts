// The session's page while the use runs, and its Stop: the same promise as a text with the end word.
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { SessionRecord } from '../../src/ports/session-store.ts';
import { apiFixture, aReceipt, aSession, LINK_TOKEN, MSISDN, NOW } from './api-fixture.ts';

const PAGE = `/p/${LINK_TOKEN}`;
const LATER = '2026-11-23T11:03:20.000Z';
const plain = (html: string): string =>
  html
    .replaceAll(/<\/?bdi>/g, '')
    .replaceAll(/<[^>]+>/g, ' ')
    .replaceAll(/\s+/g, ' ');

function inUse(overrides: Partial<SessionRecord> = {}) {
  const session = aSession({ state: 'active', startedAt: NOW, reservedMinor: 500, ...overrides });
  const fixture = apiFixture({ sessions: [session] });
  fixture.workflows.run('session-a');
  fixture.inbox.holdSlot('session-a', { msisdn: MSISDN, serviceId: 'service-1' });
  fixture.clock.at = LATER;
  const ask = async (path: string, method = 'GET', headers: Record<string, string> = {}) => {
    const response = await fixture.app.request(path, {
      method,
      headers: { 'accept-language': 'en', ...headers },
    });
    const html = await response.text();
    return { status: response.status, headers: response.headers, html, text: plain(html) };
  };
  const press = (headers: Record<string, string> = {}) => ask(`${PAGE}/stop`, 'POST', headers);
  return { ...fixture, session, ask, press, received: () => fixture.workflows.session('session-a').received };
}

describe('the page of a running session', () => {
  test('tells time and amount so far, what is reserved, and what going on costs', async () => {
    const { text, html } = await inUse().ask(PAGE);
    expect(text).toContain('Time so far 1:03:20');
    expect(text).toContain('Amount so far NOK 1.00');
    expect(text).toContain('Of NOK 5.00 reserved');
    expect(text).toContain('NOK 2.00 if you go on after 12:05');
    expect(html).toContain(`href="${PAGE}/stop"`);
  });

  test('never shows more than the reservation, and says so', async () => {
    const { clock, ask } = inUse();
    clock.at = '2026-11-23T22:00:00.000Z';
    const { text } = await ask(PAGE);
    expect(text).toContain('Amount so far NOK 5.00');
    expect(text).toContain('The reservation is used up');
    expect(text).not.toContain('if you go on');
  });

  test('shows no amount that the provider would not take', async () => {
    const { terms } = aSession();
    const payment = { ...terms.payment, minimumCaptureMinor: 200 };
    const { clock, ask } = inUse({ terms: { ...terms, payment } });
    expect((await ask(PAGE)).text).toContain('Amount so far NOK 0.00');
    clock.at = '2026-11-23T11:06:00.000Z';
    expect((await ask(PAGE)).text).toContain('Amount so far NOK 2.00');
  });

  test('a clock behind the provider counts from zero, not below', async () => {
    const { clock, ask } = inUse();
    clock.at = '2026-11-23T09:59:58.000Z';
    const { text } = await ask(PAGE);
    expect(text).toContain('Time so far 0:00:00');
    expect(text).toContain('Amount so far NOK 0.00');
  });

  test('that no workflow runs any more stands at the end the customer texted', async () => {
    const { inbox, ask } = inUse();
    inbox.askedEnds.set('session-a', '2026-11-23T10:02:00.000Z');
    const { text, html } = await ask(PAGE);
    expect(text).toContain('Ended 11:02');
    expect(text).not.toContain('Time so far');
    expect(html).not.toContain(`${PAGE}/stop`);
    expect((await ask(`${PAGE}/stop`)).status).toBe(303);
  });

  test('looks again: by script, and calmly without', async () => {
    const { html } = await inUse().ask(PAGE);
    expect(html).toContain(`<noscript><meta http-equiv="refresh" content="15; url=${PAGE}"`);
    expect(html).toContain(`hx-get="${PAGE}"`);
  });

  test('goes on looking until the receipt is there, and no longer', async () => {
    const captured = { state: 'captured', capturedMinor: 100 } as const;
    expect((await inUse(captured).ask(PAGE)).html).toContain('hx-get');
    const { app } = apiFixture({ sessions: [aSession(captured)], receipts: [aReceipt()] });
    const html = await (await app.request(PAGE)).text();
    expect(html).not.toMatch(/hx-get|http-equiv="refresh"|<script/);
  });
});

describe('asking for Stop', () => {
  test('shows what it would cost, and changes nothing', async () => {
    const { ask, inbox, workflows } = inUse();
    const { status, html, text, headers } = await ask(`${PAGE}/stop`);
    expect(status).toBe(200);
    expect(text).toContain('Stop now?');
    expect(text).toContain('Amount so far NOK 1.00');
    expect(html).toContain(`<form method="post" action="${PAGE}/stop">`);
    expect(headers.get('content-security-policy')).toContain("form-action 'self'");
    expect(inbox.rows).toEqual([]);
    expect(workflows.calls).toBe(0);
  });

  test.each(['awaitingApproval', 'capturing', 'captured', 'declined'] as const)(
    'of a session that is %s leads back to its page',
    async (state) => {
      const { status, headers } = await inUse({ state }).ask(`${PAGE}/stop`);
      expect([status, headers.get('location')]).toEqual([303, PAGE]);
    },
  );
});

describe('pressing Stop', () => {
  test('stores the press as of now, signals the session, and leads to its page', async () => {
    const { press, inbox, received } = inUse();
    const { status, headers } = await press();
    expect([status, headers.get('location')]).toEqual([303, PAGE]);
    expect(inbox.rows).toMatchObject([{ gateway: 'web', sentAt: LATER, receivedAt: LATER }]);
    expect(received()).toEqual([{ signal: 'endCharge', inboxId: 'in-1' }]);
  });

  test('twice is one press, and the first receipt is the end', async () => {
    const { press, ask, inbox, received, clock } = inUse();
    await press();
    clock.at = '2026-11-23T11:30:00.000Z';
    expect((await press()).status).toBe(303);
    expect(inbox.rows).toHaveLength(1);
    expect(received()).toHaveLength(1);
    const { text } = await ask(PAGE);
    expect(text).toContain('Your use has ended');
    expect(text).toContain('Ended 12:03');
    expect(text).toContain('Amount to be charged NOK 1.00');
  });

  test('while Temporal is down is kept; the page says at once that the use has ended', async () => {
    const { press, ask, inbox, workflows, log } = inUse();
    workflows.down = true;
    expect((await press()).status).toBe(303);
    expect(log.named('dispatchFailed')).toHaveLength(1);
    expect(await inbox.undispatched({ limit: 10 })).toMatchObject([
      { assignment: { kind: 'signal', signal: 'endCharge', sessionId: 'session-a' } },
    ]);
    const { text } = await ask(PAGE);
    expect(text).toContain('Your use has ended');
    expect(text).toContain('Duration 1 h 3 min 20 s');
  });

  test('after that one is dispatched by the next press, once', async () => {
    const { press, workflows, received } = inUse();
    workflows.down = true;
    await press();
    workflows.down = false;
    await press();
    await press();
    expect(received()).toHaveLength(1);
  });

  test('that could not be stored says so, and offers the button again', async () => {
    const { press, inbox, log } = inUse();
    inbox.down = true;
    const { status, headers, html, text } = await press();
    expect(status).toBe(503);
    expect(headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(text).toContain('We could not take in that you want to stop');
    expect(html).toContain(`<form method="post" action="${PAGE}/stop">`);
    expect(log.named('stopFailed')).toHaveLength(1);
    expect(log.text()).not.toContain(MSISDN);
  });

  test('that the database does not take in 3 seconds says so; taken later it is the same press', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const { press, inbox, received } = inUse();
    const accept = inbox.acceptStop.bind(inbox);
    const slow = new Promise((resolve) => setTimeout(resolve, 5000));
    inbox.acceptStop = (...input) => slow.then(() => accept(...input));
    const pending = press();
    await vi.advanceTimersByTimeAsync(3000);
    expect((await pending).status).toBe(503);
    await vi.advanceTimersByTimeAsync(2000);
    expect(inbox.rows).toHaveLength(1);
    expect((await press()).status).toBe(303);
    expect(received()).toHaveLength(1);
  });

  test.each(['awaitingApproval', 'capturing', 'captured', 'expired'] as const)(
    'of a session that is %s ends nothing',
    async (state) => {
      const { press, inbox } = inUse({ state });
      const { status, headers } = await press();
      expect([status, headers.get('location')]).toEqual([303, PAGE]);
      expect(inbox.rows).toEqual([]);
    },
  );

  test.each(['cross-site', 'same-site'])('from a page of another site (%s) asks first', async (site) => {
    const { press, inbox } = inUse();
    const { status, headers } = await press({ 'sec-fetch-site': site });
    expect([status, headers.get('location')]).toEqual([303, `${PAGE}/stop`]);
    expect(inbox.rows).toEqual([]);
  });

  test('with an unknown link is a 404 page and stores nothing', async () => {
    const { ask, inbox } = inUse();
    for (const method of ['GET', 'POST'])
      expect((await ask('/p/aaaaaaaaaaaaaaaaaaaaaa/stop', method)).status).toBe(404);
    expect(inbox.rows).toEqual([]);
  });
});
