import type { PartnerId, SessionId } from '../domain/ids.ts';
import type { Instant } from '../domain/instant.ts';
import type { IgnoredTexts, SessionLedger, NumberRange } from '../domain/reconciliation/ledger.ts';
import type { ChargeState } from '../domain/session/charge-state.ts';

/** A session that should have acted by itself and has not. */
export interface OverdueSession {
  sessionId: SessionId;
  state: ChargeState;
  nextDueAt: Instant;
}

/** A start word that was handed to a workflow, and of whose session there is no row. */
export interface NotBegunSession {
  sessionId: SessionId;
  dispatchedAt: Instant;
}

/** How much depends on a payment provider. */
export interface ProviderInUse {
  provider: string;
  partners: number;
  openSessions: number;
}

export interface ReceiptNumbers {
  count: number;
  highest: number;
  /** left out after a restore, with the recorded reason */
  skipped: NumberRange[];
  /** that no document has, and nothing says why */
  missing: NumberRange[];
}

export interface CustomerTexts {
  /** to the partner's numbers */
  received: number;
  /** of those, not handled yet */
  waiting: number;
  /** of those, acknowledged and not acted on */
  ignored: IgnoredTexts[];
  /** to numbers that no partner has */
  toNobody: number;
}

/** Our ledger, to compare with the provider's. Reads only. */
export interface LedgerStore {
  /** null: no such session */
  read(sessionId: SessionId): Promise<SessionLedger | null>;
  /** In the order of the ids, without those that no session has; as many statements as for one. */
  readAll(sessionIds: readonly SessionId[]): Promise<SessionLedger[]>;
  /** Sessions begun from `from` on and before `to`, oldest first; `after`: the last one of the page before. */
  listBegun(page: {
    partnerId: PartnerId;
    from: Instant;
    to: Instant;
    after: string | null;
    limit: number;
  }): Promise<string[]>;
  /**
   * Sessions with a payment that began at `openSince` or later and are not over, or whose row was written last at `endedSince` or later. By id, `after` the
   * last one of the page before: a session that changes meanwhile is neither skipped nor seen twice.
   */
  listToReconcile(page: {
    endedSince: Instant;
    openSince: Instant;
    after: string | null;
    limit: number;
  }): Promise<string[]>;
  /** Sessions that were due before `before`, the longest overdue first; without those that are known to be run by nothing. */
  listOverdue(page: { before: Instant; limit: number }): Promise<OverdueSession[]>;
  /** Open sessions begun before `before`, oldest first; without those that are known to be run by nothing. */
  listOpen(page: { before: Instant; limit: number }): Promise<string[]>;
  /** Open sessions that were ended by a text which no workflow took, at most `limit`. */
  listEndNoted(limit: number): Promise<string[]>;
  /** Those of these session ids that neither a session nor a recorded start word has. */
  listUnknown(sessionIds: readonly string[]): Promise<string[]>;
  /** Sessions whose start word was dispatched before `before` and that have not begun, the longest waiting first. */
  listNotBegun(page: { before: Instant; limit: number }): Promise<NotBegunSession[]>;
  /** Over all days. */
  receiptNumbers(partnerId: PartnerId): Promise<ReceiptNumbers>;
  /** Texts received from `from` on and before `to`. */
  customerTexts(query: { partnerId: PartnerId; from: Instant; to: Instant }): Promise<CustomerTexts>;
  /** By name; without sessions that are known to be run by nothing. Reads all open sessions. */
  providersInUse(): Promise<ProviderInUse[]>;
  /** The leading hex digits of this installation's session ids and payment references. */
  installationId(): Promise<string>;
}
