import { isBefore, type Instant } from '../instant.ts';
import { livePayment, type SessionState } from './state.ts';
import type { ChargeState } from './charge-state.ts';

/** The wallet's page of the payment that waits for approval; both null: none is to be opened. */
export interface PaymentPage {
  paymentPageUrl: string | null;
  paymentPageExpiresAt: Instant | null;
}

export type OpenPaymentAnswer =
  | { kind: 'redirect'; url: string }
  /** approved already, whatever became of it since */
  | { kind: 'alreadyApproved' }
  | { kind: 'declined' | 'expired' | 'cancelled' };

export function paymentPageOf(session: SessionState): PaymentPage {
  const { phase } = session;
  const isOpen = phase.state === 'awaitingApproval' && !phase.endRequested;
  const waiting = isOpen ? livePayment(session) : null;
  if (waiting?.stage !== 'pending' || waiting.redirectUrl === null)
    return { paymentPageUrl: null, paymentPageExpiresAt: null };
  return { paymentPageUrl: waiting.redirectUrl, paymentPageExpiresAt: waiting.expiresAt };
}

/** Where a customer who opened the link is sent, from what the session has recorded; null while that is not known yet. */
export function openPaymentAnswer(
  { state, paymentPageUrl: url, paymentPageExpiresAt: expiresAt }: PaymentPage & { state: ChargeState },
  now: Instant,
): OpenPaymentAnswer | null {
  if (state === 'declined' || state === 'expired' || state === 'cancelled') return { kind: state };
  if (state !== 'awaitingApproval') return { kind: 'alreadyApproved' };
  if (url === null || expiresAt === null || !isBefore(now, expiresAt)) return null;
  return { kind: 'redirect', url };
}
