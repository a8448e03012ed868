/**
 * Everything a session knows, in parts; a field exists only in the phase where it means something, and nothing is stored that
 * follows from something else. Plain JSON: it lives in the workflow and contains no personal data.
 */
import type { InboxId, SessionId } from '../ids.ts';
import { addMs, type Instant } from '../instant.ts';
import type { SessionTerms } from '../session-terms.ts';
import type { Payment, Round } from './payment.ts';

export interface SessionState {
  sessionId: SessionId;
  terms: SessionTerms;
  /** latest business instant that any event has shown */
  now: Instant;
  /** gateway time of the CHARGE, never after its receipt: an ENDCHARGE older than it may belong to an earlier session */
  requestedAt: Instant;
  /** when the session was opened; the life of its link counts from here */
  openedAt: Instant;
  phase: Phase;
  /** one after the other: the next is made only when the one before is final */
  payments: Payment[];
  moneyStep: MoneyStepState;
  texts: TextsState;
  inbox: InboxState;
  /** why an operator is needed, each reason once */
  attention: AttentionReason[];
}

export type Phase = BeforeUse | ActiveUse | EndedUse | NeverUsed;

export interface BeforeUse {
  state: 'awaitingApproval';
  /** the customer opened the payment link and no usable payment exists yet */
  isPaymentWanted: boolean;
  /** the end that was requested before the approval was seen */
  endRequested: EndRequest | null;
}

export interface EndRequest {
  /** never after its first receipt */
  at: Instant;
  by: 'customer' | 'operator';
}

export interface Use {
  /** number of the one payment whose reservation pays for the use */
  usedPayment: number;
  startedAt: Instant;
  /** the use ends by itself then */
  limitAt: Instant;
  /** first instant that the reservation does not cover; null: not known yet, or never */
  usedUpAt: Instant | null;
}

export interface ActiveUse extends Use {
  state: 'active';
}

export interface EndedUse extends Use {
  state: 'capturing' | 'captured' | 'released' | 'lapsed' | 'lost' | 'writtenOff';
  endedAt: Instant;
  endReason: EndReason;
  /** business time at which the end was decided: `endedAt` may lie before it */
  overAt: Instant;
  /** null: the pricing has not answered yet */
  price: Price | null;
  /** an operator waived the price or wrote it off: money captured nevertheless needs attention */
  isWaived: boolean;
  capture: Round;
  /** an operator wants the running capture round ended and the next begun at once */
  isRetryRequested: boolean;
}

export type EndReason = 'customer' | 'limit' | 'usedUp' | 'operator';

/** In minor units. */
export interface Price {
  computedMinor: number;
  /** what was decided to be captured of it */
  chargeMinor: number;
}

export interface NeverUsed {
  state: 'declined' | 'expired' | 'cancelled';
  overAt: Instant;
}

/** The money calls of a session are never made side by side. */
interface MoneyStepState {
  /** rises with every money step: an abandoned step that still runs can make no call */
  number: number;
  running: { step: 'reserve' | 'read' | 'capture' | 'release' | 'abandon'; paymentNumber: number } | null;
}

interface TextsState {
  /** how many of each kind were sent */
  sent: Partial<Record<string, number>>;
  /** texts and receipts that are under way */
  outstanding: number;
}

interface InboxState {
  handledIds: string[];
  lastEndAt: Instant | null;
  /** receipt of the first ENDCHARGE that may have been an earlier session's and was answered with the status */
  earlierEndAnsweredAt: Instant | null;
  slot: 'held' | 'freeing' | 'freed';
}

export function newSession(input: {
  sessionId: SessionId;
  inboxId: InboxId;
  terms: SessionTerms;
  requestedAt: Instant;
  /** from the session's row; `at` is later when a try was repeated */
  openedAt: Instant;
  at: Instant;
}): SessionState {
  const { sessionId, inboxId, terms, requestedAt, openedAt, at } = input;
  const session: SessionState = {
    sessionId,
    terms,
    now: at,
    requestedAt,
    openedAt,
    phase: { state: 'awaitingApproval', isPaymentWanted: false, endRequested: null },
    payments: [],
    moneyStep: { number: 0, running: null },
    texts: { sent: {}, outstanding: 0 },
    inbox: { handledIds: [inboxId], lastEndAt: null, earlierEndAnsweredAt: null, slot: 'held' },
    attention: [],
  };
  if (!terms.payment.paymentOnOpen) addPayment(session);
  return session;
}

