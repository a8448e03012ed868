// Owns: the reference flow through Paycore, with the very calls of the original system.
import assert from 'node:assert/strict';
import { Customer, type Reservation } from '../support/customer.ts';
import type { PublicClient } from '../support/public-client.ts';
import { checkReceipt } from './receipt.ts';
import { money, report } from './report.ts';
import type { ProviderRow } from './table.ts';

const { step, detail } = report;

/** Steps 1 to 3, looked at closely. */
async function reserveStepByStep(client: PublicClient, customer: Customer): Promise<Reservation> {
  step('1. The customer sends CHARGE to 27222');
  const { link, text } = await customer.charge();

  step('2. Paycore has a transaction of 5 NOK, the customer a link');
  detail('text', text);
  const [payment, ...others] = await client.payments();
  assert.ok(payment && others.length === 0, 'there must be one payment');
  assert.deepEqual([payment.status, payment.requestedMinor, payment.currency], ['pending', 500, 'NOK']);
  const [request = {}] = await client.reserveRequests();
  assert.deepEqual(
    [request['amount'], request['paymentProviders'], request['sendSms']],
    ['5.00', ['Vipps'], false],
  );
  assert.equal(request['smsReceiptText'] ?? null, null, 'only sms2pay texts the customer');
  detail('reserve', 'POST /api/pre-transactions, provider Vipps');
  detail('payment', `${payment.status}, ${money(payment.requestedMinor)} asked for`);

  step('3. The customer opens the link and approves');
  const before = (await client.demands()).length;
  const page = await client.page(link);
  assert.equal(page.status, 200);
  assert.match(page.body, /NOK\s5\.00/, 'the page must show what is reserved');
  assert.equal(
    (await client.demands()).length,
    before,
    'looking at the page must not ask anybody for anything',
  );
  assert.equal((await client.payment(payment.id)).status, 'pending', 'looking must not change anything');
  const walletUrl = await customer.openLink(link);
  detail('link page', 'shows 5.00 NOK; the button leads to the wallet (303)');
  const { paymentId, returnUrl } = await customer.approve(walletUrl);
  assert.equal(paymentId, payment.id);
  await client.page(returnUrl);
  await customer.waitForPage(link, 'You have started');
  const approved = await client.payment(paymentId);
  assert.deepEqual([approved.status, approved.authorizedMinor], ['authorized', 500]);
  detail('payment', `${approved.status}, ${money(approved.authorizedMinor)} reserved`);
  return { link, paymentId };
}

/** Steps 5 to 7: ends the use and proves what was captured, and by which calls. */
async function endAndCheckCapture(
  client: PublicClient,
  customer: Customer,
  { paymentId }: Reservation,
  expected: { capturedMinor: number; query: string },
): Promise<void> {
  await customer.send('ENDCHARGE');
  const captured = await customer.waitForCapture(paymentId);
  const calls = await client.callsAbout(paymentId);
  const captures = calls.filter(({ call }) => call.startsWith('PUT '));
  const transaction = `/api/transactions/4711/${paymentId}`;
  assert.deepEqual(captures, [{ call: `PUT ${transaction}/capture${expected.query}`, status: 200 }]);
  const read = calls.findIndex(({ call }) => call === `GET ${transaction}`);
  assert.ok(
    read !== -1 && read < calls.findIndex(({ call }) => call.startsWith('PUT ')),
    'read, then capture',
  );
  detail('read', `GET ${transaction}`);
  detail('capture', captures[0]?.call ?? '');
  assert.equal(captured.capturedMinor, expected.capturedMinor);
  detail('wallet', `${money(captured.capturedMinor)} charged of ${money(captured.authorizedMinor)}`);
}

async function oneHour(client: PublicClient): Promise<void> {
  const customer = new Customer('+4790000001', () => client);
  const reservation = await reserveStepByStep(client, customer);
  step('4. One hour of use, at 1 NOK per hour');
  await client.later({ hours: 1 });
  step('5.-7. The customer sends ENDCHARGE: more was reserved than used, so the amount is named');
  await endAndCheckCapture(client, customer, reservation, { capturedMinor: 100, query: '?amount=1.00' });
  step('8. The receipt text, and the page it leads to');
  await checkReceipt(client, customer, 1);
  const page = await customer.waitForPage(reservation.link, 'Paid');
  assert.match(page, /NOK\s1\.00/);
}

async function fiveHours(client: PublicClient): Promise<void> {
  step('Five hours of use: the whole reservation is captured, without an amount');
  const customer = new Customer('+4790000002', () => client);
  const reservation = await customer.reserve();
  await client.later({ hours: 5 });
  await endAndCheckCapture(client, customer, reservation, { capturedMinor: 500, query: '' });
  await checkReceipt(client, customer, 5);
}

async function receiptOff(client: PublicClient): Promise<void> {
  step('The partner switches the receipt text off: the same hour, and silence');
  const customer = new Customer('+4790000003', () => client);
  const reservation = await customer.reserve();
  await client.setReceipt(false);
  await client.later({ hours: 1 });
  await endAndCheckCapture(client, customer, reservation, { capturedMinor: 100, query: '?amount=1.00' });
  // Moving time on waits for whatever a session still has to do, so that silence means something.
  await client.later({ seconds: 60 });
  assert.deepEqual(await customer.unread(), []);
  detail('text', '(none)');
}

/** Steps 1 to 8, the whole reservation, and silence. */
export async function paycoreStory(client: PublicClient): Promise<ProviderRow> {
  await oneHour(client);
  await fiveHours(client);
  await receiptOff(client);
  return {
    provider: 'paycore',
    captured: '1.00 of 5.00, 5.00 of 5.00',
    givenBack: '4.00, assumed: no call is documented',
    receipt: 'text and page',
    refund: 'not offered',
  };
}
