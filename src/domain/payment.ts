/** A provider payment: its phase, amounts and event log, and what the provider can do with it (cases 7, 12). */
import { pick } from './pick.ts';
import type { Instant } from './instant.ts';
import type { Currency } from './money.ts';

/**
 * How the uncaptured part of a reservation is released:
 * `call`: by a call of ours; `automaticAfterCapture`: the provider does it with the capture, and a whole reservation
 * needs our call; `lapses`: it runs out by itself; `unknown`: nothing can be called and nothing is documented.
 */
export type ReleaseCapability = 'call' | 'automaticAfterCapture' | 'lapses' | 'unknown';

/** A call of ours releases a reservation: all of it, or what a capture of `capturedMinor` has left. */
export function canReleaseByCall(release: ReleaseCapability, capturedMinor = 0): boolean {
  return release === 'call' || (release === 'automaticAfterCapture' && capturedMinor === 0);
}

/** The capabilities of a provider that the lifecycle decides by. Data, copied into each session at its start. */
export interface PaymentRules {
  release: ReleaseCapability;
  /** a payment that is not yet approved can be withdrawn by a call */
  abandon: boolean;
  /** the provider payment is made when the customer opens our payment link, not when the payment link is sent */
  paymentOnOpen: boolean;
  /** how long a provider payment waits for approval; null: as long as we ask for */
  paymentLifeMs: number | null;
  /** the smallest amount the provider captures, in minor units */
  minimumCaptureMinor: number;
  /** how long after authorisation a capture is safe, unless the provider names an instant */
  captureDeadlineMs: number;
  /** the wallet app can show a receipt with the payment; absent: it cannot */
  showsReceipt?: boolean;
}

const PAYMENT_RULES = [
  'release',
  'abandon',
  'paymentOnOpen',
  'paymentLifeMs',
  'minimumCaptureMinor',
  'captureDeadlineMs',
  'showsReceipt',
] as const satisfies readonly (keyof PaymentRules)[];

/** What a session copies of its provider's capabilities. */
export function paymentRulesOf(capabilities: PaymentRules): PaymentRules {
  return pick(capabilities, PAYMENT_RULES);
}

/**
 * Where a provider payment stands before and at approval. `authorized` stays after captures and releases:
 * what happened to the money is in the amounts.
 */
export type PaymentPhase = 'pending' | 'authorized' | 'declined' | 'expired' | 'abandoned';

/** A provider payment as one read showed it. Amounts in minor units of `currency`. */
export interface PaymentSnapshot {
  paymentReference: string;
  /** the provider's own id (Paycore: transactionId) */
  providerReference: string | null;
  phase: PaymentPhase;
  currency: Currency;
  requestedMinor: number;
  authorizedMinor: number;
  capturedMinor: number;
  releasedMinor: number;
  refundedMinor: number;
  /** when the provider says it was authorised; null when it does not say */
  authorizedAt: Instant | null;
  /** last instant a capture is guaranteed; null when the provider does not say */
  captureDeadlineAt: Instant | null;
}

/**
 * What an entry of a provider's event log means. `released`: an authorized amount was released. `abandoned`: withdrawn before it
 * was approved. `other`: unknown to us, and no reason to think that money moved.
 */
export type PaymentEventKind =
  | 'created'
  | 'authorized'
  | 'captured'
  | 'released'
  | 'refunded'
  | 'declined'
  | 'expired'
  | 'abandoned'
  | 'other';

export interface PaymentEvent {
  kind: PaymentEventKind;
  /** of this event alone, in minor units of the payment's currency */
  amountMinor: number;
  /** null when the provider's timestamp cannot be read */
  at: Instant | null;
  /** what failed is logged, too */
  success: boolean;
  /** of the call that led to it; null without a call, or where the provider does not show it */
  idempotencyKey: string | null;
}

/** Where the released part is known from: our call was confirmed, the provider's read shows it, or only assumed. */
export type ReleaseSource = 'call' | 'provider' | 'assumed';

export function isReleaseProven(source: ReleaseSource | null): boolean {
  return source === 'call' || source === 'provider';
}
