import { randomBytes, randomUUID } from 'node:crypto';
import { type VippsError } from './errors.ts';
import type { UnknownCapture, VippsEvent, VippsEventName, VippsPaymentRow } from './records.ts';

// What may happen to a payment at the vendor (facts: payments.md A1, A2). Pure but for new ids: a row in, a row out.

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;
const REQUEST_LIVES_MS = 10 * MINUTE_MS;
const RESULT_UNKNOWN_MS = 60 * MINUTE_MS;
/** Visa's guarantee, the shortest usual one. */
const CAPTURE_GUARANTEED_MS = 7 * DAY_MS;
const CAPTURE_LASTS_MS = 180 * DAY_MS;
const REFUND_LASTS_MS = 365 * DAY_MS;

// Amounts in øre that fail on purpose in the vendor's test environment (facts: payments.md A2). What each call answers
// is not published: assumed here is that an approval leaves the payment waiting and a capture is refused.

const FAILING: Readonly<Record<number, { capture: VippsError; approval: string }>> = {
  151: { capture: 'fundsUnavailable', approval: 'There is not enough money on the account.' },
  182: { capture: 'captureFailed', approval: 'The bank refused the payment.' },
  183: { capture: 'captureFailed', approval: 'The payment was stopped as suspected fraud.' },
  184: { capture: 'captureFailed', approval: 'The amount is above the limit of the card.' },
  186: { capture: 'captureFailed', approval: 'The card has expired.' },
  187: { capture: 'captureFailed', approval: 'The card is not valid.' },
  197: { capture: 'captureFailed', approval: '3-D Secure was denied.' },
  202: { capture: 'captureFailed', approval: 'Strong customer authentication is required.' },
};
const REFUND_CODES: Readonly<Record<number, VippsError>> = {
  123: 'cannotRefund',
  124: 'refundPeriodOver',
};

/** The result is unknown for an hour. */
const UNKNOWN_RESULT_MINOR = 201;
/** A force approve with an expired test card shows as HTTP 500. */
export const EXPIRED_CARD_MINOR = 186;

/** A refused call may still leave a trace in the event log. */
export type Step =
  { ok: true; payment: VippsPaymentRow } | { ok: false; code: VippsError; payment?: VippsPaymentRow };

export interface Call {
  idempotencyKey: string | null;
  /** simulator clock */
  nowMs: number;
}

export interface NewPayment {
  reference: string;
  amountMinor: number;
  currency: string;
  description: string;
  returnUrl: string | null;
  metadata: Record<string, string> | null;
}

export function createPayment(request: NewPayment, call: Call): VippsPaymentRow {
  const id = randomUUID();
  const created = anEvent('CREATED', request.amountMinor, call);
  return {
    id,
    reference: request.reference,
    token: randomBytes(24).toString('base64url'),
    state: 'CREATED',
    currency: request.currency,
    requestedMinor: request.amountMinor,
    authorizedMinor: 0,
    capturedMinor: 0,
    cancelledMinor: 0,
    refundedMinor: 0,
    description: request.description,
    returnUrl: request.returnUrl,
    metadata: request.metadata,
    createdAt: isoTime(call.nowMs),
    expiresAt: isoTime(call.nowMs + REQUEST_LIVES_MS),
    authorizedAt: null,
    approving: false,
    approvalKnownAt: null,
    unknownCapture: null,
    events: [{ ...created, pspReference: id }],
  };
}

export type Approval =
  { ok: true; payment: VippsPaymentRow } | { ok: false; payment: VippsPaymentRow; why: string };

/** The customer approves. The test amounts fail: the payment goes on waiting, with a failed event in its log. */
export function approve(payment: VippsPaymentRow, nowMs: number): Approval {
  const call = { idempotencyKey: null, nowMs };
  const why = FAILING[payment.requestedMinor]?.approval ?? null;
  if (why !== null) {
    const failed = { ...anEvent('AUTHORIZED', payment.requestedMinor, call), success: false };
    return { ok: false, why, payment: withEvent({ ...payment, approving: false }, failed) };
  }
  if (payment.requestedMinor === UNKNOWN_RESULT_MINOR) {
    const approvalKnownAt = isoTime(nowMs + RESULT_UNKNOWN_MS);
    return { ok: true, payment: { ...payment, approving: true, approvalKnownAt } };
  }
  return { ok: true, payment: authorized(payment, nowMs) };
}

