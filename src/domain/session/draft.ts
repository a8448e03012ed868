import type { SessionCommand, SessionTextKind } from './events.ts';
import type { SessionState } from './state.ts';

/** A state being changed by one event, and what the change asks for. */
export interface Draft {
  session: SessionState;
  commands: SessionCommand[];
}

/** Asks for a text; each kind is counted, so that every text has an id of its own. */
export function text(draft: Draft, kind: SessionTextKind): void {
  const n = (draft.session.textsSent[kind] ?? 0) + 1;
  draft.session.textsSent[kind] = n;
  draft.session.textsOutstanding += 1;
  draft.commands.push({ command: 'sendText', kind, n });
}

export function issueReceipt(draft: Draft, operationId: string): void {
  draft.session.textsOutstanding += 1;
  draft.commands.push({ command: 'issueReceipt', operationId });
}

/** Where the wallet can; after the text, which must not wait for it. */
export function showReceipt(draft: Draft, operationId: string, paymentReference: string): void {
  if (draft.session.terms.payment.showsReceipt !== true) return;
  draft.session.textsOutstanding += 1;
  draft.commands.push({ command: 'showReceipt', operationId, paymentReference });
}
