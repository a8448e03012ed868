import type { InboxId, PartnerId, ServiceId, SessionId, SubscriberId } from '../domain/ids.ts';
import type { ProjectedSession } from '../domain/session/view.ts';
import type { RaisedReason } from '../domain/attention.ts';
import type { Instant } from '../domain/instant.ts';
import type { SessionTerms } from '../domain/session-terms.ts';
import type { Language } from '../domain/language.ts';
import type { Receipt } from './receipt-store.ts';

/** The projection of one session, written by its workflow alone with a rising revision. Amounts in minor units. */
export interface SessionProjection extends Omit<ProjectedSession, 'attention'> {
  revision: number;
  /** the run of its workflow that writes it; absent: it is not known */
  runId?: string | null;
  /** why the session needs attention: the reasons that it raises itself; `record` reads no others */
  attention: readonly RaisedReason[];
}

export interface SessionRecord extends SessionProjection {
  /** reasons of all open attention entries about it, oldest first */
  attention: RaisedReason[];
  /** returned to the customer after the session's end; written by session actions alone */
  refundedMinor: number;
  partnerId: PartnerId;
  serviceId: ServiceId;
  subscriberId: SubscriberId;
  gateway: string;
  shortNumber: string;
  language: Language;
  terms: SessionTerms;
  serviceReference: string | null;
  linkToken: string;
  createdAt: Instant;
}

/** A session with what its partner and service are called and want now. */
export interface SessionSubject extends Pick<
  SessionRecord,
  | 'sessionId'
  | 'partnerId'
  | 'subscriberId'
  | 'gateway'
  | 'shortNumber'
  | 'language'
  | 'state'
  | 'terms'
  | 'serviceReference'
  | 'linkToken'
> {
  merchantName: string;
  serviceName: string;
  organisationNumber: string;
  timeZone: string;
  receiptSmsOn: boolean;
  receiptSmsText: string;
  termsUrl: string | null;
  privacyUrl: string | null;
  /** what starts and ends the service on the session's number; empty where there is none */
  startWord: string;
  endWord: string;
  /** the partner's last number issued or skipped; 0: none */
  lastReceiptNumber: number;
  /** the receipt of the session's capture */
  sale: Pick<Receipt, 'number' | 'token' | 'data'> | null;
  /** The customer's number, digits only; throws when it is erased. For a call or a text; never log it. */
  msisdn: () => string;
}

export interface LateEnd {
  sessionId: SessionId;
  terms: SessionTerms;
  startedAt: Instant;
  /** the end that was priced */
  endedAt: Instant;
  /** the end that was requested */
  lateEndAt: Instant;
  reservedMinor: number;
}

export interface SessionStore {
  /**
   * One statement: writes the projection if its revision is higher than the stored one, and raises and clears the session's
   * attention entries to match it. In any case these texts of the session are marked handled. Returns the row as it was.
   */
  record(
    projection: SessionProjection,
    at: Instant,
    handledInboxIds?: readonly InboxId[],
  ): Promise<Pick<SessionRecord, 'revision' | 'runId' | 'state' | 'nextDueAt'>>;
  find(sessionId: SessionId): Promise<SessionRecord | null>;
  findByLinkToken(token: string): Promise<SessionRecord | null>;
  findSubject(sessionId: SessionId): Promise<SessionSubject | null>;
  /**
   * The session that this text, if it is an end word on whichever number, was meant to end earlier than it did: in use when the text was sent by
   * gateway time, and ended since. null: there is none.
   */
  findLateEnd(inboxId: InboxId): Promise<LateEnd | null>;
  /** Newest first. `attention`: only those that need attention. */
  list(options: {
    limit: number;
    partnerId?: PartnerId | undefined;
    attention?: boolean;
  }): Promise<SessionRecord[]>;
  /** The customer's number, digits only. Only for activities that must call or text; never log it. */
  msisdnOf(subscriberId: SubscriberId): Promise<string>;
}
