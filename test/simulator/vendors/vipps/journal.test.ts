import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { json } from '../../harness.ts';
import {
  aCreate,
  anApprovedPayment,
  aVippsBench,
  aVippsPayment,
  cancel,
  capture,
  codeOf,
  payments,
  standing,
} from './harness.ts';

function aDataDir(): string {
  const dataDir = mkdtempSync(join(tmpdir(), 'simulator-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true }));
  return dataDir;
}

const webhooks = '/webhooks/v1/webhooks';

it('a kill leaves payments, events, keys, registrations, receipts and tokens as they were', async () => {
  const dataDir = aDataDir();
  // No close: this is what a kill -9 leaves behind.
  const killed = await aVippsBench({ dataDir });
  const events = ['epayments.payment.captured.v1'];
  await killed.vipps('POST', webhooks, { body: { url: `${killed.receiver.url}/hook`, events } });
  const { reference, id, redirectUrl } = await anApprovedPayment(killed);
  const body = aCreate();
  await killed.vipps('POST', payments, { body, key: 'create' });
  await capture(killed, reference, 100, 'capture-1');
  await capture(killed, reference, 900, 'too-much');
  await killed.vipps('POST', `/order-management/v2/ECOM/receipts/${reference}`, {
    body: {
      orderLines: [
        {
          name: 'n',
          id: '1',
          totalAmount: 100,
          totalAmountExcludingTax: 80,
          totalTaxAmount: 20,
          taxRate: 2500,
        },
      ],
      bottomLine: { currency: 'NOK' },
    },
  });
  await killed.simulator.idle();

  const restarted = await aVippsBench({ dataDir, time: killed.time, receiver: killed.receiver });
  const oldToken = { headers: { authorization: `Bearer ${killed.token}` } };
  for (const path of [
    `${payments}/${reference}`,
    `${payments}/${reference}/events`,
    `${payments}/${body.reference}`,
    webhooks,
    `/order-management/v2/ECOM/${reference}`,
  ]) {
    expect(await json(restarted.vipps('GET', path, oldToken)), path).toEqual(
      await json(killed.vipps('GET', path)),
    );
  }
  expect(await json(restarted.call(`/api/payments/${id}`))).toMatchObject({ status: 'captured' });
  expect((await restarted.call(redirectUrl.slice(restarted.baseUrl.length))).status).toBe(409);
  // The keys: what was done is not done again, what was refused stays refused.
  expect((await capture(restarted, reference, 100, 'capture-1')).status).toBe(200);
  expect(await codeOf(capture(restarted, reference, 900, 'too-much'))).toEqual([400, 6090]);
  expect(await codeOf(capture(restarted, reference, 50, 'capture-1'))).toEqual([409, 4010]);
  expect((await restarted.vipps('POST', payments, { body, key: 'create' })).status).toBe(201);
  expect(await codeOf(restarted.vipps('POST', payments, { body }))).toEqual([409, 4150]);
  expect(await standing(restarted, reference)).toEqual(['AUTHORIZED', 500, 100, 0, 0]);
});

it('what a call did, its reply and its webhook are one line: a crash keeps all of it or nothing', async () => {
  const dataDir = aDataDir();
  const path = join(dataDir, 'simulator.jsonl');
  const before = await aVippsBench({ dataDir });
  const events = ['epayments.payment.captured.v1'];
  await before.vipps('POST', webhooks, { body: { url: `${before.receiver.url}/hook`, events } });
  before.receiver.answers = Array.from({ length: 9 }, () => ({ status: 500, body: '' }));
  const { reference } = await anApprovedPayment(before);
  const linesBefore = readFileSync(path, 'utf8').trimEnd().split('\n').length;
  await capture(before, reference, 100, 'capture-1');
  await before.simulator.close();
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  const captureLine = lines[linesBefore] ?? '';
  expect(captureLine).toMatch(/"vippsPayment".*"event".*"vippsReply"/);

  writeFileSync(path, `${lines.slice(0, linesBefore).join('\n')}\n${captureLine.slice(0, -20)}`);
  const torn = await aVippsBench({ dataDir, time: before.time, receiver: before.receiver });
  expect(await standing(torn, reference)).toEqual(['AUTHORIZED', 500, 0, 0, 0]);
  expect((await capture(torn, reference, 100, 'capture-1')).status).toBe(200);
  expect(await standing(torn, reference)).toEqual(['AUTHORIZED', 500, 100, 0, 0]);
});

it('an event that was not delivered goes out after a restart, and an expiry that was missed happens', async () => {
  const dataDir = aDataDir();
  const before = await aVippsBench({ dataDir });
  const events = ['epayments.payment.terminated.v1', 'epayments.payment.expired.v1'];
  await before.vipps('POST', webhooks, { body: { url: `${before.receiver.url}/hook`, events } });
  before.receiver.answers = [{ status: 500, body: '' }];
  const ended = await aVippsPayment(before);
  await aVippsPayment(before);
  await cancel(before, ended.reference);
  await before.simulator.idle();
  await before.simulator.close();
  before.time.advance(600_000);

  const after = await aVippsBench({ dataDir, time: before.time, receiver: before.receiver });
  before.time.advance(500);
  await after.simulator.idle();
  const names = before.receiver.at('/hook').map(({ body }) => (JSON.parse(body) as { name: string }).name);
  expect(names.toSorted()).toEqual(['EXPIRED', 'TERMINATED', 'TERMINATED']);
});
