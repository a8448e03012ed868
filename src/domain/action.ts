/** What an operator can request of a session, who carries it out, and when it may be requested. */
import type { RaisedReason } from './attention.ts';

/** `session`: its workflow, or the store after the end (`writeOff`). `sessionAction`: an own workflow, after the end. */
const CARRIERS = {
  endNow: 'session',
  retryCapture: 'session',
  waive: 'session',
  writeOff: 'session',
  refund: 'sessionAction',
  release: 'sessionAction',
  resendReceipt: 'sessionAction',
} as const;

export type ActionKind = keyof typeof CARRIERS;
export type SessionCarriedKind = 'endNow' | 'retryCapture' | 'waive' | 'writeOff';
export type AfterEndKind = Exclude<ActionKind, SessionCarriedKind>;

export function isCarriedBySession(kind: ActionKind): kind is SessionCarriedKind {
  return CARRIERS[kind] === 'session';
}

/** A refund or release makes a money call: it has an amount, a payment and an operation id. */
export function movesMoney(kind: ActionKind): kind is 'refund' | 'release' {
  return kind === 'refund' || kind === 'release';
}

export type ActionAdmission =
  | { outcome: 'admitted' }
  /** One money action at a time: with two open a read of the provider would not show which of them had an effect. */
  | { outcome: 'busy'; openActionId: string }
  /** More than was captured and not yet refunded. */
  | { outcome: 'tooMuch'; leftMinor: number };

/** Whether a new action may be requested of a session. Amounts in minor units; `openActionId` is its open money action. */
export function admitAction(
  { kind, amountMinor }: { kind: ActionKind; amountMinor: number | null },
  session: { capturedMinor: number; refundedMinor: number; openActionId: string | null },
): ActionAdmission {
  if (!movesMoney(kind)) return { outcome: 'admitted' };
  const { capturedMinor, refundedMinor, openActionId } = session;
  if (openActionId !== null) return { outcome: 'busy', openActionId };
  const leftMinor = Math.max(0, capturedMinor - refundedMinor);
  if (kind === 'refund' && (amountMinor ?? 0) > leftMinor) return { outcome: 'tooMuch', leftMinor };
  return { outcome: 'admitted' };
}

/** Reasons for attention that a completed action clears. */
const CLEARED_BY_RELEASE: readonly RaisedReason[] = [
  'releaseRefused',
  'releaseDeadlinePassed',
  'releaseNotCallable',
];
const CLEARED_BY_REFUND: readonly RaisedReason[] = ['refundNotMade'];

interface SessionAmounts {
  reservedMinor: number;
  capturedMinor: number;
  refundedMinor: number;
}

/** What an ended refund or release changes in the session's row. `releasedMinor`: of the session's own payment, as read. */
export function effectOfAction(
  session: SessionAmounts,
  action: { kind: ActionKind; amountMinor: number | null },
  end: { state: 'succeeded' | 'refused' | 'failed'; releasedMinor?: number },
): {
  amounts: Partial<SessionAmounts & { releasedMinor: number; releaseSource: 'provider' }>;
  clears: RaisedReason[];
} {
  const { releasedMinor } = end;
  const isRefunded = action.kind === 'refund' && end.state === 'succeeded';
  return {
    amounts: {
      // What others refunded stays a difference to the provider: no credit note of ours covers it.
      ...(isRefunded ? { refundedMinor: session.refundedMinor + (action.amountMinor ?? 0) } : {}),
      ...(releasedMinor === undefined ? {} : released(session, releasedMinor)),
    },
    clears: [
      ...(releasedMinor === undefined ? [] : CLEARED_BY_RELEASE),
      ...(isRefunded ? CLEARED_BY_REFUND : []),
    ],
  };
}

/** The released amount was reserved, also where the session ended without having read the approval. */
function released(session: SessionAmounts, releasedMinor: number) {
  const reservedMinor = Math.max(session.reservedMinor, session.capturedMinor + releasedMinor);
  return { reservedMinor, releasedMinor, releaseSource: 'provider' as const };
}
