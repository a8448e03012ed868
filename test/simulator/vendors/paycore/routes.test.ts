import { describe, expect, it } from 'vitest';
import { aBench, anAuthorizedPayment, aPayment, aPreTransaction, type Bench, json } from '../../harness.ts';

const api = '/paycore/api';
const transaction = (id: string) => `${api}/transactions/4711/${id}`;
const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const create = (bench: Bench, change: Record<string, unknown> = {}) =>
  bench.paycore('POST', `${api}/pre-transactions`, aPreTransaction(change));
const capture = (bench: Bench, id: string, query = '') =>
  bench.paycore('PUT', `${transaction(id)}/capture${query}`);
const wallet = (bench: Bench, id: string) => json<Record<string, unknown>>(bench.call(`/api/payments/${id}`));

describe('making a pre-transaction', () => {
  it('answers 204 with its address, and the transaction of the same id is registered at once', async () => {
    const bench = await aBench();
    const created = await create(bench);
    expect(created.status).toBe(204);
    const location = created.headers.get('location') ?? '';
    expect(location).toMatch(`${bench.baseUrl}/paycore/api/pre-transactions/4711/`);
    const id = location.split('/').at(-1) ?? '';
    expect(id).toMatch(guid);
    expect(await json(bench.paycore('GET', transaction(id)))).toMatchObject({
      transactionId: id,
      referenceId: 's2p0123456789abcdef0123456789abcdef',
      statusCode: 'Registered',
      paymentDateUtc: null,
      success: false,
      createdDateUtc: '2026-11-23T10:00:00.000Z',
    });
  });

  it.each(['5.00', '5', '5.0', 5, 5.0, 1, '1.00', 999_999.99])('takes %j as an amount', async (amount) => {
    const bench = await aBench();
    const id = await aPayment(bench, { amount });
    const { requestedMinor } = await wallet(bench, id);
    expect(requestedMinor).toBe(Math.round(Number(amount) * 100));
  });

  it.each([
    ['an amount with three places', { amount: '5.001' }, 400],
    ['a decimal comma', { amount: '5,00' }, 400],
    ['a negative amount', { amount: -5 }, 400],
    ['an amount below 1.00', { amount: '0.99' }, 400],
    ['an amount above 999999.99', { amount: 1_000_000 }, 400],
    ['an amount in powers of ten', { amount: '1e3' }, 400],
    ['no amount', { amount: undefined }, 400],
    ['an unknown currency', { currency: 'XXX' }, 400],
    ['no currency', { currency: undefined }, 400],
    ['no provider', { paymentProviders: [] }, 400],
    ['a provider this stand-in lacks', { paymentProviders: ['Swish'] }, 400],
    ['no partnerId', { partnerId: undefined }, 400],
    ['a foreign partnerId', { partnerId: 4712 }, 403],
    ['a reference over 50 characters', { referenceId: 'r'.repeat(51) }, 400],
    ['a return address that is no URL', { returnUrl: '/done' }, 400],
    ['a callback address of another scheme', { statusCallbackUrl: 'file:///etc/passwd' }, 400],
    ['an expiry that has passed', { expiryUtc: '2026-11-23T10:00:00Z' }, 400],
    ['an expiry that is no time', { expiryUtc: 'soon' }, 400],
    ['an SMS without a number', { sendSms: true, smsNotificationText: 'Pay' }, 400],
  ])('refuses %s with a message', async (_what, change, status) => {
    const bench = await aBench();
    const refused = await create(bench, change);
    expect(refused.status).toBe(status);
    expect(await refused.json()).toEqual({ message: expect.stringMatching(/\S/) as unknown });
    expect(await json(bench.call('/api/payments'))).toEqual({ items: [] });
  });

  it('refuses a second one with the same referenceId', async () => {
    const bench = await aBench();
    const id = await aPayment(bench);
    expect((await create(bench)).status).toBe(409);
    expect(await json(bench.call('/api/payments'))).toMatchObject({ items: [{ id }] });
  });

  it('texts the link itself when sendSms asks for it', async () => {
    const bench = await aBench();
    const id = await aPayment(bench, {
      sendSms: true,
      msisdn: '+4790000001',
      smsNotificationText: 'Pay {{amount}} here: {{paymentSelectionPageUrl}}',
    });
    const { items } = await json<{ items: unknown[] }>(bench.call('/api/sms'));
    expect(items).toMatchObject([
      { to: '+4790000001', text: `Pay 5.00 here: ${bench.baseUrl}/paycore/pre-transactions/4711/${id}` },
    ]);
  });
});

