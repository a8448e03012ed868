/** A session as the JSON API and the command line show it: the projection, its actions, its documents. No personal data. */
import type { Receipt, ReceiptStore } from '../ports/receipt-store.ts';
import type { SessionActionRecord, SessionActionStore } from '../ports/session-action-store.ts';
import type { SessionRecord, SessionStore } from '../ports/session-store.ts';

/** What is shown of a session's row: neither the subscriber nor the customer's link. */
const SHOWN = [
  'sessionId',
  'partnerId',
  'serviceId',
  'serviceReference',
  'gateway',
  'shortNumber',
  'language',
  'createdAt',
  'state',
  'transactionId',
  'startChargeUtc',
  'endChargeUtc',
  'reservedMinor',
  'computedMinor',
  'capturedMinor',
  'releasedMinor',
  'releaseSource',
  'refundedMinor',
  'shortfallMinor',
  'needsAttention',
  'attentionReason',
  'nextDueAt',
] as const satisfies readonly (keyof SessionRecord)[];

/** The reason stays out: it is free text of people about people. */
const SHOWN_OF_ACTION = [
  'actionId',
  'kind',
  'amountMinor',
  'state',
  'detail',
  'actor',
  'operationId',
  'createdAt',
  'finishedAt',
] as const satisfies readonly (keyof SessionActionRecord)[];

export type ActionDescription = Pick<SessionActionRecord, (typeof SHOWN_OF_ACTION)[number]>;

export interface DocumentDescription extends Pick<Receipt, 'kind' | 'number' | 'issuedAt' | 'operationId'> {
  amountMinor: number;
  url: string;
}

export interface SessionDescription extends Pick<SessionRecord, (typeof SHOWN)[number]> {
  provider: string;
  currency: string;
  /** oldest first */
  actions: ActionDescription[];
  /** receipt and credit notes, oldest first */
  receipts: DocumentDescription[];
}

export function describeAction(action: SessionActionRecord): ActionDescription {
  return pick(action, SHOWN_OF_ACTION);
}

/** null: no such session. `publicUrl`: without a path. */
export async function describeSession(
  stores: {
    sessions: Pick<SessionStore, 'find'>;
    actions: Pick<SessionActionStore, 'listForSession'>;
    receipts: Pick<ReceiptStore, 'listForSession'>;
  },
  sessionId: string,
  publicUrl: string,
): Promise<SessionDescription | null> {
  const session = await stores.sessions.find(sessionId);
  if (!session) return null;
  const actions = await stores.actions.listForSession(sessionId);
  const documents = await stores.receipts.listForSession(sessionId);
  const { provider, currency } = session.terms;
  const base = publicUrl.replace(/\/+$/, '');
  return {
    ...pick(session, SHOWN),
    provider,
    currency,
    actions: actions.map(describeAction),
    receipts: documents.map((document) => ({
      ...pick(document, ['kind', 'number', 'issuedAt', 'operationId']),
      amountMinor: document.data.grossMinor,
      url: `${base}/r/${document.token}`,
    })),
  };
}

function pick<T, K extends keyof T>(source: T, keys: readonly K[]): Pick<T, K> {
  return Object.fromEntries(keys.map((key) => [key, source[key]])) as Pick<T, K>;
}
