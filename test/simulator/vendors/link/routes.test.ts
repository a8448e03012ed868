import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { aBench, aSend, type Bench, json, link, sendText, webhookLogin } from '../../harness.ts';

const hour = 3_600_000;
const charge = { from: '+4790000001', to: '27222', text: 'Charge now' };
interface Sent {
  id: string;
  messageId: string;
  delivery: { status: string; attempts: number };
}
interface Text {
  id: string;
  direction: string;
  from: string;
  to: string;
  text: string;
  state: string;
  attempts: number;
  segments: number;
}

const textsOf = async (bench: Bench, query = ''): Promise<Text[]> =>
  (await json<{ items: Text[] }>(bench.call(`/api/sms${query}`))).items;
const bodies = (bench: Bench, path: string) =>
  bench.receiver.at(path).map(({ body }) => JSON.parse(body) as Record<string, unknown>);

describe('sending through the LINK stand-in', () => {
  it('queues a text and answers with its messageId', async () => {
    const bench = await aBench();
    const answer = await sendText(bench, aSend());
    expect(answer.status).toBe(200);
    const { messageId, ...rest } = await json<Record<string, unknown>>(answer);
    expect(rest).toEqual({ resultCode: 1005, description: 'Queued' });
    expect(messageId).toMatch(/^\S+$/);
    expect(await textsOf(bench)).toMatchObject([
      { direction: 'out', from: '27222', to: '+4790000001', text: 'Hello', segments: 1 },
    ]);
  });

  it('answers 204 without a body unless ignoreResponse is false', async () => {
    const bench = await aBench();
    const answer = await sendText(bench, aSend({ ignoreResponse: undefined }));
    expect(answer.status).toBe(204);
    expect(await answer.text()).toBe('');
    expect(await textsOf(bench)).toHaveLength(1);
  });

  it('tells smsCount when asked', async () => {
    const bench = await aBench();
    const answer = await sendText(
      bench,
      aSend({ userData: 'a'.repeat(161), customParameters: { replySmsCount: 'true' } }),
    );
    expect(await answer.json()).toMatchObject({ smsCount: 2 });
  });

  it.each([
    ['a destination without plus', { destination: '4790000001' }, 400, 106000],
    ['no destination', { destination: undefined }, 400, 106000],
    ['no source', { source: undefined }, 400, 106000],
    ['an unknown sourceTON', { sourceTON: 'SHORT' }, 400, 106000],
    ['letters as a short number', { source: 'NO-27222' }, 400, 106000],
    ['a too long alphanumeric source', { sourceTON: 'ALPHANUMERIC', source: 'twelve chars' }, 400, 106000],
    ['a foreign short number', { source: '2333' }, 403, 106101],
    ['no text', { userData: '' }, 400, 106000],
    ['an emoji', { userData: 'hi 🔌' }, 400, 106000],
    ['GSM encoding for other letters', { dcs: 'GSM', userData: 'я' }, 400, 106000],
    ['more than 254 segments', { userData: 'a'.repeat(254 * 153 + 1) }, 400, 106000],
    ['another platformId', { platformId: 'P2' }, 400, 106200],
    ['another platformPartnerId', { platformPartnerId: undefined }, 400, 106201],
    ['delivery reports without a gate', { deliveryReportGates: [] }, 400, 106300],
    ['a validity above 48 h', { relativeValidityTime: 48 * hour + 1 }, 400, 106000],
    [
      'a tariff without short number',
      { sourceTON: 'MSISDN', source: '+4790000009', tariff: 100 },
      400,
      106000,
    ],
  ])('refuses %s', async (_what, change, status, code) => {
    const bench = await aBench();
    const answer = await sendText(bench, aSend(change));
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({
      status: code,
      description: expect.any(String) as unknown,
      translatedDescription: null,
    });
    expect(await textsOf(bench)).toEqual([]);
  });

  it('refuses wrong credentials and a body that is not JSON', async () => {
    const bench = await aBench();
    const wrong = await sendText(bench, aSend(), { ...link, password: 'wrong' });
    expect([wrong.status, await wrong.json()]).toMatchObject([401, { status: 106100 }]);
    const authorization = `Basic ${btoa(`${link.username}:${link.password}`)}`;
    const rubbish = await bench.call('/link/sms/send', {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: '{',
    });
    expect(rubbish.status).toBe(400);
  });
});

