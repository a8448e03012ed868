import { createHash } from 'node:crypto';
import type { ContentfulStatusCode } from 'hono/utils/http-status';
import type { Change, Store } from '../../store.ts';
import type { VippsAnswer } from './errors.ts';
import type { VippsReplyRow } from './records.ts';

// A reply stays bound to its key, a 4xx too (facts: payments.md A2). How long a key lives is not documented: for ever
// here. Not bound is what was not processed: 401, 403, 423, 429, 5xx and 6250, which the vendor wants repeated with the
// same key. 6280 is bound, though its page requires the same: the vendor contradicts itself there.

const UNPROCESSED_STATUSES = new Set([401, 403, 423, 429]);

export interface KeyedCall {
  /** names operation, payment and key */
  replyId: string;
  bodyHash: string;
}

export function keyedCall(operation: string, reference: string, key: string, body: string): KeyedCall {
  const bodyHash = createHash('sha256').update(body).digest('base64');
  return { replyId: `${operation} ${reference} ${key}`, bodyHash };
}

type Earlier = { kind: 'none' } | { kind: 'conflict' } | { kind: 'replay'; answer: VippsAnswer };

export function earlierReply(store: Store, { replyId, bodyHash }: KeyedCall): Earlier {
  const row = store.vippsReplies.get(replyId);
  if (row === undefined) return { kind: 'none' };
  if (row.bodyHash !== bodyHash) return { kind: 'conflict' };
  const body: unknown = JSON.parse(row.body);
  return { kind: 'replay', answer: { status: row.status as ContentfulStatusCode, body } };
}

/** To commit together with what the call did. */
export function bindReply(call: KeyedCall, { status, body }: VippsAnswer, staysOpen: boolean): Change[] {
  if (staysOpen || status >= 500 || UNPROCESSED_STATUSES.has(status)) return [];
  const { replyId, bodyHash } = call;
  const put: VippsReplyRow = { id: replyId, bodyHash, status, body: JSON.stringify(body) };
  return [{ table: 'vippsReply', put }];
}
