// What LINK may send us, and what it is answered: stored before 2xx, nothing changed by a refusal, nothing done twice.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { apiFixture, LINK_AUTH, moBody, MSISDN, postJson } from './api-fixture.ts';

const MO = '/webhooks/sms/link';

async function expectProblem(response: Response, status: number) {
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  const body: unknown = await response.json();
  expect(body).toMatchObject({
    type: 'about:blank',
    status,
    title: expect.any(String),
    detail: expect.any(String),
    instance: expect.stringMatching(/^urn:uuid:[0-9a-f-]{36}$/),
  });
  return body;
}

describe('a text is stored, dispatched and answered', () => {
  test('as JSON: a CHARGE starts the session, an ENDCHARGE reaches it', async () => {
    const { app, inbox, workflows } = apiFixture();
    const charge = await app.request(MO, postJson(moBody('m1', 'CHARGE')));
    const end = await app.request(MO, postJson(moBody('m2', 'endcharge')));

    expect([charge.status, await charge.text()]).toEqual([200, 'OK']);
    expect(end.status).toBe(200);
    expect(workflows.session('session-1').startedBy).toBe('in-1');
    expect(workflows.session('session-1').received).toEqual([{ signal: 'endCharge', inboxId: 'in-2' }]);
    expect(inbox.rows.every((row) => row.dispatchedAt !== null)).toBe(true);
  });

  test('as a form', async () => {
    const { app, workflows } = apiFixture();
    const response = await app.request(MO, {
      method: 'POST',
      body: new URLSearchParams({
        messageId: 'm1',
        source: MSISDN,
        destination: '27222',
        userData: 'CHARGE',
      }).toString(),
      headers: { 'content-type': 'application/x-www-form-urlencoded', authorization: LINK_AUTH },
    });
    expect(response.status).toBe(200);
    expect([...workflows.sessions.keys()]).toEqual(['session-1']);
  });

  test('as a query template, and the query with its phone number is not logged', async () => {
    const { app, workflows, log } = apiFixture();
    const response = await app.request(
      `${MO}?messageId=m1&from=${MSISDN}&number=27222&text=CHARGE%20SECRETBAY`,
      { headers: { authorization: LINK_AUTH } },
    );
    expect(response.status).toBe(200);
    expect([...workflows.sessions.keys()]).toEqual(['session-1']);
    expect(log.text()).not.toMatch(/9000|SECRETBAY/);
  });

  test('an unknown word is answered by a reply workflow', async () => {
    const { app, workflows } = apiFixture();
    await app.request(MO, postJson(moBody('m1', 'hello there')));
    expect(workflows.replies).toEqual(['in-1']);
    expect(workflows.sessions.size).toBe(0);
  });

  test('a text to a number that is not ours is kept and starts nothing', async () => {
    const { app, inbox, workflows } = apiFixture();
    const response = await app.request(MO, postJson(moBody('m1', 'CHARGE', { destination: 'NO-99999' })));
    expect(response.status).toBe(200);
    expect(inbox.rows).toHaveLength(1);
    expect(workflows.calls).toBe(0);
  });
});

describe('where a gate may send to', () => {
  test.each([MO, `${MO}/`])('PUT and POST %s', async (path) => {
    const { app, inbox } = apiFixture();
    for (const method of ['PUT', 'POST'])
      expect((await app.request(path, { ...postJson(moBody(method, 'HELP')), method })).status).toBe(200);
    expect(inbox.rows.map(({ messageId }) => messageId)).toEqual(['PUT', 'POST']);
  });

  test('a delivery report with PUT and a slash behind', async () => {
    const { app, deliveries } = apiFixture();
    const report = JSON.stringify({ id: 'g1', resultCode: 1001 });
    const response = await app.request(`${MO}/delivery/`, { ...postJson(report), method: 'PUT' });
    expect([response.status, deliveries.length]).toEqual([200, 1]);
  });
});

