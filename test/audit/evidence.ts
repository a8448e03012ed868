// Owns: what the auditor reads, as plain data: the simulator's truth, the database, the workflows. Nothing here knows
// the product's code; the shapes are those of its tables and of the simulator's API.

/** What was agreed with the partners, from whoever set them up. */
export interface Terms {
  startWords: string[];
  /** by partner */
  endWords: Record<string, string>;
  /** end the customer's only open session, whoever's it is */
  generalEndWords: string[];
  reservationMinor: number;
  stepMs: number;
  priceMinorPerStep: number;
  freeMs: number;
  linkLifeMs: number;
  /** by partner */
  sessionLimitMs: Record<string, number>;
  minimumCaptureMinor: number;
  /** no first read of an approval comes later than this after it */
  firstReadMs: number;
  /** true: a provider may refuse a call permanently, so an amount may stay uncaptured or held, for a recorded reason */
  refusals: boolean;
  /** true: the gateway may lose a text before the webhook acknowledges it */
  losesTexts: boolean;
  /** true: the partner's switch for receipts is turned off in the run, so an end may have no text */
  switchesReceiptsOff: boolean;
}

export interface SimulatedText {
  id: string;
  direction: 'in' | 'out';
  from: string;
  to: string;
  text: string;
  at: string;
  messageId: string;
  /** of a text from the phone: `delivered` when our webhook has acknowledged it */
  state: string;
}

export interface SimulatedPayment {
  id: string;
  provider: string;
  status: 'pending' | 'authorized' | 'captured' | 'released' | 'declined' | 'expired';
  requestedMinor: number;
  authorizedMinor: number;
  capturedMinor: number;
  releasedMinor: number;
  refundedMinor: number;
  createdAt: string;
  authorizedAt: string | null;
  /** successful captures */
  captures: number;
  reference: string | null;
}

export interface InboundRow {
  inboxId: string;
  sequence: number;
  messageId: string;
  subscriberId: string;
  sentAt: string;
  receivedAt: string;
  /** the session's workflow had it by then */
  dispatchedAt: string | null;
  state: string;
  assignmentKind: string | null;
  signal: string | null;
  replyKind: string | null;
  sessionId: string | null;
}

export interface SessionRow {
  sessionId: string;
  partnerId: string;
  subscriberId: string;
  inboxId: string;
  linkToken: string;
  createdAt: string;
  state: string;
  transactionId: string | null;
  startedAt: string | null;
  endedAt: string | null;
  reservedMinor: number;
  computedMinor: number | null;
  capturedMinor: number;
  releasedMinor: number;
  releaseSource: string | null;
  shortfallMinor: number;
  attentionReason: string | null;
  refundedMinor: number;
  nextDueAt: string | null;
}

export interface AttemptRow {
  paymentReference: string;
  sessionId: string;
  paymentNumber: number;
  provider: string;
  phase: string;
  authorizedMinor: number;
  capturedMinor: number;
  releasedMinor: number;
  refundedMinor: number;
}

/** What an operator requested. */
export interface ActionRow {
  sessionId: string;
  kind: string;
  state: string;
  amountMinor: number | null;
}

export interface OperationRow {
  operationId: string;
  sessionId: string;
  operation: string;
  amountMinor: number;
  state: string;
  tries: number;
  finishedAt: string | null;
}

export interface OutboundRow {
  outboundId: string;
  sessionId: string | null;
  inboxId: string | null;
  subscriberId: string;
  kind: string;
  state: string;
  tries: number;
  gatewayMessageId: string | null;
}

export interface ReceiptRow {
  partnerId: string;
  sessionId: string;
  kind: string;
  number: number;
  token: string;
  netMinor: number;
  vatMinor: number;
  grossMinor: number;
  capturedMinor: number;
}

export interface WorkflowRun {
  workflowId: string;
  status: string;
  /** null: it has none yet, or it failed */
  result: {
    state: string;
    reservedMinor: number;
    capturedMinor: number;
    releasedMinor: number;
    computedMinor: number | null;
  } | null;
}

export interface Evidence {
  /** when it was collected */
  at: string;
  terms: Terms;
  texts: SimulatedText[];
  payments: SimulatedPayment[];
  inbound: InboundRow[];
  sessions: SessionRow[];
  attempts: AttemptRow[];
  operations: OperationRow[];
  actions: ActionRow[];
  /** the session that each subscriber's messages belong to */
  slots: { sessionId: string }[];
  outbound: OutboundRow[];
  receipts: ReceiptRow[];
  /** last receipt number given out, by partner */
  receiptCounters: Record<string, number>;
  /** of each workflow its last run */
  workflows: WorkflowRun[];
  /** runs of sessions that went on as a new one */
  continuedRuns: number;
  /** that customers have opened and pressed nothing on */
  pageViews: number;
  /** what people were asked to look at */
  tasks: { sessionId: string | null; reason: string }[];
  /** phone numbers found where none may be: the place, not the number */
  leaks: string[];
}

export type Category = 'lost' | 'doubled' | 'wrong' | 'stuck';

export interface Finding {
  category: Category;
  /** of a session, payment, text or message */
  subject: string;
  what: string;
}
