import { captureGuaranteedUntil } from './payment-rules.ts';
import type { VippsEvent, VippsPaymentRow } from './records.ts';

// The bodies of the ePayment API (specs: vipps-epayment.v1.yml, with the drift of facts: payments.md).

export function landingUrl(baseUrl: string, payment: VippsPaymentRow): string {
  return `${baseUrl}/vipps/landing/${payment.token}`;
}

function amount(payment: VippsPaymentRow, value: number) {
  return { currency: payment.currency, value };
}

function aggregate(payment: VippsPaymentRow) {
  return {
    authorizedAmount: amount(payment, payment.authorizedMinor),
    cancelledAmount: amount(payment, payment.cancelledMinor),
    capturedAmount: amount(payment, payment.capturedMinor),
    refundedAmount: amount(payment, payment.refundedMinor),
  };
}

export function createdBody(payment: VippsPaymentRow, redirectUrl: string) {
  return { redirectUrl, reference: payment.reference };
}

export function paymentBody(payment: VippsPaymentRow, redirectUrl: string) {
  const guaranteed = captureGuaranteedUntil(payment);
  return {
    aggregate: aggregate(payment),
    amount: amount(payment, payment.requestedMinor),
    state: payment.state,
    paymentMethod: { type: 'WALLET' },
    profile: {},
    pspReference: payment.id,
    reference: payment.reference,
    ...(payment.state === 'CREATED' ? { redirectUrl } : {}),
    ...(payment.metadata === null ? {} : { metadata: payment.metadata }),
    ...(guaranteed === null ? {} : { captureGuaranteedUntil: guaranteed }),
  };
}

/** The answer to capture, cancel and refund. */
export function modificationBody(payment: VippsPaymentRow) {
  return {
    amount: amount(payment, payment.requestedMinor),
    state: payment.state,
    aggregate: aggregate(payment),
    pspReference: payment.id,
    reference: payment.reference,
  };
}

export function eventLogBody(payment: VippsPaymentRow) {
  return payment.events.map((event) => eventBody(payment, event));
}

function eventBody(payment: VippsPaymentRow, event: VippsEvent) {
  return {
    reference: payment.reference,
    pspReference: event.pspReference,
    name: event.name,
    amount: amount(payment, event.amountMinor),
    timestamp: event.timestamp,
    ...keyOf(event),
    success: event.success,
  };
}

/** The vendor leaves the key out of CANCELLED, in its webhooks and in its own example of a log. */
function keyOf({ name, idempotencyKey }: VippsEvent): { idempotencyKey?: string } {
  return idempotencyKey === null || name === 'CANCELLED' ? {} : { idempotencyKey };
}

/** The body of a webhook. */
export function webhookBody(merchantSerialNumber: string, payment: VippsPaymentRow, event: VippsEvent) {
  const guaranteed = event.name === 'AUTHORIZED' && event.success ? captureGuaranteedUntil(payment) : null;
  return {
    msn: merchantSerialNumber,
    ...eventBody(payment, event),
    ...(guaranteed === null ? {} : { captureGuaranteedUntil: guaranteed }),
  };
}
