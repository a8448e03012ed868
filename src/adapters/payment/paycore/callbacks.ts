import { z } from 'zod';
import type {
  InboundHttpRequest,
  WebhookRefusal,
  PaymentCallbacks,
  PaymentHint,
} from '../../../ports/webhooks.ts';
import { readWebhookBody } from '../../http/body.ts';
import { requireBasicCredentials } from '../../http/credentials.ts';
import type { PaycoreConfig } from './settings.ts';

/** An id that Paycore has filled in; a placeholder that it left does not match. */
const ID = /^[A-Za-z0-9-]{1,64}$/;

/**
 * Paycore's status callback: a hint to read the payment; its status is not used. Nothing is signed, so the Basic
 * credentials in every payment's `statusCallbackUrl` are required. The verb and the body are not published: our template
 * puts the ids into the query, and a form or JSON body with them is accepted as well.
 */
export function createPaycoreCallbacks(
  config: Pick<PaycoreConfig, 'callbackUsername' | 'callbackPassword'>,
): PaymentCallbacks {
  const refuseSender = requireBasicCredentials(config.callbackUsername, config.callbackPassword);
  return {
    refuseSender,
    parse(request) {
      const refusal = refuseSender(request.headers);
      if (refusal) return refusal;
      if (!URL.canParse(request.url)) return { ok: false, status: 400, detail: 'The URL cannot be read.' };
      const hint = toHint(new URL(request.url).searchParams) ?? fromBody(request);
      if (hint === null) return { ok: false, status: 400, detail: 'No payment is named.' };
      return 'ok' in hint ? hint : { ok: true, hints: [hint] };
    },
  };
}

function fromBody(request: InboundHttpRequest): PaymentHint | WebhookRefusal | null {
  if (request.body === '') return null;
  const body = readWebhookBody(request);
  if (!body.ok) return body;
  if ('form' in body) return toHint(body.form);
  const json = z.record(z.string(), z.unknown()).safeParse(body.json);
  if (!json.success) return { ok: false, status: 400, detail: 'The body is not a JSON object.' };
  return toHint(Object.entries(json.data));
}

function toHint(parameters: Iterable<[string, unknown]>): PaymentHint | null {
  // Names ignore case: .NET writes `TransactionId` as readily as `transactionId`.
  const values = new Map<string, string>();
  for (const [name, value] of parameters)
    if (typeof value === 'string' && ID.test(value)) values.set(name.toLowerCase(), value);
  const providerReference = values.get('id') ?? values.get('transactionid') ?? null;
  const paymentReference = values.get('referenceid') ?? null;
  if (providerReference === null && paymentReference === null) return null;
  return { paymentReference, providerReference };
}
