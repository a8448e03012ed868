// What holds for every request: health, one log event without secrets, fixed words for failures, known files only.
import { Hono } from 'hono';
import { describe, expect, test } from 'vitest';
import { apiFixture, aSession, LINK_TOKEN, MSISDN } from './api-fixture.ts';

describe('health', () => {
  test('/healthz says that the process runs, whatever else is wrong', async () => {
    const { app } = apiFixture({ deps: { ready: () => Promise.reject(new Error('down')) } });
    expect((await app.request('/healthz')).status).toBe(200);
  });

  test('/healthz shows whose process it is to whoever asks with a challenge, and takes none of another form', async () => {
    const { app } = apiFixture();
    const body = async (query: string) => (await app.request(`/healthz${query}`)).json();
    const challenge = 'a1'.repeat(16);
    expect(await body('')).toEqual({ status: 'ok', service: 'sms2pay' });
    expect(await body(`?challenge=${challenge}`)).toMatchObject({ proofs: [`proof of ${challenge}`] });
    for (const other of ['', 'a', `${challenge}0`, 'A1'.repeat(16), `${challenge}%0a`])
      expect(await body(`?challenge=${other}`)).toEqual({ status: 'ok', service: 'sms2pay' });
  });

  test('/readyz is 200 when every part is there', async () => {
    const response = await apiFixture().app.request('/readyz');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ready', parts: { database: 'ok', temporal: 'ok' } });
  });

  test('/readyz names the part that is missing, and tells what is wrong with it to the log alone', async () => {
    const { app, log } = apiFixture({
      deps: { ready: async () => ({ database: 'ok', temporal: 'no connection to temporal.internal:7233' }) },
    });
    const response = await app.request('/readyz');
    expect(response.status).toBe(503);
    const body = await response.text();
    expect(JSON.parse(body)).toMatchObject({
      detail: 'Not ready: temporal.',
      parts: { database: 'ok', temporal: 'unavailable' },
    });
    expect(body).not.toContain('internal:7233');
    expect(JSON.stringify(log.named('notReady'))).toContain('internal:7233');
  });

  test('/readyz asks database and Temporal once for everybody who asks within a moment', async () => {
    let [asked, nowMs] = [0, 0];
    const answers = [{ database: 'disk full' }, { database: 'ok' }];
    const { app, log } = apiFixture({
      deps: { monotonicMs: () => nowMs, ready: async () => answers[asked++] ?? { database: 'ok' } },
    });
    const ask = async (): Promise<number> => (await app.request('/readyz')).status;
    expect(await Promise.all(Array.from({ length: 50 }, ask))).toEqual(Array.from({ length: 50 }, () => 503));
    nowMs = 1_499;
    expect(await ask()).toBe(503);
    expect([asked, log.named('notReady')]).toEqual([1, [expect.anything()]]);
    nowMs = 1_500;
    expect(await ask()).toBe(200);
    expect(asked).toBe(2);
  });

  test('/readyz is 503 when the check itself fails', async () => {
    const { app } = apiFixture({ deps: { ready: () => Promise.reject(new Error('boom')) } });
    const response = await app.request('/readyz');
    expect(response.status).toBe(503);
    expect(await response.text()).not.toContain('boom');
  });
});

describe('the log of a request', () => {
  test('has the pattern of the route and never its token or query', async () => {
    let ms = 1000;
    const { app, log } = apiFixture({ sessions: [aSession()], deps: { wallNow: () => (ms += 7) } });
    const response = await app.request(`/p/${LINK_TOKEN}/done?poll=2`);
    expect(log.named('request')).toEqual([
      {
        level: 'info',
        event: 'request',
        requestId: response.headers.get('x-request-id'),
        method: 'GET',
        route: '/p/:token/done',
        status: 200,
        durationMs: 7,
      },
    ]);
    expect(log.text()).not.toContain(LINK_TOKEN);
  });

  test('takes no request id from outside: it could be a phone number', async () => {
    const { app, log } = apiFixture();
    await app.request('/healthz', { headers: { 'x-request-id': MSISDN } });
    expect(log.text()).not.toContain(MSISDN);
  });

  test.each([
    [`/nowhere/${MSISDN}`, 'none'],
    [`/webhooks/${MSISDN}`, '/webhooks/*'],
  ])('of an unknown address (%s) does not name it', async (path, route) => {
    const { app, log } = apiFixture();
    expect((await app.request(path)).status).toBe(404);
    expect(log.named('request')).toMatchObject([{ route, status: 404 }]);
    expect(log.text()).not.toContain(MSISDN);
  });
});

