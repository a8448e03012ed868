import type { SessionCommand, SessionTextKind } from './events.ts';
import type { SessionState } from './state.ts';

/** A state being changed by one event, and what the change asks for. */
export interface Draft {
  session: SessionState;
  commands: SessionCommand[];
}

/** Asks for a text; each kind is counted, so that every text has an id of its own. */
export function text({ session, commands }: Draft, kind: SessionTextKind): void {
  const n = (session.texts.sent[kind] ?? 0) + 1;
  session.texts.sent[kind] = n;
  session.texts.outstanding += 1;
  commands.push({ command: 'sendText', kind, n });
}

/** For what the customer is told once. */
export function textOnce(draft: Draft, kind: SessionTextKind): void {
  if (!isSent(draft.session, kind)) text(draft, kind);
}

export function isSent({ texts }: SessionState, kind: SessionTextKind): boolean {
  return (texts.sent[kind] ?? 0) > 0;
}

export function issueReceipt({ session, commands }: Draft, operationId: string): void {
  session.texts.outstanding += 1;
  commands.push({ command: 'issueReceipt', operationId });
}

/** Where the wallet can; after the text, which must not wait for it. */
export function showReceipt(
  { session, commands }: Draft,
  operationId: string,
  paymentReference: string,
): void {
  if (session.terms.payment.showsReceipt !== true) return;
  session.texts.outstanding += 1;
  commands.push({ command: 'showReceipt', operationId, paymentReference });
}
