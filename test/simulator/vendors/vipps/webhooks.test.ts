import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { signWebhook, webhookWaitMs } from '../../../../src/simulator/vendors/vipps/webhook-pushes.ts';
import { schemaProblems } from '../../../specs/vipps-documents.ts';
import { json, type Received } from '../../harness.ts';
import {
  anApprovedPayment,
  aVippsBench,
  aVippsPayment,
  cancel,
  capture,
  codeOf,
  eventLog,
  refund,
  tokenHeaders,
  type VippsBench,
} from './harness.ts';

const path = '/webhooks/v1/webhooks';
const allEvents = [
  'created',
  'authorized',
  'aborted',
  'expired',
  'cancelled',
  'captured',
  'refunded',
  'terminated',
].map((name) => `epayments.payment.${name}.v1`);
const secondMs = 1_000;
const dayMs = 86_400 * secondMs;

interface Registered {
  id: string;
  secret: string;
}
interface Pushed {
  msn: string;
  reference: string;
  pspReference: string;
  name: string;
  idempotencyKey?: string;
  success: boolean;
  captureGuaranteedUntil?: string;
}

async function register(bench: VippsBench, events = allEvents, hook = '/hook'): Promise<Registered> {
  const registered = await bench.vipps('POST', path, {
    body: { url: `${bench.receiver.url}${hook}`, events },
  });
  expect(registered.status).toBe(201);
  return json<Registered>(registered);
}

const pushedTo = (bench: VippsBench, hook = '/hook'): Pushed[] =>
  bench.receiver.at(hook).map(({ body }) => JSON.parse(body) as Pushed);
const namesAt = (bench: VippsBench, hook = '/hook') => pushedTo(bench, hook).map(({ name }) => name);
const refusing = (count: number) => Array.from({ length: count }, () => ({ status: 500, body: '' }));

/** As the vendor's page tells the receiver to check; written apart from the stand-in. */
function isGenuine(push: Received, secret: string): boolean {
  const hash = createHash('sha256').update(push.body).digest('base64');
  const date = push.headers['x-ms-date'];
  const signed = ['POST', push.url, `${String(date)};${push.headers.host};${hash}`].join('\n');
  const signature = createHmac('sha256', secret).update(signed).digest('base64');
  return (
    push.headers['x-ms-content-sha256'] === hash &&
    push.headers.authorization ===
      `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=${signature}`
  );
}

/** Time passes in small steps, so that what a step sets off is done before the next. */
async function pass(bench: VippsBench, ms: number, steps: number): Promise<void> {
  for (let step = 0; step < steps; step += 1) {
    bench.time.advance(ms / steps);
    await bench.simulator.idle();
  }
}

async function aToken(bench: VippsBench): Promise<string> {
  const given = bench.call('/vipps/accesstoken/get', { method: 'POST', headers: tokenHeaders() });
  return (await json<{ access_token: string }>(given)).access_token;
}

function withToken(bench: VippsBench, token: string): VippsBench['vipps'] {
  return (method, at, call) =>
    bench.vipps(method, at, { ...call, headers: { authorization: `Bearer ${token}` } });
}

describe('signing', () => {
  it("gives the signature of the vendor's public sample", () => {
    const signed = signWebhook({
      url: 'https://webhook.site/e2cee29b-012e-4f1d-8ef4-e95fd74a7a63',
      body: '{"some-unique-content":"ee6e441b-cc4a-46f8-895d-a5af79bcc233/hello-world"}',
      secret: 'A0+AeKBRG2KRGvnNwJpQlb6IJFk48CKXCIcrLoHncVJKDILsQSxS6NWCccwWm6r6FhGKhiHTBsG2wo/xU6FY/A==',
      wallMs: Date.parse('2023-03-30T08:38:32Z'),
    });
    expect(signed).toEqual({
      'x-ms-date': 'Thu, 30 Mar 2023 08:38:32 GMT',
      'x-ms-content-sha256': 'lNlsp1XA03N34HrQsVzPgJKtC+r7l/RBF4V3JQUWMj4=',
      authorization:
        'HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=agAiSyogQbDHpeucoNwYz+yAr5nJ+v+zasdkSbqzv+U=',
    });
  });

  it('covers the query of the registered address', () => {
    const push = { body: '{}', secret: 's', wallMs: 0 };
    const { authorization } = signWebhook({ ...push, url: 'https://h.test/hook?a=1' });
    expect(authorization).not.toBe(signWebhook({ ...push, url: 'https://h.test/hook' }).authorization);
  });
});