/** A copy to be changed. The terms are shared: nothing ever changes them. */
export function copyOf({ terms, ...session }: SessionState): SessionState {
  return { terms, ...(copyOfJson(session) as Omit<SessionState, 'terms'>) };
}

function copyOfJson(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(copyOfJson);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, copyOfJson(part)]));
}

/** Appends the next payment; the caller has made sure that the one before is final. */
export function addPayment(session: SessionState): void {
  const { paymentLifeMs } = session.terms.payment;
  session.payments.push({
    paymentNumber: session.payments.length + 1,
    providerReference: null,
    redirectUrl: null,
    stage: 'wanted',
    outcome: null,
    createdAt: session.now,
    expiresAt: paymentLifeMs === null ? linkExpiresAt(session) : addMs(session.now, paymentLifeMs),
    authorizedMinor: 0,
    capturedMinor: 0,
    releasedMinor: 0,
    releaseSource: null,
    captureDeadlineAt: null,
    reads: {
      isWanted: false,
      begunAt: null,
      undated: 0,
      failed: 0,
      retryAt: null,
      hints: 0,
      hintAt: null,
    },
    release: { keyNumber: 0, failures: 0, retryAt: null },
    isAbandonTried: false,
    isCaptureUnclear: false,
  });
}

export function linkExpiresAt({ openedAt, terms }: Pick<SessionState, 'openedAt' | 'terms'>): Instant {
  return addMs(openedAt, terms.linkLifeMs);
}

/** Null before the use and where there was none. */
export function useOf({ phase }: SessionState): ActiveUse | EndedUse | null {
  return 'startedAt' in phase ? phase : null;
}

/** Null while the session is used and where it never was. */
export function endedUseOf({ phase }: SessionState): EndedUse | null {
  return 'endedAt' in phase ? phase : null;
}

export function paymentOf({ payments }: SessionState, paymentNumber: number): Payment | null {
  return payments.find((candidate) => candidate.paymentNumber === paymentNumber) ?? null;
}

/** The payment whose reservation pays for the use; null: there is none. */
export function usedPaymentOf(session: SessionState): Payment | null {
  const use = useOf(session);
  return use && paymentOf(session, use.usedPayment);
}

export function isUsedPayment(
  session: SessionState,
  { paymentNumber }: Pick<Payment, 'paymentNumber'>,
): boolean {
  return useOf(session)?.usedPayment === paymentNumber;
}

/** The newest payment that is not final; before the use there is at most one. */
export function livePayment({ payments }: SessionState): Payment | null {
  return payments.findLast(({ stage }) => stage !== 'settled') ?? null;
}

/** Why a session needs an operator, the most urgent first. The rule that knows the cause raises and clears the reason. */
export const ATTENTION_REASONS = [
  'capturedAfterWaiver',
  'capturedAmountDiffers',
  'captureRefused',
  'captureDeadlinePassed',
  'reservationRefused',
  'reservationUncertain',
  'releaseRefused',
  'releaseDeadlinePassed',
  'capturedByOther',
  'releaseNotCallable',
  'paymentNotReadable',
  'captureDelayed',
  'releaseDelayed',
] as const;

export type AttentionReason = (typeof ATTENTION_REASONS)[number];

interface Attended {
  attention: AttentionReason[];
}

export function raise(session: Attended, reason: AttentionReason): void {
  if (!session.attention.includes(reason)) session.attention.push(reason);
}

export function clear(session: Attended, ...reasons: AttentionReason[]): void {
  session.attention = session.attention.filter((raised) => !reasons.includes(raised));
}

/** The session's reasons, the most urgent first. */
export function inDisplayOrder({ attention }: Attended): AttentionReason[] {
  return ATTENTION_REASONS.filter((reason) => attention.includes(reason));
}
