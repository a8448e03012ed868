import type { InboxId, PartnerId, ServiceId, SessionId, SubscriberId } from '../../domain/ids.ts';
import type { Generated, JSONColumnType } from 'kysely';
import type { StampFault } from '../../domain/gateway-stamp.ts';
import type { Instant } from '../../domain/instant.ts';
import type { PaymentPhase } from '../../domain/payment.ts';
import type { ReplyKind, TextLimitReason } from '../../domain/text-assignment.ts';
import type { CustomerMessageKind } from '../../domain/session/customer-messages.ts';
import type { SessionTerms } from '../../domain/session-terms.ts';
import type { DeliveryState, OutboundState } from '../../domain/text-delivery.ts';
import type { Tariff } from '../../domain/tariff.ts';
import type { ActionRecord } from '../../ports/action-store.ts';
import type { MoneyOperation, MoneyOperationState, PaymentRecord } from '../../ports/money-store.ts';
import type { AttentionEntry } from '../../ports/attention-store.ts';
import type { SendFault } from '../../ports/outbox-store.ts';
import type { Receipt, ReceiptData } from '../../ports/receipt-store.ts';
import type { SessionRecord } from '../../ports/session-store.ts';
import type { NewPartner, Partner, Service } from '../../ports/settings-store.ts';
import type { InstallationMode } from './installation.ts';

// Columns are snake_case in the database and camelCase here; the names are those of the ports.
// An encrypted column goes with the id of the key it was written with.

type KeywordRouteTable = NewPartner['routes'][number] & {
  /** order of insertion: the first route of a number names the partner that answers for it */
  position: Generated<number>;
};

interface SubscriberTable {
  subscriberId: SubscriberId;
  /** null once erased */
  msisdnEncrypted: Buffer | null;
  msisdnKeyId: string | null;
  /** keyed HMAC to find it by; null once erased */
  msisdnLookup: Buffer | null;
  lookupKeyId: string | null;
}

interface SessionSlotTable {
  subscriberId: SubscriberId;
  serviceId: ServiceId;
  /** the session that holds the slot; null when it is free */
  sessionId: SessionId | null;
  lastEndChargeAt: Instant | null;
}

export interface InboundMessageTable {
  inboxId: InboxId;
  /** order of storing */
  sequence: Generated<number>;
  gateway: string;
  messageId: string;
  /** keyed HMAC of sender, number and text; empty for requests from a page */
  digest: Generated<Buffer>;
  subscriberId: SubscriberId;
  shortNumber: string;
  /** null once erased */
  textEncrypted: Buffer | null;
  textKeyId: string | null;
  /** clamped at acceptance (`domain/gateway-stamp.ts`) */
  sentAt: Instant;
  /** the gateway's stamp minus the receipt; null where it sent none */
  stampOffsetSeconds: Generated<number | null>;
  stampFault: Generated<StampFault | null>;
  receivedAt: Instant;
  state: 'stored' | 'assigned' | 'handled';
  assignmentKind: 'startSession' | 'signal' | 'reply' | 'limited' | 'unroutable' | null;
  signal: CustomerMessageKind | null;
  replyKind: ReplyKind | null;
  limitReason: TextLimitReason | null;
  sessionId: SessionId | null;
  /** the slot it is about: this subscriber and this service; null when it is about none */
  serviceId: ServiceId | null;
  dispatchedAt: Instant | null;
  /** failures of its own dispatch, not of a server that nobody reaches */
  dispatchAttempts: Generated<number>;
  /** not before */
  nextDispatchAt: Instant;
  handledAt: Instant | null;
}

type ChargeSessionTable = Omit<
  SessionRecord,
  'terms' | 'refundedMinor' | 'attention' | 'startedAt' | 'endedAt' | 'runId'
