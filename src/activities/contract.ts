/** What the workflows know of the activities: types only. Ids, amounts and instants; never personal data. */
import type { ActionId, InboxId, PartnerId, SessionId } from '../domain/ids.ts';
import type { MoneyStep, SessionTextKind } from '../domain/session/events.ts';
import type { PaymentPage, SessionView } from '../domain/session/view.ts';
import type { Instant } from '../domain/instant.ts';
import type { Currency } from '../domain/money.ts';
import type { ActionReason } from '../domain/attention.ts';
import type { SessionCarriedKind } from '../domain/action.ts';
import type { PaymentSnapshot } from '../domain/payment.ts';
import type { ComparisonKind } from '../domain/reconciliation/comparison.ts';
import type { SessionTerms } from '../domain/session-terms.ts';
import type { SendTextOutcome } from '../domain/text-delivery.ts';
import type { ChargeState } from '../domain/session/charge-state.ts';

/** A money step with what every money activity needs: the session it is for, and the fence. */
export type MoneyStepInput<S extends MoneyStep['step']> = Extract<MoneyStep, { step: S }> & {
  sessionId: SessionId;
  provider: string;
  currency: Currency;
  /** number of this money step in its session; the tries of one step count inside it */
  fence: number;
};

export type ReserveOutcome =
  | { outcome: 'reserved'; providerReference: string | null; redirectUrl: string; at: Instant }
  | { outcome: 'refused'; code: string | null; at: Instant };

export interface ReadOutcome {
  snapshot: PaymentSnapshot | null;
  /** the money was taken, and by no call of ours */
  byOther?: boolean;
  at: Instant;
}

/** Nothing was moved, and the key has a no for good that might be a yes under another: the next call takes the next number. */
export interface KeyRefused {
  outcome: 'keyRefused';
  code: string | null;
  at: Instant;
}

export type CaptureOutcome =
  /** `byOther`: the money was taken by no call of ours, by our records or by the provider's event log */
  | { outcome: 'captured'; snapshot: PaymentSnapshot; byOther: boolean; at: Instant }
  | { outcome: 'refused'; code: string | null; snapshot: PaymentSnapshot | null; at: Instant }
  | KeyRefused;

export type ReleaseOutcome =
  | { outcome: 'released'; snapshot: PaymentSnapshot; at: Instant }
  | { outcome: 'refused'; code: string | null; at: Instant }
  | KeyRefused;

/** Calls to the payment provider. Each try reads before it writes. */
export interface MoneyActivities {
  reservePayment(input: MoneyStepInput<'reserve'>): Promise<ReserveOutcome>;
  readPayment(input: MoneyStepInput<'read'>): Promise<ReadOutcome>;
  capturePayment(input: MoneyStepInput<'capture'>): Promise<CaptureOutcome>;
  releasePayment(input: MoneyStepInput<'release'>): Promise<ReleaseOutcome>;
  abandonPayment(input: MoneyStepInput<'abandon'>): Promise<ReadOutcome>;
}

export interface SendTextInput {
  sessionId: SessionId;
  kind: SessionTextKind;
  n: number;
  session: SessionView;
}

export interface IssueReceiptInput {
  sessionId: SessionId;
  operationId: string;
  session: SessionView;
}

export interface ShowReceiptInput {
  sessionId: SessionId;
  operationId: string;
  paymentReference: string;
  provider: string;
}

export interface MessageActivities {
  sendText(input: SendTextInput): Promise<SendTextOutcome>;
  /** Sends the receipt text once more, once per action. */
  resendReceipt(input: ActionIdentity): Promise<SendTextOutcome>;
  /** Answers a text that belongs to no session. */
  sendReply(input: { inboxId: InboxId }): Promise<SendTextOutcome>;
  issueReceipt(input: IssueReceiptInput): Promise<{ receiptNumber: number }>;
  /** Shows the issued receipt in the wallet app. Its failure is recorded in the history and touches nothing else. */
  showReceipt(input: ShowReceiptInput): Promise<{ outcome: 'added' | 'existed' }>;
}

type BegunSession =
  /** `openedAt`: by the session's row, of the first try; `at`: now */
  | { isOver: false; terms: SessionTerms; requestedAt: Instant; openedAt: Instant; at: Instant }
  /** its workflow ran to its end before, and was reset since */
  | { isOver: true; state: ChargeState };

