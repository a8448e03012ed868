import {
  appendFileSync,
  chmodSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Exchanges, type Exchange } from '../../src/simulator/exchanges.ts';
import { Journal } from '../../src/simulator/journal.ts';
import { Store } from '../../src/simulator/store.ts';
import { aBench, aPayment, anAuthorizedPayment, aSend, json, sendText, signature } from './harness.ts';

function aDataDir(): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'simulator-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true }));
  return dataDir;
}

describe('the journal', () => {
  it('holds everything acknowledged without a clean stop', async () => {
    const dataDir = aDataDir();
    // No close: this is what a kill -9 leaves behind.
    const killed = await aBench({ dataDir });
    const id = await anAuthorizedPayment(killed, { statusCallbackUrl: undefined });
    await killed.paycore('PUT', `/paycore/api/transactions/4711/${id}/capture?amount=1.00`);
    await killed.post('/api/sms', { from: '+4790000001', to: '27222', text: 'CHARGE' });
    await sendText(killed, aSend({ useDeliveryReport: false }));
    await killed.post('/api/clock/advance', { seconds: 3_600 });
    await killed.post('/api/faults', { operation: 'capture', kind: 'fail', times: 3 });
    await killed.call('/api/settings', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: '{"paycoreSendsReceipts":true}',
    });

    const restarted = await aBench({ dataDir, time: killed.time, receiver: killed.receiver });
    for (const path of [
      '/api/payments',
      '/api/sms',
      '/api/clock',
      '/api/faults',
      '/api/settings',
      '/api/events',
    ]) {
      expect(await json(restarted.call(path)), path).toEqual(await json(killed.call(path)));
    }
    expect(await json(restarted.call(`/api/payments/${id}`))).toMatchObject({
      status: 'captured',
      authorizedMinor: 500,
      capturedMinor: 100,
    });
    expect(await json(restarted.call('/api/clock'))).toMatchObject({ offsetMs: 3_600_000 });
  });

  it('is readable by its owner only, also one that was not, and so is a folder that it makes', async () => {
    const dataDir = join(aDataDir(), 'made', 'by us');
    const first = await aBench({ dataDir });
    await first.post('/api/sms', { from: '+4790000001', to: '27222', text: 'CHARGE' });
    const files = ['simulator.jsonl', 'simulator-exchanges.jsonl', 'simulator-temporal.jsonl'];
    const modes = () => files.map((name) => statSync(join(dataDir, name)).mode & 0o777);
    expect(modes()).toEqual([0o600, 0o600, 0o600]);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);

    await first.simulator.close();
    for (const name of files) chmodSync(join(dataDir, name), 0o644);
    await aBench({ dataDir, time: first.time });
    expect(modes()).toEqual([0o600, 0o600, 0o600]);
  });

  it('remembers used nonces and references across a restart', async () => {
    const dataDir = aDataDir();
    const before = await aBench({ dataDir });
    await aPayment(before);
    const path = '/paycore/api/transactions?partnerId=4711&referenceId=none';
    await before.paycore('GET', path, undefined, { nonce: 'once' });
    await before.simulator.close();

    const after = await aBench({ dataDir, time: before.time });
    expect((await after.paycore('GET', path, undefined, { nonce: 'once' })).status).toBe(401);
    const again = await after.paycore('POST', '/paycore/api/pre-transactions', {
      partnerId: 4711,
      currency: 'NOK',
      amount: 5,
      paymentProviders: ['Vipps'],
      referenceId: 's2p0123456789abcdef0123456789abcdef',
    });
    expect(again.status).toBe(409);
  });

  it('ignores a torn last line and goes on behind it', async () => {
    const dataDir = aDataDir();
    const before = await aBench({ dataDir });
    const id = await aPayment(before);
    await before.simulator.close();
    appendFileSync(join(dataDir, 'simulator.jsonl'), '[{"table":"payment","put":{"id":"torn');

    const after = await aBench({ dataDir, time: before.time });
    await after.call(`/api/payments/${id}/approve`, { method: 'POST' });
    await after.simulator.close();
    const third = await aBench({ dataDir, time: before.time });
    const { items } = await json<{ items: unknown[] }>(third.call('/api/payments'));
    expect(items).toMatchObject([{ id, status: 'authorized' }]);
  });

  it('refuses to start on a line in the middle that it cannot read, naming it', () => {
    const path = join(aDataDir(), 'simulator.jsonl');
    writeFileSync(path, '[]\nrubbish\n[]\n');
    expect(() => new Journal(path).read()).toThrow(/simulator\.jsonl: line 2/);
  });

  it('is compacted at the start: one line per row that lives', async () => {
    const dataDir = aDataDir();
    const before = await aBench({ dataDir });
    for (let hour = 0; hour < 20; hour += 1) await before.post('/api/clock/advance', { seconds: 3_600 });
    await before.simulator.close();
    await aBench({ dataDir, time: before.time });
    const lines = readFileSync(join(dataDir, 'simulator.jsonl'), 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain(`"clockOffsetMs":${20 * 3_600_000}`);
  });

  it('is not written by a simulator that is closed: another may own the file', async () => {
    const dataDir = aDataDir();
    const bench = await aBench({ dataDir });
    await bench.simulator.close();
    const before = readFileSync(join(dataDir, 'simulator.jsonl'), 'utf8');
    const refused = await bench.post('/api/sms', { from: '+4790000001', to: '27222', text: 'CHARGE' });
    expect(refused.status).toBe(503);
    expect(readFileSync(join(dataDir, 'simulator.jsonl'), 'utf8')).toBe(before);
  });

  it('takes no change of a closed store', () => {
    const path = join(aDataDir(), 'simulator.jsonl');
    const defaults = { clockOffsetMs: 0, paycoreSendsReceipts: false, paycoreReleasesRest: false };
    const store = new Store(new Journal(path), defaults);
    store.close();
    const before = readFileSync(path, 'utf8');
    expect(() => store.commit({ table: 'nonce', put: { id: 'n', usedAtMs: 0 } })).toThrow('closed');
    expect(readFileSync(path, 'utf8')).toBe(before);
    expect(store.nonces.size).toBe(0);
  });

  it('forgets nonces only when their time alone would refuse them', async () => {
    const bench = await aBench();
    const path = '/paycore/api/transactions?partnerId=4711&referenceId=none';
    const authorization = signature({
      method: 'GET',
      url: `${bench.baseUrl}${path}`,
      body: '',
      wallMs: bench.time.now() + 599_000,
    });
    const call = () => bench.call(path, { headers: { authorization } });
    expect((await call()).status).toBe(404);
    // The same header stays in time for almost 20 minutes; it must not work twice in them.
    for (let minute = 0; minute < 40; minute += 1) {
      bench.time.advance(60_000);
      await bench.paycore('GET', path);
      expect((await call()).status, `after ${minute + 1} min`).toBe(401);
    }
  });
});

