// A payment callback is a hint: it wakes the workflow and changes nothing else.
import type { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { apiFixture, INSTALLATION, PAYCORE_AUTH } from './api-fixture.ts';

const CALLBACK = '/webhooks/payments/paycore';
const AUTH = { headers: { authorization: PAYCORE_AUTH } };

describe('a payment callback', () => {
  test.each(['GET', 'POST'])('by %s tells the workflow to look', async (method) => {
    const { app, workflows } = apiFixture();
    workflows.run('session-a');
    const response = await app.request(`${CALLBACK}?id=tx-1&status=2`, { method, ...AUTH });
    expect(response.status).toBe(200);
    expect(workflows.session('session-a').hints).toBe(1);
  });

  test('of a session that is over is answered 200', async () => {
    const { app, workflows } = apiFixture();
    workflows.run('session-a').running = false;
    expect((await app.request(`${CALLBACK}?id=tx-1`, AUTH)).status).toBe(200);
    expect(workflows.session('session-a').hints).toBe(0);
  });

  test('of a payment that is final is answered 200 and logged, and no workflow is woken', async () => {
    const { app, workflows, log, owner } = apiFixture();
    workflows.run('session-a');
    Object.assign(owner, { isApprovalAwaited: false, isFinal: true });
    expect((await app.request(`${CALLBACK}?id=tx-1`, AUTH)).status).toBe(200);
    expect(workflows.calls).toBe(0);
    expect(log.named('callbackOfFinalPayment')).toMatchObject([
      { provider: 'paycore', sessionId: 'session-a' },
    ]);
    expect((await app.request(`${CALLBACK}?id=tx-1`)).status).toBe(401);
  });

  test('of an unknown payment is answered 200 and logged without its id', async () => {
    const { app, workflows, log } = apiFixture();
    expect((await app.request(`${CALLBACK}?id=tx-unknown`, AUTH)).status).toBe(200);
    expect(workflows.calls).toBe(0);
    expect(log.named('callbackOfUnknownPayment')).toHaveLength(1);
    expect(log.text()).not.toContain('tx-unknown');
  });

  describe('of a payment nobody here has a record of', () => {
    const rest = '0000400080000000000000ab';
    const callback = (reference: string) => `${CALLBACK}?id=tx-unknown&referenceId=${reference}`;

    test('is a task where it carries our own digits: a record is lost', async () => {
      const { app, workflows, tasks } = apiFixture();
      const reference = `s2p${INSTALLATION}${rest}`;
      expect((await app.request(callback(reference), AUTH)).status).toBe(200);
      const details = { provider: 'paycore', kind: 'recordMissing' };
      expect(tasks).toEqual([{ subject: reference, reason: 'foreignPayment', sessionId: null, details }]);
      expect(workflows.calls).toBe(0);
    });

    test('is one task for another installation, however many payments it makes', async () => {
      const { app, workflows, tasks } = apiFixture();
      for (const last of ['1', '2', '3'])
        await app.request(callback(`s2pffffffff${rest.slice(0, -1)}${last}`), AUTH);
      const details = { provider: 'paycore', kind: 'otherInstallation' };
      const subject = 'paycore:s2pffffffff';
      expect(tasks).toEqual([{ subject, reason: 'foreignPayment', sessionId: null, details }]);
      expect(workflows.calls).toBe(0);
    });

    test.each(['order-17', 's2p1', `S2P${INSTALLATION}${rest}`, '%2B4790000001'])(
      'is no task where sms2pay did not make it (%s)',
      async (reference) => {
        const { app, tasks, log } = apiFixture();
        expect((await app.request(callback(reference), AUTH)).status).toBe(200);
        expect(tasks).toEqual([]);
        expect(log.text()).not.toContain('90000001');
      },
    );
  });

  test.each<[string, number, string, RequestInit]>([
    ['without credentials', 401, `${CALLBACK}?id=tx-1`, {}],
    [
      'with wrong credentials',
      401,
      `${CALLBACK}?id=tx-1`,
      { headers: { authorization: `Basic ${btoa('paycore:no')}` } },
    ],
    ['that names no payment', 400, CALLBACK, AUTH],
    ['that is malformed', 400, CALLBACK, body('{', 'application/json')],
    ['of another type', 415, CALLBACK, body('<x/>', 'application/xml')],
    ['above 64 KiB', 413, CALLBACK, body('x'.repeat(64 * 1024 + 1), 'application/json')],
    ['of an unknown provider', 404, '/webhooks/payments/other?id=tx-1', AUTH],
    ['of a provider named like an object member', 404, '/webhooks/payments/toString?id=tx-1', AUTH],
  ])('%s: %i as problem+json, and no workflow is woken', async (_what, status, path, init) => {
    const { app, workflows } = apiFixture();
    workflows.run('session-a');
    const response = await app.request(path, init);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(workflows.calls).toBe(0);
  });
});

async function callBack(app: Hono): Promise<Response> {
  return app.request(`${CALLBACK}?id=tx-1`, AUTH);
}

describe('a flood of callbacks about one payment', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('becomes one signal at once and one for all the others, each answered after it', async () => {
    const { app, workflows } = apiFixture();
    workflows.run('session-a');
    const flood = Array.from({ length: 500 }, () => callBack(app));
    await vi.advanceTimersByTimeAsync(1100);
    const statuses = (await Promise.all(flood)).map(({ status }) => status);
    expect(statuses.every((status) => status === 200)).toBe(true);
    expect(workflows.session('session-a').hints).toBe(2);
  });

  test('is answered at once where a signal is planned that will cover it', async () => {
    const { app, workflows } = apiFixture();
    workflows.run('session-a');
    for (let n = 0; n < 20; n += 1) expect((await callBack(app)).status).toBe(200);
    expect(workflows.session('session-a').hints).toBe(1);
    await vi.advanceTimersByTimeAsync(1100);
    expect(workflows.session('session-a').hints).toBe(2);
  });

  test('is told in the log where the planned signal fails', async () => {
    const { app, workflows, log } = apiFixture();
    workflows.run('session-a');
    await callBack(app);
    expect((await callBack(app)).status).toBe(200);
    workflows.down = true;
    await vi.advanceTimersByTimeAsync(1100);
    expect(log.named('hintFailed')).toHaveLength(1);
    const next = callBack(app);
    await vi.advanceTimersByTimeAsync(1700);
    expect((await next).status).toBe(503);
  });

  test('that goes on for an hour is a few signals a minute, none is refused, and the last is passed on as well', async () => {
    const { app, workflows } = apiFixture();
    workflows.run('session-a');
    const statuses: number[] = [];
    for (let second = 0; second < 3600; second += 1) {
      statuses.push((await callBack(app)).status);
      await vi.advanceTimersByTimeAsync(1000);
    }
    const during = workflows.session('session-a').hints;
    expect(during).toBeLessThan(130);
    await callBack(app);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(workflows.session('session-a').hints).toBeGreaterThan(during);
    expect(new Set(statuses)).toEqual(new Set([200]));
  });

  test('does not hold back callbacks about another one', async () => {
    const { app, workflows, deps } = apiFixture();
    workflows.run('session-a');
    workflows.run('session-b');
    deps.stores.money.findSessionOfPayment = async ({ providerReference }) => ({
      sessionId: providerReference === 'tx-2' ? 'session-b' : 'session-a',
      isApprovalAwaited: true,
      isFinal: false,
    });
    const flood = Array.from({ length: 10 }, () => callBack(app));
    expect((await app.request(`${CALLBACK}?id=tx-2`, AUTH)).status).toBe(200);
    expect(workflows.session('session-b').hints).toBe(1);
    await vi.advanceTimersByTimeAsync(1100);
    await Promise.all(flood);
  });
});

