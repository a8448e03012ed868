// The rows of the simulator's own store. Rows are never changed in place: a new version replaces the old one.

export type TextState = 'pending' | 'delivered' | 'dropped' | 'expired';

export interface TextRow {
  readonly id: string;
  /** `in`: from the phone; `out`: to the phone */
  readonly direction: 'in' | 'out';
  readonly from: string;
  readonly to: string;
  readonly text: string;
  /** simulator clock, or the time the tester gave */
  readonly at: string;
  readonly messageId: string;
  readonly state: TextState;
  readonly segments: number;
  /** pushes made for a text from the phone */
  readonly attempts: number;
}

export type PaymentStatus = 'pending' | 'authorized' | 'captured' | 'released' | 'declined' | 'expired';

/** What every vendor keeps of a payment. */
export interface AnyPayment {
  readonly id: string;
  readonly requestedMinor: number;
  readonly authorizedMinor: number;
  readonly capturedMinor: number;
  readonly refundedMinor: number;
  readonly currency: string;
  readonly createdAt: string;
  /** simulator clock; null: not approved */
  readonly authorizedAt: string | null;
  readonly description: string;
}

/** At Paycore. `id` is a GUID: the pre-transaction and the transaction share it. */
export interface PaymentRow extends AnyPayment {
  readonly provider: 'paycore';
  readonly partnerId: string;
  readonly status: PaymentStatus;
  readonly releasedMinor: number;
  readonly expiresAt: string | null;
  /** the caller's `referenceId` */
  readonly reference: string | null;
  readonly correlationId: string | null;
  readonly ocr: string | null;
  readonly msisdn: string | null;
  readonly returnUrl: string | null;
  readonly statusCallbackUrl: string | null;
  readonly smsOriginator: string | null;
  /** Paycore itself texted the payment link */
  readonly smsNotificationSent: boolean;
  readonly smsReceiptText: string | null;
  /** the wallet's own id of the payment */
  readonly paymentTransactionId: string;
}

/** What is pushed to sms2pay: a customer's text, a delivery report, Paycore's callback, an event at Vipps. */
export type DeliveryKind = 'mo' | 'delivery' | 'callback' | 'event';

export interface DeliveryRow {
  readonly id: string;
  readonly kind: DeliveryKind;
  /** id of the text or payment it reports */
  readonly subject: string;
  /** the callback's own URL; null: the gateway's configured webhook */
  readonly url: string | null;
  readonly body: string | null;
  /** of an event: the webhook registration it goes to, in order */
  readonly registration?: string;
  readonly attempts: number;
  /** wall clock, ms since the epoch */
  readonly createdAtMs: number;
  /** wall clock, ms since the epoch */
  readonly dueAtMs: number;
  /** a fault has delayed it already, so the next try is not disturbed */
  readonly isDelayed: boolean;
  /** waits to be overtaken by the next one of its kind */
  readonly awaitsOvertaking: boolean;
}

export const FAULT_OPERATIONS = [
  'mo',
  'delivery',
  'send',
  'reserve',
  'read',
  'capture',
  'release',
  'abandon',
  'refund',
  'callback',
  'token',
  'receipt',
] as const;
export type FaultOperation = (typeof FAULT_OPERATIONS)[number];

export const FAULT_KINDS = [
  'delay',
  'fail',
  'refuse',
  'timeoutAfterActing',
  'drop',
  'double',
  'reorder',
  'badSignature',
  'lock',
  'rateLimit',
  'dropAfterActing',
  'failAfterActing',
  'conflict',
  'expiredToken',
  'releaseEarly',
  'unsuccessful',
] as const;
export type FaultKind = (typeof FAULT_KINDS)[number];

export interface FaultRow {
  readonly id: string;
  readonly operation: FaultOperation;
  readonly kind: FaultKind;
  /** which published error `refuse` answers, where the vendor has codes */
  readonly code?: number;
  readonly ms: number;
  readonly times: number;
  readonly fired: number;
}

/** A phone that the tester added. */
export interface PhoneRow {
  /** digits */
  readonly id: string;
  /** as the tester wrote it */
  readonly number: string;
}

export interface NonceRow {
  readonly id: string;
  /** wall clock, ms since the epoch */
  readonly usedAtMs: number;
}

export interface SettingsRow {
  readonly id: 'settings';
  readonly clockOffsetMs: number;
  /** Paycore's "Send a receipt SMS upon successful payment" */
  readonly paycoreSendsReceipts: boolean;
  readonly paycoreReleasesRest: boolean;
}
