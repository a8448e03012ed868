import { describe, expect, it } from 'vitest';
import { json } from '../../harness.ts';
import {
  aCreate,
  anApprovedPayment,
  aReference,
  aVippsBench,
  aVippsPayment,
  cancel,
  capture,
  codeOf,
  eventLog,
  nok,
  payments,
  refund,
  standing,
  type VippsBench,
} from './harness.ts';

const daySeconds = 86_400;
const shown = (bench: VippsBench, id: string) =>
  json<Record<string, unknown>>(bench.call(`/api/payments/${id}`));
const act = (bench: VippsBench, id: string, action: string) =>
  bench.call(`/api/payments/${id}/${action}`, { method: 'POST' });
const later = (bench: VippsBench, seconds: number) => bench.post('/api/clock/advance', { seconds });
const stateOf = async (bench: VippsBench, reference: string) => (await standing(bench, reference))[0];
const names = async (bench: VippsBench, reference: string) =>
  (await eventLog(bench, reference)).map(({ name, amount, success }) => [name, amount.value, success]);

describe('creating a payment', () => {
  it('gives the address of the landing page, and the payment waits for the customer', async () => {
    const bench = await aVippsBench();
    const { reference, id, redirectUrl } = await aVippsPayment(bench);
    expect(redirectUrl).toMatch(`${bench.baseUrl}/vipps/landing/`);
    expect(await json(bench.vipps('GET', `${payments}/${reference}`))).toMatchObject({
      state: 'CREATED',
      amount: { currency: 'NOK', value: 500 },
      redirectUrl,
      metadata: { session: 'one' },
      pspReference: id,
    });
    expect(await shown(bench, id)).toEqual({
      id,
      provider: 'vipps',
      status: 'pending',
      requestedMinor: 500,
      authorizedMinor: 0,
      capturedMinor: 0,
      releasedMinor: 0,
      refundedMinor: 0,
      currency: 'NOK',
      createdAt: '2026-11-23T10:00:00.000Z',
      authorizedAt: null,
      captures: 0,
      reference,
      description: 'Charging, up to 5 NOK',
      expiresAt: '2026-11-23T10:10:00.000Z',
      landingUrl: redirectUrl,
    });
  });

  it.each<[string, Record<string, unknown>]>([
    ['a custom scheme to return to', { returnUrl: 'sms2pay://done' }],
    ['https to return to', { returnUrl: 'https://sms2pay.example/done' }],
    ['the smallest amount', { amount: { currency: 'NOK', value: 100 } }],
    ['the biggest amount', { amount: { currency: 'NOK', value: 65_000_000 } }],
    ['a reference of 64 characters', { reference: 'r'.repeat(64) }],
    ["the customer's number", { customer: { phoneNumber: '4790000001' } }],
    ['a QR code', { userFlow: 'QR', qrFormat: { format: 'TEXT/TARGETURL' }, returnUrl: undefined }],
  ])('takes %s', async (_what, change) => {
    const bench = await aVippsBench();
    expect((await bench.vipps('POST', payments, { body: aCreate(change) })).status).toBe(201);
  });

  const keys = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, 'v']));
  it.each<[string, Record<string, unknown>, number | null]>([
    ['99 øre', { amount: { currency: 'NOK', value: 99 } }, 6010],
    ['0 øre', { amount: { currency: 'NOK', value: 0 } }, 6010],
    ['too much', { amount: { currency: 'NOK', value: 65_000_001 } }, null],
    ['a decimal amount', { amount: { currency: 'NOK', value: 500.5 } }, null],
    ['an amount as text', { amount: { currency: 'NOK', value: '500' } }, null],
    ['a currency of another market', { amount: { currency: 'DKK', value: 500 } }, 5040],
    ['an unknown currency', { amount: { currency: 'SEK', value: 500 } }, null],
    ['no amount', { amount: undefined }, null],
    ['a reference of 7 characters', { reference: 'r'.repeat(7) }, null],
    ['a reference of 65 characters', { reference: 'r'.repeat(65) }, null],
    ['a reference with another letter', { reference: 'session:000001' }, null],
    ['no reference', { reference: undefined }, null],
    ['no userFlow', { userFlow: undefined }, null],
    ['a redirect without returnUrl', { returnUrl: undefined }, 4140],
    ['a returnUrl without a scheme', { returnUrl: '/done' }, 4090],
    ['a returnUrl that runs script', { returnUrl: 'javascript:alert(1)' }, 4090],
    ['plain http on the internet', { returnUrl: 'http://sms2pay.example/done' }, 4090],
    ['terms that are no link', { merchantLegalLinks: { termsOfSaleUrl: 'terms' } }, 4090],
    ['a push without a customer', { userFlow: 'PUSH_MESSAGE' }, 4140],
    ['a push', { userFlow: 'PUSH_MESSAGE', customer: { phoneNumber: '4790000001' } }, 5080],
    ['a number with a plus', { customer: { phoneNumber: '+4790000001' } }, 4070],
    ['two customers', { customer: { phoneNumber: '4790000001', customerToken: 't' } }, null],
    ['card payment', { paymentMethod: { type: 'CARD' } }, 5070],
    ['6 pairs of metadata', { metadata: keys(6) }, 4100],
    ['a long key of metadata', { metadata: { ['k'.repeat(101)]: 'v' } }, 4120],
    ['a long value of metadata', { metadata: { k: 'v'.repeat(501) } }, 4130],
    ['a long life without a receipt', { expiresAt: '2026-12-01T00:00:00Z' }, 6130],
    ['a long life', { expiresAt: '2026-12-01T00:00:00Z', receipt: {} }, 5050],
    ['a short description', { paymentDescription: 'ab' }, null],
    ['a long description', { paymentDescription: 'd'.repeat(101) }, null],
    ['a field that does not exist', { phoneNumber: '4790000001' }, null],
  ])('refuses %s', async (_what, change, code) => {
    const bench = await aVippsBench();
    const refused = await bench.vipps('POST', payments, { body: aCreate(change) });
    expect(await codeOf(refused)).toEqual([400, code]);
    expect(await json(bench.call('/api/payments'))).toEqual({ items: [] });
  });

  it('names the wrong field and never its value', async () => {
    const bench = await aVippsBench();
    const body = aCreate({ amount: { currency: 'NOK', value: 'secret' } });
    const text = await (await bench.vipps('POST', payments, { body })).text();
    expect(JSON.parse(text)).toMatchObject({ extraDetails: [{ name: 'amount.value' }] });
    expect(text).not.toContain('secret');
  });

  it.each([
    ['not JSON', { text: '{' }],
    ['JSON that is not declared', { body: {}, headers: { 'content-type': 'text/plain' } }],
    ['nothing', {}],
    ['null', { body: null }],
  ])('refuses a body that is %s', async (_what, call) => {
    const bench = await aVippsBench();
    expect((await bench.vipps('POST', payments, call)).status).toBe(400);
  });

  it('refuses a reference that was used before, whatever the case of its letters says', async () => {
    const bench = await aVippsBench();
    await aVippsPayment(bench, { reference: 'Reference-1' });
    const again = bench.vipps('POST', payments, { body: aCreate({ reference: 'Reference-1' }) });
    expect(await codeOf(again)).toEqual([409, 4150]);
    const other = await bench.vipps('POST', payments, { body: aCreate({ reference: 'reference-1' }) });
    expect(other.status).toBe(201);
  });
});