describe('a callback after the approval', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function afterApproval() {
    const fixture = apiFixture();
    fixture.workflows.run('session-a');
    fixture.owner.isApprovalAwaited = false;
    return { ...fixture, hints: () => fixture.workflows.session('session-a').hints };
  }

  test('wakes no workflow where all is final a second later: it was the echo of a call of ours', async () => {
    const { app, owner, workflows } = afterApproval();
    const captured = callBack(app);
    await vi.advanceTimersByTimeAsync(500);
    const released = callBack(app);
    owner.isFinal = true;
    await vi.advanceTimersByTimeAsync(600);
    expect([(await captured).status, (await released).status]).toEqual([200, 200]);
    expect(workflows.calls).toBe(0);
  });

  test('is passed on a second later where something is left: the provider has cancelled, or a part is captured', async () => {
    const { app, hints } = afterApproval();
    const pending = callBack(app);
    await vi.advanceTimersByTimeAsync(900);
    expect(hints()).toBe(0);
    await vi.advanceTimersByTimeAsync(200);
    expect((await pending).status).toBe(200);
    expect(hints()).toBe(1);
  });

  test('is passed on where the database does not say whether something is left', async () => {
    const { app, hints, inbox, log } = afterApproval();
    const pending = callBack(app);
    await vi.advanceTimersByTimeAsync(900);
    inbox.down = true;
    await vi.advanceTimersByTimeAsync(200);
    expect((await pending).status).toBe(200);
    expect(hints()).toBe(1);
    expect(log.named('hintNotChecked')).toHaveLength(1);
  });

  test('is answered when it has been passed on, not before: it is refused where that fails', async () => {
    const { app, workflows } = afterApproval();
    workflows.down = true;
    const pending = callBack(app);
    await vi.advanceTimersByTimeAsync(1100);
    expect((await pending).status).toBe(503);
  });

  test('is passed on also if it came before, during the pause after another: it may say more than the approval', async () => {
    const { app, owner, hints } = afterApproval();
    owner.isApprovalAwaited = true;
    await callBack(app);
    expect(hints()).toBe(1);
    expect((await callBack(app)).status).toBe(200);
    owner.isApprovalAwaited = false;
    await vi.advanceTimersByTimeAsync(1100);
    expect(hints()).toBe(2);
  });

  test('in a flood is a few signals, none of the callbacks is refused, and the last is passed on as well', async () => {
    const { app, hints } = afterApproval();
    const flood: Promise<Response>[] = [];
    for (let tenth = 0; tenth < 3000; tenth += 1) {
      flood.push(callBack(app));
      await vi.advanceTimersByTimeAsync(100);
    }
    const during = hints();
    expect(during).toBeLessThan(20);
    await vi.advanceTimersByTimeAsync(32_000);
    expect(hints()).toBe(during + 1);
    expect(new Set((await Promise.all(flood)).map(({ status }) => status))).toEqual(new Set([200]));
  });
});

function body(text: string, contentType: string): RequestInit {
  return {
    method: 'POST',
    body: text,
    headers: { authorization: PAYCORE_AUTH, 'content-type': contentType },
  };
}

describe('is refused with 503, to be repeated,', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('when Temporal is down', async () => {
    const { app, workflows } = apiFixture();
    workflows.down = true;
    const response = await app.request(`${CALLBACK}?id=tx-1`, AUTH);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
  });

  test('when Temporal hangs: within the two seconds that vendors wait', async () => {
    const { app, workflows } = apiFixture();
    workflows.gate = new Promise(() => undefined);
    const pending = app.request(`${CALLBACK}?id=tx-1`, AUTH);
    await vi.advanceTimersByTimeAsync(1700);
    expect((await pending).status).toBe(503);
  });

  test('when the database is down', async () => {
    const { app, inbox } = apiFixture();
    inbox.down = true;
    const response = await app.request(`${CALLBACK}?id=tx-1`, AUTH);
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '5']);
  });
});
