/** Why something needs an operator: one list, each reason raised and cleared by its owner. docs/runbook.md says what to do. */
import { ATTENTION_REASONS, type AttentionReason } from './session/state.ts';

type SessionReason = AttentionReason;

/** The session's workflow raises and clears these, by the set in its projection. */
export const SESSION_REASONS: readonly SessionReason[] = ATTENTION_REASONS;

/** An action after the session's end that failed, or whose outcome nobody knows. */
const ACTION_REASONS = ['refundNotMade', 'refundUncertain', 'releaseUncertain'] as const;
export type ActionReason = (typeof ACTION_REASONS)[number];

/** What the watches, the reconciliation and others find. */
export const FOUND_REASONS = [
  /** an ENDCHARGE that came late would have made the captured amount smaller */
  'lateEndCharge',
  /** the session was due more than five minutes ago and has not acted */
  'overdue',
  /** the session is open and no workflow runs it */
  'workflowMissing',
  /** a workflow of this installation has no session in the database; the subject is the session's id */
  'sessionMissing',
  /**
   * a customer ended a use that is not in the database, while workflows without a session ran; the subject is the text's
   * inbox id
   */
  'endWithoutSession',
  /** the receipt counter was behind issued numbers and skipped them; the subject is the partner's id and the number */
  'receiptCounterBehind',
  /** a start word was dispatched more than five minutes ago and its session has not begun; the subject is the session's id */
  'notBegun',
  /** the provider's amounts are not ours */
  'amountsDiffer',
  /** the provider's event log does not agree with its own amounts or our operations */
  'eventLogDiffers',
  /** a payment that carries no reference of this installation, or an unknown one */
  'foreignPayment',
  /** the provider could not be read for longer than it should take */
  'notReadable',
  /** a customer's text that Temporal keeps refusing while it takes others; the subject is its inbox id */
  'textNotDispatched',
  /** a gateway account refuses our login or sending number, or cannot be reached; the subject names account, number and code */
  'gatewayRefuses',
  /** customers text to a number that no route names; the subject is the account and the number */
  'numberNotRouted',
  /** the customer's payment link was refused, not delivered, or not reported in time, and none has arrived */
  'linkNotDelivered',
  /** a gateway's clock is off, or its texts come late; the subject is the gateway account */
  'gatewayClockOff',
  /** the session is over, the provider still holds money of it, and releasing it is not ours to decide or has failed */
  'moneyHeld',
] as const;
type FoundReason = (typeof FOUND_REASONS)[number];

export type RaisedReason = SessionReason | ActionReason | FoundReason;

/** The session and its actions raise these and nobody else clears them, except a write-off. */
export const SESSION_AND_ACTION_REASONS: readonly RaisedReason[] = [...SESSION_REASONS, ...ACTION_REASONS];

export function isSessionReason(reason: RaisedReason): reason is SessionReason | ActionReason {
  return SESSION_AND_ACTION_REASONS.includes(reason);
}
