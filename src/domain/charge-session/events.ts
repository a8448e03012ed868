import type { Instant } from '../instant.ts';
import type { PaymentSnapshot } from '../payment.ts';

/** A text of the customer: gateway time (else first receipt), and first receipt. */
interface FromCustomer {
  inboxId: string;
  sentAt: Instant;
  receivedAt: Instant;
}

interface OfAttempt {
  attempt: number;
  at: Instant;
}

/** Everything that can happen to a session. `at` is a business instant. */
export type SessionEvent =
  | ({ type: 'endCharge' | 'chargeRepeated' | 'statusRequested' } & FromCustomer)
  | { type: 'paymentChanged' }
  | { type: 'paymentOpened' }
  | { type: 'endNow'; at: Instant }
  | { type: 'retryCapture' }
  | ({ type: 'reserved'; providerReference: string | null; redirectUrl: string } & OfAttempt)
  | ({ type: 'reserveRefused' } & OfAttempt)
  /** tried for long enough without an answer: the payment may exist */
  | ({ type: 'reserveFailed' } & OfAttempt)
  | ({ type: 'paymentRead'; snapshot: PaymentSnapshot | null } & OfAttempt)
  | ({ type: 'readFailed' } & OfAttempt)
  | ({ type: 'captured'; snapshot: PaymentSnapshot } & OfAttempt)
  | ({ type: 'captureRefused'; snapshot: PaymentSnapshot | null } & OfAttempt)
  /** a whole round of tries failed; another follows */
  | ({ type: 'captureFailed' } & OfAttempt)
  | ({ type: 'released'; snapshot: PaymentSnapshot } & OfAttempt)
  | ({ type: 'releaseRefused' } & OfAttempt)
  | ({ type: 'releaseFailed' } & OfAttempt)
  /** withdrawn, or found not withdrawable: the snapshot tells */
  | ({ type: 'abandonTried'; snapshot: PaymentSnapshot | null } & OfAttempt)
  | { type: 'usagePriced'; computedMinor: number; at: Instant }
  | { type: 'usagePlanned'; usedUpAt: Instant | null }
  /** a text or receipt of the message lane is done with, well or not */
  | { type: 'messageDone' }
  | { type: 'slotFreed' }
  | { type: 'tick'; at: Instant };

/** How a money step ended. */
export type MoneyResult = Extract<SessionEvent, { attempt: number }>;

/** Texts a session sends; the words are in `domain/texts.ts` and, for the receipt, the partner's own. */
export type SessionTextKind =
  | 'paymentLink'
  | 'linkAgain'
  | 'statusWaiting'
  | 'statusActive'
  | 'statusClosing'
  | 'cancelled'
  | 'declined'
  | 'expired'
  | 'couldNotStart'
  | 'warning'
  | 'usedUpContinue'
  | 'usedUpEnded'
  | 'nothingCharged'
  | 'lateApprovalReleased'
  | 'receipt';

/** What the workflow is asked to do besides money steps. Texts and receipts keep their order. */
export type SessionCommand =
  | { command: 'sendText'; kind: SessionTextKind; n: number }
  | { command: 'issueReceipt'; operationId: string }
  /** show the issued receipt in the wallet app */
  | { command: 'showReceipt'; operationId: string; paymentReference: string }
  /** ask the pricing when the reservation is used up */
  | { command: 'planUsage'; startedAt: Instant; limitMinor: number }
  | { command: 'priceUsage'; startedAt: Instant; endedAt: Instant }
  | { command: 'freeSlot' };

interface PaymentStep {
  attempt: number;
  paymentReference: string;
  providerReference: string | null;
}

/** One call about money. `operationId` is the key of the intended effect. */
export type MoneyStep =
  | ({ step: 'reserve'; operationId: string; amountMinor: number; expiresAt: Instant } & PaymentStep)
  | ({ step: 'read' } & PaymentStep)
  | ({ step: 'capture'; operationId: string; amountMinor: number; authorizedMinor: number } & PaymentStep)
  | ({ step: 'release'; operationId: string; amountMinor: number } & PaymentStep)
  | ({ step: 'abandon'; operationId: string } & PaymentStep);