function authorized(payment: VippsPaymentRow, nowMs: number): VippsPaymentRow {
  const event = anEvent('AUTHORIZED', payment.requestedMinor, { idempotencyKey: null, nowMs });
  return withEvent(
    {
      ...payment,
      state: 'AUTHORIZED',
      authorizedMinor: payment.requestedMinor,
      authorizedAt: isoTime(nowMs),
      approving: false,
      approvalKnownAt: null,
    },
    event,
  );
}

/** The customer declines, or the payment expires: final, and nothing was ever authorized. */
export function close(
  payment: VippsPaymentRow,
  state: 'ABORTED' | 'EXPIRED',
  nowMs: number,
): VippsPaymentRow {
  const event = anEvent(state, payment.requestedMinor, { idempotencyKey: null, nowMs });
  return withEvent({ ...payment, state, approving: false }, event);
}

/** Before approval it ends the payment; afterwards it releases all that is not captured. */
export function cancel(payment: VippsPaymentRow, onlyIfNotApproved: boolean, call: Call): Step {
  if (payment.state === 'CREATED') return terminate(payment, call);
  if (payment.state === 'TERMINATED') return { ok: false, code: 'cannotCancel' };
  if (payment.state !== 'AUTHORIZED') return { ok: false, code: 'cancelBeforeReservation' };
  if (onlyIfNotApproved) return { ok: false, code: 'cancelAfterAuthorization' };
  if (isOver(payment, CAPTURE_LASTS_MS, call.nowMs)) return { ok: false, code: 'cancelPeriodOver' };
  if (payment.unknownCapture !== null) return { ok: false, code: 'processing' };
  const restMinor = remainingMinor(payment);
  if (restMinor === 0)
    return { ok: false, code: payment.cancelledMinor > 0 ? 'cannotCancel' : 'cancelAfterCapture' };
  return { ok: true, payment: released(payment, call) };
}

function released(payment: VippsPaymentRow, call: Call): VippsPaymentRow {
  const restMinor = remainingMinor(payment);
  const cancelledMinor = payment.cancelledMinor + restMinor;
  return withEvent({ ...payment, cancelledMinor }, anEvent('CANCELLED', restMinor, call));
}

/** A terminated payment shows the whole amount as cancelled though nothing was authorized. */
function terminate(payment: VippsPaymentRow, call: Call): Step {
  if (payment.approving) return { ok: false, code: 'cancelPending' };
  const cancelledMinor = payment.requestedMinor;
  const ended: VippsPaymentRow = { ...payment, state: 'TERMINATED', cancelledMinor };
  return { ok: true, payment: withEvent(ended, anEvent('TERMINATED', cancelledMinor, call)) };
}

interface CaptureCall extends Call {
  idempotencyKey: string;
  replyId: string;
  bodyHash: string;
}

/** Captures part or all of the remaining authorization, any number of times. */
export function capture(payment: VippsPaymentRow, amountMinor: number, call: CaptureCall): Step {
  const code = captureRefusal(payment, amountMinor, call.nowMs);
  if (code !== null) return { ok: false, code };
  const failure =
    payment.isReservationReleased === true ? 'fundsUnavailable' : (FAILING[amountMinor]?.capture ?? null);
  if (failure !== null) return failCapture(payment, amountMinor, failure, call);
  if (amountMinor === UNKNOWN_RESULT_MINOR) {
    const { idempotencyKey, replyId, bodyHash } = call;
    const knownAt = isoTime(call.nowMs + RESULT_UNKNOWN_MS);
    const unknownCapture: UnknownCapture = { amountMinor, idempotencyKey, replyId, bodyHash, knownAt };
    return { ok: false, code: 'internalError', payment: { ...payment, unknownCapture } };
  }
  return { ok: true, payment: captured(payment, amountMinor, call) };
}

function captureRefusal(payment: VippsPaymentRow, amountMinor: number, nowMs: number): VippsError | null {
  if (payment.state === 'TERMINATED') return 'captureAfterCancel';
  if (payment.state !== 'AUTHORIZED') return 'captureBeforeReservation';
  if (payment.unknownCapture !== null) return 'processing';
  if (amountMinor <= 0) return 'invalidAmount';
  if (isOver(payment, CAPTURE_LASTS_MS, nowMs)) return 'capturePeriodOver';
  if (payment.cancelledMinor > 0) return 'captureAfterCancel';
  if (payment.capturedMinor === payment.authorizedMinor) return 'alreadyCaptured';
  return amountMinor > remainingMinor(payment) ? 'captureTooHigh' : null;
}

