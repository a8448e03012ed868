import type { Instant } from '../domain/instant.ts';
import type { Currency } from '../domain/money.ts';
import type { PaymentEvent, PaymentRules, PaymentSnapshot } from '../domain/payment.ts';
import type { WebhookRegistrations } from './webhooks.ts';

/** Everything that differs between providers, as data. `PaymentRules` is the part the session lifecycle needs. */
export interface ProviderCapabilities extends PaymentRules {
  provider: string;
  refund: boolean;
  /** the provider replays the first answer for a repeated key; without it we read before every write */
  idempotencyKeys: boolean;
  /** the provider keeps a log of what happened to a payment, and `readEvents` shows it */
  eventLog: boolean;
  /** a read after a capture still shows what was authorised; without it only what was captured */
  showsReservationAfterCapture: boolean;
  currencies: readonly Currency[];
}

export type ProviderFaultKind =
  /** permanent refusal: repeating the same call is pointless */
  | 'rejected'
  /** this provider has no such operation */
  | 'unsupported'
  /** credentials, permissions or set-up are wrong: an operator must act */
  | 'misconfigured'
  /** too many calls; `retryAfterMs` when the provider named a wait */
  | 'rateLimited'
  /** certainly not acted on: not connected, refused before processing, or a refusal that may change */
  | 'unavailable'
  /** sent, but no answer shows what happened: read before doing anything else */
  | 'outcomeUnknown';

/**
 * Whether the provider keeps this refusal for the idempotency key. `bound`: permanently, so no call with the key has acted
 * or will. `perhaps`: it may keep it, or the refusal may be the echo of a call that did act. `free`: everything else, calls
 * without an answer above all.
 */
export type KeyBinding = 'free' | 'perhaps' | 'bound';

/** The only error a provider adapter throws. `message` never holds personal data or secrets. */
export class ProviderFault extends Error {
  override readonly name = 'ProviderFault';
  readonly kind: ProviderFaultKind;
  readonly code: string | null;
  readonly retryAfterMs: number | null;
  readonly keyBinding: KeyBinding;
  constructor(
    kind: ProviderFaultKind,
    message: string,
    options: { code?: string; retryAfterMs?: number | null; keyBinding?: KeyBinding; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.kind = kind;
    this.code = options.code ?? null;
    this.retryAfterMs = options.retryAfterMs ?? null;
    this.keyBinding = options.keyBinding ?? 'free';
  }
}

/** Names one payment: our reference always, the provider's id as soon as it is known. */
export interface PaymentIdentity {
  paymentReference: string;
  providerReference: string | null;
}

export interface ReserveRequest {
  /** ours, made before the first call: `s2p` + 32 hex digits */
  paymentReference: string;
  idempotencyKey: string;
  amountMinor: number;
  currency: Currency;
  /** shown to the customer in the wallet */
  description: string;
  /** customer's number for providers that want it; digits only, no plus */
  msisdn: string;
  /** where the wallet sends the browser afterwards */
  returnUrl: string;
  /** when the payment should stop waiting for approval */
  expiresAt: Instant;
  /** the partner's, for wallets that have them accepted before the approval; null: the partner has none */
  termsUrl: string | null;
  privacyUrl: string | null;
}

export interface ReservedPayment {
  providerReference: string | null;
  /** the wallet's page, to which our payment link redirects the customer's browser */
  redirectUrl: string;
}

export interface CaptureRequest extends PaymentIdentity {
  idempotencyKey: string;
  amountMinor: number;
  authorizedMinor: number;
  currency: Currency;
}

export interface ReleaseRequest extends PaymentIdentity {
  idempotencyKey: string;
}

export interface RefundRequest extends PaymentIdentity {
  idempotencyKey: string;
  amountMinor: number;
  currency: Currency;
}

/** One line of a receipt. Amounts in minor units; net + VAT = gross. */
export interface WalletReceiptLine {
  id: string;
  name: string;
  grossMinor: number;
  netMinor: number;
  vatMinor: number;
  /** hundredths of a percent: 2500 is 25 % */
  vatBasisPoints: number;
}

export interface WalletReceipt {
  paymentReference: string;
  currency: Currency;
  receiptNumber: string | null;
  lines: readonly WalletReceiptLine[];
}

/** `existed`: the provider keeps the first receipt of a payment and takes no other. */
export type WalletReceiptOutcome = { outcome: 'added' | 'existed' } | { outcome: 'failed'; code: string };

/** A payment provider. Every method throws only `ProviderFault`. Amounts in minor units. */
export interface PaymentProvider {
  readonly capabilities: ProviderCapabilities;
  /** Makes a payment that waits for approval. A reference that exists already is `rejected` with code `duplicateReference`. */
  reserve(request: ReserveRequest): Promise<ReservedPayment>;
  /** The payment a reserve call with this reference made, if it did act; null when the provider knows none. */
  findReservation(paymentReference: string): Promise<ReservedPayment | null>;
  /** The payment's snapshot as of now; null when the provider knows no such payment. An unknown status is `pending`. */
  read(payment: PaymentIdentity): Promise<PaymentSnapshot | null>;
  /** Captures `amountMinor` of the reservation. Resolves when the provider has confirmed; the caller reads back. */
  capture(request: CaptureRequest): Promise<void>;
  /** Releases all that is not captured. `unsupported` where the provider has no call for it. */
  release(request: ReleaseRequest): Promise<void>;
  /** Withdraws a payment that is not yet approved. `unsupported` where the provider has no call for it. */
  abandon(request: ReleaseRequest): Promise<void>;
  /** Refunds captured money. `unsupported` where the provider has no call for it. */
  refund(request: RefundRequest): Promise<void>;
  /**
   * The payment's event log, oldest first; there exactly when the capability `eventLog` is. A payment the provider does
   * not know is `rejected` with code `unknownPayment`.
   */
  readEvents?(payment: PaymentIdentity): Promise<PaymentEvent[]>;
  /**
   * Shows a receipt with the payment in the customer's wallet app; there exactly when the capability `showsReceipt` is.
   * Never throws: the receipt of record is ours, and a sale does not depend on this one.
   */
  showReceipt?(receipt: WalletReceipt): Promise<WalletReceiptOutcome>;
  /** There where the provider calls registered addresses only. Without it the address goes with each payment. */
  webhooks?: WebhookRegistrations;
}
