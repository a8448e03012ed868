import type { z } from 'zod';
import { minorToDecimal } from '../../../domain/money.ts';
import type { PaymentSnapshot } from '../../../domain/payment.ts';
import {
  ProviderFault,
  type CaptureRequest,
  type PaymentIdentity,
  type PaymentProvider,
  type ReservedPayment,
} from '../../../ports/payment-provider.ts';
import { fieldsOf, parseJson } from '../../http/body.ts';
import type { Answer, Outcome } from '../../http/exchange.ts';
import {
  assertAmount,
  assertCapturable,
  rateLimited,
  refused,
  unansweredFault,
} from '../../http/provider-faults.ts';
import { PAYCORE_CAPABILITIES, type PaycoreConfig } from './settings.ts';
import { createPaycoreClient, type PaycoreCall, type PaycoreClient } from './client.ts';
import {
  idFromLocation,
  preTransactionSchema,
  doubtful,
  toPreTransaction,
  toSnapshot,
  transactionSchema,
} from './transform.ts';

const WRITTEN = [200, 201, 204];
const REDIRECTS = [301, 302, 303, 307, 308];

/** What a call was for; only `read` changes nothing. */
type PaycoreOperation = 'create' | 'capture' | 'read';

/**
 * LINK NEXT Paycore with the calls of LINK's proof of concept: CreateDirectPayment (`POST /api/pre-transactions`),
 * GetTransaction, CaptureTransaction (`PUT .../capture`: everything) and UpdateAndCaptureTransaction
 * (`PUT .../capture?amount=`). The pre-transaction's id is the transaction's id in this flow. Paycore documents no
 * idempotency key and no call to cancel or refund: the caller reads before every write, and `release`, `abandon` and
 * `refund` are `unsupported`.
 */
export function createPaycoreProvider(config: PaycoreConfig): PaymentProvider {
  const { currencies } = PAYCORE_CAPABILITIES;
  const client = createPaycoreClient(config);
  const fault = (operation: PaycoreOperation, reply: Outcome): ProviderFault =>
    faultOf(operation, reply, (config.now ?? Date.now)());

  /** Null when Paycore has no such payment. */
  async function readJson<T>(reply: Outcome, schema: z.ZodType<T>): Promise<T | null> {
    if (reply.kind === 'answered' && reply.status === 404) return null;
    if (reply.kind !== 'answered' || reply.status !== 200) throw fault('read', reply);
    const parsed = schema.safeParse(parseJson(reply.body));
    if (parsed.success) return parsed.data;
    throw doubtful('unreadableReply', `unreadable fields: ${fieldsOf(parsed.error)}`);
  }

  async function read(payment: PaymentIdentity): Promise<PaymentSnapshot | null> {
    const transaction = await readJson(await getTransaction(client, config, payment), transactionSchema);
    return transaction && toSnapshot(transaction, { ...payment, currencies });
  }

  /** 201 and 204 are documented for a creation; for a capture nothing is, so a plain 200 counts as well. */
  function expectWritten(operation: 'create' | 'capture', reply: Outcome): Answer {
    if (reply.kind === 'answered' && WRITTEN.includes(reply.status)) return reply;
    throw fault(operation, reply);
  }

  return {
    capabilities: PAYCORE_CAPABILITIES,
    read,

    async reserve(request) {
      assertAmount('reserve', request, currencies);
      const reply = await client.call({
        method: 'POST',
        path: '/api/pre-transactions',
        body: toPreTransaction(config, request),
      });
      return readCreated(client, config, expectWritten('create', reply));
    },

    async findReservation(paymentReference) {
      const path = `/api/pre-transactions/ref/${config.partnerId}/${encodeURIComponent(paymentReference)}`;
      const found = await readJson(await client.call({ method: 'GET', path }), preTransactionSchema);
      if (found === null) return null;
      if (found.referenceId !== paymentReference) throw doubtful('foreignPayment', 'another reference');
      const page = found.mobileInvoiceUrl ?? '';
      return {
        providerReference: found.preTransactionId,
        redirectUrl: /^https?:\/\//.test(page) ? page : landingPage(client, config, found.preTransactionId),
      };
    },

    async capture(request) {
      assertCapturable(request, currencies);
      const transactionId = request.providerReference ?? (await read(request))?.providerReference ?? null;
      if (transactionId === null) throw refused('Paycore has no such payment', 'unknownPayment');
      const reply = await client.call(captureCall(config, transactionId, request));
      const isConflict = reply.kind === 'answered' && reply.status === 409;
      if (isConflict && !(await isDecided(() => read(request))))
        throw new ProviderFault('outcomeUnknown', 'Paycore answered a capture with HTTP 409', {
          code: 'http409',
        });
      expectWritten('capture', reply);
    },

    release: unsupported('release'),
    abandon: unsupported('abandon'),
    refund: unsupported('refund'),
  };
}

