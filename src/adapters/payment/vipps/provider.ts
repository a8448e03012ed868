import type { PaymentSnapshot } from '../../../domain/payment.ts';
import {
  ProviderFault,
  type PaymentProvider,
  type ReleaseRequest,
  type ReservedPayment,
} from '../../../ports/payment-provider.ts';
import { assertAmount, assertCapturable, refused } from '../../http/provider-faults.ts';
import { VIPPS_CAPABILITIES, type VippsConfig } from './settings.ts';
import { createVippsClient, type VippsClient } from './client.ts';
import { doubtful, type VippsOperation } from './faults.ts';
import { showInApp } from './receipt.ts';
import {
  createdSchema,
  eventLogSchema,
  modificationSchema,
  paymentSchema,
  type VippsLoggedEvent,
  type VippsModification,
} from './schema.ts';
import { authorizedAtOf, isAllIn, toCreatePayment, toLog, toSnapshot } from './transform.ts';
import { createVippsWebhooks } from './webhooks.ts';

/** With all that the port leaves to the provider. */
export type VippsProvider = PaymentProvider &
  Required<Pick<PaymentProvider, 'readEvents' | 'showReceipt' | 'webhooks'>>;

const PAYMENTS = '/epayment/v1/payments';
const pathOf = (paymentReference: string) => `${PAYMENTS}/${encodeURIComponent(paymentReference)}`;

/**
 * Vipps MobilePay ePayment v1, called directly: the vendor's own SDK makes a new Idempotency-Key for every call, which
 * would turn a repeated capture into a second one. Our key is sent unchanged, so a repeat of the same call returns its
 * first outcome. `release` and `abandon` are both Vipps' cancel: the one releases the rest after approval, the other
 * (`cancelTransactionOnly`) withdraws a payment and is refused once the customer has approved. Throws only `ProviderFault`.
 */
export function createVippsProvider(config: VippsConfig): VippsProvider {
  const { currencies } = VIPPS_CAPABILITIES;
  const client = createVippsClient(config);

  return {
    capabilities: VIPPS_CAPABILITIES,

    async reserve(request) {
      assertAmount('reserve', request, currencies);
      const { idempotencyKey, paymentReference } = request;
      if (!/^[A-Za-z0-9-]{8,64}$/.test(paymentReference))
        throw refused('The payment reference is not of the form Vipps accepts', 'invalidReference');
      assertKey(idempotencyKey);
      const body = toCreatePayment(request);
      const created = await client.request(
        'create',
        { method: 'POST', path: PAYMENTS, idempotencyKey, body },
        { statuses: [200, 201], schema: createdSchema },
      );
      if (created.reference !== paymentReference)
        throw doubtful('create', 'foreignPayment', 'another reference');
      // The reply names no pspReference: a read does.
      return toReserved('create', null, created.redirectUrl);
    },

    async findReservation(paymentReference) {
      const found = await client.find(pathOf(paymentReference), paymentSchema);
      if (found === null) return null;
      if (found.reference !== paymentReference) throw doubtful('read', 'foreignPayment', 'another reference');
      return toReserved('read', found.pspReference, found.redirectUrl ?? '');
    },

    read: ({ paymentReference }) => read(paymentReference),

    async capture(request) {
      assertCapturable(request, currencies);
      const { amountMinor, authorizedMinor, currency } = request;
      const reply = await modify(client, 'capture', request, toModification(request));
      const capturedMinor = reply.aggregate.capturedAmount.value;
      const isCaptured = capturedMinor >= amountMinor && capturedMinor <= authorizedMinor;
      confirm('capture', isCaptured && isAllIn(currency, reply.aggregate));
    },

    async release(request) {
      const { state, aggregate } = await modify(client, 'release', request);
      const rest =
        aggregate.authorizedAmount.value - aggregate.capturedAmount.value - aggregate.cancelledAmount.value;
      // Without an approval there is no rest yet, and a cancel ends the payment instead.
      confirm('release', state === 'TERMINATED' || (state === 'AUTHORIZED' && rest <= 0));
    },

    async abandon(request) {
      const { state } = await modify(client, 'abandon', request, { cancelTransactionOnly: true });
      confirm('abandon', state === 'TERMINATED');
    },

    async refund(request) {
      assertAmount('refund', request, currencies);
      const { aggregate } = await modify(client, 'refund', request, toModification(request));
      const isReturned = aggregate.refundedAmount.value >= request.amountMinor;
      confirm('refund', isReturned && isAllIn(request.currency, aggregate));
    },

    readEvents: async ({ paymentReference }) => toLog(await readEvents(client, paymentReference), currencies),

    showReceipt: (receipt) => showInApp(client, receipt),

    webhooks: createVippsWebhooks(client),
  };

  async function read(paymentReference: string): Promise<PaymentSnapshot | null> {
    const signal = client.deadline();
    const payment = await client.find(pathOf(paymentReference), paymentSchema, signal);
    if (payment === null) return null;
    const snapshot = toSnapshot(payment, { paymentReference, currencies, authorizedAt: null });
    if (snapshot.phase !== 'authorized') return snapshot;
    return { ...snapshot, authorizedAt: await authorizedAt(client, paymentReference, signal) };
  }
}