describe('who sent a text', () => {
  test.each(['+47 900 00 001', '004790000001', 'tel:+47-900-00-001', '(900) 00-001', '90000001'])(
    'is one customer, also written as %s',
    async (source) => {
      const { app, workflows } = apiFixture();
      await app.request(MO, postJson(moBody('m1', 'CHARGE', { source: '+4790000001' })));
      await app.request(MO, postJson(moBody('m2', 'ENDCHARGE', { source })));
      expect(workflows.session('session-1').received).toEqual([{ signal: 'endCharge', inboxId: 'in-2' }]);
    },
  );

  test('may be unreadable: answered 200, logged without the sender, dropped; the others of its list are taken', async () => {
    const { app, inbox, log } = apiFixture();
    const bodies = [moBody('m1', 'HELP', { source: 'Telenor' }), moBody('m2', 'CHARGE')];
    const response = await app.request(MO, postJson(`[${bodies.join(',')}]`));
    expect(response.status).toBe(200);
    expect(inbox.rows.map(({ messageId }) => messageId)).toEqual(['m2']);
    expect(log.named('recordDropped')).toMatchObject([{ gateway: 'link', field: 'source' }]);
    expect(log.text()).not.toContain('Telenor');
  });
});

describe('a doubled text', () => {
  test('that was dispatched is answered 200 and does nothing', async () => {
    const { app, inbox, workflows } = apiFixture();
    await app.request(MO, postJson(moBody('m1', 'CHARGE')));
    const calls = workflows.calls;
    const again = await app.request(MO, postJson(moBody('m1', 'CHARGE')));
    expect(again.status).toBe(200);
    expect(inbox.rows).toHaveLength(1);
    expect(workflows.calls).toBe(calls);
  });

  test('that only shares its message id is no double: it is taken, and logged without number and text', async () => {
    const { app, inbox, log } = apiFixture();
    await app.request(MO, postJson(moBody('m1', 'CHARGE')));
    await app.request(MO, postJson(moBody('m1', 'CHARGE SECRETBAY', { source: '+4790000777' })));
    expect(inbox.rows.map(({ msisdn }) => msisdn)).toEqual([MSISDN, '4790000777']);
    expect(log.named('messageIdReused')).toMatchObject([{ gateway: 'link', inboxId: 'in-2' }]);
    expect(log.text()).not.toMatch(/90000|SECRETBAY/);
  });

  test('that comes after its session has ended is answered 200 and starts nothing', async () => {
    const { app, inbox, workflows, clock } = apiFixture();
    await app.request(MO, postJson(moBody('m1', 'CHARGE')));
    await app.request(MO, postJson(moBody('m2', 'ENDCHARGE')));
    workflows.session('session-1').running = false;
    await inbox.freeSlot({
      sessionId: 'session-1',
      handledInboxIds: ['in-1', 'in-2'],
      lastEndChargeAt: clock.at,
      at: clock.at,
    });
    const calls = workflows.calls;
    for (const [messageId, text] of [
      ['m1', 'CHARGE'],
      ['m2', 'ENDCHARGE'],
    ] as const)
      expect((await app.request(MO, postJson(moBody(messageId, text)))).status).toBe(200);
    expect(workflows.calls).toBe(calls);
    expect([...workflows.sessions.keys()]).toEqual(['session-1']);
  });

  test('whose dispatch had failed is dispatched now', async () => {
    const { app, workflows } = apiFixture();
    workflows.down = true;
    await app.request(MO, postJson(moBody('m1', 'CHARGE')));
    workflows.down = false;
    await app.request(MO, postJson(moBody('m1', 'CHARGE')));
    expect([...workflows.sessions.keys()]).toEqual(['session-1']);
  });
});

