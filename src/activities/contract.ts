/** The activities as the workflows know them: types. Ids, amounts and instants; never personal data. */
import type { LateEnd, SessionProjection } from '../ports/session-store.ts';
import type { ActionId, InboxId, PartnerId, SessionId } from '../domain/ids.ts';
import type { EventOf, MoneyStep, SessionTextKind } from '../domain/session/events.ts';
import type { SessionView } from '../domain/session/view.ts';
import type { Instant } from '../domain/instant.ts';
import type { Currency } from '../domain/money.ts';
import type { ActionReason } from '../domain/attention.ts';
import type { SessionCarriedKind } from '../domain/action.ts';
import type { PaymentSnapshot } from '../domain/payment.ts';
import type { ComparisonKind } from '../domain/reconciliation/comparison.ts';
import type { SessionTerms } from '../domain/session-terms.ts';
import type { SendTextOutcome } from '../domain/text-delivery.ts';

export interface Activities {
  // Calls to the payment provider. Each try reads before it writes.
  reservePayment(input: MoneyStepInput<'reserve'>): Promise<EventOf<'reserved' | 'reserveRefused'>>;
  /** `terms`: with them a read that shows the approval says also when the reservation is used up */
  readPayment(input: MoneyStepInput<'read'> & { terms?: SessionTerms }): Promise<EventOf<'paymentRead'>>;
  capturePayment(
    input: MoneyStepInput<'capture'>,
  ): Promise<EventOf<'captured' | 'captureRefused' | 'captureKeyRefused'>>;
  releasePayment(
    input: MoneyStepInput<'release'>,
  ): Promise<EventOf<'released' | 'releaseRefused' | 'releaseKeyRefused'>>;
  abandonPayment(input: MoneyStepInput<'abandon'>): Promise<EventOf<'abandonTried'>>;
  /** `amountMinor` is what this action returns, not the sum of all. */
  refundPayment(input: ActionCall): Promise<RefundOutcome>;

  // Texts and receipts.
  sendText(input: SendTextInput): Promise<{ outcome: SendTextOutcome } & SlotFreed>;
  /** Sends the receipt text once more, once per action. */
  resendReceipt(input: ActionIdentity): Promise<SendTextOutcome>;
  /** Answers a text that belongs to no session. */
  sendReply(input: { inboxId: InboxId }): Promise<SendTextOutcome>;
  issueReceipt(input: IssueReceiptInput): Promise<{ receiptNumber: number }>;
  /** Shows the issued receipt in the wallet app. Its failure is recorded in the history and touches nothing else. */
  showReceipt(input: ShowReceiptInput): Promise<{ outcome: 'added' | 'existed' } & SlotFreed>;

  // Records of a session: short, repeatable, without any vendor.
  priceUsage(
    input: { terms: SessionTerms; startedAt: Instant; endedAt: Instant } & Carried,
  ): Promise<EventOf<'usagePriced'>>;
  computeUsedUpAt(
    input: { terms: SessionTerms; startedAt: Instant; limitMinor: number } & Carried,
  ): Promise<{ usedUpAt: Instant | null }>;
  /** Only where no other activity is scheduled that carries the projection. */
  recordSession(input: Required<Carried>): Promise<void>;
  freeSlot(input: SlotToFree & Carried): Promise<void>;
  markHandled(input: { inboxId: InboxId }): Promise<void>;
  /** An ENDCHARGE that came after its session was priced: raises an attention entry if its price would have been less. */
  reviewLateEnd(input: LateEnd): Promise<void>;
  /** The same for a text that reached no session, or a later one than it was meant for. */
  reviewLateMessage(input: { inboxId: InboxId }): Promise<void>;

  // Records of an operator's action.
  currentInstant(): Promise<{ at: Instant }>;
  /** The action recorded under this id and when it was requested; null: there is none, or it was answered before. */
  findOperatorAction(
    input: ActionIdentity,
  ): Promise<{ action: SessionCarriedKind; requestedAt: Instant } | { action: null }>;
  /** Records the result of an operator's action; the first answer stays. */
  finishOperatorAction(
    input: ActionIdentity & { state: 'succeeded' | 'refused'; detail: string | null },
  ): Promise<void>;
  /** Takes the next step number of the session: a call that an earlier step or round left behind can no longer be made. */
  beginAction(input: ActionIdentity): Promise<ActionBegun>;
  /** `notMade`: the action's money call was never sent; `unclear`: sent, or about to be, and not known to be refused. */
  reviewAction(input: ActionIdentity): Promise<{ call: 'notMade' | 'unclear' }>;
  /** The credit note of a refund that was made; once, whatever is repeated. */
  issueCreditNote(input: ActionIdentity): Promise<{ receiptNumber: number }>;
  finishAction(input: FinishActionInput): Promise<void>;