describe('registrations', () => {
  it('show their secret once, are listed, and end', async () => {
    const bench = await aVippsBench();
    const { id, secret } = await register(bench, allEvents.slice(0, 2));
    expect(Buffer.from(secret, 'base64')).toHaveLength(64);
    const listed = await bench.vipps('GET', path);
    expect(await listed.json()).toEqual({
      webhooks: [{ id, url: `${bench.receiver.url}/hook`, events: allEvents.slice(0, 2) }],
    });
    expect((await bench.vipps('DELETE', `${path}/${id}`)).status).toBe(204);
    expect((await bench.vipps('DELETE', `${path}/${id}`)).status).toBe(404);
    expect(await json(bench.vipps('GET', path))).toEqual({ webhooks: [] });
    await aVippsPayment(bench);
    await bench.simulator.idle();
    expect(bench.receiver.received).toEqual([]);
  });

  it.each<[string, unknown]>([
    ['plain http on the internet', { url: 'http://sms2pay.example/hook', events: allEvents }],
    ['an unusual port', { url: 'https://sms2pay.example:9000/hook', events: allEvents }],
    ['no address', { events: allEvents }],
    ['what is no address', { url: 'hook', events: allEvents }],
    ['no events', { url: 'https://sms2pay.example/hook', events: [] }],
    [
      'an event that does not exist',
      { url: 'https://sms2pay.example/hook', events: ['epayments.payment.paid.v1'] },
    ],
    ['a field that does not exist', { url: 'https://sms2pay.example/hook', events: allEvents, secret: 's' }],
  ])('refuse %s', async (_what, body) => {
    const bench = await aVippsBench();
    expect(await codeOf(bench.vipps('POST', path, { body }))).toEqual([400, null]);
    expect(await json(bench.vipps('GET', path))).toEqual({ webhooks: [] });
  });

  it('are at most 25 per event', async () => {
    const bench = await aVippsBench();
    const body = { url: 'https://sms2pay.example/hook', events: [allEvents[0]] };
    for (let n = 0; n < 25; n += 1) expect((await bench.vipps('POST', path, { body })).status).toBe(201);
    expect(await codeOf(bench.vipps('POST', path, { body }))).toEqual([400, null]);
    const other = { ...body, events: [allEvents[1]] };
    expect((await bench.vipps('POST', path, { body: other })).status).toBe(201);
  });
});