describe('delivery reports', () => {
  it('follow the answer, with refId, code 1001 and Basic auth', async () => {
    const bench = await aBench();
    const { messageId } = await json<Sent>(sendText(bench, aSend()));
    expect(bench.receiver.received).toEqual([]);
    bench.time.advance(1_000);
    await bench.simulator.idle();
    const [request] = bench.receiver.at('/dlr');
    expect(request?.headers.authorization).toBe(
      `Basic ${btoa(`${webhookLogin.username}:${webhookLogin.password}`)}`,
    );
    expect(JSON.parse(request?.body ?? '')).toEqual({
      refId: 'session-link-1',
      id: messageId,
      operator: 'no.telenor',
      sentTimestamp: '2026-11-23T10:00:00.000Z',
      timestamp: '2026-11-23T10:00:00.300Z',
      resultCode: 1001,
      operatorResultCode: null,
      segments: 1,
      gateCustomParameters: {},
      customParameters: {},
    });
  });

  it('come one per part, counted from 0', async () => {
    const bench = await aBench();
    const { messageId } = await json<Sent>(sendText(bench, aSend({ userData: 'a'.repeat(320) })));
    bench.time.advance(1_000);
    await bench.simulator.idle();
    expect(
      bodies(bench, '/dlr')
        .map(({ id }) => String(id))
        .toSorted((a, b) => a.localeCompare(b)),
    ).toEqual([`${messageId}$0`, `${messageId}$1`, `${messageId}$2`]);
  });

  it('are not sent when not wanted', async () => {
    const bench = await aBench();
    await sendText(bench, aSend({ useDeliveryReport: false, deliveryReportGates: undefined }));
    bench.time.advance(hour);
    await bench.simulator.idle();
    expect(bench.receiver.received).toEqual([]);
  });
});