describe('signatures at the API', () => {
  const path = `${api}/transactions?partnerId=4711&referenceId=none`;

  it.each([
    ['taken quoted', {}, 404],
    ['taken unquoted', { quoted: false }, 404],
    ['refused with a wrong key', { secretBase64: btoa('other') }, 401],
    ['refused of another partner', { partnerId: '4712' }, 401],
    ['taken 10 minutes off', { wallMs: Date.parse('2026-11-23T10:10:00Z') }, 404],
    ['refused more than 10 minutes off', { wallMs: Date.parse('2026-11-23T10:10:01Z') }, 401],
  ])('are %s', async (_what, change, status) => {
    const bench = await aBench();
    expect((await bench.paycore('GET', path, undefined, change)).status).toBe(status);
  });

  it('go by wall time, whatever the simulator clock says', async () => {
    const bench = await aBench();
    await bench.post('/api/clock/advance', { seconds: 86_400 });
    expect((await bench.paycore('GET', path)).status).toBe(404);
  });

  it('work once per nonce', async () => {
    const bench = await aBench();
    expect((await bench.paycore('GET', path, undefined, { nonce: 'n-1' })).status).toBe(404);
    expect((await bench.paycore('GET', path, undefined, { nonce: 'n-1' })).status).toBe(401);
    expect((await bench.paycore('GET', path, undefined, { nonce: 'n-2' })).status).toBe(404);
  });

  it('a refused one does not use up its nonce', async () => {
    const bench = await aBench();
    const wrong = { nonce: 'n-1', secretBase64: btoa('other') };
    expect((await bench.paycore('GET', path, undefined, wrong)).status).toBe(401);
    expect((await bench.paycore('GET', path, undefined, { nonce: 'n-1' })).status).toBe(404);
  });

  it('are needed, and cover the query as it was written', async () => {
    const bench = await aBench({ served: true });
    expect((await bench.call(path)).status).toBe(401);
    const odd = `${api}/transactions?partnerId=4711&referenceId=a%20b%2Fc+d`;
    expect((await bench.paycore('GET', odd)).status).toBe(404);
    expect(
      (await bench.paycore('POST', `${api}/pre-transactions`, aPreTransaction({ description: 'æøå' })))
        .status,
    ).toBe(204);
  });
});

