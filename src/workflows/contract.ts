/**
 * What the outside needs to talk to our workflows: names, ids, messages. No decisions here, and no personal data in
 * anything that passes: ids, amounts and instants only.
 */
import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { SessionState } from '../domain/session/state.ts';
import type { SessionTerms } from '../domain/session-terms.ts';
import type { SessionView } from '../domain/session/view.ts';
import type { Instant } from '../domain/instant.ts';
import type { LinkFault } from '../domain/text-delivery.ts';
import type { SessionCarriedKind } from '../domain/action.ts';
import type { ChargeState } from '../domain/session/charge-state.ts';
import type { CustomerMessageKind } from '../domain/session/customer-messages.ts';

/** For the search for issued numbers, and for the start of a session. */
export { RECEIPT_NUMBER } from './search-attributes.ts';
export { firstSearchAttributes } from './shown-attributes.ts';

export const TASK_QUEUE = 'sms2pay';

export const CHARGE_SESSION_WORKFLOW = 'ChargeSession';
export const KEYWORD_REPLY_WORKFLOW = 'KeywordReply';
export const SESSION_ACTION_WORKFLOW = 'SessionAction';

export const RECONCILIATION_WORKFLOW = 'Reconciliation';
/** of the schedule that starts it, and the beginning of its runs' workflow ids */
export const RECONCILIATION_ID = 'sms2pay-reconciliation';

export function chargeSessionWorkflowId(sessionId: string): string {
  return `charge-session-${sessionId}`;
}

export function keywordReplyWorkflowId(inboxId: string): string {
  return `reply-${inboxId}`;
}

/** `actionId` is the caller's nonce: a repeated request is one action. */
export function sessionActionWorkflowId(sessionId: string, actionId: string): string {
  return `session-action-${sessionId}-${actionId}`;
}

export interface ChargeSessionInput {
  sessionId: string;
  /** of the CHARGE */
  inboxId: string;
  terms: SessionTerms;
  /** gateway time of that text */
  requestedAt: Instant;
  /** business time when the workflow was started */
  at: Instant;
}

/** What a session that goes on as a new run, with an empty history, takes along. */
export interface ContinuedSession {
  session: SessionState;
  linkFault: LinkFault | null;
  /** of the session's row */
  revision: number;
  /** business time minus the workflow's clock, and business time at the end of the run before */
  clockSkewMs: number;
  at: Instant;
}

/** Its workflow was reset after its end: nothing is done again. */
export interface AlreadyOver {
  alreadyOver: true;
  state: ChargeState;
}

export interface KeywordReplyInput {
  inboxId: string;
}

/** An action after the session's end. Who requested it and why is in the database only. */
export type SessionActionInput = { sessionId: string; actionId: string } & (
  { kind: 'refund' | 'release'; amountMinor: number } | { kind: 'resendReceipt'; amountMinor: null }
);

export interface SessionActionResult {
  state: 'succeeded' | 'refused' | 'failed';
  /** a code: why it was refused or failed */
  detail: string | null;
  /** of the credit note that a refund made */
  receiptNumber: number | null;
}

/** The progress of a reconciliation, which goes on as a new run after each page. */
export interface ReconciliationInput {
  /** the last session of the page before; null: from the beginning */
  after: string | null;
  /** sessions compared so far, by result */
  counts: Record<string, number>;
}

export interface ReconciliationResult {
  counts: Record<string, number>;
}

/** A text of the customer that belongs to this session, or Stop on its page. */
export interface CustomerMessage {
  kind: CustomerMessageKind;
  inboxId: string;
  /** gateway time; first receipt when the gateway sent none */
  sentAt: Instant;
  /** when it first reached us */
  receivedAt: Instant;
}

export const customerMessageSignal = defineSignal<[CustomerMessage]>('customerMessage');
/** "Read the payment at the provider now": a hint, never a fact. */
export const paymentChangedSignal = defineSignal('paymentChanged');

export interface PaymentOpened {
  /** when the customer tapped, by the API's clock */
  at: Instant;
}

/** The customer opened the payment link. Where to send the browser stands in the row of the session. */
export const paymentOpenedSignal = defineSignal<[PaymentOpened]>('paymentOpened');

export interface LinkReported {
  /** null: a link has arrived after all */
  fault: LinkFault | null;
}

/** Whether the payment link has reached the customer, as the watch over the texts sees it. It decides nothing. */
export const linkReportedSignal = defineSignal<[LinkReported]>('linkReported');

export interface OperatorActionInput {
  action: SessionCarriedKind;
  /** who requested it and why is in the database only */
  actionId: string;
}

export type OperatorActionResult = { done: true } | { done: false; why: string };

/** An operator's request; it and its answer are recorded under its id, and the same id is the same request. */
export const operatorActionSignal = defineSignal<[OperatorActionInput]>('operatorAction');

export const sessionStateQuery = defineQuery<SessionView>('sessionState');