/**
 * When the customer approved: only the event log has it. Tried twice, since without it the use starts at our first read and
 * costs less than was used. Null when it cannot be read: the snapshot must show the reservation all the same.
 */
async function authorizedAt(
  client: VippsClient,
  paymentReference: string,
  signal: AbortSignal,
): Promise<PaymentSnapshot['authorizedAt']> {
  const readOnce = async () => authorizedAtOf(await readEvents(client, paymentReference, signal));
  try {
    return await readOnce().catch((error: unknown) => {
      // A rate limit requires fewer calls, and a refusal does not change.
      if (error instanceof ProviderFault && error.kind === 'unavailable') return readOnce();
      throw error;
    });
  } catch (error) {
    if (error instanceof ProviderFault) return null;
    throw error;
  }
}

async function readEvents(
  client: VippsClient,
  paymentReference: string,
  signal?: AbortSignal,
): Promise<VippsLoggedEvent[]> {
  const call = { method: 'GET', path: `${pathOf(paymentReference)}/events` } as const;
  const logged = await client.request('read', call, { statuses: [200], schema: eventLogSchema }, signal);
  if (logged.some((event) => event.reference !== paymentReference))
    throw doubtful('read', 'foreignPayment', 'events of another reference');
  return logged;
}

/** At most 50 characters of what may stand in a header. */
function assertKey(idempotencyKey: string): void {
  if (!/^[\x21-\x7e]{1,50}$/.test(idempotencyKey))
    throw refused('The idempotency key is not of the form Vipps accepts', 'invalidIdempotencyKey');
}

type Modification = Extract<VippsOperation, 'capture' | 'release' | 'abandon' | 'refund'>;
const VERB: Record<Modification, string> = {
  capture: 'capture',
  release: 'cancel',
  abandon: 'cancel',
  refund: 'refund',
};

/** One write. The reply is of this payment; the caller still has to confirm the effect. */
async function modify(
  client: VippsClient,
  operation: Modification,
  request: ReleaseRequest,
  body?: Record<string, unknown>,
): Promise<VippsModification> {
  const { idempotencyKey, paymentReference } = request;
  assertKey(idempotencyKey);
  const path = `${pathOf(paymentReference)}/${VERB[operation]}`;
  const reply = await client.request(
    operation,
    { method: 'POST', path, idempotencyKey, ...(body === undefined ? {} : { body }) },
    { statuses: [200], schema: modificationSchema },
  );
  if (reply.reference !== paymentReference) throw doubtful(operation, 'foreignPayment', 'another reference');
  return reply;
}

function toModification(request: { amountMinor: number; currency: string }): Record<string, unknown> {
  return { modificationAmount: { currency: request.currency, value: request.amountMinor } };
}

/** HTTP 200 alone is not enough (vendor's rule): state and amounts of the reply must show the effect. */
function confirm(operation: Modification, isShown: boolean): void {
  if (!isShown) throw doubtful(operation, 'notConfirmed', 'amounts that do not show it');
}

function toReserved(
  operation: VippsOperation,
  providerReference: string | null,
  redirectUrl: string,
): ReservedPayment {
  if (!/^https?:\/\//i.test(redirectUrl) || !URL.canParse(redirectUrl))
    throw doubtful(operation, 'noRedirectUrl', 'no address to send the customer to');
  return { providerReference, redirectUrl };
}