  // Our ledger compared with the provider's. None of these changes money.
  /** A page of the sessions that are to be read; `after`: the last one of the page before. */
  listToReconcile(input: { after: string | null }): Promise<{ sessionIds: string[]; isLast: boolean }>;
  /** Reads the session's payments, and raises or clears the attention entries about differences. */
  reconcileSession(input: { sessionId: SessionId }): Promise<SessionReconciled>;
  /** Does the same about a missing workflow and money not released; `release`: an action to be started. */
  followUpSession(input: FollowUpInput): Promise<{
    release: { sessionId: SessionId; actionId: ActionId; kind: 'release'; amountMinor: number } | null;
  }>;
}

/** The newest projection of the session: the activity that carries it stores it first. An older one changes nothing. */
export interface Carried {
  projection?: StoredProjection;
}

export interface StoredProjection extends SessionProjection {
  /** the last that the run before has stored; 0: this is the first run */
  sinceRevision: number;
  /** those since the last record, at least */
  handledInboxIds: readonly InboxId[];
}

export interface SlotToFree {
  sessionId: SessionId;
  handledInboxIds: readonly InboxId[];
  lastEndChargeAt: Instant | null;
}

/** The last message to the customer: once it is out the slot is freed, and the projection of that stored. */
export interface FreesSlot {
  slot?: SlotToFree & Required<Carried>;
}

export interface SlotFreed {
  /** false also where a text of the session is not handled yet: then the slot is freed later */
  isSlotFreed: boolean;
}

/** A money step with what every money activity needs: the session it is for, and the step's number. */
export type MoneyStepInput<S extends MoneyStep['step']> = Extract<MoneyStep, { step: S }> & {
  sessionId: SessionId;
  provider: string;
  currency: Currency;
  /** number of this money step in its session; the tries of one step count inside it */
  stepNumber: number;
} & Carried;

export interface SendTextInput extends Carried, FreesSlot {
  sessionId: SessionId;
  kind: SessionTextKind;
  n: number;
  session: Pick<SessionView, 'startedAt' | 'limitAt' | 'reservedMinor'>;
}

export interface IssueReceiptInput extends Carried {
  sessionId: SessionId;
  operationId: string;
  session: Pick<
    SessionView,
    'startedAt' | 'endedAt' | 'reservedMinor' | 'capturedMinor' | 'releaseSource' | 'shortfallMinor'
  >;
}

export interface ShowReceiptInput extends Carried, FreesSlot {
  sessionId: SessionId;
  operationId: string;
  paymentReference: string;
  provider: string;
}

export interface ActionIdentity {
  sessionId: SessionId;
  actionId: ActionId;
}

/** The money call of an action, with what every money activity needs. */
export interface ActionCall extends ActionIdentity {
  provider: string;
  currency: Currency;
  stepNumber: number;
  paymentNumber: number;
  paymentReference: string;
  providerReference: string | null;
  operationId: string;
  amountMinor: number;
}

/** An action with a step number of its own, ready for its money call. */
export type ActionBegun = ActionCall & { partnerId: PartnerId };

export type RefundOutcome =
  | { outcome: 'refunded'; snapshot: PaymentSnapshot; at: Instant }
  | { outcome: 'refused'; code: string | null; at: Instant };

export interface FinishActionInput extends ActionIdentity {
  state: 'succeeded' | 'refused' | 'failed';
  detail: string | null;
  /** the payment as it was read last; null when no read showed the effect */
  snapshot: PaymentSnapshot | null;
  attention: ActionReason | null;
}

/** A payment with a remaining authorization at the provider. */
export interface UnreleasedPayment {
  paymentNumber: number;
  remainingMinor: number;
}

export interface SessionReconciled {
  kind: ComparisonKind;
  /** by its row, its workflow has something left to do */
  isOpen: boolean;
  unreleased: UnreleasedPayment[];
  /** what the provider shows as captured, in minor units */
  capturedMinor: number;
  /** false: what was captured or refunded is not as recorded, and an operator decides before anything is released */
  isCapturedAsRecorded: boolean;
}

export interface FollowUpInput extends Pick<
  SessionReconciled,
  'unreleased' | 'capturedMinor' | 'isCapturedAsRecorded'
> {
  sessionId: SessionId;
  /** the session's workflow accepted our signal and releases what remains itself */
  delivered: boolean;
}
