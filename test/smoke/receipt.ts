import assert from 'node:assert/strict';
import { linkIn, type Customer } from '../support/customer.ts';
import type { PublicClient } from '../support/public-client.ts';
import { report } from './report.ts';

/** The receipt text, and the page it leads to; returns the page's address. */
export async function checkReceipt(
  client: PublicClient,
  customer: Customer,
  kroner: number,
): Promise<string> {
  const text = await customer.nextText();
  const charged = `Thank you for using our service. You have been charged ${kroner} NOK / KR.`;
  assert.ok(text.startsWith(`${charged} For receipt click here: http`), `unexpected receipt text: ${text}`);
  report.detail('text', text);
  const link = linkIn(text, '/r/');
  const receipt = await client.page(link);
  assert.equal(receipt.status, 200);
  assert.match(receipt.body, new RegExp(String.raw`Charged</dt><dd>NOK\s${kroner}\.00</dd>`));
  report.detail('receipt page', `shows ${kroner}.00 NOK charged`);
  return link;
}