describe('reading', () => {
  it('finds by reference: 302 to the transaction, 400 without, 404 unknown', async () => {
    const bench = await aBench();
    const id = await aPayment(bench);
    const find = (query: string) => bench.paycore('GET', `${api}/transactions?${query}`);
    const found = await find('partnerId=4711&referenceId=s2p0123456789abcdef0123456789abcdef');
    expect([found.status, found.headers.get('location')]).toEqual([
      302,
      `${bench.baseUrl}${transaction(id)}`,
    ]);
    expect((await find('partnerId=4711')).status).toBe(400);
    expect((await find('partnerId=4711&referenceId=other')).status).toBe(404);
    expect((await find('partnerId=4712&referenceId=other')).status).toBe(403);
  });

  it('gives the pre-transaction by id and by reference, with the address to pay at', async () => {
    const bench = await aBench();
    const id = await aPayment(bench, { correlationId: 'c-1' });
    const expected = {
      preTransactionId: id,
      correlationId: 'c-1',
      currency: 'NOK',
      amount: 5,
      expiryUtc: '2026-11-23T10:15:00.000Z',
      mobileInvoiceUrl: `${bench.baseUrl}/paycore/pre-transactions/4711/${id}`,
    };
    const ref = 's2p0123456789abcdef0123456789abcdef';
    expect(await json(bench.paycore('GET', `${api}/pre-transactions/4711/${id}`))).toMatchObject(expected);
    expect(await json(bench.paycore('GET', `${api}/pre-transactions/ref/4711/${ref}`))).toMatchObject(
      expected,
    );
    expect((await bench.paycore('GET', `${api}/pre-transactions/ref/4711/other`)).status).toBe(404);
    expect((await bench.paycore('GET', `${api}/pre-transactions/4712/${id}`)).status).toBe(403);
  });

  it('lists by correlationId with $skip and $top', async () => {
    const bench = await aBench();
    const ids: string[] = [];
    for (const referenceId of ['a', 'b', 'c']) {
      ids.push(await aPayment(bench, { referenceId, correlationId: 'c-1' }));
    }
    await aPayment(bench, { referenceId: 'd', correlationId: 'c-2' });
    const list = `${api}/pre-transactions?partnerId=4711&correlationId=c-1`;
    const listed = await json<{ preTransactionId: string }[]>(bench.paycore('GET', list));
    expect(listed.map(({ preTransactionId }) => preTransactionId)).toEqual(ids);
    expect(await json(bench.paycore('GET', `${list}&$skip=1&$top=1`))).toEqual([
      { preTransactionId: ids[1], correlationId: 'c-1', msisdn: null, currency: 'NOK', amount: 5 },
    ]);
  });

  it('writes amounts as JSON numbers with two places', async () => {
    const bench = await aBench();
    const id = await anAuthorizedPayment(bench, { description: 'quote " and {{amount}}' });
    const read = await (await bench.paycore('GET', transaction(id))).text();
    expect(read).toContain('"amount":5.00,');
    expect(JSON.parse(read)).toMatchObject({ description: 'quote " and 5.00' });
  });

  it('follows the payment: authorised at the simulator clock, then captured', async () => {
    const bench = await aBench();
    const id = await aPayment(bench);
    await bench.post('/api/clock/advance', { seconds: 60 });
    await bench.call(`/api/payments/${id}/approve`, { method: 'POST' });
    expect(await json(bench.paycore('GET', transaction(id)))).toMatchObject({
      statusCode: 'Authorized',
      status: 'RESERVE',
      success: true,
      amount: 5,
      paymentDateUtc: '2026-11-23T10:01:00.000Z',
      paymentTransactionId: expect.stringMatching(/^\d+$/) as unknown,
    });
    await capture(bench, id, '?amount=1.00');
    expect(await json(bench.paycore('GET', transaction(id)))).toMatchObject({
      statusCode: 'Captured',
      status: 'CAPTURE',
      amount: 1,
    });
  });

  it('knows no other transaction or call', async () => {
    const bench = await aBench();
    const id = await aPayment(bench);
    expect((await bench.paycore('GET', transaction('0b3b1c6e-6a6c-4d0a-9d8f-0f7a7d1c2b3a'))).status).toBe(
      404,
    );
    expect((await bench.paycore('PUT', `${transaction(id)}/cancel`)).status).toBe(404);
  });
});

describe('capturing', () => {
  it('a part leaves the rest reserved: Paycore is not known to release it', async () => {
    const bench = await aBench();
    const id = await anAuthorizedPayment(bench);
    const captured = await capture(bench, id, '?amount=1.00');
    expect([captured.status, await captured.json()]).toMatchObject([
      200,
      { statusCode: 'Captured', amount: 1 },
    ]);
    expect(await wallet(bench, id)).toMatchObject({
      status: 'captured',
      requestedMinor: 500,
      authorizedMinor: 500,
      capturedMinor: 100,
      releasedMinor: 0,
      refundedMinor: 0,
      authorizedAt: '2026-11-23T10:00:00.000Z',
      captures: 1,
    });
  });

  it('a part gives the rest back where Paycore is set to', async () => {
    const bench = await aBench({ paycoreReleasesRest: true });
    const id = await anAuthorizedPayment(bench);
    await capture(bench, id, '?amount=1.00');
    expect(await wallet(bench, id)).toMatchObject({ capturedMinor: 100, releasedMinor: 400 });
  });

  it('without an amount takes everything', async () => {
    const bench = await aBench();
    const id = await anAuthorizedPayment(bench);
    await capture(bench, id);
    expect(await wallet(bench, id)).toMatchObject({ capturedMinor: 500, releasedMinor: 0 });
  });

  it.each([
    ['more than reserved', '?amount=5.01', 400],
    ['zero', '?amount=0.00', 400],
    ['a negative amount', '?amount=-1', 400],
    ['an empty amount', '?amount=', 400],
    ['three places', '?amount=1.005', 400],
  ])('refuses %s and takes nothing', async (_what, query, status) => {
    const bench = await aBench();
    const id = await anAuthorizedPayment(bench);
    expect((await capture(bench, id, query)).status).toBe(status);
    expect(await wallet(bench, id)).toMatchObject({ status: 'authorized', capturedMinor: 0 });
  });

  it('refuses what is not authorised', async () => {
    const bench = await aBench();
    const id = await aPayment(bench);
    expect((await capture(bench, id)).status).toBe(409);
    await bench.call(`/api/payments/${id}/reject`, { method: 'POST' });
    expect((await capture(bench, id)).status).toBe(409);
    expect((await capture(bench, 'unknown')).status).toBe(404);
    expect(await wallet(bench, id)).toMatchObject({
      status: 'declined',
      authorizedMinor: 0,
      capturedMinor: 0,
    });
  });

  it('refuses a second capture, also of the rest', async () => {
    const bench = await aBench();
    const id = await anAuthorizedPayment(bench);
    await capture(bench, id, '?amount=1.00');
    expect((await capture(bench, id, '?amount=1.00')).status).toBe(409);
    expect((await capture(bench, id, '?amount=4.00')).status).toBe(409);
    expect(await wallet(bench, id)).toMatchObject({ capturedMinor: 100 });
  });
});

