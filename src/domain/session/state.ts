import { addMs, type Instant } from '../instant.ts';
import type { ReleaseSource } from '../payment.ts';
import type { SessionTerms } from '../session-terms.ts';
import type { ChargeState } from './charge-state.ts';

/** How a payment attempt ended. `refused`: the provider never took it. */
export type AttemptOutcome =
  'refused' | 'declined' | 'expired' | 'abandoned' | 'captured' | 'released' | 'lapsed' | 'lost';

/** A look that is repeated before anything is decided: look-again.ts. */
export interface RepeatedLook {
  readonly planned: number;
  /** when the last of them was planned for */
  readonly at: Instant | null;
}

/** One payment at the provider. Amounts in minor units. */
export interface Attempt {
  attempt: number;
  paymentReference: string;
  providerReference: string | null;
  redirectUrl: string | null;
  /**
   * `wanted`: to be made; `uncertain`: the create call's outcome is unknown; `settled`: final at the provider by a read, or
   * assumed so for the recorded reason.
   */
  stage: 'wanted' | 'uncertain' | 'pending' | 'authorized' | 'settled';
  outcome: AttemptOutcome | null;
  createdAt: Instant;
  expiresAt: Instant;
  authorizedMinor: number;
  capturedMinor: number;
  releasedMinor: number;
  releaseSource: ReleaseSource | null;
  captureDeadlineAt: Instant | null;
  readWanted: boolean;
  /** when the last look was asked for: what it shows may be as old as that */
  lookBegunAt: Instant | null;
  pollsDone: number;
  /** for the time of an approval that was seen without it, after an end was asked for */
  undatedLook: RepeatedLook;
  /** after one that failed, when an end was asked for or the link was over; `at` null: the last one was answered */
  unreadLook: RepeatedLook;
  /** that a hint of a change asked for: how many so far */
  hintedLook: RepeatedLook;
  nextPollAt: Instant | null;
  /** number of this attempt's release operation, once it has one */
  releaseNumber: number | null;
  releaseFailures: number;
  releaseRetryAt: Instant | null;
  /** a definite refusal: an operator's matter */
  releaseBlocked: boolean;
  abandonTried: boolean;
  /** a capture call was begun, and neither its answer nor a later read has shown what became of it */
  captureUnclear: boolean;
}

export type AttentionReason =
  | 'captureDelayed'
  | 'captureRefused'
  | 'captureDeadlinePassed'
  | 'capturedAmountDiffers'
  | 'capturedByOther'
  | 'capturedAfterWaiver'
  | 'reservationRefused'
  | 'reservationUncertain'
  | 'releaseDelayed'
  | 'releaseRefused'
  | 'releaseDeadlinePassed'
  | 'releaseNotCallable'
  | 'paymentNotReadable';

export interface Settlement {
  plan: 'capture' | 'release';
  amountMinor: number;
  /** rises only after a definite refusal */
  captureNumber: number;
  failedRounds: number;
  retryAt: Instant | null;
  /** an operator wants the round that runs to end and the next to begin at once */
  retryNow: boolean;
  /** an operator has waived the price, or given it up: money that is seen captured afterwards was not wanted */
  waived: boolean;
}

/** Everything a session knows. Plain JSON: it lives in the workflow and never holds personal data. */
export interface SessionState {
  sessionId: string;
  terms: SessionTerms;
  state: ChargeState;
  /** latest business instant any event has shown */
  now: Instant;
  /** gateway time of the CHARGE, never after its receipt: an ENDCHARGE older than it may belong to an earlier session */
  requestedAt: Instant;
  linkExpiresAt: Instant;
  linkSent: boolean;
  attempts: Attempt[];
  /** number of the one attempt whose reservation is used */
  adopted: number | null;
  /** the customer tapped the link and no usable payment exists yet */
  openWanted: boolean;
  /** the end that was asked for before the approval was seen; `at` is never after its first receipt */
  endRequested: { at: Instant; by: 'customer' | 'operator' } | null;
  lastEndChargeAt: Instant | null;
  /** receipt of the first ENDCHARGE that may have been an earlier session's and was answered with the status */
  earlierEndAnsweredAt: Instant | null;
  startedAt: Instant | null;
  endedAt: Instant | null;
  endReason: 'customer' | 'limit' | 'usedUp' | 'operator' | null;
  limitAt: Instant | null;
  usedUpAt: Instant | null;
  warned: boolean;
  usedUpTold: boolean;
  lateApprovalTold: boolean;
  computedMinor: number | null;
  shortfallMinor: number;
  settlement: Settlement | null;
  /** the one money step that runs: money calls of a session are never made side by side */
  moneyRunning: 'reserve' | 'read' | 'capture' | 'release' | 'abandon' | null;
  /** the attempt that step is about */
  moneyRunningFor: number | null;
  /** rises with every money step; the fence against a step that was given up but still runs somewhere */
  moneySteps: number;
  releasesStarted: number;
  attention: AttentionReason | null;
  textsSent: Partial<Record<string, number>>;
  textsOutstanding: number;
  handledInboxIds: string[];
  slot: 'held' | 'freeing' | 'freed';
  useOverAt: Instant | null;
}