/** The bank refuses: the failed call shows in the log and as a webhook, with `success: false`. */
export function failCapture(
  payment: VippsPaymentRow,
  amountMinor: number,
  code: VippsError,
  call: Call,
): Step {
  const failed = { ...anEvent('CAPTURED', amountMinor, call), success: false };
  return { ok: false, code, payment: withEvent(payment, failed) };
}

function captured(payment: VippsPaymentRow, amountMinor: number, call: Call): VippsPaymentRow {
  const capturedMinor = payment.capturedMinor + amountMinor;
  return withEvent(
    { ...payment, capturedMinor, unknownCapture: null },
    anEvent('CAPTURED', amountMinor, call),
  );
}

export function refund(payment: VippsPaymentRow, amountMinor: number, call: Call): Step {
  if (payment.state !== 'AUTHORIZED') return { ok: false, code: 'refundBeforeReservation' };
  if (payment.unknownCapture !== null) return { ok: false, code: 'processing' };
  if (amountMinor <= 0) return { ok: false, code: 'invalidAmount' };
  if (isOver(payment, REFUND_LASTS_MS, call.nowMs)) return { ok: false, code: 'refundPeriodOver' };
  const refundableMinor = payment.capturedMinor - payment.refundedMinor;
  if (refundableMinor === 0 && payment.refundedMinor > 0) return { ok: false, code: 'alreadyRefunded' };
  if (amountMinor > refundableMinor) return { ok: false, code: 'notEnoughRefundable' };
  const failure = REFUND_CODES[amountMinor];
  if (failure !== undefined) return { ok: false, code: failure };
  const refundedMinor = payment.refundedMinor + amountMinor;
  return {
    ok: true,
    payment: withEvent({ ...payment, refundedMinor }, anEvent('REFUNDED', amountMinor, call)),
  };
}

/** When the payment next changes by itself (expiry, a late result); null: never. */
export function nextDueMs(payment: VippsPaymentRow): number | null {
  if (payment.state === 'CREATED') return Date.parse(payment.approvalKnownAt ?? payment.expiresAt);
  if (payment.state !== 'AUTHORIZED' || payment.authorizedAt === null) return null;
  if (payment.unknownCapture !== null) return Date.parse(payment.unknownCapture.knownAt);
  return remainingMinor(payment) > 0 ? Date.parse(payment.authorizedAt) + CAPTURE_LASTS_MS : null;
}

/** The payment after that change; `dueMs` is its `nextDueMs`. */
export function whenDue(payment: VippsPaymentRow, dueMs: number): VippsPaymentRow {
  if (payment.state === 'CREATED') {
    return payment.approvalKnownAt === null ? close(payment, 'EXPIRED', dueMs) : authorized(payment, dueMs);
  }
  const { unknownCapture } = payment;
  if (unknownCapture === null) return released(payment, { idempotencyKey: null, nowMs: dueMs });
  const { amountMinor, idempotencyKey } = unknownCapture;
  return captured(payment, amountMinor, { idempotencyKey, nowMs: dueMs });
}

export function captureGuaranteedUntil(payment: VippsPaymentRow): string | null {
  return payment.authorizedAt === null
    ? null
    : isoTime(Date.parse(payment.authorizedAt) + CAPTURE_GUARANTEED_MS);
}

/** Authorized, and neither captured nor released. */
function remainingMinor(payment: VippsPaymentRow): number {
  if (payment.state !== 'AUTHORIZED') return 0;
  return payment.authorizedMinor - payment.capturedMinor - payment.cancelledMinor;
}

function isOver(payment: VippsPaymentRow, lastsMs: number, nowMs: number): boolean {
  return payment.authorizedAt !== null && nowMs >= Date.parse(payment.authorizedAt) + lastsMs;
}

function anEvent(name: VippsEventName, amountMinor: number, call: Call): VippsEvent {
  const { idempotencyKey, nowMs } = call;
  return {
    name,
    pspReference: randomUUID(),
    amountMinor,
    timestamp: isoTime(nowMs),
    idempotencyKey,
    success: true,
  };
}

function withEvent(payment: VippsPaymentRow, event: VippsEvent): VippsPaymentRow {
  return { ...payment, events: [...payment.events, event] };
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
