/** What is shown of a session: its figures, and the page of the payment that waits for approval. */
import type { SessionId } from '../ids.ts';
import { isBefore, type Instant } from '../instant.ts';
import type { Currency } from '../money.ts';
import type { ReleaseSource } from '../payment.ts';
import { pick } from '../pick.ts';
import { expectedBy } from './deadlines.ts';
import {
  inDisplayOrder,
  type AttentionReason,
  endedUseOf,
  linkExpiresAt,
  livePayment,
  usedPaymentOf,
  useOf,
  type EndedUse,
  type SessionState,
} from './state.ts';
import type { Payment } from './payment.ts';
import type { ChargeState } from './charge-state.ts';

/** What is shown of a session: the workflow's result and the answer of its query. Amounts in minor units. */
export interface SessionView {
  sessionId: SessionId;
  state: ChargeState;
  currency: Currency;
  linkExpiresAt: Instant;
  /** provider's id of the used payment (Paycore: transactionId) */
  transactionId: string | null;
  startedAt: Instant | null;
  endedAt: Instant | null;
  /** the session ends by itself then */
  limitAt: Instant | null;
  reservedMinor: number;
  computedMinor: number | null;
  capturedMinor: number;
  releasedMinor: number;
  releaseSource: ReleaseSource | null;
  shortfallMinor: number;
  /** when the session is expected to act next; null: never, it is over or only notifies the customer of its end */
  nextDueAt: Instant | null;
  needsAttention: boolean;
  /** the first of `attention`: for a place that shows one */
  attentionReason: AttentionReason | null;
  /** every reason, the most urgent first */
  attention: readonly AttentionReason[];
}

/** What the session's row keeps of its view, and the JSON API and the command line show. */
export const SESSION_FIGURES = [
  'state',
  'transactionId',
  'reservedMinor',
  'computedMinor',
  'capturedMinor',
  'releasedMinor',
  'releaseSource',
  'shortfallMinor',
  'nextDueAt',
] as const satisfies readonly (keyof SessionView)[];

export type SessionFigures = Pick<
  SessionView,
  'sessionId' | 'startedAt' | 'endedAt' | (typeof SESSION_FIGURES)[number]
>;

export function viewOf(session: SessionState): SessionView {
  const use = useOf(session);
  const ended = endedUseOf(session);
  const payment = usedPaymentOf(session) ?? session.payments.at(-1) ?? null;
  const attention = inDisplayOrder(session);
  return {
    sessionId: session.sessionId,
    state: session.phase.state,
    currency: session.terms.currency,
    transactionId: payment?.providerReference ?? null,
    linkExpiresAt: linkExpiresAt(session),
    startedAt: use?.startedAt ?? null,
    endedAt: ended?.endedAt ?? null,
    reservedMinor: payment?.authorizedMinor ?? 0,
    computedMinor: ended?.price?.computedMinor ?? null,
    capturedMinor: payment?.capturedMinor ?? 0,
    releasedMinor: payment?.releasedMinor ?? 0,
    releaseSource: payment?.releaseSource ?? null,
    shortfallMinor: shortfallMinor(ended, payment),
    needsAttention: attention.length > 0,
    attentionReason: attention[0] ?? null,
    attention,
    limitAt: use?.limitAt ?? null,
    nextDueAt: expectedBy(session),
  };
}

/** What the customer used and is not charged: above the reservation, below the provider's minimum, waived, or lost. */
function shortfallMinor(use: EndedUse | null, payment: Payment | null): number {
  if (!use?.price) return 0;
  const { computedMinor, chargeMinor } = use.price;
  const chargedMinor = use.state === 'capturing' ? chargeMinor : (payment?.capturedMinor ?? 0);
  return Math.max(0, computedMinor - chargedMinor);
}

/** What the session's row keeps. `attention`: the reasons that the session raises itself. */
export interface ProjectedSession extends SessionFigures, PaymentPage {
  attention: readonly AttentionReason[];
}

export function projectionOf(session: SessionState): ProjectedSession {
  const view = viewOf(session);
  const { sessionId, startedAt, endedAt, attention } = view;
  return {
    sessionId,
    startedAt,
    endedAt,
    ...pick(view, SESSION_FIGURES),
    attention,
    ...paymentPageOf(session),
  };
}

/** The wallet's page of the payment that waits for approval, not our payment link; both null: none is to be opened. */
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

/** Where the payment link leads a customer, by what the session has recorded; null: not known yet. */
export function openPaymentAnswer(
  { state, paymentPageUrl: url, paymentPageExpiresAt: expiresAt }: PaymentPage & { state: ChargeState },
  now: Instant,
): OpenPaymentAnswer | null {
  if (state === 'declined' || state === 'expired' || state === 'cancelled') return { kind: state };
  if (state !== 'awaitingApproval') return { kind: 'alreadyApproved' };
  if (url === null || expiresAt === null || !isBefore(now, expiresAt)) return null;
  return { kind: 'redirect', url };
}
