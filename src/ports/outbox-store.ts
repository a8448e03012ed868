import type { InboxId, SessionId, SubscriberId } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';
import type { LinkText, OutboundState, TextFate } from '../domain/text-delivery.ts';
import type { DeliveryReport, SmsFaultKind } from './sms-gateway.ts';

export interface OutboundMessage {
  outboundId: string;
  sessionId: SessionId | null;
  inboxId: InboxId | null;
  subscriberId: SubscriberId;
  gateway: string;
  shortNumber: string;
  kind: string;
  text: string;
}

/** A recorded text of a session. */
export interface SessionText extends TextFate {
  outboundId: string;
  kind: string;
  /** the account it went out by */
  gateway: string;
  text: string;
  /** of the last fault, else of the report; null: none */
  code: string | null;
  createdAt: Instant;
  sentAt: Instant | null;
}

/** A session whose customer waits for the payment link, with every text that holds it, in the order of their making. */
export interface WaitingSession {
  sessionId: SessionId;
  subscriberId: SubscriberId;
  shortNumber: string;
  texts: (LinkText & { outboundId: string })[];
}

/** The payment link, sent again by another account: once in a session, as the outbound id says. */
export const RESENT_LINK = 'paymentLinkResent';
/** Kinds of texts that hold the payment link. */
export const LINK_KINDS = ['paymentLink', 'linkAgain', 'statusWaiting', RESENT_LINK] as const;

/** Why a try did not end as sent: the gateway's fault, or `interrupted`: the process ended while sending. */
export interface SendFault {
  kind: SmsFaultKind | 'interrupted';
  /** the gateway's code, else words without personal data */
  code: string;
}

/** A send whose process ended before its answer. */
export const INTERRUPTED: SendFault = { kind: 'interrupted', code: 'the process ended while sending' };

/** Texts of one sending number that a gateway account has not accepted since it accepted one last. */
export interface GatewayRefusal {
  gateway: string;
  shortNumber: string;
  /** the gateway's code where it refuses the account; `UNREACHABLE` where no answer says anything about the texts */
  code: string;
  /** of the newest of these texts */
  lastCode: string;
  texts: number;
  since: Instant;
}

export const UNREACHABLE = 'unreachable';

/** What went out. The text is stored encrypted. */
export interface OutboxStore {
  /**
   * Before the gateway is called: inserts the text as `sending`, or prepared -> sending where it is there, with `mayRepeat` also
   * sending|unknown -> sending. Returns the text stored first; `tries` counts this one. `isStarted: false`: the row is in no
   * such state, do not send. An answer outside sessions (no `sessionId`) is inserted as `suppressed` when its subscriber has
   * had as many within an hour as limits allow: of any number at once, exactly so many are sent.
   */
  startSending(
    message: OutboundMessage,
    options: { mayRepeat: boolean; at: Instant },
  ): Promise<{ isStarted: true; text: string; tries: number } | { isStarted: false; state: OutboundState }>;
  /** Records a text that is deliberately not sent. */
  suppress(message: Omit<OutboundMessage, 'text'>, reason: string, at: Instant): Promise<void>;
  /** `isReportRequested`: the gateway is to report the delivery. */
  markSent(
    outboundId: string,
    accepted: { gatewayMessageId: string; isReportRequested: boolean },
    at: Instant,
  ): Promise<void>;
  /**
   * sending -> prepared where the gateway certainly did not accept it and may do so later, `rejected` where it never will,
   * else `unknown`.
   */
  markFailed(outboundId: string, fault: SendFault, at: Instant): Promise<void>;
  /**
   * sending -> unknown for every text whose send began at `begunUntil` or earlier, before any running send: its process ended,
   * and its sender may never come back to it. Returns how many.
   */
  markInterrupted(begunUntil: Instant, at: Instant): Promise<number>;
  /** One for each gateway account, sending number and code that texts wait for; empty once a text is accepted there. */
  listGatewayRefusals(): Promise<GatewayRefusal[]>;
  /** Stores the state of one part; false when no such text is known. A final state is never overwritten by a temporary one. */
  recordDelivery(gateway: string, report: DeliveryReport): Promise<boolean>;
  /**
   * Sessions before their approval to which a text with the link was made, while it leads somewhere. Not those whose customer
   * has ended them, or has opened the payment link: it has arrived.
   */
  listWaiting(now: Instant): Promise<WaitingSession[]>;
  /** In the order of their making. */
  listForSession(sessionId: SessionId): Promise<SessionText[]>;
  listForSessions(sessionIds: readonly SessionId[]): Promise<(SessionText & { sessionId: SessionId })[]>;
}
