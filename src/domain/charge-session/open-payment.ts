import { isBefore } from '../instant.ts';
import { liveAttempt, type SessionState } from './state.ts';

export type OpenPaymentAnswer =
  | { kind: 'redirect'; url: string }
  | { kind: 'alreadyApproved' }
  | { kind: 'declined' | 'expired' | 'cancelled' };

/** Where a customer who opened the link is sent; null while that is not known yet. */
export function openPaymentAnswer(session: SessionState): OpenPaymentAnswer | null {
  const { state } = session;
  if (state === 'declined' || state === 'expired' || state === 'cancelled') return { kind: state };
  if (state !== 'awaitingApproval') return { kind: 'alreadyApproved' };
  const waiting = liveAttempt(session);
  if (waiting?.stage !== 'pending' || waiting.redirectUrl === null) return null;
  if (session.endRequested || !isBefore(session.now, waiting.expiresAt)) return null;
  return { kind: 'redirect', url: waiting.redirectUrl };
}