/** Records of our own: short, repeatable, without any vendor. */
export interface RecordActivities {
  /** `revision`: the last that the run before wrote to the row; 0: this is the first run. */
  beginSession(input: { sessionId: SessionId; inboxId: InboxId; revision: number }): Promise<BegunSession>;
  priceUsage(input: {
    terms: SessionTerms;
    startedAt: Instant;
    endedAt: Instant;
  }): Promise<{ computedMinor: number; at: Instant }>;
  planUsage(input: {
    terms: SessionTerms;
    startedAt: Instant;
    limitMinor: number;
  }): Promise<{ usedUpAt: Instant | null }>;
  /** `handledInboxIds`: those since the last record, at least. */
  recordSession(
    input: { session: SessionView; revision: number; handledInboxIds: string[] } & PaymentPage,
  ): Promise<void>;
  freeSlot(input: {
    sessionId: SessionId;
    handledInboxIds: string[];
    lastEndChargeAt: Instant | null;
  }): Promise<void>;
  markHandled(input: { inboxId: InboxId }): Promise<void>;
  currentInstant(): Promise<{ at: Instant }>;
  /** What an operator asked for under this id, with who and why on record; null: nothing, or it was answered before. */
  findOperatorAction(input: {
    sessionId: SessionId;
    actionId: ActionId;
  }): Promise<{ action: SessionCarriedKind | null }>;
  /** What came of an operator's press of a button; the first answer stays. */
  finishOperatorAction(input: {
    sessionId: SessionId;
    actionId: ActionId;
    state: 'succeeded' | 'refused';
    detail: string | null;
  }): Promise<void>;
}

/** An ENDCHARGE that came after its session was settled. */
export interface LateEndActivities {
  /** Opens a task for a person when the price of the end that was asked for is less than of the one that was settled. */
  reviewLateEnd(input: {
    sessionId: SessionId;
    terms: SessionTerms;
    startedAt: Instant;
    endedAt: Instant;
    lateEndAt: Instant;
    reservedMinor: number;
  }): Promise<void>;
  /** The same for a text that reached no session, or a later one than it was meant for. */
  reviewLateMessage(input: { inboxId: InboxId }): Promise<void>;
}

/** A refund with what every money activity needs; `amountMinor` is what this action returns, not the sum of all. */
export interface RefundInput {
  sessionId: SessionId;
  actionId: ActionId;
  provider: string;
  currency: Currency;
  fence: number;
  attempt: number;
  paymentReference: string;
  providerReference: string | null;
  operationId: string;
  amountMinor: number;
}

export type RefundOutcome =
  | { outcome: 'refunded'; snapshot: PaymentSnapshot; at: Instant }
  | { outcome: 'refused'; code: string | null; at: Instant };

export interface RefundActivities {
  refundPayment(input: RefundInput): Promise<RefundOutcome>;
}

export interface ActionIdentity {
  sessionId: SessionId;
  actionId: ActionId;
}

/** An action with a fence of its own, ready for its money call. */
export type ActionBegun = RefundInput & { partnerId: PartnerId };

export interface FinishActionInput extends ActionIdentity {
  state: 'succeeded' | 'refused' | 'failed';
  detail: string | null;
  /** the payment as it was read last; null when no read showed the effect */
  snapshot: PaymentSnapshot | null;
  attention: ActionReason | null;
}

/** Records of a session action: short, repeatable, without any vendor. */
export interface ActionRecordActivities {
  /** Takes the next fence of the session: a call that an earlier step or round left behind can no longer be made. */
  beginAction(input: ActionIdentity): Promise<ActionBegun>;
  /**
   * What is on record of the action's money call. `notMade`: nothing was ever sent; `unclear`: sent, or about to be, and
   * not known to be refused.
   */
  reviewAction(input: ActionIdentity): Promise<{ call: 'notMade' | 'unclear' }>;
  /** The credit note of a refund that was made; once, whatever is repeated. */
  issueCreditNote(input: ActionIdentity): Promise<{ receiptNumber: number }>;
  finishAction(input: FinishActionInput): Promise<void>;
}

/** A payment of which the provider still holds something. */
export interface HeldPayment {
  attempt: number;
  remainingMinor: number;
}

export interface SessionReconciled {
  kind: ComparisonKind;
  /** by its row, its workflow has something left to do */
  isOpen: boolean;
  held: HeldPayment[];
  /** what the provider shows as taken, in minor units */
  capturedMinor: number;
  /** false: what was taken or returned is not as booked, and a person looks before what is held is given back */
  isCapturedAsRecorded: boolean;
}

export interface SettleUntoldInput extends Pick<
  SessionReconciled,
  'held' | 'capturedMinor' | 'isCapturedAsRecorded'
> {
  sessionId: SessionId;
  /** the session's workflow took our signal: what is held is its own business */
  delivered: boolean;
}

/** Our payments held against the provider's. None of these changes money. */
export interface ReconciliationActivities {
  /** A page of the sessions that are to be looked at; `after`: the last one of the page before. */
  listToReconcile(input: { after: string | null }): Promise<{ sessionIds: string[]; isLast: boolean }>;
  /** Reads the session's payments, and opens or closes the tasks about differences. */
  reconcileSession(input: { sessionId: SessionId }): Promise<SessionReconciled>;
  /** Opens or closes the tasks about a missing workflow and held money; `release`: an action to be started. */
  settleUntold(input: SettleUntoldInput): Promise<{
    release: { sessionId: SessionId; actionId: ActionId; kind: 'release'; amountMinor: number } | null;
  }>;
}