describe("a customer's text", () => {
  it('is pushed in the shape LINK documents', async () => {
    const bench = await aBench();
    await bench.post('/api/clock/advance', { seconds: 60 });
    const answer = await bench.post('/api/sms', { ...charge, messageId: 'mo-1' });
    expect([answer.status, await answer.json()]).toMatchObject([
      201,
      { messageId: 'mo-1', delivery: { status: 'delivered', attempts: 1 } },
    ]);
    const [request] = bench.receiver.at('/mo');
    expect(request).toMatchObject({
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Basic ${btoa(`${webhookLogin.username}:${webhookLogin.password}`)}`,
      },
    });
    expect(JSON.parse(request?.body ?? '')).toMatchObject({
      destination: 'NO-27222',
      subNumber: null,
      source: '+4790000001',
      content: { type: 'SMS', userData: 'Charge now', encoding: 'TEXT' },
      timestamp: '2026-11-23T10:01:00.000Z',
      operatorTimestamp: '2026-11-23T10:01:00.000Z',
      messageId: 'mo-1',
      route: { type: 'KEYWORD_ROUTE', number: 'NO-27222', keyword: 'CHARGE', keywordType: 'FIRST_WORD' },
      customParameters: { moReferenceId: 'mo-1', serviceCentreTimeStamp: '20261123100100' },
    });
  });

  it('carries the time the tester gave', async () => {
    const bench = await aBench();
    await bench.post('/api/sms', { ...charge, sentAt: '2026-11-23T10:30:00+01:00' });
    expect(bodies(bench, '/mo')).toMatchObject([{ timestamp: '2026-11-23T09:30:00.000Z' }]);
    expect(await textsOf(bench)).toMatchObject([{ at: '2026-11-23T09:30:00.000Z' }]);
  });

  it('is repeated with the same messageId and growing waits until a 2xx with a body', async () => {
    const bench = await aBench();
    bench.receiver.answers = [
      { status: 500, body: 'no' },
      { status: 200, body: '' },
      { status: 302, body: 'elsewhere' },
    ];
    const sent = await json<Sent>(bench.post('/api/sms', charge));
    expect(sent.delivery).toEqual({ status: 'pending', attempts: 1 });
    for (const [waitMs, pushes] of [
      [1_000, 2],
      [2_000, 3],
      [4_000, 4],
    ] as const) {
      bench.time.advance(waitMs - 1);
      await bench.simulator.idle();
      expect(bench.receiver.received).toHaveLength(pushes - 1);
      bench.time.advance(1);
      await bench.simulator.idle();
      expect(bench.receiver.received).toHaveLength(pushes);
    }
    expect(new Set(bodies(bench, '/mo').map(({ messageId }) => messageId))).toEqual(
      new Set([sent.messageId]),
    );
    bench.time.advance(hour);
    await bench.simulator.idle();
    expect(bench.receiver.received).toHaveLength(4);
    expect(await textsOf(bench)).toMatchObject([{ state: 'delivered', attempts: 4 }]);
  });

  it('is given up after 48 hours', async () => {
    const bench = await aBench({
      webhooks: () => ({
        smsUrl: 'http://127.0.0.1:1/',
        deliveryUrl: 'http://127.0.0.1:1/',
        ...webhookLogin,
      }),
    });
    await bench.post('/api/sms', charge);
    bench.time.advance(48 * hour - 1_000);
    await bench.simulator.idle();
    expect(await textsOf(bench)).toMatchObject([{ state: 'expired', attempts: 2 }]);
  });

  it('goes on after a restart where it stood', async () => {
    const dataDir = mkdtempSync(join(tmpdir(), 'simulator-'));
    onTestFinished(() => rmSync(dataDir, { recursive: true }));
    const before = await aBench({ dataDir });
    before.receiver.answers = [{ status: 503, body: '' }];
    const sent = await json<Sent>(before.post('/api/sms', charge));
    await sendText(before, aSend());
    await before.simulator.close();

    const after = await aBench({ dataDir, time: before.time, receiver: before.receiver });
    after.time.advance(5_000);
    await after.simulator.idle();
    expect(bodies(after, '/mo').map(({ messageId }) => messageId)).toEqual([sent.messageId, sent.messageId]);
    expect(bodies(after, '/dlr')).toHaveLength(1);
    const [text] = await textsOf(after);
    expect(text).toMatchObject({ id: sent.id, state: 'delivered', attempts: 2 });
  });

  it('named again by messageId is delivered again, and stays one text on the phone', async () => {
    const bench = await aBench();
    const first = await json<Sent>(bench.post('/api/sms', { ...charge, messageId: 'mo-1' }));
    const second = await json<Sent>(bench.post('/api/sms', { ...charge, messageId: 'mo-1' }));
    expect(second.id).toBe(first.id);
    expect(bodies(bench, '/mo').map(({ messageId }) => messageId)).toEqual(['mo-1', 'mo-1']);
    expect(await textsOf(bench)).toHaveLength(1);
  });

  it.each([
    ['hi', null, 'DEFAULT'],
    ['', null, 'DEFAULT'],
    ['\u00A0end  charge', 'END', 'FIRST_WORD'],
  ])('%j is routed by %s', async (text, keyword, keywordType) => {
    const bench = await aBench();
    await bench.post('/api/sms', { ...charge, text });
    expect(bodies(bench, '/mo')).toMatchObject([
      { content: { userData: text }, route: { keyword, keywordType } },
    ]);
  });

  it('and its answers are listed per phone, oldest first, written as its owner writes it', async () => {
    const bench = await aBench();
    await bench.post('/api/sms', { ...charge, from: '4790000001' });
    await sendText(bench, aSend());
    await sendText(bench, aSend({ destination: '+4790000002' }));
    for (const query of ['?msisdn=4790000001', '?msisdn=+4790000001', '?msisdn=%2B4790000001']) {
      expect(await textsOf(bench, query)).toMatchObject([
        { direction: 'in', from: '4790000001', to: '27222' },
        { direction: 'out', from: '27222', to: '4790000001' },
      ]);
    }
    expect(await textsOf(bench)).toHaveLength(3);
  });
});
