// The rows of the Vipps stand-in in the simulator's store.

import type { AnyPayment } from '../../records.ts';

type VippsState = 'CREATED' | 'AUTHORIZED' | 'ABORTED' | 'EXPIRED' | 'TERMINATED';

export const VIPPS_EVENT_NAMES = [
  'CREATED',
  'AUTHORIZED',
  'ABORTED',
  'EXPIRED',
  'TERMINATED',
  'CANCELLED',
  'CAPTURED',
  'REFUNDED',
] as const;
export type VippsEventName = (typeof VIPPS_EVENT_NAMES)[number];

export interface VippsEvent {
  readonly name: VippsEventName;
  /** every event has its own; the payment's is that of its CREATED */
  readonly pspReference: string;
  readonly amountMinor: number;
  /** simulator clock */
  readonly timestamp: string;
  /** the caller's Idempotency-Key, where a call led to the event */
  readonly idempotencyKey: string | null;
  readonly success: boolean;
}

/** A capture whose result is not known yet (test amount 201). */
export interface UnknownCapture {
  readonly amountMinor: number;
  readonly idempotencyKey: string;
  /** the reply that the key is bound to once the result is known */
  readonly replyId: string;
  readonly bodyHash: string;
  readonly knownAt: string;
}

/** `id` is the payment's pspReference. */
export interface VippsPaymentRow extends AnyPayment {
  readonly reference: string;
  /** names the landing page */
  readonly token: string;
  readonly state: VippsState;
  readonly cancelledMinor: number;
  readonly returnUrl: string | null;
  readonly metadata: Readonly<Record<string, string>> | null;
  readonly expiresAt: string;
  /** the customer has it open in the app and is about to decide */
  readonly approving: boolean;
  /** approved, but the result is known only then (test amount 201) */
  readonly approvalKnownAt: string | null;
  readonly unknownCapture: UnknownCapture | null;
  /** the bank has released the reservation, so no capture finds money */
  readonly isReservationReleased?: boolean;
  readonly events: readonly VippsEvent[];
}

/** The answer to an Idempotency-Key, repeated for the same key. */
export interface VippsReplyRow {
  /** operation, payment and key */
  readonly id: string;
  readonly bodyHash: string;
  readonly status: number;
  readonly body: string;
}

/** A token revoked before its expiry. */
export interface VippsExpiredTokenRow {
  /** hash of the token */
  readonly id: string;
}

export interface VippsWebhookRow {
  readonly id: string;
  readonly url: string;
  readonly events: readonly string[];
  readonly secret: string;
  /** wall clock, ms since the epoch: no push was accepted since; null: the last one was */
  readonly failingSinceMs: number | null;
}

/** What Order Management shows with a payment in the app. */
export interface VippsOrderRow {
  /** the payment's reference */
  readonly id: string;
  readonly receipt: unknown;
  readonly category: unknown;
}