describe('events', () => {
  it('tell of every step, signed, in the form of the documents, as the event log does', async () => {
    const bench = await aVippsBench();
    const { secret } = await register(bench);
    const { reference } = await anApprovedPayment(bench);
    await capture(bench, reference, 100, 'capture-1');
    await cancel(bench, reference, { key: 'cancel-1' });
    await refund(bench, reference, 50, 'refund-1');
    await bench.simulator.idle();
    expect(namesAt(bench)).toEqual(['CREATED', 'AUTHORIZED', 'CAPTURED', 'CANCELLED', 'REFUNDED']);
    for (const push of bench.receiver.received) {
      expect(push.method).toBe('POST');
      expect(isGenuine(push, secret)).toBe(true);
      expect(isGenuine(push, `${secret} `)).toBe(false);
      expect(schemaProblems('vipps-epayment.v1.yml', 'WebhookEvent', JSON.parse(push.body))).toEqual([]);
    }
    const log = await eventLog(bench, reference);
    const pushes = pushedTo(bench);
    expect(pushes.map(({ pspReference }) => pspReference)).toEqual(
      log.map(({ pspReference }) => pspReference),
    );
    expect(pushes[1]?.captureGuaranteedUntil).toBe('2026-11-30T10:00:00.000Z');
    // The vendor leaves the key of a cancel out of its webhook.
    expect(pushes.map(({ idempotencyKey }) => idempotencyKey).slice(2)).toEqual([
      'capture-1',
      undefined,
      'refund-1',
    ]);
    expect(pushes.every(({ msn, success }) => msn === '123456' && success)).toBe(true);
  });

  it('tell of the ends before approval, and of attempts that failed', async () => {
    const bench = await aVippsBench();
    await register(bench, allEvents.slice(1));
    const rejected = await aVippsPayment(bench);
    await bench.call(`/api/payments/${rejected.id}/reject`, { method: 'POST' });
    const ended = await aVippsPayment(bench);
    await cancel(bench, ended.reference);
    const refused = await anApprovedPayment(bench);
    await capture(bench, refused.reference, 151);
    await aVippsPayment(bench);
    await bench.post('/api/clock/advance', { seconds: 600 });
    await bench.simulator.idle();
    expect(pushedTo(bench).map(({ name, success }) => [name, success])).toEqual([
      ['ABORTED', true],
      ['TERMINATED', true],
      ['AUTHORIZED', true],
      ['CAPTURED', false],
      ['EXPIRED', true],
    ]);
  });

  it('come without anybody asking when a payment expires by itself', async () => {
    const bench = await aVippsBench();
    await register(bench, [allEvents[3] ?? '']);
    await aVippsPayment(bench);
    bench.time.advance(600 * secondMs);
    await bench.simulator.idle();
    expect(namesAt(bench)).toEqual(['EXPIRED']);
  });

  it('go to every registration that asked for them, each with its own secret', async () => {
    const bench = await aVippsBench();
    const first = await register(bench, allEvents, '/first');
    const second = await register(bench, [allEvents[1] ?? ''], '/second');
    await anApprovedPayment(bench);
    await bench.simulator.idle();
    expect(namesAt(bench, '/first')).toEqual(['CREATED', 'AUTHORIZED']);
    expect(namesAt(bench, '/second')).toEqual(['AUTHORIZED']);
    for (const push of bench.receiver.at('/second')) {
      expect([isGenuine(push, second.secret), isGenuine(push, first.secret)]).toEqual([true, false]);
    }
  });
});