describe('the exchange log', () => {
  const anExchange = (log: Exchanges): Exchange => ({
    id: log.newId(),
    at: '2026-11-23T10:00:00.000Z',
    from: 'sms2pay',
    to: 'paycore',
    method: 'GET',
    url: 'http://h/',
    requestHeaders: {},
    requestBody: '',
    status: 200,
    responseBody: '',
    durationMs: 1,
    note: null,
  });

  it('keeps the newest, in memory, in the file and after a restart', () => {
    const path = join(aDataDir(), 'exchanges.jsonl');
    const log = new Exchanges(new Journal(path), 10);
    for (let n = 0; n < 35; n += 1) log.record(anExchange(log));
    const newest = ['26', '27', '28', '29', '30', '31', '32', '33', '34', '35'];
    expect(log.list(null, 100).map(({ id }) => id)).toEqual(newest);
    expect(readFileSync(path, 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(20);
    const reopened = new Exchanges(new Journal(path), 10);
    expect(reopened.list(null, 100).map(({ id }) => id)).toEqual(newest);
    expect(reopened.newId()).toBe('36');
  });

  it('lists after an id, or the newest', () => {
    const log = new Exchanges(null);
    for (let n = 0; n < 5; n += 1) log.record(anExchange(log));
    expect(log.list('2', 2).map(({ id }) => id)).toEqual(['3', '4']);
    expect(log.list(null, 2).map(({ id }) => id)).toEqual(['4', '5']);
  });
});
