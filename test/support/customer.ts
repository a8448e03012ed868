// Owns: what a customer does: with the phone, and with the browser that opens the link in a text.
import assert from 'node:assert/strict';
import { eventually } from './eventually.ts';
import type { Payment, PublicClient } from './public-client.ts';

const SHORT_NUMBER = '27222';

/** A payment the customer has approved. */
export interface Reservation {
  /** the page behind the link in the text */
  link: string;
  /** of the payment at the provider */
  paymentId: string;
}

export class Customer {
  readonly msisdn: string;
  readonly #client: () => PublicClient;
  #read = 0;

  /** `client` is asked for each time: the application may be another one after a restart. */
  constructor(msisdn: string, client: () => PublicClient) {
    this.msisdn = msisdn;
    this.#client = client;
  }

  /** Sends a text; returns its message id. Throws when the gateway could not hand it over at once. */
  async send(text: string, options: { messageId?: string; to?: string } = {}): Promise<string> {
    const { messageId, delivery } = await this.#client().sendText({
      from: this.msisdn,
      to: SHORT_NUMBER,
      text,
      ...options,
    });
    assert.equal(delivery.status, 'delivered', `the webhook must take ${text}`);
    return messageId;
  }

  /** Everything the phone has been sent, oldest first. */
  async inbox(): Promise<string[]> {
    const texts = await this.#client().texts(this.msisdn);
    return texts.filter(({ direction }) => direction === 'out').map(({ text }) => text);
  }

  /** The texts that came since `nextText` was last asked. */
  async unread(): Promise<string[]> {
    return (await this.inbox()).slice(this.#read);
  }

  /** Waits for the next text and reads it. */
  async nextText(): Promise<string> {
    const text = await eventually('a text', async () => (await this.unread())[0] ?? null);
    this.#read += 1;
    return text;
  }

  /** Sends CHARGE and waits for the text with the link. */
  async charge(): Promise<{ link: string; text: string; messageId: string }> {
    const messageId = await this.send('CHARGE');
    const text = await this.nextText();
    return { link: linkIn(text, '/p/'), text, messageId };
  }

  /** Opens the link and presses its button; returns the address of the provider's page the browser is sent to. */
  async openLink(link: string): Promise<string> {
    const { status, location } = await this.#client().page(link, {});
    assert.equal(status, 303, 'the button must lead to the wallet');
    assert.ok(location);
    return location;
  }

  /** Approves on the provider's page and comes back. */
  async approve(walletUrl: string): Promise<{ paymentId: string; returnUrl: string }> {
    const { status, location } = await this.#client().page(walletUrl, { decision: 'approve' });
    assert.equal(status, 303, 'the wallet must send the browser back');
    assert.ok(location);
    return { paymentId: walletUrl.split('/').at(-1) ?? '', returnUrl: location };
  }

  /** From CHARGE to a session that runs. */
  async reserve(): Promise<Reservation> {
    const { link } = await this.charge();
    const { paymentId, returnUrl } = await this.approve(await this.openLink(link));
    await this.#client().page(returnUrl);
    await this.waitForPage(link, 'You have started');
    return { link, paymentId };
  }

  /** The page behind the link, as soon as it says `words`. */
  async waitForPage(link: string, words: string): Promise<string> {
    return await eventually(`a page that says "${words}"`, async () => {
      const { body } = await this.#client().page(link);
      return body.includes(words) ? body : null;
    });
  }

  async waitForCapture(paymentId: string): Promise<Payment> {
    return await eventually('the capture', async () => {
      const payment = await this.#client().payment(paymentId);
      return payment.status === 'captured' ? payment : null;
    });
  }
}

/** The first address in a text whose path begins with `path`. */
export function linkIn(text: string, path: string): string {
  const links = text.match(/https?:\/\/\S+/g) ?? [];
  const link = links.find((candidate) => new URL(candidate).pathname.startsWith(path));
  assert.ok(link, `the text must hold a link to ${path}`);
  return link;
}
