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
  /** `at`: when the hint came; null: when the last thing did */
  | { type: 'paymentChanged'; at: Instant | null }
  /** `at`: of the tap; an earlier program did not say it */
  | { type: 'paymentOpened'; at?: Instant }
  | { type: 'endNow'; at: Instant }
  | { type: 'retryCapture' }
  /** an operator waives the price: nothing is charged and all is given back */
  | { type: 'releaseNow'; at: Instant }
  /** an operator gives up what could not be captured; what is still held is given back */
  | { type: 'writeOff' }
  | ({ type: 'reserved'; providerReference: string | null; redirectUrl: string } & OfAttempt)
  | ({ type: 'reserveRefused' } & OfAttempt)
  /** tried for long enough without an answer: the payment may exist */
  | ({ type: 'reserveFailed' } & OfAttempt)
  /** `byOther`: the money was taken, and by no call of ours */
  | ({ type: 'paymentRead'; snapshot: PaymentSnapshot | null; byOther?: boolean } & OfAttempt)
  | ({ type: 'readFailed' } & OfAttempt)
  /** `byOther`: it was no call of ours */
  | ({ type: 'captured'; snapshot: PaymentSnapshot; byOther?: boolean } & OfAttempt)
  | ({ type: 'captureRefused'; snapshot: PaymentSnapshot | null } & OfAttempt)
  /** a whole round of tries failed; another follows */
  | ({ type: 'captureFailed' } & OfAttempt)
  /** the key of the call has a no for good that may be a yes under another; nothing was taken */
  | ({ type: 'captureKeySpent' } & OfAttempt)
  | ({ type: 'released'; snapshot: PaymentSnapshot } & OfAttempt)
  | ({ type: 'releaseRefused' } & OfAttempt)
  | ({ type: 'releaseFailed' } & OfAttempt)
  /** as with a capture; nothing was given back */
  | ({ type: 'releaseKeySpent' } & OfAttempt)
  /** withdrawn, or found not withdrawable: the snapshot tells */
  | ({ type: 'abandonTried'; snapshot: PaymentSnapshot | null } & OfAttempt)
  | { type: 'usagePriced'; computedMinor: number; at: Instant }
  | { type: 'usagePlanned'; usedUpAt: Instant | null }
  /** a text or receipt of the message lane is done with, well or not */
  | { type: 'messageDone' }
  | { type: 'slotFreed' }
  /** a late ENDCHARGE has been looked at */
  | { type: 'lateEndReviewed' }
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
  /** an ENDCHARGE came after the use was ended later than it asks: would the price have been less? */
  | {
      command: 'reviewLateEnd';
      startedAt: Instant;
      endedAt: Instant;
      lateEndAt: Instant;
      reservedMinor: number;
    }
  /** an ENDCHARGE from before this session: it may have been meant for an earlier one */
  | { command: 'reviewLateMessage'; inboxId: string }
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