describe('an address that does not exist', () => {
  test('is a problem for programs', async () => {
    const response = await apiFixture().app.request('/nowhere');
    expect(response.status).toBe(404);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
  });

  test('is a page for browsers', async () => {
    const response = await apiFixture().app.request('/nowhere', { headers: { accept: 'text/html,*/*' } });
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('Page not found');
  });
});

describe('a failure of ours', () => {
  const broken = () => {
    const fixture = apiFixture({ sessions: [aSession()] });
    fixture.inbox.down = true;
    return fixture;
  };

  test('is a fixed 500 for programs, with the id that the log has', async () => {
    const { app, log } = broken();
    const response = await app.request(`/p/${LINK_TOKEN}`);
    expect(response.status).toBe(500);
    const body = await response.text();
    expect(body).not.toContain('ECONNREFUSED');
    const requestId = response.headers.get('x-request-id');
    expect(JSON.parse(body)).toMatchObject({ status: 500, instance: `urn:uuid:${requestId}` });
    expect(log.named('requestFailed')).toMatchObject([
      { requestId, error: { name: 'Error', message: 'connect ECONNREFUSED' } },
    ]);
    expect(log.named('request')).toMatchObject([{ status: 500 }]);
  });

  test('is a fixed page for browsers', async () => {
    const { app } = broken();
    const headers = { accept: 'text/html', 'accept-language': 'nb' };
    const response = await app.request(`/p/${LINK_TOKEN}`, { headers });
    expect(response.status).toBe(500);
    const html = await response.text();
    expect(html).toContain('Noe gikk galt');
    expect(html).not.toContain('ECONNREFUSED');
  });

  test('is logged without the values that a database quotes', async () => {
    const extraRoutes = new Hono().get('/boom', () => {
      throw Object.assign(new Error(`invalid input "${MSISDN}"`), {
        code: '22P02',
        detail: `Key (msisdn)=(${MSISDN}) already exists`,
        cause: new Error(`+${MSISDN}`),
      });
    });
    const { app, log } = apiFixture({ deps: { extraRoutes } });
    expect((await app.request('/boom')).status).toBe(500);
    expect(log.named('requestFailed')).toMatchObject([
      { error: { message: 'invalid input "#"', code: '22P02' } },
    ]);
    expect(log.text()).not.toContain(MSISDN);
  });
});

describe('files', () => {
  test.each([
    ['/assets/ui.css', 'text/css; charset=utf-8', '@media print'],
    ['/assets/htmx.js', 'text/javascript; charset=utf-8', 'htmx'],
    ['/assets/favicon.svg', 'image/svg+xml', '<svg'],
    ['/favicon.ico', 'image/svg+xml', '<svg'],
  ])('%s is served, whatever the working directory is', async (path, type, part) => {
    const directory = process.cwd();
    process.chdir('/');
    try {
      const response = await apiFixture().app.request(path);
      expect([response.status, response.headers.get('content-type')]).toEqual([200, type]);
      expect(await response.text()).toContain(part);
    } finally {
      process.chdir(directory);
    }
  });

  test.each(['/assets/', '/assets/layout.tsx', '/assets/../layout.tsx', '/assets/%2e%2e%2flayout.tsx'])(
    '%s is not',
    async (path) => {
      expect((await apiFixture().app.request(path)).status).toBe(404);
    },
  );
});

test('the simulator keeps its own referrer policy: with ours its forms would not say where they come from', async () => {
  const extraRoutes = new Hono().get('/sim', (c) =>
    c.text('TEST', 200, { 'referrer-policy': 'same-origin' }),
  );
  const { app } = apiFixture({ deps: { extraRoutes } });
  expect((await app.request('/sim')).headers.get('referrer-policy')).toBe('same-origin');
  expect((await app.request('/healthz')).headers.get('referrer-policy')).toBe('no-referrer');
});

test('routes from main are mounted beside ours', async () => {
  const extraRoutes = new Hono().get('/sim/hello', (c) => c.text('TEST'));
  const response = await apiFixture({ deps: { extraRoutes } }).app.request('/sim/hello');
  expect(await response.text()).toBe('TEST');
  expect(response.headers.get('x-content-type-options')).toBe('nosniff');
});
