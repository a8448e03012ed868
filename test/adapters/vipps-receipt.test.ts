import { afterAll, beforeAll, expect, test } from 'vitest';
import type { WalletReceipt, WalletReceiptLine } from '../../src/ports/payment-provider.ts';
import { json, type Scripted } from './scripted-server.ts';
import { aProvider, problem, REFERENCE, startVippsServer, type VippsServer } from './vipps-harness.ts';

let server: VippsServer;
beforeAll(async () => {
  server = await startVippsServer();
});
afterAll(() => server.close());

const LINE: WalletReceiptLine = {
  id: 'parking',
  name: 'Parkering på Torget',
  grossMinor: 100,
  netMinor: 80,
  vatMinor: 20,
  vatBasisPoints: 2500,
};
const RECEIPT: WalletReceipt = {
  paymentReference: REFERENCE,
  currency: 'NOK',
  receiptNumber: '17',
  lines: [LINE],
};

test('a receipt is shown with the payment in the app, VAT in hundredths of a percent', async () => {
  server.script(json('16328cb8-d769-4c53-90ad-e19777823f0a', 201));
  await expect(aProvider(server.baseUrl).showReceipt(RECEIPT)).resolves.toEqual({
    outcome: 'added',
  });
  const [request] = server.seen;
  expect(`${request?.method} ${request?.target}`).toBe(
    `POST /order-management/v2/ECOM/receipts/${REFERENCE}`,
  );
  expect(JSON.parse(request?.body ?? '')).toEqual({
    orderLines: [
      {
        id: 'parking',
        name: 'Parkering på Torget',
        totalAmount: 100,
        totalAmountExcludingTax: 80,
        totalTaxAmount: 20,
        taxRate: 2500,
      },
    ],
    bottomLine: { currency: 'NOK', receiptNumber: '17' },
  });
  expect(request?.headers).toMatchObject({
    authorization: 'Bearer token-1',
    'merchant-serial-number': '123456',
  });
});

test('a receipt without a number names none', async () => {
  server.script(json('id', 201));
  await aProvider(server.baseUrl).showReceipt({ ...RECEIPT, receiptNumber: null });
  expect(JSON.parse(server.seen[0]?.body ?? '')).toMatchObject({ bottomLine: { currency: 'NOK' } });
  expect(server.seen[0]?.body).not.toContain('receiptNumber');
});

test('a receipt that is there already stays as it is', async () => {
  server.script(problem(409, null));
  await expect(aProvider(server.baseUrl).showReceipt(RECEIPT)).resolves.toEqual({
    outcome: 'existed',
  });
});

test.each([
  ['400', json({}, 400), 'http400'],
  ['403', json({}, 403), 'http403'],
  ['404 (there is no such API in the test environment)', json({}, 404), 'http404'],
  ['500', json({}, 500), 'http500'],
  ['a closed connection', 'drop', /./],
] as [string, Scripted, string | RegExp][])('a receipt never throws: %s', async (_, answer, code) => {
  server.script(answer);
  const outcome = await aProvider(server.baseUrl).showReceipt(RECEIPT);
  expect(outcome).toEqual({ outcome: 'failed', code: expect.stringMatching(code) });
});

test('a receipt never throws: no token', async () => {
  server.script(json('id', 201));
  server.scriptTokens(json({}, 401));
  const outcome = await aProvider(server.baseUrl).showReceipt(RECEIPT);
  expect(outcome).toEqual({ outcome: 'failed', code: 'http401' });
});

test.each([
  ['no lines', []],
  ['VAT that is not the difference', [{ ...LINE, vatMinor: 19 }]],
  ['fractions of an øre', [{ ...LINE, grossMinor: 100.5, netMinor: 80.5 }]],
  ['a negative line', [{ ...LINE, grossMinor: -100, netMinor: -80, vatMinor: -20 }]],
])('a receipt with %s is not sent: Vipps would keep it for ever', async (_, lines) => {
  server.script(json('id', 201));
  const outcome = await aProvider(server.baseUrl).showReceipt({ ...RECEIPT, lines });
  expect(outcome).toEqual({ outcome: 'failed', code: 'amountsDoNotAddUp' });
  expect(server.seen).toEqual([]);
});