describe('the customer', () => {
  it.each([
    ['approve', 'authorized', 'AUTHORIZED'],
    ['reject', 'declined', 'ABORTED'],
    ['expire', 'expired', 'EXPIRED'],
  ])('%s makes the payment %s, once', async (action, status, state) => {
    const bench = await aVippsBench();
    const { id, reference } = await aVippsPayment(bench);
    const done = await act(bench, id, action);
    expect([done.status, await done.json()]).toMatchObject([200, { id, status }]);
    for (const again of ['approve', 'reject', 'expire', 'approving']) {
      expect((await act(bench, id, again)).status).toBe(409);
    }
    const authorized = state === 'AUTHORIZED' ? 500 : 0;
    expect(await standing(bench, reference)).toEqual([state, authorized, 0, 0, 0]);
    expect(await names(bench, reference)).toEqual([
      ['CREATED', 500, true],
      [state, 500, true],
    ]);
  });

  it('has 10 minutes by the simulator clock, to the millisecond', async () => {
    const bench = await aVippsBench();
    const { id, reference } = await aVippsPayment(bench);
    await later(bench, 599.999);
    expect(await stateOf(bench, reference)).toBe('CREATED');
    bench.time.advance(1);
    expect(await stateOf(bench, reference)).toBe('EXPIRED');
    expect(await eventLog(bench, reference)).toMatchObject([{}, { timestamp: '2026-11-23T10:10:00.000Z' }]);
    expect((await act(bench, id, 'approve')).status).toBe(409);
  });

  it('has approved: the read says until when a capture is sure', async () => {
    const bench = await aVippsBench();
    const { reference } = await anApprovedPayment(bench);
    const read = await json<Record<string, unknown>>(bench.vipps('GET', `${payments}/${reference}`));
    expect(read['captureGuaranteedUntil']).toBe('2026-11-30T10:00:00.000Z');
    expect(read['redirectUrl']).toBeUndefined();
  });

  it.each([151, 182, 183, 184, 186, 187, 197, 202])('cannot approve %i øre', async (value) => {
    const bench = await aVippsBench();
    const { id, reference } = await aVippsPayment(bench, { amount: { currency: 'NOK', value } });
    expect((await act(bench, id, 'approve')).status).toBe(409);
    expect(await standing(bench, reference)).toEqual(['CREATED', 0, 0, 0, 0]);
    expect((await names(bench, reference)).at(-1)).toEqual(['AUTHORIZED', value, false]);
    expect((await act(bench, id, 'reject')).status).toBe(200);
  });

  it('approves 201 øre: the result is unknown for an hour, then it is authorized', async () => {
    const bench = await aVippsBench();
    const { id, reference } = await aVippsPayment(bench, { amount: { currency: 'NOK', value: 201 } });
    expect(await json(act(bench, id, 'approve'))).toMatchObject({ status: 'pending' });
    await later(bench, 3_599);
    expect(await stateOf(bench, reference)).toBe('CREATED');
    expect(await codeOf(cancel(bench, reference))).toEqual([400, 6250]);
    await later(bench, 1);
    expect(await standing(bench, reference)).toEqual(['AUTHORIZED', 201, 0, 0, 0]);
  });
});