describe('a refused call changes nothing:', () => {
  const huge = moBody('m1', `CHARGE ${'x'.repeat(64 * 1024)}`);
  const good = moBody('m1', 'CHARGE');
  test.each<[string, number, RequestInit]>([
    ['malformed JSON', 400, postJson('{"messageId":')],
    ['JSON that is no object', 400, postJson('"CHARGE"')],
    ['an empty JSON list', 400, postJson('[]')],
    ['a source that is an object', 400, postJson(moBody('m1', 'CHARGE', { source: { number: 1 } }))],
    ['a messageId that is a list', 400, postJson(moBody('m1', 'CHARGE', { messageId: ['m1'] }))],
    ['a text that is a boolean', 400, postJson(moBody('m1', 'CHARGE', { content: { userData: true } }))],
    ['no credentials', 401, { ...postJson(good), headers: { 'content-type': 'application/json' } }],
    ['wrong credentials', 401, postJson(good, { authorization: `Basic ${btoa('gate:wrong')}` })],
    ['XML', 415, postJson('<mo/>', { 'content-type': 'application/xml' })],
    ['no content type', 415, postJson(good, { 'content-type': '' })],
    ['more than 64 KiB', 413, postJson(huge)],
    ['more than 64 KiB, announced', 413, postJson(huge, { 'content-length': String(huge.length) })],
  ])('%s: %i', async (_what, status, init) => {
    const { app, inbox, workflows } = apiFixture();
    await expectProblem(await app.request(MO, init), status);
    expect(inbox.rows).toEqual([]);
    expect(workflows.calls).toBe(0);
  });

  test('64 KiB exactly are read', async () => {
    const { app, inbox } = apiFixture();
    const padding = 64 * 1024 - Buffer.byteLength(moBody('m1', 'CHARGE '));
    const body = moBody('m1', `CHARGE ${'x'.repeat(padding)}`);
    expect(Buffer.byteLength(body)).toBe(64 * 1024);
    expect((await app.request(MO, postJson(body))).status).toBe(200);
    expect(inbox.rows).toHaveLength(1);
  });

  test('401 names the way in', async () => {
    const { app } = apiFixture();
    const response = await app.request(MO, { method: 'POST' });
    expect(response.headers.get('www-authenticate')).toMatch(/^Basic /);
  });

  test.each(['unknown', 'constructor', '__proto__'])('a gateway named %s: 404', async (name) => {
    const { app } = apiFixture();
    await expectProblem(await app.request(`/webhooks/sms/${name}`, postJson(moBody('m1', 'CHARGE'))), 404);
    await expectProblem(await app.request(`/webhooks/sms/${name}/delivery`, postJson('{}')), 404);
  });
});

test('a gateway is shown the public address it called, character by character', async () => {
  const seen: string[] = [];
  const { app } = apiFixture({
    deps: {
      gateways: {
        link: {
          gateway: 'link',
          parseInbound(request) {
            seen.push(`${request.method} ${request.url} ${request.headers['x-seen'] ?? ''} ${request.body}`);
            return { ok: true, messages: [], unreadable: [] };
          },
          parseDelivery: () => ({ ok: true, reports: [], unreadable: [] }),
        },
      },
    },
  });
  await app.request('http://10.0.0.7:8080/webhooks/sms/link?a=%2B47&b=x+y', {
    method: 'POST',
    body: 'raw æ',
    headers: { 'X-Seen': 'yes' },
  });
  expect(seen).toEqual(['POST https://pay.example/webhooks/sms/link?a=%2B47&b=x+y yes raw æ']);
});

describe('when the database does not answer', () => {
  test('a text is not acknowledged: 503 with Retry-After, and no trace of the number', async () => {
    const { app, inbox, workflows, log } = apiFixture();
    inbox.down = true;
    const response = await app.request(MO, postJson(moBody('m1', 'CHARGE')));
    expect(response.headers.get('retry-after')).toBe('5');
    expect(JSON.stringify(await expectProblem(response, 503))).not.toContain(MSISDN);
    expect(log.named('acceptFailed')).toHaveLength(1);
    expect(log.text()).not.toContain(MSISDN);

    inbox.down = false;
    expect((await app.request(MO, postJson(moBody('m1', 'CHARGE')))).status).toBe(200);
    expect([...workflows.sessions.keys()]).toEqual(['session-1']);
  });

  test('a delivery report is not acknowledged either', async () => {
    const { app, inbox } = apiFixture();
    inbox.down = true;
    await expectProblem(await app.request(`${MO}/delivery`, postJson('{"id":"g1","resultCode":1001}')), 503);
  });
});

