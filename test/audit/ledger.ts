// Owns: the evidence, looked up by session, payment, message and phone.
import type {
  ActionRow,
  AttemptRow,
  Evidence,
  InboundRow,
  OperationRow,
  OutboundRow,
  ReceiptRow,
  SessionRow,
  SimulatedPayment,
  SimulatedText,
  WorkflowRun,
} from './evidence.ts';

const IMPOSSIBLE_MS = 7 * 24 * 3_600_000;
/** Ends for a capture that cannot be had. */
export const GIVEN_UP: ReadonlySet<string> = new Set(['lost', 'lapsed', 'writtenOff']);

export class Ledger {
  readonly evidence: Evidence;
  readonly paymentByReference: ReadonlyMap<string, SimulatedPayment>;
  readonly sessionById: ReadonlyMap<string, SessionRow>;
  readonly inboundByMessage: ReadonlyMap<string, InboundRow[]>;
  readonly inboundBySession: ReadonlyMap<string, InboundRow[]>;
  readonly attemptsBySession: ReadonlyMap<string, AttemptRow[]>;
  readonly operationsBySession: ReadonlyMap<string, OperationRow[]>;
  readonly actionsBySession: ReadonlyMap<string, ActionRow[]>;
  readonly outboundBySession: ReadonlyMap<string, OutboundRow[]>;
  readonly outboundByInbox: ReadonlyMap<string, OutboundRow[]>;
  readonly outboundBySubscriber: ReadonlyMap<string, OutboundRow[]>;
  readonly receiptsBySession: ReadonlyMap<string, ReceiptRow[]>;
  readonly workflowById: ReadonlyMap<string, WorkflowRun>;
  readonly textByMessage: ReadonlyMap<string, SimulatedText>;
  readonly textsToPhone: ReadonlyMap<string, SimulatedText[]>;
  readonly phoneOfSubscriber: ReadonlyMap<string, string>;

  constructor(evidence: Evidence) {
    this.evidence = evidence;
    const { texts, payments, inbound, sessions, attempts, operations, actions } = evidence;
    const { outbound, receipts, workflows } = evidence;
    this.paymentByReference = byKey(payments, ({ reference }) => reference);
    this.sessionById = byKey(sessions, ({ sessionId }) => sessionId);
    this.inboundByMessage = groups(inbound, ({ messageId }) => messageId);
    this.inboundBySession = groups(inbound, ({ sessionId }) => sessionId);
    this.attemptsBySession = groups(attempts, ({ sessionId }) => sessionId);
    this.operationsBySession = groups(operations, ({ sessionId }) => sessionId);
    this.actionsBySession = groups(actions, ({ sessionId }) => sessionId);
    this.outboundBySession = groups(outbound, ({ sessionId }) => sessionId);
    this.outboundByInbox = groups(outbound, ({ inboxId }) => inboxId);
    this.outboundBySubscriber = groups(outbound, ({ subscriberId }) => subscriberId);
    this.receiptsBySession = groups(receipts, ({ sessionId }) => sessionId);
    this.workflowById = byKey(workflows, ({ workflowId }) => workflowId);
    const fromPhones = texts.filter(({ direction }) => direction === 'in');
    const toPhones = texts.filter(({ direction }) => direction === 'out');
    this.textByMessage = byKey(texts, ({ messageId }) => messageId);
    this.textsToPhone = groups(toPhones, ({ to }) => to);
    // A subscriber is known by what a phone has sent: nothing needs to be decrypted.
    const phones = byKey(fromPhones, ({ messageId }) => messageId);
    this.phoneOfSubscriber = new Map(
      inbound.flatMap(({ subscriberId, messageId }) => {
        const text = phones.get(messageId);
        return text === undefined ? [] : [[subscriberId, text.from] as const];
      }),
    );
  }

  /** When the customer sent it, as agreed with the gateways: their stamp, never later than our receipt, nor days away. */
  sentMs(row: InboundRow): number | null {
    const text = this.textByMessage.get(row.messageId);
    if (text === undefined) return null;
    const stampMs = Date.parse(text.at);
    const receivedMs = Date.parse(row.receivedAt);
    return Math.abs(stampMs - receivedMs) > IMPOSSIBLE_MS ? receivedMs : Math.min(stampMs, receivedMs);
  }

  /** The customer had none with this partner before. */
  isFirstOfPartner({ subscriberId, partnerId, createdAt }: SessionRow): boolean {
    return this.evidence.sessions.every(
      (other) =>
        other.subscriberId !== subscriberId || other.partnerId !== partnerId || other.createdAt >= createdAt,
    );
  }

  phoneOf(session: SessionRow): string {
    return this.phoneOfSubscriber.get(session.subscriberId) ?? '';
  }

  textsTo(subscriberId: string): readonly SimulatedText[] {
    return this.textsToPhone.get(this.phoneOfSubscriber.get(subscriberId) ?? '') ?? [];
  }

  /** What the provider holds for this session, by our references. */
  paymentsOf(session: SessionRow): SimulatedPayment[] {
    return (this.attemptsBySession.get(session.sessionId) ?? []).flatMap(({ paymentReference }) => {
      const payment = this.paymentByReference.get(paymentReference);
      return payment === undefined ? [] : [payment];
    });
  }

  /** What operators refunded. */
  refundsOf({ sessionId }: SessionRow): ActionRow[] {
    return (this.actionsBySession.get(sessionId) ?? []).filter(
      ({ kind, state }) => kind === 'refund' && state === 'succeeded',
    );
  }

  /** Its capture cannot be had, which providers of this run may say, and an operator is notified. */
  isGivenUpWithReason({ state, attentionReason }: SessionRow): boolean {
    return this.evidence.terms.refusals && GIVEN_UP.has(state) && attentionReason !== null;
  }

  workflowOf(session: SessionRow): WorkflowRun | null {
    return this.workflowById.get(`charge-session-${session.sessionId}`) ?? null;
  }
}

function byKey<T>(items: readonly T[], keyOf: (item: T) => string | null): Map<string, T> {
  return new Map(
    items.flatMap((item) => {
      const key = keyOf(item);
      return key === null ? [] : [[key, item] as const];
    }),
  );
}

function groups<T>(items: readonly T[], keyOf: (item: T) => string | null): Map<string, T[]> {
  const found = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === null) continue;
    const group = found.get(key);
    if (group) group.push(item);
    else found.set(key, [item]);
  }
  return found;
}