describe('force approve', () => {
  const force = (bench: VippsBench, reference: string, body: unknown) =>
    bench.vipps('POST', `/epayment/v1/test/payments/${reference}/approve`, { body, key: null });
  const customer = { customer: { phoneNumber: '4790000001' } };

  it('approves for a number, or with the token of the landing page', async () => {
    const bench = await aVippsBench();
    const first = await aVippsPayment(bench);
    expect((await force(bench, first.reference, customer)).status).toBe(200);
    const second = await aVippsPayment(bench);
    const token = second.redirectUrl.split('/').at(-1);
    expect((await force(bench, second.reference, { token })).status).toBe(200);
    expect(await stateOf(bench, second.reference)).toBe('AUTHORIZED');
  });

  it.each<[string, unknown, number | null]>([
    ['nobody', {}, 10030],
    ['another token', { token: 'other' }, 10010],
    ['a number with a plus', { customer: { phoneNumber: '+4790000001' } }, 4070],
    ['a number in the wrong place', { phoneNumber: '4790000001' }, null],
  ])('refuses %s', async (_who, body, code) => {
    const bench = await aVippsBench();
    const { reference } = await aVippsPayment(bench);
    expect(await codeOf(force(bench, reference, body))).toEqual([400, code]);
    expect(await stateOf(bench, reference)).toBe('CREATED');
  });

  it('refuses what is not waiting, or unknown; an expired card is a 500', async () => {
    const bench = await aVippsBench();
    const { reference } = await anApprovedPayment(bench);
    expect(await codeOf(force(bench, reference, customer))).toEqual([400, 6230]);
    expect(await codeOf(force(bench, aReference(), customer))).toEqual([404, 5090]);
    const gone = await aVippsPayment(bench);
    await act(bench, gone.id, 'reject');
    expect(await codeOf(force(bench, gone.reference, customer))).toEqual([400, 10010]);
    const expired = await aVippsPayment(bench, { amount: { currency: 'NOK', value: 186 } });
    expect(await codeOf(force(bench, expired.reference, customer))).toEqual([500, 3010]);
  });
});