describe('the status callback', () => {
  const template = (bench: Bench) =>
    `${bench.receiver.url.replace('http://', 'http://us%40er:se%3Acret@')}/cb?id={{transactionId}}&s={{status}}&c={{statusCode}}&r={{referenceId}}&n={{nothing}}`;

  it('fills and encodes its template and moves credentials into Basic auth', async () => {
    const bench = await aBench();
    const id = await anAuthorizedPayment(bench, {
      statusCallbackUrl: template(bench),
      referenceId: 'a&b ?æ',
    });
    await bench.simulator.idle();
    const [request, ...more] = bench.receiver.at('/cb');
    expect(more).toEqual([]);
    expect(request).toMatchObject({
      method: 'GET',
      url: `/cb?id=${id}&s=RESERVE&c=Authorized&r=a%26b%20%3F%C3%A6&n=`,
      headers: { authorization: `Basic ${btoa('us@er:se:cret')}` },
    });
    const urls = (await bench.events()).map(({ url }) => url).join('\n');
    expect(urls).not.toContain('cret');
  });

  it.each([
    ['approve', ['Authorized']],
    ['reject', ['Failed']],
    ['expire', ['Failed']],
  ])('tells about %s', async (action, codes) => {
    const bench = await aBench();
    const id = await aPayment(bench, { statusCallbackUrl: template(bench) });
    await bench.call(`/api/payments/${id}/${action}`, { method: 'POST' });
    await bench.simulator.idle();
    const told = bench.receiver.at('/cb').map(({ url }) => new URL(url, 'http://h').searchParams.get('c'));
    expect(told).toEqual(codes);
  });

  it('tells about a capture', async () => {
    const bench = await aBench();
    const id = await anAuthorizedPayment(bench, { statusCallbackUrl: template(bench) });
    await bench.simulator.idle();
    await capture(bench, id, '?amount=1.00');
    await bench.simulator.idle();
    expect(bench.receiver.at('/cb').at(-1)?.url).toContain('s=CAPTURE&c=Captured');
  });

  it('is tried a few times and then lost', async () => {
    const bench = await aBench();
    bench.receiver.answers = Array.from({ length: 20 }, () => ({ status: 500, body: '' }));
    await anAuthorizedPayment(bench, { statusCallbackUrl: template(bench) });
    for (let minute = 0; minute < 10; minute += 1) {
      await bench.simulator.idle();
      bench.time.advance(60_000);
    }
    await bench.simulator.idle();
    expect(bench.receiver.at('/cb')).toHaveLength(5);
  });
});

describe("Paycore's own receipt", () => {
  const settings = (bench: Bench, body: unknown) =>
    bench.call('/api/settings', {
      method: 'PUT',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
  const receipt = {
    msisdn: '+4790000001',
    smsNotificationOriginator: '27222',
    smsReceiptText: 'Charged {{amount}} {{currency}}',
  };

  it('is off until its box is ticked', async () => {
    const bench = await aBench();
    await capture(
      bench,
      await anAuthorizedPayment(bench, { ...receipt, referenceId: 'r-1' }),
      '?amount=1.00',
    );
    expect(await json(bench.call('/api/sms'))).toEqual({ items: [] });
    await settings(bench, { paycoreSendsReceipts: true });
    await capture(
      bench,
      await anAuthorizedPayment(bench, { ...receipt, referenceId: 'r-2' }),
      '?amount=1.00',
    );
    expect(await json(bench.call('/api/sms'))).toMatchObject({
      items: [{ direction: 'out', from: '27222', to: '+4790000001', text: 'Charged 1.00 NOK' }],
    });
  });

  it('refuses a setting it does not have', async () => {
    const bench = await aBench();
    expect((await settings(bench, { paycoreSendsReceipt: true })).status).toBe(400);
  });
});
