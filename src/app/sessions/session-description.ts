/** A session as the JSON API and the command line show it: the projection, its actions, its documents. No personal data. */
import type { Stores } from '../../ports/stores.ts';
import type { SessionId } from '../../domain/ids.ts';
import { pick } from '../../domain/pick.ts';
import { SESSION_FIGURES } from '../../domain/session/view.ts';
import type { Instant } from '../../domain/instant.ts';
import type { ActionRecord } from '../../ports/action-store.ts';
import type { AttentionEntry } from '../../ports/attention-store.ts';
import type { SessionText } from '../../ports/outbox-store.ts';
import type { Receipt } from '../../ports/receipt-store.ts';
import type { SessionRecord, SessionStore } from '../../ports/session-store.ts';

/** What is shown of a session's row: neither the subscriber nor the customer's payment link. */
const SHOWN = [
  'sessionId',
  'partnerId',
  'serviceId',
  'serviceReference',
  'gateway',
  'shortNumber',
  'language',
  'createdAt',
  'startedAt',
  'endedAt',
  ...SESSION_FIGURES,
  'refundedMinor',
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
] as const satisfies readonly (keyof ActionRecord)[];

/** Of a text: what became of it, never its words. */
const SHOWN_OF_TEXT = [
  'kind',
  'gateway',
  'state',
  'delivery',
  'code',
  'createdAt',
  'sentAt',
] as const satisfies readonly (keyof SessionText)[];

export type ActionDescription = Pick<ActionRecord, (typeof SHOWN_OF_ACTION)[number]>;

interface DocumentDescription extends Pick<Receipt, 'kind' | 'number' | 'issuedAt' | 'operationId'> {
  amountMinor: number;
  url: string;
}

export interface SessionDescription extends Pick<SessionRecord, (typeof SHOWN)[number]> {
  provider: string;
  currency: string;
  /** when the customer ended it though no workflow could take that */
  endRequestedAt: Instant | null;
  /** oldest first */
  actions: ActionDescription[];
  /** receipt and credit notes, oldest first */
  receipts: DocumentDescription[];
  /** to the customer, oldest first */
  texts: Pick<SessionText, (typeof SHOWN_OF_TEXT)[number]>[];
  needsAttention: boolean;
  /** why it needs attention, oldest first */
  attention: AttentionDescription[];
}

type AttentionDescription = Pick<AttentionEntry, 'reason' | 'details' | 'raisedAt' | 'lastSeenAt'>;

/** A session in a list. */
export type SessionSummary = Omit<SessionDescription, 'actions' | 'receipts' | 'texts' | 'endRequestedAt'>;

/** Newest first. */
export async function listSessions(
  stores: Pick<Stores, 'sessions' | 'attention'>,
  options: Parameters<SessionStore['list']>[0],
): Promise<SessionSummary[]> {
  const sessions = await stores.sessions.list(options);
  const entries = await stores.attention.list({ sessionIds: sessions.map(({ sessionId }) => sessionId) });
  return sessions.map((session) =>
    summaryOf(
      session,
      entries.filter(({ sessionId }) => sessionId === session.sessionId),
    ),
  );
}

function summaryOf(session: SessionRecord, entries: readonly AttentionEntry[]): SessionSummary {
  const { provider, currency } = session.terms;
  return {
    ...pick(session, SHOWN),
    needsAttention: entries.length > 0,
    provider,
    currency,
    attention: entries.map((entry) => pick(entry, ['reason', 'details', 'raisedAt', 'lastSeenAt'])),
  };
}

export function describeAction(action: ActionRecord): ActionDescription {
  return pick(action, SHOWN_OF_ACTION);
}

/** null: no such session. `publicUrl`: without a path. */
export async function describeSession(
  stores: Pick<Stores, 'sessions' | 'inbox' | 'actions' | 'receipts' | 'outbox' | 'attention'>,
  sessionId: SessionId,
  publicUrl: string,
): Promise<SessionDescription | null> {
  const session = await stores.sessions.find(sessionId);
  if (!session) return null;
  const actions = await stores.actions.listForSession(sessionId);
  const documents = await stores.receipts.listForSession(sessionId);
  const texts = await stores.outbox.listForSession(sessionId);
  const entries = await stores.attention.list({ sessionIds: [sessionId] });
  const base = publicUrl.replace(/\/+$/, '');
  return {
    ...summaryOf(session, entries),
    endRequestedAt: await stores.inbox.endRequestedAt(sessionId),
    actions: actions.map(describeAction),
    receipts: documents.map((document) => ({
      ...pick(document, ['kind', 'number', 'issuedAt', 'operationId']),
      amountMinor: document.data.grossMinor,
      url: `${base}/r/${document.token}`,
    })),
    texts: texts.map((text) => pick(text, SHOWN_OF_TEXT)),
  };
}