export function beginSession(input: {
  sessionId: string;
  inboxId: string;
  terms: SessionTerms;
  requestedAt: Instant;
  at: Instant;
}): SessionState {
  const { sessionId, inboxId, terms, at } = input;
  const state: SessionState = {
    sessionId,
    terms,
    state: 'awaitingApproval',
    now: at,
    requestedAt: input.requestedAt,
    linkExpiresAt: addMs(at, terms.linkLifeMs),
    linkSent: false,
    attempts: [],
    adopted: null,
    openWanted: false,
    endRequested: null,
    lastEndChargeAt: null,
    earlierEndAnsweredAt: null,
    startedAt: null,
    endedAt: null,
    endReason: null,
    limitAt: null,
    usedUpAt: null,
    warned: false,
    usedUpTold: false,
    lateApprovalTold: false,
    computedMinor: null,
    shortfallMinor: 0,
    settlement: null,
    moneyRunning: null,
    moneyRunningFor: null,
    moneySteps: 0,
    releasesStarted: 0,
    attention: null,
    textsSent: {},
    textsOutstanding: 0,
    handledInboxIds: [inboxId],
    slot: 'held',
    useOverAt: null,
  };
  if (!terms.payment.paymentOnOpen) addAttempt(state);
  return state;
}

/** A copy to be changed. The terms are shared: nothing ever changes them. */
export function copyOf(state: SessionState): SessionState {
  return {
    ...state,
    attempts: state.attempts.map((attempt) => ({ ...attempt })),
    endRequested: state.endRequested && { ...state.endRequested },
    settlement: state.settlement && { ...state.settlement },
    textsSent: { ...state.textsSent },
    handledInboxIds: [...state.handledInboxIds],
  };
}

/** Appends the next payment attempt; the caller has made sure that the one before is final. */
export function addAttempt(state: SessionState): void {
  const attempt = state.attempts.length + 1;
  const { paymentLifeMs } = state.terms.payment;
  const expiresAt = paymentLifeMs === null ? state.linkExpiresAt : addMs(state.now, paymentLifeMs);
  state.attempts.push({
    attempt,
    paymentReference: paymentReferenceOf(state.sessionId, attempt),
    providerReference: null,
    redirectUrl: null,
    stage: 'wanted',
    outcome: null,
    createdAt: state.now,
    expiresAt,
    authorizedMinor: 0,
    capturedMinor: 0,
    releasedMinor: 0,
    releaseSource: null,
    captureDeadlineAt: null,
    readWanted: false,
    lookBegunAt: null,
    pollsDone: 0,
    undatedLook: { planned: 0, at: null },
    unreadLook: { planned: 0, at: null },
    hintedLook: { planned: 0, at: null },
    nextPollAt: null,
    releaseNumber: null,
    releaseFailures: 0,
    releaseRetryAt: null,
    releaseBlocked: false,
    abandonTried: false,
    captureUnclear: false,
  });
}

/**
 * `s2p` + 32 hex: the session's own random digits, the last two raised by the attempt, so that every attempt has a
 * reference of its own and a person can see which session it belongs to. Vipps: 8-64 characters `[A-Za-z0-9-]`.
 */
export function paymentReferenceOf(sessionId: string, attempt: number): string {
  const last = (Number.parseInt(sessionId.slice(-2), 16) + attempt - 1) % 256;
  return `s2p${sessionId.slice(0, -2)}${last.toString(16).padStart(2, '0')}`;
}

export function adoptedAttempt(state: SessionState): Attempt | null {
  return state.attempts.find((candidate) => candidate.attempt === state.adopted) ?? null;
}

/** The newest attempt that is not final; there is at most one such before adoption. */
export function liveAttempt(state: SessionState): Attempt | null {
  return state.attempts.findLast((candidate) => candidate.stage !== 'settled') ?? null;
}

/** Made, or perhaps made, and neither approved nor final as far as we know. */
export function isUndecided({ stage }: Pick<Attempt, 'stage'>): boolean {
  return stage === 'pending' || stage === 'uncertain';
}

export function isBeforeUse(state: SessionState): boolean {
  return state.state === 'awaitingApproval';
}

/** What is left of the attempt's reservation at the provider, as far as we know. */
export function restMinor(attempt: Attempt): number {
  return Math.max(0, attempt.authorizedMinor - attempt.capturedMinor - attempt.releasedMinor);
}

/** False once an operator has waived the price or given it up, also while the call is under way. */
export function isCaptureWanted({ state, settlement }: SessionState): boolean {
  return state === 'capturing' && settlement?.plan === 'capture';
}

export function captureOperationId(session: SessionState): string {
  return `${session.sessionId}-capture-${session.settlement?.captureNumber ?? 1}`;
}

/** The rest of this reservation is nobody's any more: not adopted, or captured, or decided to cost nothing. */
export function isToBeReleased(session: SessionState, attempt: Attempt): boolean {
  if (isBeforeUse(session)) return session.adopted !== null && attempt.attempt !== session.adopted;
  if (attempt.attempt !== session.adopted) return true;
  const { state, settlement } = session;
  if (state === 'capturing') return settlement?.plan === 'release';
  return state === 'captured' || state === 'lost' || state === 'writtenOff';
}