/**
 * GetTransaction, or the search by our reference while no transaction id is known. The search may answer with the
 * transaction or, as LINK's old client expects, with a redirect to it: one is followed, to Paycore itself only.
 */
async function getTransaction(
  client: PaycoreClient,
  config: PaycoreConfig,
  payment: PaymentIdentity,
): Promise<Outcome> {
  const partnerId = String(config.partnerId);
  if (payment.providerReference !== null) {
    const id = encodeURIComponent(payment.providerReference);
    return client.call({ method: 'GET', path: `/api/transactions/${partnerId}/${id}` });
  }
  const query = { partnerId, referenceId: payment.paymentReference };
  const search: PaycoreCall = { method: 'GET', path: '/api/transactions', query };
  const reply = await client.call(search);
  if (reply.kind !== 'answered' || !REDIRECTS.includes(reply.status)) return reply;
  const { location } = reply.headers;
  const followed = location === undefined ? null : await client.follow(location, search);
  if (followed) return followed;
  throw doubtful('foreignRedirect', 'a redirect to another place');
}

/** Without an amount Paycore captures everything, so that form is used only for the whole reservation. */
function captureCall(config: PaycoreConfig, transactionId: string, request: CaptureRequest): PaycoreCall {
  const path = `/api/transactions/${config.partnerId}/${encodeURIComponent(transactionId)}/capture`;
  if (request.amountMinor === request.authorizedMinor) return { method: 'PUT', path };
  return { method: 'PUT', path, query: { amount: minorToDecimal(request.amountMinor) } };
}

/**
 * After a conflict: true when a read shows that the payment cannot be captured, or not any more. Otherwise the wallet may
 * only have been busy, and the outcome of the capture is unknown.
 */
async function isDecided(read: () => Promise<PaymentSnapshot | null>): Promise<boolean> {
  try {
    const snapshot = await read();
    if (snapshot === null || snapshot.phase !== 'authorized') return true;
    return snapshot.capturedMinor > 0 || snapshot.releasedMinor > 0;
  } catch (error) {
    if (error instanceof ProviderFault) return false;
    throw error;
  }
}

function readCreated(client: PaycoreClient, config: PaycoreConfig, answer: Answer): ReservedPayment {
  const id = idFromLocation(answer.headers.location ?? null, client.urlOf('/api/pre-transactions'));
  if (id === null)
    throw new ProviderFault('outcomeUnknown', 'Paycore created a payment without its id', {
      code: 'unreadableReply',
    });
  return { providerReference: id, redirectUrl: landingPage(client, config, id) };
}

/** The payer's page; with `skipLandingPage` it redirects to the wallet at once. */
function landingPage(client: PaycoreClient, config: PaycoreConfig, id: string): string {
  return client.urlOf(`/pre-transactions/${config.partnerId}/${id}`).href;
}

function unsupported(operation: string): () => Promise<never> {
  return async () => {
    throw new ProviderFault('unsupported', `Paycore documents no call to ${operation} a payment`);
  };
}

/**
 * The fault of a reply that is not the success its operation expects. A write that may have been processed is
 * `outcomeUnknown`; a failed read did nothing, so it is `unavailable`. Paycore publishes no error body: its text is neither
 * read nor passed on, as it may quote the customer's number. `nowMs`: for `Retry-After`.
 */
function faultOf(operation: PaycoreOperation, reply: Outcome, nowMs: number): ProviderFault {
  const isRead = operation === 'read';
  if (reply.kind !== 'answered') return unansweredFault('Paycore', operation, reply, isRead);
  const { status } = reply;
  const code = operation === 'create' && status === 409 ? 'duplicateReference' : `http${status}`;
  const message = `Paycore answered a ${operation} with HTTP ${status}`;
  const fault = (kind: ProviderFault['kind']) => new ProviderFault(kind, message, { code });
  if (status === 401 || status === 403) return fault('misconfigured');
  // Creating and reading by query have no id in the path: not found means that the base URL is wrong.
  if (status === 404 && operation === 'create') return fault('misconfigured');
  if (status === 429) return rateLimited(message, code, reply, nowMs);
  if (status >= 500 || status === 408) return fault(isRead ? 'unavailable' : 'outcomeUnknown');
  if (status >= 400) return fault('rejected');
  // An undocumented success, or a redirect, which is never followed for a write.
  return fault('outcomeUnknown');
}
