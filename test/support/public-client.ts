// Owns: sms2pay as it is seen from outside: its public HTTP surface, and the simulator's for testers.
import { randomUUID } from 'node:crypto';
import { z } from 'zod';

const textSchema = z.object({
  id: z.string(),
  direction: z.enum(['in', 'out']),
  from: z.string(),
  to: z.string(),
  text: z.string(),
  at: z.string(),
});
const sentSchema = z.object({
  messageId: z.string(),
  delivery: z.object({ status: z.string(), attempts: z.number() }),
});
const paymentSchema = z.object({
  id: z.string(),
  status: z.enum(['pending', 'authorized', 'captured', 'released', 'declined', 'expired']),
  requestedMinor: z.number(),
  authorizedMinor: z.number(),
  capturedMinor: z.number(),
  releasedMinor: z.number(),
  refundedMinor: z.number(),
  /** ours */
  reference: z.string(),
  currency: z.string(),
});
const exchangeSchema = z.object({
  id: z.string(),
  from: z.string(),
  to: z.string(),
  method: z.string(),
  url: z.string(),
  requestHeaders: z.record(z.string(), z.string()),
  requestBody: z.string(),
  responseBody: z.string(),
  status: z.number().nullable(),
  /** a fault that fired, or why there was no answer */
  note: z.string().nullable(),
});
const clockSchema = z.object({ now: z.string(), fastForwarded: z.number() });
const faultSchema = z.object({ operation: z.string(), kind: z.string(), fired: z.number() });
const listOf = <T extends z.ZodType>(item: T) => z.object({ items: z.array(item) });

export type Text = z.output<typeof textSchema>;
export type Payment = z.output<typeof paymentSchema>;
export type Exchange = z.output<typeof exchangeSchema>;

export interface Page {
  status: number;
  /** of a redirect */
  location: string | null;
  body: string;
}

const HOUR_SECONDS = 3_600;
const CALL_LIMIT_MS = 90_000;

export class PublicClient {
  readonly url: string;
  readonly #adminToken: string;

  constructor(url: string, adminToken: string) {
    this.url = url;
    this.#adminToken = adminToken;
  }

  /** A page as a browser gets it, in English; redirects are shown, not followed. */
  async page(url: string, form?: Record<string, string>): Promise<Page> {
    const response = await fetch(url, {
      method: form === undefined ? 'GET' : 'POST',
      headers: { 'accept-language': 'en', accept: 'text/html' },
      redirect: 'manual',
      signal: AbortSignal.timeout(CALL_LIMIT_MS),
      ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    });
    const location = response.headers.get('location');
    const absolute = location === null ? null : new URL(location, url).href;
    return { status: response.status, location: absolute, body: await response.text() };
  }

  /** A phone sends a text; resolves when the gateway has tried to hand it over. An earlier `messageId` repeats that one. */
  async sendText(message: { from: string; to: string; text: string; messageId?: string; sentAt?: string }) {
    return sentSchema.parse(await this.#json('POST', '/sim/api/sms', message));
  }

  /** Texts from and to one phone, or all of them; oldest first. */
  async texts(msisdn?: string): Promise<Text[]> {
    const query = msisdn === undefined ? '' : `?msisdn=${encodeURIComponent(msisdn)}`;
    return listOf(textSchema).parse(await this.#json('GET', `/sim/api/sms${query}`)).items;
  }

  async payments(): Promise<Payment[]> {
    return listOf(paymentSchema).parse(await this.#json('GET', '/sim/api/payments')).items;
  }

  async payment(id: string): Promise<Payment> {
    return paymentSchema.parse(await this.#json('GET', `/sim/api/payments/${id}`));
  }

  /** Moves the clock and every open workflow on, and waits until they are there and at rest. */
  async later(time: { hours: number } | { seconds: number }): Promise<{ fastForwarded: number }> {
    const seconds = 'hours' in time ? time.hours * HOUR_SECONDS : time.seconds;
    return clockSchema.parse(await this.#json('POST', '/sim/api/clock/advance', { seconds }));
  }

  /** Every exchange with the gateway and the provider, oldest first; or those after one, or the newest of them. */
  async exchanges(which: { since?: string; limit?: string } = {}): Promise<Exchange[]> {
    const query = new URLSearchParams(which).toString();
    return listOf(exchangeSchema).parse(await this.#json('GET', `/sim/api/events?${query}`)).items;
  }

  /** What sms2pay has asked of payment providers. Its looks at a payment are left out: they go on by themselves. */
  async demands(): Promise<Exchange[]> {
    const exchanges = await this.exchanges();
    return exchanges.filter(
      ({ from, to, method }) => from === 'sms2pay' && ['paycore', 'vipps'].includes(to) && method !== 'GET',
    );
  }

  /** What sms2pay asked the payment provider about this payment, as `METHOD path?query`, oldest first. */
  async callsAbout(paymentId: string): Promise<{ call: string; status: number | null }[]> {
    const exchanges = await this.exchanges();
    return exchanges
      .filter(({ from, to, url }) => from === 'sms2pay' && to === 'paycore' && url.includes(paymentId))
      .map(({ method, url, status }) => {
        const { pathname, search } = new URL(url);
        return { call: `${method} ${pathname.replace(/^.*(?=\/api\/)/, '')}${search}`, status };
      });
  }

  /** Every exchange with Vipps about this payment, oldest first. */
  async vippsExchanges(reference: string): Promise<Exchange[]> {
    const exchanges = await this.exchanges();
    return exchanges.filter(
      ({ from, to, url, requestBody }) =>
        from === 'sms2pay' && to === 'vipps' && (url.includes(reference) || requestBody.includes(reference)),
    );
  }

  /** Gives captured money back, as an operator does. */
  async refund(sessionId: string, amountMinor: number, reason: string): Promise<void> {
    const body = { kind: 'refund', amountMinor, actionId: randomUUID(), actor: 'smoke', reason };
    await this.#json('POST', `/api/v1/sessions/${sessionId}/actions`, body, this.#adminToken);
  }

  /** The bodies of all CreateDirectPayment calls to Paycore, oldest first. */
  async reserveRequests(): Promise<Record<string, unknown>[]> {
    const exchanges = await this.exchanges();
    return exchanges
      .filter(
        ({ method, url }) => method === 'POST' && new URL(url).pathname.endsWith('/api/pre-transactions'),
      )
      .map(({ requestBody }) => z.record(z.string(), z.unknown()).parse(JSON.parse(requestBody)));
  }

  async addFault(fault: { operation: string; kind: string; ms?: number; times?: number }): Promise<void> {
    await this.#json('POST', '/sim/api/faults', fault);
  }

  async faults() {
    return listOf(faultSchema).parse(await this.#json('GET', '/sim/api/faults')).items;
  }

  /** The partner's switch "Send a receipt SMS upon successful payment". */
  async setReceipt(on: boolean): Promise<void> {
    await this.#json('PATCH', '/api/v1/partners/reference', { receiptSmsOn: on }, this.#adminToken);
  }

  async #json(method: string, path: string, body?: unknown, token?: string): Promise<unknown> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      signal: AbortSignal.timeout(CALL_LIMIT_MS),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path.replace(/\?.*/, '')}: ${response.status} ${text}`);
    return text === '' ? null : JSON.parse(text);
  }
}
