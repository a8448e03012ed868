import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { curlOf } from '../../../src/simulator/page/entry-detail.tsx';
import type { LogEntry } from '../../../src/simulator/page/page-log.ts';
import { aBench, aPayment, aSend, json, sendText } from '../harness.ts';

const sessionId = '14e57c72f3a740728a1977c3ee122c07';
const session = {
  sessionId,
  phone: '4790000001',
  serviceName: 'Charging',
  state: 'captured',
  createdAt: '2026-11-23T10:00:00.000Z',
  startedAt: null,
  endedAt: '2026-11-23T10:00:00.000Z',
  currency: 'NOK',
  reservedMinor: 0,
  soFarMinor: null,
  capturedMinor: 0,
  releasedMinor: 0,
  attention: null,
  knownAs: [sessionId],
  workflowUrl: null,
};
const sms2pay = {
  sessions: () => Promise.resolve([session]),
  services: () => Promise.resolve([]),
  limitOf: () => Promise.resolve(null),
};
const call = {
  from: 'sms2pay',
  kind: 'signal',
  name: 'endCharge',
  workflowId: `charge-session-${sessionId}`,
  input: '{"inboxId":"1"}',
  outcome: 'ok',
  output: '',
  durationMs: 0,
} as const;

const logOf = async (bench: Awaited<ReturnType<typeof aBench>>) =>
  (await json<{ items: LogEntry[] }>(bench.call('/page/log'))).items;

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sms2pay-page-log-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

describe("the page's log", () => {
  it('has HTTP exchanges and calls to Temporal in one order, each under its own name', async () => {
    const bench = await aBench();
    await aPayment(bench);
    bench.time.advance(2_000);
    bench.simulator.recordTemporal(call);
    bench.time.advance(1);
    await sendText(bench, aSend());
    expect(await logOf(bench)).toMatchObject([
      { from: 'sms2pay', to: 'paycore', what: 'POST /api/pre-transactions', status: '204', trouble: false },
      { from: 'sms2pay', to: 'temporal', what: 'signal endCharge', status: 'ok', trouble: false },
      { from: 'sms2pay', to: 'gateway', what: 'POST /sms/send', status: '200' },
    ]);
    // The API's list is of HTTP alone.
    expect(await bench.events()).toHaveLength(2);
  });

  it('marks what failed and what a fault did', async () => {
    const bench = await aBench();
    await bench.post('/api/faults', { operation: 'send', kind: 'fail' });
    await sendText(bench, aSend());
    bench.time.advance(1);
    bench.simulator.recordTemporal({ ...call, from: 'temporal', outcome: 'failed', output: 'Error: no' });
    expect(await logOf(bench)).toMatchObject([
      { what: 'POST /sms/send', trouble: true, note: expect.stringContaining('fault') as string },
      { from: 'temporal', to: 'sms2pay', trouble: true },
    ]);
  });

  it("filters by session: the calls that carry its ids, and its phone's texts while it ran", async () => {
    const bench = await aBench({ sms2pay });
    await aPayment(bench, { referenceId: `s2p${sessionId}` });
    await aPayment(bench, { referenceId: 's2pother' });
    bench.simulator.recordTemporal(call);
    bench.simulator.recordTemporal({ ...call, workflowId: 'charge-session-other' });
    await bench.post('/api/sms', { from: '+4790000001', to: '27222', text: 'CHARGE' });
    await bench.post('/api/sms', { from: '+4790000002', to: '27222', text: 'CHARGE' });
    await bench.post('/api/clock/advance', { seconds: 7_200 });
    await bench.post('/api/sms', { from: '+4790000001', to: '27222', text: 'CHARGE' });
    const { keys } = await json<{ keys: string[] }>(bench.call(`/page/log/${sessionId}`));
    const entries = await logOf(bench);
    const found = entries.flatMap(({ key }, index) => (keys.includes(key) ? [index] : []));
    expect(found).toEqual([0, 2, 4]);
    expect((await bench.call('/page/log/unknown')).status).toBe(404);
  });

  it('opens one call with headers, bodies and a command, and tells no secret', async () => {
    const bench = await aBench();
    await aPayment(bench, {
      description: "It's <b>power</b>",
      statusCallbackUrl: 'http://paycore:hunter2@sms2pay.test/callback?id={{transactionId}}',
    });
    const html = await (await bench.call('/page/entries/h1')).text();
    expect(html).toContain('POST /sim/paycore/api/pre-transactions');
    expect(html).toContain('<dt>authorization</dt><dd>hmac ***</dd>');
    expect(html).toContain('&lt;b&gt;power&lt;/b&gt;');
    expect(html).toContain('//***@sms2pay.test');
    expect(html).toContain('&lt;signature of this request&gt;');
    expect(html).not.toContain('hunter2');
    expect((await bench.call('/page/entries/h99')).status).toBe(404);
    bench.simulator.recordTemporal(call);
    expect(await (await bench.call('/page/entries/t1')).text()).toContain(`charge-session-${sessionId}`);
  });

  it('is there again after a restart', async () => {
    const dataDir = await temporaryFolder();
    const before = await aBench({ dataDir });
    await aPayment(before);
    before.time.advance(1);
    before.simulator.recordTemporal(call);
    await before.simulator.close();
    expect(await logOf(await aBench({ dataDir }))).toMatchObject([{ key: 'h1' }, { key: 't1' }]);
  });
});

describe('the curl command', () => {
  const exchange = {
    id: '1',
    at: '2026-11-23T10:00:00.000Z',
    from: 'gateway',
    to: 'sms2pay',
    method: 'POST',
    url: 'http://127.0.0.1:8080/webhooks/sms/link?it=x',
    requestHeaders: {
      authorization: 'Basic ***',
      'content-type': 'application/json',
      host: 'x',
      cookie: '***',
    },
    requestBody: '{"text":"it\'s $HOME","password":"hunter2"}',
    status: 200,
    responseBody: '',
    durationMs: 1,
    note: null,
  } as const;

  it('is what a shell sends, with a placeholder where a secret was', () => {
    const script = `curl() { printf '%s\\n' "$@"; }\n${curlOf(exchange)}`;
    const { stdout, status } = spawnSync('sh', ['-eu'], { input: script, encoding: 'utf8' });
    expect(status).toBe(0);
    expect(stdout.split('\n').slice(0, -1)).toEqual([
      '-i',
      '-X',
      'POST',
      'http://127.0.0.1:8080/webhooks/sms/link?it=x',
      '-H',
      'authorization: Basic <base64 of user:password>',
      '-H',
      'content-type: application/json',
      '-H',
      'cookie: <cookie>',
      '-d',
      '{"text":"it\'s $HOME","password":"<secret>"}',
    ]);
  });
});
