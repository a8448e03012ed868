import type { Instant } from '../domain/instant.ts';

/** Why a person must look, beyond what the session's own workflow says of itself (`attentionReason`). */
export type OperatorTaskReason =
  /** an ENDCHARGE that came late would have made the captured amount smaller */
  | 'lateEndCharge'
  /** the session was due more than five minutes ago and has not acted */
  | 'overdue'
  /** the session is open and no workflow runs it */
  | 'workflowMissing'
  /** a workflow of this installation has no session on record; the subject is the session's id */
  | 'sessionMissing'
  /**
   * a customer ended a use that is not on record, while workflows without a session ran; the subject is the text's inbox
   * id
   */
  | 'endWithoutSession'
  /** the receipt counter was behind numbers that were issued, and skipped them; the subject is the partner's and the number */
  | 'receiptCounterBehind'
  /** a start word was handed on more than five minutes ago and its session has not begun; the subject is the session's id */
  | 'notBegun'
  /** the provider's amounts are not ours */
  | 'amountsDiffer'
  /** the provider's event log and its own amounts, or our operations, do not agree */
  | 'eventLogDiffers'
  /** a payment that carries no reference of this installation, or one that we have no record of */
  | 'foreignPayment'
  /** the provider could not be read for longer than it should take */
  | 'notReadable'
  /** a customer's text that Temporal keeps refusing while it takes others; the subject is its inbox id */
  | 'textNotDispatched'
  /** a gateway account refuses our login or sending number, or cannot be reached; the subject names account, number and code */
  | 'gatewayRefuses'
  /** customers text to a number that no route names; the subject is the account and the number */
  | 'numberNotRouted'
  /** the customer's link was refused, not delivered, or not reported in time, and none has arrived; closed once one has or nobody waits */
  | 'linkNotDelivered'
  /** a gateway's clock is off, or its texts come late; the subject is the gateway account */
  | 'gatewayClockOff'
  /** the session is over, the provider still holds money of it, and giving it back is not ours to decide or has failed */
  | 'moneyHeld';

/** Codes, ids, amounts in minor units and instants; never personal data. */
export type OperatorTaskDetails = Record<string, string | number | null>;

export interface OperatorTask {
  /** what it is about: a sessionId, or a provider's reference where no session of ours is known */
  subject: string;
  reason: OperatorTaskReason;
  sessionId: string | null;
  details: OperatorTaskDetails;
  openedAt: Instant;
  /** when it was found last; an open one is not opened a second time */
  lastSeenAt: Instant;
  closedAt: Instant | null;
  /** an operator's id, or `SYSTEM` */
  closedBy: string | null;
}

/** Closes a task where what it was about is gone. */
export const SYSTEM = 'system';

/** What people have to look at. Opened by whatever notices it, closed by a person or when it is gone. */
export interface OperatorTaskStore {
  /**
   * Opens a task unless one with this subject and reason is open already: then its `details` and `lastSeenAt` follow.
   * Nothing is opened either where a person has closed the last such task and the details are the same as then: what was
   * looked at and left as it is needs no second look. Harmless when repeated. `opened`: this call made it.
   */
  open(
    task: Pick<OperatorTask, 'subject' | 'reason' | 'sessionId' | 'details'>,
    at: Instant,
  ): Promise<{ opened: boolean }>;
  /** False when none is open. */
  close(task: Pick<OperatorTask, 'subject' | 'reason'> & { closedBy: string }, at: Instant): Promise<boolean>;
  /** Oldest first; with `reasons` those of these reasons alone, so that others do not take their place. */
  listOpen(limit: number, reasons?: readonly OperatorTask['reason'][]): Promise<OperatorTask[]>;
  /** Those of these sessions that are open, oldest first. */
  listOpenOf(sessionIds: readonly string[]): Promise<OperatorTask[]>;
  /** Open and closed, oldest first. */
  listForSession(sessionId: string): Promise<OperatorTask[]>;
}
