// The vendor's own client drives the stand-in over HTTP: a call that it cannot make or an answer that it cannot read is
// a mistake of ours. Its hosts are fixed, so the global `fetch` is led here while a test runs.
import { Client } from '@vippsmobilepay/sdk';
import { expect, it, onTestFinished } from 'vitest';
import { documentProblems, type DocumentedExchange } from '../../../specs/vipps-documents.ts';
import { aVippsBench, aReference, salesUnit, type VippsBench } from './harness.ts';

const theirHost = 'https://apitest.vipps.no';

/** Leads calls to the vendor's test host to the stand-in; gives every exchange that was made. */
function rerouted(bench: VippsBench): DocumentedExchange[] {
  const exchanges: DocumentedExchange[] = [];
  const realFetch = globalThis.fetch;
  globalThis.fetch = async (input, init) => {
    const request = new Request(input, init);
    if (!request.url.startsWith(theirHost)) return realFetch(request);
    const path = request.url.slice(theirHost.length);
    const { method, headers: requestHeaders } = request;
    const requestBody = await request.text();
    const body = requestBody === '' ? null : requestBody;
    const answer = await realFetch(`${bench.baseUrl}/vipps${path}`, {
      method,
      headers: requestHeaders,
      body,
    });
    exchanges.push({
      method,
      path,
      requestHeaders,
      requestBody,
      status: answer.status,
      responseHeaders: answer.headers,
      responseBody: await answer.clone().text(),
    });
    return answer;
  };
  onTestFinished(() => {
    globalThis.fetch = realFetch;
  });
  return exchanges;
}

/** The data of a call that went well. */
async function done<T>(call: Promise<{ ok: true; data: T } | { ok: false; error: unknown }>): Promise<T> {
  const result = await call;
  if (!result.ok) throw new Error('the SDK reports an error', { cause: result.error });
  return result.data;
}

async function aClient() {
  const bench = await aVippsBench({ served: true });
  const exchanges = rerouted(bench);
  const client = Client({
    merchantSerialNumber: salesUnit.merchantSerialNumber,
    subscriptionKey: salesUnit.subscriptionKey,
    useTestMode: true,
    retryRequests: false,
    systemName: 'sms2pay-test',
  });
  const { access_token: token } = await done(
    client.auth.getToken(salesUnit.clientId, salesUnit.clientSecret),
  );
  return { bench, exchanges, client, token };
}

const nok = (value: number) => ({ currency: 'NOK', value }) as const;
const creation = (reference: string) => ({
  amount: nok(500),
  paymentMethod: { type: 'WALLET' as const },
  reference,
  userFlow: 'WEB_REDIRECT' as const,
  returnUrl: 'https://sms2pay.example/done',
  paymentDescription: 'Charging',
});

it("the vendor's SDK creates, reads, captures, cancels and refunds", async () => {
  const { client, token, exchanges } = await aClient();
  const reference = aReference();
  const created = await done(client.payment.create(token, creation(reference)));
  expect(created).toMatchObject({ reference, redirectUrl: expect.stringContaining('/landing/') as unknown });
  expect(await done(client.payment.info(token, reference))).toMatchObject({ state: 'CREATED' });

  await done(client.payment.forceApprove(token, reference, { customer: { phoneNumber: '4790000001' } }));
  expect(await done(client.payment.info(token, reference))).toMatchObject({ state: 'AUTHORIZED' });
  await done(client.payment.capture(token, reference, { modificationAmount: nok(100) }));
  await done(client.payment.cancel(token, reference));
  await done(client.payment.refund(token, reference, { modificationAmount: nok(50) }));
  const { aggregate } = await done(client.payment.info(token, reference));
  expect(aggregate).toEqual({
    authorizedAmount: nok(500),
    capturedAmount: nok(100),
    cancelledAmount: nok(400),
    refundedAmount: nok(50),
  });
  const history = await done(client.payment.history(token, reference));
  expect(history.map(({ name, amount }) => [name, amount.value])).toEqual([
    ['CREATED', 500],
    ['AUTHORIZED', 500],
    ['CAPTURED', 100],
    ['CANCELLED', 400],
    ['REFUNDED', 50],
  ]);
  expect(exchanges).toHaveLength(10);
  expect(exchanges.flatMap(documentProblems)).toEqual([]);
});

it("the vendor's SDK gets a problem it understands for a call that is refused", async () => {
  const { client, token, exchanges } = await aClient();
  const reference = aReference();
  await done(client.payment.create(token, creation(reference)));
  const refused = await client.payment.capture(token, reference, { modificationAmount: nok(100) });
  expect(refused).toMatchObject({
    ok: false,
    error: { status: 400, extraDetails: [{ name: 'ErrorCode', reason: '6080' }] },
  });
  expect(exchanges.flatMap(documentProblems)).toEqual([]);
});

it("the vendor's SDK registers, lists and deletes a webhook, which gets the event", async () => {
  const { bench, client, token, exchanges } = await aClient();
  const body = { url: `${bench.receiver.url}/hook`, events: ['epayments.payment.created.v1'] };
  const { id, secret } = await done(client.webhook.register(token, body));
  expect(secret).toMatch(/\S/);
  expect(await done(client.webhook.list(token))).toEqual({ webhooks: [{ id, ...body }] });
  await done(client.payment.create(token, creation(aReference())));
  await bench.simulator.idle();
  expect(bench.receiver.at('/hook')).toHaveLength(1);
  await done(client.webhook.delete(token, id));
  expect(await done(client.webhook.list(token))).toEqual({ webhooks: [] });
  expect(exchanges.flatMap(documentProblems)).toEqual([]);
});