describe('capture', () => {
  it('takes parts until all is taken, and the state stays AUTHORIZED', async () => {
    const bench = await aVippsBench();
    const { reference, id } = await anApprovedPayment(bench);
    const first = await json<Record<string, unknown>>(capture(bench, reference, 100));
    expect(first).toMatchObject({
      reference,
      pspReference: id,
      state: 'AUTHORIZED',
      aggregate: { capturedAmount: { value: 100 } },
    });
    expect((await capture(bench, reference, 400)).status).toBe(200);
    expect(await standing(bench, reference)).toEqual(['AUTHORIZED', 500, 500, 0, 0]);
    expect(await shown(bench, id)).toMatchObject({
      status: 'captured',
      capturedMinor: 500,
      releasedMinor: 0,
      authorizedAt: '2026-11-23T10:00:00.000Z',
      captures: 2,
    });
    expect(await codeOf(capture(bench, reference, 1))).toEqual([400, 6170]);
  });

  it('leaves the rest reserved until it is cancelled', async () => {
    const bench = await aVippsBench();
    const { reference, id } = await anApprovedPayment(bench);
    await capture(bench, reference, 100);
    await later(bench, daySeconds);
    expect(await standing(bench, reference)).toEqual(['AUTHORIZED', 500, 100, 0, 0]);
    expect((await cancel(bench, reference)).status).toBe(200);
    expect(await standing(bench, reference)).toEqual(['AUTHORIZED', 500, 100, 400, 0]);
    expect(await shown(bench, id)).toMatchObject({
      status: 'captured',
      capturedMinor: 100,
      releasedMinor: 400,
    });
  });

  it('of two keys takes money twice', async () => {
    const bench = await aVippsBench();
    const { reference } = await anApprovedPayment(bench);
    await capture(bench, reference, 200, 'one');
    await capture(bench, reference, 200, 'two');
    expect(await standing(bench, reference)).toEqual(['AUTHORIZED', 500, 400, 0, 0]);
  });

  it('is in the log with the key of the call and its own pspReference', async () => {
    const bench = await aVippsBench();
    const { reference, id } = await anApprovedPayment(bench);
    await capture(bench, reference, 100, 'ours-1');
    await capture(bench, reference, 50, 'ours-2');
    const log = await eventLog(bench, reference);
    expect(
      log.map(({ name, amount, idempotencyKey }) => [name, amount.value, idempotencyKey]).slice(2),
    ).toEqual([
      ['CAPTURED', 100, 'ours-1'],
      ['CAPTURED', 50, 'ours-2'],
    ]);
    expect(log[0]?.pspReference).toBe(id);
    expect(new Set(log.map(({ pspReference }) => pspReference)).size).toBe(4);
  });

  it.each<[string, unknown, number | null]>([
    ['more than is reserved', nok(501), 6090],
    ['nothing at all', nok(0), 4040],
    ['another currency', { modificationAmount: { currency: 'EUR', value: 100 } }, 4040],
    ['less than nothing', nok(-1), null],
    ['a decimal', nok(1.5), null],
    ['no amount', {}, null],
    ['a field that does not exist', { ...nok(100), amount: 100 }, null],
  ])('refuses %s', async (_what, body, code) => {
    const bench = await aVippsBench();
    const { reference } = await anApprovedPayment(bench);
    const refused = bench.vipps('POST', `${payments}/${reference}/capture`, { body });
    expect(await codeOf(refused)).toEqual([400, code]);
    expect(await standing(bench, reference)).toEqual(['AUTHORIZED', 500, 0, 0, 0]);
  });

  it('refuses what is not reserved (any more)', async () => {
    const bench = await aVippsBench();
    const waiting = await aVippsPayment(bench);
    expect(await codeOf(capture(bench, waiting.reference, 100))).toEqual([400, 6080]);
    await act(bench, waiting.id, 'reject');
    expect(await codeOf(capture(bench, waiting.reference, 100))).toEqual([400, 6080]);
    const ended = await aVippsPayment(bench);
    await cancel(bench, ended.reference);
    expect(await codeOf(capture(bench, ended.reference, 100))).toEqual([400, 6070]);
    const released = await anApprovedPayment(bench);
    await cancel(bench, released.reference);
    expect(await codeOf(capture(bench, released.reference, 100))).toEqual([400, 6070]);
    expect(await codeOf(capture(bench, aReference(), 100))).toEqual([404, 5090]);
  });

  it.each([
    [151, 6260],
    [182, 6280],
    [183, 6280],
    [184, 6280],
    [186, 6280],
    [187, 6280],
    [197, 6280],
    [202, 6280],
  ])('of %i øre is refused by the bank, and the attempt is in the log', async (value, code) => {
    const bench = await aVippsBench();
    const { reference } = await anApprovedPayment(bench);
    expect(await codeOf(capture(bench, reference, value, 'ours'))).toEqual([400, code]);
    expect(await standing(bench, reference)).toEqual(['AUTHORIZED', 500, 0, 0, 0]);
    expect((await eventLog(bench, reference)).at(-1)).toMatchObject({
      name: 'CAPTURED',
      idempotencyKey: 'ours',
      success: false,
    });
  });

  it('of 201 øre has an unknown result for an hour, and is then done once', async () => {
    const bench = await aVippsBench();
    const { reference } = await anApprovedPayment(bench);
    expect(await codeOf(capture(bench, reference, 201, 'ours'))).toEqual([500, 3010]);
    expect(await standing(bench, reference)).toEqual(['AUTHORIZED', 500, 0, 0, 0]);
    for (const meanwhile of [
      capture(bench, reference, 201, 'ours'),
      capture(bench, reference, 100),
      cancel(bench, reference),
      refund(bench, reference, 100),
    ]) {
      expect(await codeOf(meanwhile)).toEqual([423, 6160]);
    }
    await later(bench, 3_600);
    expect(await standing(bench, reference)).toEqual(['AUTHORIZED', 500, 201, 0, 0]);
    expect((await capture(bench, reference, 201, 'ours')).status).toBe(200);
    expect(await standing(bench, reference)).toEqual(['AUTHORIZED', 500, 201, 0, 0]);
  });

  it('and cancel end after 180 days, when what is left is given back by itself', async () => {
    const bench = await aVippsBench();
    const { reference } = await anApprovedPayment(bench);
    await capture(bench, reference, 100);
    await later(bench, 180 * daySeconds - 1);
    expect(await standing(bench, reference)).toEqual(['AUTHORIZED', 500, 100, 0, 0]);
    await later(bench, 1);
    expect(await standing(bench, reference)).toEqual(['AUTHORIZED', 500, 100, 400, 0]);
    expect(await codeOf(capture(bench, reference, 100))).toEqual([400, 6100]);
    expect(await codeOf(cancel(bench, reference))).toEqual([400, 6030]);
  });
});

