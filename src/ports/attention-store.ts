import type { SessionId } from '../domain/ids.ts';
import type { RaisedReason } from '../domain/attention.ts';
import type { Instant } from '../domain/instant.ts';

/** Codes, ids, amounts in minor units and instants; never personal data. */
export type AttentionDetails = Record<string, string | number | null>;

/** One thing that needs an operator. */
export interface AttentionEntry {
  /** what it is about: a sessionId, or a provider's reference where no session of ours is known */
  subject: string;
  reason: RaisedReason;
  sessionId: SessionId | null;
  details: AttentionDetails;
  raisedAt: Instant;
  /** when it was found last */
  lastSeenAt: Instant;
  clearedAt: Instant | null;
  /** an operator's id, or `SYSTEM` */
  clearedBy: string | null;
}

/** Clears an entry whose cause is gone. */
export const SYSTEM = 'system';

/** The attention list: what needs an operator. A session needs attention while it has an open entry. */
export interface AttentionStore {
  /**
   * Raises an entry unless one with this subject and reason is open: then its `details` and `lastSeenAt` follow. Raises nothing
   * either where an operator cleared the last such entry and the details are the same as then. Harmless when repeated.
   * `raised`: this call opened it.
   */
  raise(
    entry: Pick<AttentionEntry, 'subject' | 'reason' | 'sessionId' | 'details'>,
    at: Instant,
  ): Promise<{ raised: boolean }>;
  /** False when no such entry is open. */
  clear(
    entry: Pick<AttentionEntry, 'subject' | 'reason'> & { clearedBy: string },
    at: Instant,
  ): Promise<boolean>;
  /** Oldest first; open entries alone unless `andCleared`. Without a limit all of them. */
  list(filter: {
    reasons?: readonly RaisedReason[];
    sessionIds?: readonly string[];
    andCleared?: boolean;
    limit?: number;
  }): Promise<AttentionEntry[]>;
}