> & {
  /** the run of its workflow that wrote the row last; null: none has yet */
  runId: Generated<string | null>;
  terms: JSONColumnType<SessionTerms>;
  refundedMinor: Generated<number>;
  /** the original system's names of `startedAt` and `endedAt` */
  startChargeUtc: Instant | null;
  endChargeUtc: Instant | null;
  /** the inbound message that started it */
  inboxId: InboxId;
  /** highest fencing token a money call was made with */
  fencingToken: Generated<number>;
  updatedAt: Instant;
};

type PaymentTable = PaymentRecord & {
  phase: Generated<PaymentPhase>;
  authorizedMinor: Generated<number>;
  capturedMinor: Generated<number>;
  releasedMinor: Generated<number>;
  refundedMinor: Generated<number>;
  /** when the provider was last read; null before the first read */
  readAt: Instant | null;
};

type MoneyOperationTable = MoneyOperation & {
  state: MoneyOperationState;
  tries: number;
  /** first try */
  startedAt: Instant;
  lastTriedAt: Instant;
  finishedAt: Instant | null;
  detail: string | null;
};

type ActionTable = ActionRecord & {
  /** how often the sweeper has resumed it, and when it is due again */
  resumes: Generated<number>;
  resumeAt: Generated<Instant>;
  /** null once erased */
  reasonEncrypted: Buffer | null;
  reasonKeyId: string | null;
};

type AttentionTable = Omit<AttentionEntry, 'details' | 'clearedAt' | 'clearedBy'> & {
  sequence: Generated<number>;
  details: JSONColumnType<AttentionEntry['details']>;
  clearedAt: Generated<AttentionEntry['clearedAt']>;
  clearedBy: Generated<AttentionEntry['clearedBy']>;
};

interface OutboundMessageTable {
  outboundId: string;
  sequence: Generated<number>;
  sessionId: SessionId | null;
  inboxId: InboxId | null;
  subscriberId: SubscriberId;
  gateway: string;
  shortNumber: string;
  kind: string;
  /** null when nothing was to be sent, or once erased */
  textEncrypted: Buffer | null;
  textKeyId: string | null;
  state: OutboundState;
  tries: Generated<number>;
  gatewayMessageId: string | null;
  /** the gateway that accepted it is to report its delivery */
  reportRequested: Generated<boolean>;
  /** the code of the last fault */
  detail: string | null;
  /** null once it was accepted */
  faultKind: Generated<SendFault['kind'] | null>;
  /** of the first of the tries that ended alike */
  faultSince: Generated<Instant | null>;
  createdAt: Instant;
  sendingAt: Instant | null;
  sentAt: Instant | null;
  failedAt: Instant | null;
}

interface OutboundDeliveryTable {
  outboundId: string;
  /** 0 for the only or first part */
  part: number;
  state: DeliveryState;
  resultCode: string;
  reportedAt: Instant | null;
}

interface ProviderWebhookTable {
  provider: string;
  webhookId: string;
  url: string;
  secretEncrypted: Buffer;
  secretKeyId: string;
  createdAt: Instant;
}

export interface Schema {
  installation: { installationId: string; mode: InstallationMode | null };
  personalDataKey: { keyId: string; checkValue: Buffer };
  providerWebhook: ProviderWebhookTable;
  partner: Partner;
  service: Omit<Service, 'tariff'> & { tariff: JSONColumnType<Tariff> };
  keywordRoute: KeywordRouteTable;
  partnerReceiptCounter: { partnerId: PartnerId; lastNumber: number };
  subscriber: SubscriberTable;
  sessionSlot: SessionSlotTable;
  inboundMessage: InboundMessageTable;
  chargeSession: ChargeSessionTable;
  payment: PaymentTable;
  moneyOperation: MoneyOperationTable;
  action: ActionTable;
  attention: AttentionTable;
  outboundMessage: OutboundMessageTable;
  outboundDelivery: OutboundDeliveryTable;
  receipt: Omit<Receipt, 'data'> & { data: JSONColumnType<ReceiptData> };
}