describe('cancel', () => {
  it('before approval ends the payment; its aggregate shows the amount as cancelled though none was held', async () => {
    const bench = await aVippsBench();
    const { reference, id } = await aVippsPayment(bench);
    expect(await json(cancel(bench, reference))).toMatchObject({ state: 'TERMINATED' });
    expect(await standing(bench, reference)).toEqual(['TERMINATED', 0, 0, 500, 0]);
    expect(await shown(bench, id)).toMatchObject({
      status: 'released',
      authorizedMinor: 0,
      releasedMinor: 0,
    });
    expect((await act(bench, id, 'approve')).status).toBe(409);
    expect(await codeOf(cancel(bench, reference))).toEqual([400, 6190]);
  });

  it('after approval gives all of it back', async () => {
    const bench = await aVippsBench();
    const { reference, id } = await anApprovedPayment(bench);
    expect(await json(cancel(bench, reference))).toMatchObject({ state: 'AUTHORIZED' });
    expect(await standing(bench, reference)).toEqual(['AUTHORIZED', 500, 0, 500, 0]);
    expect(await shown(bench, id)).toMatchObject({ status: 'released', releasedMinor: 500 });
    expect(await codeOf(cancel(bench, reference))).toEqual([400, 6190]);
  });

  it('works without a key and without a body', async () => {
    const bench = await aVippsBench();
    const { reference } = await anApprovedPayment(bench);
    expect((await cancel(bench, reference, { key: null })).status).toBe(200);
  });

  it('with cancelTransactionOnly never gives back what was approved', async () => {
    const bench = await aVippsBench();
    const only = { body: { cancelTransactionOnly: true } };
    const approved = await anApprovedPayment(bench);
    expect(await codeOf(cancel(bench, approved.reference, only))).toEqual([400, 6060]);
    expect(await standing(bench, approved.reference)).toEqual(['AUTHORIZED', 500, 0, 0, 0]);
    const waiting = await aVippsPayment(bench);
    expect(await json(cancel(bench, waiting.reference, only))).toMatchObject({ state: 'TERMINATED' });
  });

  it.each([{}, { body: { cancelTransactionOnly: true } }])(
    'is refused while the customer approves, and may be repeated with its key: %j',
    async (call) => {
      const bench = await aVippsBench();
      const { reference, id } = await aVippsPayment(bench);
      expect((await act(bench, id, 'approving')).status).toBe(200);
      expect(await codeOf(cancel(bench, reference, { ...call, key: 'again' }))).toEqual([400, 6250]);
      expect(await standing(bench, reference)).toEqual(['CREATED', 0, 0, 0, 0]);
      await later(bench, 600);
      expect(await codeOf(cancel(bench, reference, { ...call, key: 'again' }))).toEqual([400, 6050]);
    },
  );

  it('is refused where nothing is held', async () => {
    const bench = await aVippsBench();
    const captured = await anApprovedPayment(bench);
    await capture(bench, captured.reference, 500);
    expect(await codeOf(cancel(bench, captured.reference))).toEqual([400, 6040]);
    const rejected = await aVippsPayment(bench);
    await act(bench, rejected.id, 'reject');
    expect(await codeOf(cancel(bench, rejected.reference))).toEqual([400, 6050]);
    expect(await codeOf(cancel(bench, aReference()))).toEqual([404, 5090]);
    const malformed = cancel(bench, captured.reference, { body: { cancelTransactionOnly: 'yes' } });
    expect(await codeOf(malformed)).toEqual([400, null]);
  });
});