describe('an event that is not taken', () => {
  it('is tried again on the published ladder, signed anew, until it is', async () => {
    const bench = await aVippsBench();
    const { secret } = await register(bench, [allEvents[0] ?? '']);
    bench.receiver.answers = refusing(6);
    await aVippsPayment(bench);
    await bench.simulator.idle();
    const dates: string[] = [];
    for (const seconds of [2, 2, 2, 60, 120, 3_600]) {
      const before = bench.receiver.received.length;
      bench.time.advance(seconds * secondMs - 1);
      await bench.simulator.idle();
      expect(bench.receiver.received).toHaveLength(before);
      bench.time.advance(1);
      await bench.simulator.idle();
      expect(bench.receiver.received).toHaveLength(before + 1);
    }
    for (const push of bench.receiver.received) {
      expect(isGenuine(push, secret)).toBe(true);
      dates.push(String(push.headers['x-ms-date']));
    }
    expect(new Set(dates).size).toBe(7);
    await pass(bench, dayMs, 24);
    expect(bench.receiver.received).toHaveLength(7);
  });

  it('has a ladder of seconds, minutes, hours to try 29 and days, over 7 days', () => {
    const waits: number[] = [];
    let ageMs = 0;
    for (let tries = 1; ; tries += 1) {
      const waitMs = webhookWaitMs(tries, ageMs, 1);
      if (waitMs === null) break;
      waits.push(waitMs / secondMs);
      ageMs += waitMs;
    }
    expect(waits.slice(0, 6)).toEqual([2, 2, 2, 60, 120, 3_600]);
    expect(waits.slice(5, 28)).toEqual(Array.from({ length: 23 }, () => 3_600));
    expect(waits.slice(28)).toEqual(Array.from({ length: 6 }, () => 86_400));
    expect(ageMs).toBeLessThanOrEqual(7 * dayMs);
    expect(webhookWaitMs(1, 0, 0.001)).toBe(2);
    expect(webhookWaitMs(1, 0, 0)).toBeNull();
  });

  it('has a ladder that can be scaled', async () => {
    const bench = await aVippsBench({ vippsRetryScale: 0.01 });
    await register(bench, [allEvents[0] ?? '']);
    bench.receiver.answers = refusing(4);
    await aVippsPayment(bench);
    await bench.simulator.idle();
    await pass(bench, 60, 3);
    expect(bench.receiver.received).toHaveLength(4);
    await pass(bench, 600, 1);
    expect(bench.receiver.received).toHaveLength(5);
  });

  it('holds back the later ones of its payment, and only those', async () => {
    const bench = await aVippsBench();
    await register(bench);
    const blocked = await aVippsPayment(bench);
    await bench.simulator.idle();
    bench.receiver.answers = refusing(1);
    await bench.call(`/api/payments/${blocked.id}/approve`, { method: 'POST' });
    await bench.simulator.idle();
    await capture(bench, blocked.reference, 100);
    const other = await anApprovedPayment(bench);
    await bench.simulator.idle();
    const of = (reference: string) =>
      pushedTo(bench)
        .filter((push) => push.reference === reference)
        .map(({ name }) => name);
    expect(of(blocked.reference)).toEqual(['CREATED', 'AUTHORIZED']);
    expect(of(other.reference)).toEqual(['CREATED', 'AUTHORIZED']);
    bench.time.advance(2 * secondMs);
    await bench.simulator.idle();
    expect(of(blocked.reference)).toEqual(['CREATED', 'AUTHORIZED', 'AUTHORIZED', 'CAPTURED']);
  });

  it('does not hold back another registration', async () => {
    const bench = await aVippsBench();
    await register(bench, allEvents, '/down');
    await register(bench, allEvents, '/up');
    bench.receiver.answers = refusing(1);
    await anApprovedPayment(bench);
    await bench.simulator.idle();
    const [down, up] = [namesAt(bench, '/down'), namesAt(bench, '/up')].toSorted(
      (a, b) => a.length - b.length,
    );
    expect([down, up]).toEqual([['CREATED'], ['CREATED', 'AUTHORIZED']]);
  });

  it('for two weeks costs the registration', async () => {
    const bench = await aVippsBench();
    const { id } = await register(bench, [allEvents[0] ?? '']);
    bench.receiver.answers = refusing(1_000);
    await aVippsPayment(bench);
    await bench.simulator.idle();
    for (let day = 0; day < 14; day += 1) await pass(bench, dayMs, 24);
    // The first event was given up after 7 days; only a further one shows that the address is still dead.
    const listed = async () => {
      const renewed = { headers: { authorization: `Bearer ${await aToken(bench)}` } };
      const { webhooks } = await json<{ webhooks: Registered[] }>(bench.vipps('GET', path, renewed));
      return webhooks.map((webhook) => webhook.id);
    };
    expect(await listed()).toEqual([id]);
    await aVippsPayment({ ...bench, vipps: withToken(bench, await aToken(bench)) });
    await bench.simulator.idle();
    expect(await listed()).toEqual([]);
    const tries = bench.receiver.received.length;
    await pass(bench, dayMs, 24);
    expect(bench.receiver.received).toHaveLength(tries);
  });

  it('is forgotten with its registration', async () => {
    const bench = await aVippsBench();
    const { id } = await register(bench);
    bench.receiver.answers = refusing(1);
    await anApprovedPayment(bench);
    await bench.simulator.idle();
    await bench.vipps('DELETE', `${path}/${id}`);
    await pass(bench, 3_600 * secondMs, 60);
    expect(namesAt(bench)).toEqual(['CREATED']);
  });
});