describe('when Temporal does not answer', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('a text is stored and answered 200', async () => {
    const { app, inbox, workflows } = apiFixture();
    workflows.down = true;
    expect((await app.request(MO, postJson(moBody('m1', 'CHARGE')))).status).toBe(200);
    expect(inbox.row('in-1')).toMatchObject({ state: 'assigned', dispatchedAt: null });
  });

  test('a text is answered when it is stored, and the dispatch goes on behind it', async () => {
    const { app, inbox, workflows, dispatcher } = apiFixture();
    let open = (): void => undefined;
    workflows.gate = new Promise((resolve) => {
      open = resolve;
    });
    expect((await app.request(MO, postJson(moBody('m1', 'CHARGE')))).status).toBe(200);
    expect(vi.getTimerCount()).toBe(0);
    expect(inbox.row('in-1')).toMatchObject({ state: 'assigned', dispatchedAt: null });

    open();
    await dispatcher.idle();
    expect(inbox.row('in-1').dispatchedAt).not.toBeNull();
    expect([...workflows.sessions.keys()]).toEqual(['session-1']);
  });
});

test('more texts at once than can be stored in time: 503 with Retry-After at once, and nothing of them is stored', async () => {
  const { app, inbox, log } = apiFixture();
  const accept = inbox.accept.bind(inbox);
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  inbox.accept = async (texts) => {
    await opened;
    return await accept(texts);
  };
  const taken = Array.from(
    { length: 200 },
    async (_, n) => await app.request(MO, postJson(moBody(`m${n}`, 'HELP'))),
  );
  await new Promise((resolve) => setTimeout(resolve, 100));
  // Before its body is read, which never ends.
  const body = new ReadableStream({ pull: () => new Promise(() => undefined) });
  const init = { method: 'POST', body, duplex: 'half', headers: { authorization: LINK_AUTH } } as const;
  const refused = await app.request(MO, init);
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '5']);
  open();
  const acknowledged = (await Promise.all(taken)).filter(({ status }) => status === 200);
  expect(acknowledged).toHaveLength(inbox.rows.length);
  expect(acknowledged.length).toBeGreaterThan(0);
  expect(log.named('webhookOverloaded').length).toBeGreaterThan(0);
});

test('the texts of one delivery are stored together, or none of them', async () => {
  const { app, inbox, workflows } = apiFixture();
  const delivery = postJson(`[${moBody('m1', 'CHARGE')},${moBody('m2', 'ENDCHARGE')}]`);
  inbox.down = true;
  expect((await app.request(MO, delivery)).status).toBe(503);
  expect(inbox.rows).toEqual([]);
  inbox.down = false;
  expect((await app.request(MO, delivery)).status).toBe(200);
  expect(workflows.session('session-1').received).toEqual([{ signal: 'endCharge', inboxId: 'in-2' }]);
});

describe('a delivery report', () => {
  const report = (refId: string) => JSON.stringify({ id: 'g1$0', refId, resultCode: 1001, timestamp: null });

  test('is recorded', async () => {
    const { app, deliveries } = apiFixture();
    const response = await app.request(`${MO}/delivery`, postJson(report('session-a-paymentLink-1')));
    expect([response.status, await response.text()]).toEqual([200, 'OK']);
    expect(deliveries).toMatchObject([{ gatewayMessageId: 'g1', part: 0, state: 'delivered' }]);
  });

  test('of an unknown text is answered 200 too, so that it is not repeated for days', async () => {
    const { app, log } = apiFixture();
    expect((await app.request(`${MO}/delivery`, postJson(report('other')))).status).toBe(200);
    expect(log.named('deliveryOfUnknownText')).toHaveLength(1);
  });

  test.each<[string, number, RequestInit]>([
    ['malformed', 400, postJson('{')],
    ['without a result', 400, postJson('{"id":"g1"}')],
    ['with wrong credentials', 401, postJson(report('x'), { authorization: 'Basic eA==' })],
    ['of an unknown type', 415, postJson(report('x'), { 'content-type': 'text/plain' })],
    ['above 64 KiB', 413, postJson('x'.repeat(64 * 1024 + 1))],
  ])('%s: %i, and nothing is recorded', async (_what, status, init) => {
    const { app, deliveries } = apiFixture();
    await expectProblem(await app.request(`${MO}/delivery`, init), status);
    expect(deliveries).toEqual([]);
  });
});