describe('refund', () => {
  it('gives parts back until all that was captured is given back', async () => {
    const bench = await aVippsBench();
    const { reference, id } = await anApprovedPayment(bench);
    await capture(bench, reference, 100);
    expect((await refund(bench, reference, 50)).status).toBe(200);
    expect(await shown(bench, id)).toMatchObject({
      status: 'captured',
      capturedMinor: 100,
      refundedMinor: 50,
    });
    expect(await codeOf(refund(bench, reference, 51))).toEqual([400, 6150]);
    expect((await refund(bench, reference, 50)).status).toBe(200);
    expect(await standing(bench, reference)).toEqual(['AUTHORIZED', 500, 100, 0, 100]);
    expect(await codeOf(refund(bench, reference, 1))).toEqual([400, 6180]);
    expect((await names(bench, reference)).slice(-2)).toEqual([
      ['REFUNDED', 50, true],
      ['REFUNDED', 50, true],
    ]);
  });

  it('is refused where nothing was captured, for the test amounts, and after a year', async () => {
    const bench = await aVippsBench();
    const waiting = await aVippsPayment(bench);
    expect(await codeOf(refund(bench, waiting.reference, 100))).toEqual([400, 6020]);
    const { reference } = await anApprovedPayment(bench);
    expect(await codeOf(refund(bench, reference, 100))).toEqual([400, 6150]);
    await capture(bench, reference, 500);
    expect(await codeOf(refund(bench, reference, 123))).toEqual([400, 6210]);
    expect(await codeOf(refund(bench, reference, 124))).toEqual([400, 6220]);
    expect(await codeOf(refund(bench, reference, 0))).toEqual([400, 4040]);
    bench.time.advance(60_000);
    await later(bench, 365 * daySeconds);
    expect(await codeOf(refund(bench, reference, 100))).toEqual([400, 6220]);
    expect(await standing(bench, reference)).toEqual(['AUTHORIZED', 500, 500, 0, 0]);
  });
});

describe('reading', () => {
  it('an unknown payment, or its events, is 404', async () => {
    const bench = await aVippsBench();
    for (const path of ['', '/events']) {
      expect(await codeOf(bench.vipps('GET', `${payments}/${aReference()}${path}`))).toEqual([404, 5090]);
    }
  });

  it('lists payments of both vendors, oldest first', async () => {
    const bench = await aVippsBench();
    await aVippsPayment(bench);
    bench.time.advance(1_000);
    await bench.paycore('POST', '/paycore/api/pre-transactions', {
      partnerId: 4711,
      currency: 'NOK',
      amount: '5.00',
      paymentProviders: ['Vipps'],
    });
    bench.time.advance(1_000);
    await aVippsPayment(bench);
    const { items } = await json<{ items: { id: string; provider: string }[] }>(bench.call('/api/payments'));
    expect(items.map(({ provider }) => provider)).toEqual(['vipps', 'paycore', 'vipps']);
    expect((await act(bench, items[1]?.id ?? '', 'approving')).status).toBe(409);
    const page = await (await bench.call('/')).text();
    for (const { id } of items) expect(page).toContain(`/sim/page/payments/${id}/approve`);
  });
});