describe('a fault of callback', () => {
  const setFault = (bench: VippsBench, kind: string, ms?: number) =>
    bench.post('/api/faults', { operation: 'callback', kind, ...(ms === undefined ? {} : { ms }) });

  it('double pushes the same event twice', async () => {
    const bench = await aVippsBench();
    await register(bench, [allEvents[0] ?? '']);
    await setFault(bench, 'double');
    await aVippsPayment(bench);
    await bench.simulator.idle();
    const [first, second, ...more] = pushedTo(bench);
    expect([first, more]).toEqual([second, []]);
  });

  it('drop loses it, and the later ones come', async () => {
    const bench = await aVippsBench();
    await register(bench);
    await setFault(bench, 'drop');
    await anApprovedPayment(bench);
    await bench.simulator.idle();
    expect(namesAt(bench)).toEqual(['AUTHORIZED']);
  });

  it('badSignature signs one try with another secret', async () => {
    const bench = await aVippsBench();
    const { secret } = await register(bench, [allEvents[0] ?? '']);
    await setFault(bench, 'badSignature');
    bench.receiver.answers = [{ status: 401, body: '' }];
    await aVippsPayment(bench);
    await bench.simulator.idle();
    bench.time.advance(2 * secondMs);
    await bench.simulator.idle();
    expect(bench.receiver.received.map((push) => isGenuine(push, secret))).toEqual([false, true]);
  });

  it('reorder lets the next event of the payment overtake it', async () => {
    const bench = await aVippsBench();
    await register(bench);
    await setFault(bench, 'reorder');
    await anApprovedPayment(bench);
    await bench.simulator.idle();
    expect(namesAt(bench)).toEqual(['AUTHORIZED', 'CREATED']);
  });

  it('delay makes it late; its payment waits for it, others do not', async () => {
    const bench = await aVippsBench();
    await register(bench);
    await setFault(bench, 'delay', 30 * secondMs);
    const late = await anApprovedPayment(bench);
    const other = await anApprovedPayment(bench);
    await bench.simulator.idle();
    expect(pushedTo(bench).map(({ reference }) => reference)).toEqual([other.reference, other.reference]);
    bench.time.advance(30 * secondMs);
    await bench.simulator.idle();
    expect(
      pushedTo(bench)
        .map(({ reference, name }) => [reference, name])
        .slice(2),
    ).toEqual([
      [late.reference, 'CREATED'],
      [late.reference, 'AUTHORIZED'],
    ]);
  });

  it('timeoutAfterActing loses the answer: the event comes again', async () => {
    const bench = await aVippsBench();
    await register(bench, [allEvents[0] ?? '']);
    await setFault(bench, 'timeoutAfterActing');
    await aVippsPayment(bench);
    await bench.simulator.idle();
    bench.time.advance(2 * secondMs);
    await bench.simulator.idle();
    const [first, second] = pushedTo(bench);
    expect([namesAt(bench), first]).toEqual([['CREATED', 'CREATED'], second]);
  });

  it('is on record as a push of Vipps, its signature masked', async () => {
    const bench = await aVippsBench();
    await register(bench, [allEvents[0] ?? '']);
    await aVippsPayment(bench);
    await bench.simulator.idle();
    expect((await bench.events()).findLast((event) => event.from === 'vipps')).toMatchObject({
      to: 'sms2pay',
      method: 'POST',
      status: 200,
      requestHeaders: { authorization: 'HMAC-SHA256 ***' },
    });
  });
});
