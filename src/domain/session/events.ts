/** What a session receives and what follows from it: events, commands and money steps. */
import type { InboxId } from '../ids.ts';
import type { Instant } from '../instant.ts';
import type { PaymentSnapshot } from '../payment.ts';
import type { CustomerMessageKind } from './customer-messages.ts';
import type { SessionState } from './state.ts';

interface OfPayment {
  paymentNumber: number;
}

interface Refused extends OfPayment {
  /** the provider's, for people who read the history */
  code?: string | null;
}

/** Everything a session can receive. `at`: the business instant at which it reached us. */
export type SessionEvent = { at: Instant } & (
  | CustomerMessageEvent
  /** a hint of the provider: a read is due */
  | { type: 'paymentChanged' }
  /** the customer opened the payment page */
  | { type: 'paymentOpened' }
  | { type: 'endNow' }
  | { type: 'retryCapture' }
  /** an operator waives the price: nothing is charged and everything is released */
  | { type: 'waive' }
  /** an operator gives up what could not be captured; the remaining authorization is released */
  | { type: 'writeOff' }
  | ({ type: 'reserved'; providerReference: string | null; redirectUrl: string } & OfPayment)
  | ({ type: 'reserveRefused' } & Refused)
  /** every try was without an answer: the payment may exist */
  | ({ type: 'reserveFailed' } & OfPayment)
  /**
   * `byOther`: the money was captured, and by no call of ours. `usedUp`: of a use that begins with this read; computed again
   * where the session begins it otherwise
   */
  | ({
      type: 'paymentRead';
      snapshot: PaymentSnapshot | null;
      byOther?: boolean;
      usedUp?: UsedUp;
    } & OfPayment)
  | ({ type: 'readFailed' } & OfPayment)
  /** `byOther`: it was no call of ours */
  | ({ type: 'captured'; snapshot: PaymentSnapshot; byOther?: boolean } & OfPayment)
  | ({ type: 'captureRefused'; snapshot: PaymentSnapshot | null } & Refused)
  /** a whole round of tries failed; another follows */
  | ({ type: 'captureFailed' } & OfPayment)
  /** a bound refusal of the call's key, and nothing was captured: the next key may be accepted */
  | ({ type: 'captureKeyRefused' } & Refused)
  | ({ type: 'released'; snapshot: PaymentSnapshot } & OfPayment)
  | ({ type: 'releaseRefused' } & Refused)
  | ({ type: 'releaseFailed' } & OfPayment)
  /** as with a capture; nothing was released */
  | ({ type: 'releaseKeyRefused' } & Refused)
  /** withdrawn, or found not withdrawable: the snapshot shows which */
  | ({ type: 'abandonTried'; snapshot: PaymentSnapshot | null } & OfPayment)
  | { type: 'usagePriced'; computedMinor: number }
  | { type: 'usedUpAtComputed'; usedUpAt: Instant | null }
  /** a text or receipt was sent or given up */
  | { type: 'outgoingDone' }
  | { type: 'slotFreed' }
  | { type: 'lateEndReviewed' }
  | { type: 'tick' }
);

export type EventOf<T extends SessionEvent['type']> = Extract<SessionEvent, { type: T }>;

/** A text of the customer; `at` is its first receipt. */
export interface CustomerMessageEvent {
  type: 'customerMessage';
  kind: CustomerMessageKind;
  inboxId: InboxId;
  /** gateway time, else first receipt */
  sentAt: Instant;
}

/** When a reservation is used up. */
export interface UsedUp {
  startedAt: Instant;
  limitMinor: number;
  /** first instant that the reservation does not cover; null: never */
  at: Instant | null;
}

/** How a money step ended. */
export type MoneyResult = Extract<SessionEvent, { paymentNumber: number }>;

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

/** What the workflow does besides money steps. Texts and receipts keep their order. */
export type SessionCommand =
  | { command: 'sendText'; kind: SessionTextKind; n: number }
  | { command: 'issueReceipt'; operationId: string }
  /** show the issued receipt in the wallet app */
  | { command: 'showReceipt'; operationId: string; paymentReference: string }
  /** compute when the reservation is used up */
  | { command: 'computeUsedUpAt'; startedAt: Instant; limitMinor: number }
  | { command: 'priceUsage'; startedAt: Instant; endedAt: Instant }
  /** an ENDCHARGE for an earlier instant than the one the use ended at: would the price have been less? */
  | {
      command: 'reviewLateEnd';
      startedAt: Instant;
      endedAt: Instant;
      lateEndAt: Instant;
      reservedMinor: number;
    }
  /** an ENDCHARGE from before this session: it may have been meant for an earlier one */
  | { command: 'reviewLateMessage'; inboxId: InboxId }
  | { command: 'freeSlot' };

interface PaymentStep {
  paymentNumber: number;
  paymentReference: string;
  providerReference: string | null;
}

/** One call about money. `operationId` is the key of the intended effect. */
export type MoneyStep =
  | ({ step: 'reserve'; operationId: string; amountMinor: number; expiresAt: Instant } & PaymentStep)
  /** `createdAt`: of a payment that may show its approval now */
  | ({ step: 'read'; createdAt?: Instant } & PaymentStep)
  | ({ step: 'capture'; operationId: string; amountMinor: number; authorizedMinor: number } & PaymentStep)
  | ({ step: 'release'; operationId: string; amountMinor: number } & PaymentStep)
  | ({ step: 'abandon'; operationId: string } & PaymentStep);

/** A state being changed by one event, and the commands of the change. */
export interface Draft {
  session: SessionState;
  commands: SessionCommand[];
}

/** Requests a text; each kind is counted, so that every text has an id of its own. */
export function text({ session, commands }: Draft, kind: SessionTextKind): void {
  const n = (session.texts.sent[kind] ?? 0) + 1;
  session.texts.sent[kind] = n;
  session.texts.outstanding += 1;
  commands.push({ command: 'sendText', kind, n });
}

/** Requests a text that is sent once per session. */
export function textOnce(draft: Draft, kind: SessionTextKind): void {
  if (!isSent(draft.session, kind)) text(draft, kind);
}

export function isSent({ texts }: SessionState, kind: SessionTextKind): boolean {
  return (texts.sent[kind] ?? 0) > 0;
}

export function issueReceipt({ session, commands }: Draft, operationId: string): void {
  session.texts.outstanding += 1;
  commands.push({ command: 'issueReceipt', operationId });
}

/** Only if the wallet shows receipts; after the text, which must not wait for it. */
export function showReceipt(
  { session, commands }: Draft,
  operationId: string,
  paymentReference: string,
): void {
  if (session.terms.payment.showsReceipt !== true) return;
  session.texts.outstanding += 1;
  commands.push({ command: 'showReceipt', operationId, paymentReference });
}
