import { describe, expect, it } from 'vitest';
import { json } from '../../harness.ts';
import { anApprovedPayment, aReference, aVippsBench, type VippsBench } from './harness.ts';

const path = (reference: string, part = '') => `/order-management/v2/ECOM/${part}${reference}`;
const aReceipt = (change: Record<string, unknown> = {}) => ({
  orderLines: [
    {
      name: 'Charging',
      id: 'charging',
      totalAmount: 100,
      totalAmountExcludingTax: 80,
      totalTaxAmount: 20,
      taxRate: 2500,
      unitInfo: { unitPrice: 100, quantity: '1' },
      ...change,
    },
  ],
  bottomLine: { currency: 'NOK', receiptNumber: '2026-1' },
});
const aCategory = { category: 'RECEIPT', orderDetailsUrl: 'https://sms2pay.example/r/token' };
const add = (bench: VippsBench, reference: string, body: unknown) =>
  bench.vipps('POST', path(reference, 'receipts/'), { body, key: null });
const put = (bench: VippsBench, reference: string, body: unknown) =>
  bench.vipps('PUT', path(reference, 'categories/'), { body });

describe('Order Management', () => {
  it('keeps the receipt and the link of a payment, and shows both', async () => {
    const bench = await aVippsBench();
    const { reference } = await anApprovedPayment(bench);
    expect((await add(bench, reference, aReceipt())).status).toBe(201);
    expect(await json(bench.vipps('GET', path(reference)))).toEqual({ receipt: aReceipt() });
    expect((await put(bench, reference, aCategory)).status).toBe(200);
    expect((await put(bench, reference, { ...aCategory, category: 'GENERAL' })).status).toBe(200);
    expect(await json(bench.vipps('GET', path(reference)))).toEqual({
      receipt: aReceipt(),
      category: { ...aCategory, category: 'GENERAL' },
    });
  });

  it('takes one receipt per payment', async () => {
    const bench = await aVippsBench();
    const { reference } = await anApprovedPayment(bench);
    await add(bench, reference, aReceipt());
    expect((await add(bench, reference, aReceipt({ totalAmount: 200 }))).status).toBe(409);
    expect(await json(bench.vipps('GET', path(reference)))).toEqual({ receipt: aReceipt() });
  });

  it.each<[string, unknown]>([
    ['no lines', { ...aReceipt(), orderLines: [] }],
    ['no sum', { orderLines: aReceipt().orderLines }],
    ['a line without tax', aReceipt({ taxRate: undefined })],
    ['a tax rate over 100 %', aReceipt({ taxRate: 10_001 })],
    ['a decimal amount', aReceipt({ totalAmount: 99.5 })],
    ['a quantity that is a number', aReceipt({ unitInfo: { unitPrice: 100, quantity: 1 } })],
    ['a field that does not exist', aReceipt({ phone: '4790000001' })],
    ['nothing', undefined],
  ])('refuses %s', async (_what, body) => {
    const bench = await aVippsBench();
    const { reference } = await anApprovedPayment(bench);
    expect((await add(bench, reference, body)).status).toBe(400);
    expect((await bench.vipps('GET', path(reference))).status).toBe(404);
  });

  it('refuses a link that is none, and payments it does not know', async () => {
    const bench = await aVippsBench();
    const { reference } = await anApprovedPayment(bench);
    expect((await put(bench, reference, { ...aCategory, orderDetailsUrl: 'r/token' })).status).toBe(400);
    expect((await put(bench, aReference(), aCategory)).status).toBe(404);
    expect((await add(bench, aReference(), aReceipt())).status).toBe(404);
    expect((await bench.vipps('GET', path(aReference()))).status).toBe(404);
  });

  it.each([
    ['fail', 500],
    ['refuse', 400],
    ['badSignature', 401],
  ])('a fault of receipt, %s, keeps nothing', async (kind, status) => {
    const bench = await aVippsBench();
    const { reference } = await anApprovedPayment(bench);
    await bench.post('/api/faults', { operation: 'receipt', kind });
    const refused = await add(bench, reference, aReceipt());
    expect(refused.status).toBe(status);
    expect((await bench.vipps('GET', path(reference))).status).toBe(404);
    expect((await add(bench, reference, aReceipt())).status).toBe(201);
  });
});
