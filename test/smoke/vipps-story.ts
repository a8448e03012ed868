// Owns: the reference flow through Vipps directly: the payment is made when the link is opened, the rest is released by
// our call and proven by a read, the receipt shows in the app, and captured money can be given back.
import assert from 'node:assert/strict';
import { z } from 'zod';
import { Customer } from '../support/customer.ts';
import { eventually } from '../support/eventually.ts';
import type { Exchange, Payment, PublicClient } from '../support/public-client.ts';
import { checkReceipt } from './receipt.ts';
import { money, report } from './report.ts';
import type { ProviderRow } from './table.ts';

const { step, detail } = report;

const readSchema = z.object({
  aggregate: z.object({
    authorizedAmount: z.object({ value: z.number() }),
    capturedAmount: z.object({ value: z.number() }),
    cancelledAmount: z.object({ value: z.number() }),
    refundedAmount: z.object({ value: z.number() }),
  }),
});
const captureSchema = z.object({ modificationAmount: z.object({ value: z.number() }) });

const pathOf = ({ url }: Exchange): string => new URL(url).pathname.replace(/^.*\/vipps(?=\/)/, '');
const callOf = (exchange: Exchange): string => `${exchange.method} ${pathOf(exchange)}`;

/** Steps 1 to 3: nothing is made at Vipps before the customer opens the link. */
async function reserve(client: PublicClient, customer: Customer): Promise<Payment> {
  step('1.-2. The customer sends CHARGE and gets a link; nothing is at Vipps yet');
  const { link, text } = await customer.charge();
  detail('text', text);
  assert.deepEqual(await client.payments(), []);
  step('3. The customer opens the link: the payment is made, and approved');
  const walletUrl = await customer.openLink(link);
  const again = await customer.openLink(link);
  assert.equal(again, walletUrl, 'a second tap leads to the same payment');
  const [payment, ...others] = await client.payments();
  assert.ok(payment && others.length === 0, 'there must be one payment');
  const { returnUrl } = await customer.approve(walletUrl);
  await client.page(returnUrl);
  await customer.waitForPage(link, 'You have started');
  detail('payment', `${payment.reference}, ${money(payment.requestedMinor)} reserved`);
  return payment;
}

/** Steps 5 to 7. */
async function endAndRelease(client: PublicClient, customer: Customer, payment: Payment): Promise<void> {
  step('5.-7. The customer sends ENDCHARGE: 1 NOK is captured and the other 4 are released');
  await customer.send('ENDCHARGE');
  const settled = await eventually('the rest to be released', async () => {
    const now = await client.payment(payment.id);
    return now.releasedMinor > 0 ? now : null;
  });
  assert.deepEqual([settled.authorizedMinor, settled.capturedMinor, settled.releasedMinor], [500, 100, 400]);
  const path = `/epayment/v1/payments/${payment.reference}`;
  const proof = await eventually('a read after the release', async () => {
    const calls = await client.vippsExchanges(payment.reference);
    const cancel = calls.findIndex((call) => callOf(call) === `POST ${path}/cancel`);
    const read = calls.findIndex((call, index) => index > cancel && callOf(call) === `GET ${path}`);
    return cancel === -1 || read === -1 ? null : { calls, read };
  });
  const captures = proof.calls.filter((call) => callOf(call) === `POST ${path}/capture`);
  assert.equal(captures.length, 1, 'one capture');
  const [capture] = captures;
  const { modificationAmount } = captureSchema.parse(JSON.parse(capture?.requestBody ?? ''));
  assert.equal(modificationAmount.value, 100);
  detail('capture', `POST ${path}/capture, ${money(modificationAmount.value)}`);
  detail('release', `POST ${path}/cancel`);
  const { aggregate } = readSchema.parse(JSON.parse(proof.calls[proof.read]?.responseBody ?? ''));
  assert.deepEqual([aggregate.capturedAmount.value, aggregate.cancelledAmount.value], [100, 400]);
  detail('read', `${money(aggregate.cancelledAmount.value)} cancelled at Vipps: proven`);
}

async function receiptInApp(client: PublicClient, { reference }: Payment): Promise<void> {
  const shown = await eventually('the receipt in the app', async () => {
    const calls = await client.vippsExchanges(reference);
    return calls.find((call) => pathOf(call).startsWith('/order-management/')) ?? null;
  });
  assert.equal(shown.status, 201);
  detail('receipt in the app', callOf(shown));
}

async function refund(client: PublicClient, payment: Payment, receiptPage: string): Promise<void> {
  step('An operator gives half of it back: a credit note shows on the receipt page');
  await client.refund(payment.reference.replace(/^s2p/, ''), 50, 'the smoke run');
  const refunded = await client.payment(payment.id);
  assert.equal(refunded.refundedMinor, 50);
  const page = await client.page(receiptPage);
  assert.match(page.body, /[Cc]redit note/);
  assert.match(page.body, /0\.50/);
  detail(
    'refund',
    `${money(refunded.refundedMinor)} of ${money(refunded.capturedMinor)}, credit note on the page`,
  );
}

export async function vippsStory(client: PublicClient): Promise<ProviderRow> {
  const customer = new Customer('+4790000001', () => client);
  const payment = await reserve(client, customer);
  step('4. One hour of use, at 1 NOK per hour');
  await client.later({ hours: 1 });
  await endAndRelease(client, customer, payment);
  step('8. The receipt text, the page it leads to, and the receipt in the app');
  const receiptPage = await checkReceipt(client, customer, 1);
  await receiptInApp(client, payment);
  // Until the session has nothing left to do: only then can money be given back.
  await client.later({ hours: 1 });
  await refund(client, payment, receiptPage);
  return {
    provider: 'vipps',
    captured: '1.00 of 5.00',
    givenBack: '4.00, by our call, proven by a read',
    receipt: 'text, page and in the app',
    refund: '0.50, credit note',
  };
}
