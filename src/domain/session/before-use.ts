/** From CHARGE to approval: reservation, link, cancellation, expiry. Decided cases 2, 3, 5, 13, 14. */
import { addMs, clampInstant, earliest, isBefore, type Instant } from '../instant.ts';
import type { PaymentSnapshot } from '../payment.ts';
import { text, type Draft } from './draft.ts';
import type { SessionEvent } from './events.ts';
import { lookAfterApproval, looksAgainForDate, looksAgainUnread } from './look-again.ts';
import { CAPTURE_SAFETY_MS, lastLookAt, pollInstant, roundWaitMs } from './schedule.ts';
import {
  addAttempt,
  isToBeReleased,
  isUndecided,
  liveAttempt,
  type Attempt,
  type SessionState,
} from './state.ts';
import { endUse } from './use.ts';

type EventOf<T extends SessionEvent['type']> = Extract<SessionEvent, { type: T }>;

export function attemptOf(session: SessionState, number: number): Attempt | null {
  return session.attempts.find((candidate) => candidate.attempt === number) ?? null;
}

export function onReserved(draft: Draft, event: EventOf<'reserved'>): void {
  const attempt = attemptOf(draft.session, event.attempt);
  if (!attempt || attempt.stage === 'settled') return;
  attempt.stage = 'pending';
  attempt.providerReference = event.providerReference;
  attempt.redirectUrl = event.redirectUrl;
  attempt.nextPollAt = pollInstant(attempt);
  const { state, now, linkExpiresAt, endRequested } = draft.session;
  if (endRequested && state === 'awaitingApproval') attempt.readWanted = true;
  else if (state === 'awaitingApproval' && isBefore(now, linkExpiresAt)) sendLinkOnce(draft);
}

export function sendLinkOnce(draft: Draft): void {
  if (draft.session.linkSent) return;
  draft.session.linkSent = true;
  text(draft, 'paymentLink');
}

export function onReserveRefused(draft: Draft, event: EventOf<'reserveRefused'>): void {
  const attempt = attemptOf(draft.session, event.attempt);
  if (!attempt) return;
  settleWithoutMoney(attempt, 'refused');
  draft.session.attention = 'reservationRefused';
  if (draft.session.state === 'awaitingApproval') closeBeforeUse(draft, 'cancelled', 'couldNotStart');
}

/** Nobody has the link of a payment that may or may not exist: the customer is told, the attempt watched to its end. */
export function onReserveFailed(draft: Draft, event: EventOf<'reserveFailed'>): void {
  const attempt = attemptOf(draft.session, event.attempt);
  if (!attempt) return;
  attempt.stage = 'uncertain';
  attempt.nextPollAt = addMs(draft.session.now, 60_000);
  draft.session.attention = 'reservationUncertain';
  if (draft.session.state === 'awaitingApproval') closeBeforeUse(draft, 'cancelled', 'couldNotStart');
}

export function onPaymentRead(
  draft: Draft,
  attempt: Attempt,
  snapshot: PaymentSnapshot | null,
  at: Instant,
): void {
  const { attention } = draft.session;
  const isKnownNow = attempt.stage === 'uncertain' && snapshot !== null;
  if (attention === 'paymentNotReadable') draft.session.attention = null;
  attempt.unreadLook = { ...attempt.unreadLook, at: null };
  if (attention === 'reservationUncertain' && isKnownNow) draft.session.attention = null;
  if (snapshot?.providerReference) attempt.providerReference = snapshot.providerReference;
  switch (snapshot?.phase) {
    case 'authorized':
      return onAuthorized(draft, attempt, snapshot, at);
    case 'declined':
    case 'expired':
    case 'abandoned':
      if (attempt.stage === 'authorized') return takeAmounts(attempt, snapshot);
      settleWithoutMoney(attempt, snapshot.phase);
      return onAttemptGone(draft, snapshot.phase);
    case 'pending':
    case undefined:
      if (attempt.stage === 'uncertain' && snapshot) attempt.stage = 'pending';
      return onStillPending(draft, attempt, at);
  }
}

/**
 * No answer from the provider: after some more looks it is for the customer as if the payment still waited, and a person is
 * told. It may hold money that nobody saw, so it is not final by time alone until no reservation could still be held.
 */
export function onReadFailed(draft: Draft, attempt: Attempt, at: Instant): void {
  if (attempt.stage === 'authorized') return lookAgainLater(draft, attempt);
  if (!isUndecided(attempt)) return;
  if (!isBefore(at, lastLookAt(attempt))) {
    draft.session.attention ??= 'paymentNotReadable';
    const heldUntil = addMs(attempt.expiresAt, draft.session.terms.payment.captureDeadlineMs);
    if (!isBefore(at, heldUntil)) settleWithoutMoney(attempt, 'expired');
  }
  if (isUndecided(attempt)) {
    if (attempt.undatedLook.planned > 0 && looksAgainForDate(draft.session, attempt)) return;
    if (looksAgainUnread(draft.session, attempt)) return;
  }
  const wasOpen = draft.session.state === 'awaitingApproval';
  concludeLook(draft, attempt);
  if (wasOpen && draft.session.state !== 'awaitingApproval') draft.session.attention ??= 'paymentNotReadable';
}

/** The rest of a reservation waits for this look before it counts as given back. */
function lookAgainLater({ session }: Draft, attempt: Attempt): void {
  if (!attempt.captureUnclear || !isToBeReleased(session, attempt)) return;
  attempt.releaseFailures += 1;
  attempt.releaseRetryAt = addMs(session.now, roundWaitMs(attempt.releaseFailures));
}

function onStillPending(draft: Draft, attempt: Attempt, at: Instant): void {
  if (attempt.stage === 'authorized') return lookAgainLater(draft, attempt);
  if (!isUndecided(attempt)) return;
  if (!isBefore(at, lastLookAt(attempt))) {
    settleWithoutMoney(attempt, 'expired');
    if (draft.session.attention === 'reservationUncertain') draft.session.attention = null;
  }
  concludeLook(draft, attempt);
}

/**
 * The provider was asked and nothing was approved: now a cancellation or the end of the link takes effect. Not by a look
 * that began before another was asked for, or before the end of the link: the approval may have come between.
 */
function concludeLook(draft: Draft, attempt: Attempt): void {
  const { session } = draft;
  if (attempt.readWanted) return;
  if (attempt.stage === 'settled') return onAttemptGone(draft, 'expired');
  session.openWanted = false;
  if (session.state !== 'awaitingApproval') return;
  if (session.endRequested) closeBeforeUse(draft, 'cancelled', 'cancelled');
  else if (!isBefore(session.now, session.linkExpiresAt)) {
    const isOfBefore = attempt.lookBegunAt !== null && isBefore(attempt.lookBegunAt, session.linkExpiresAt);
    if (isOfBefore) attempt.readWanted = true;
    else closeBeforeUse(draft, 'expired', 'expired');
  }
}

function onAttemptGone(draft: Draft, phase: 'declined' | 'expired' | 'abandoned'): void {
  const { session } = draft;
  if (session.state !== 'awaitingApproval') return;
  if (session.endRequested) return closeBeforeUse(draft, 'cancelled', 'cancelled');
  if (phase === 'declined') return closeBeforeUse(draft, 'declined', 'declined');
  const mayTapAgain = session.terms.payment.paymentOnOpen && isBefore(session.now, session.linkExpiresAt);
  if (!mayTapAgain) closeBeforeUse(draft, 'expired', 'expired');
}

function onAuthorized(draft: Draft, attempt: Attempt, snapshot: PaymentSnapshot, at: Instant): void {
  if (attempt.stage === 'settled') return;
  const { session } = draft;
  const isUndated = attempt.stage !== 'authorized' && snapshot.authorizedAt === null;
  if (isUndated && looksAgainForDate(session, attempt)) return;
  takeAmounts(attempt, snapshot);
  if (attempt.stage === 'authorized') {
    attempt.captureUnclear = false;
    return;
  }
  attempt.stage = 'authorized';
  lookAfterApproval(session, attempt);
  const authorizedAt = clampInstant(snapshot.authorizedAt ?? at, attempt.createdAt, at);
  attempt.captureDeadlineAt =
    snapshot.captureDeadlineAt ?? addMs(authorizedAt, session.terms.payment.captureDeadlineMs);
  if (session.state !== 'awaitingApproval') return;
  const { endRequested } = session;
  if (endRequested && !isBefore(authorizedAt, endRequested.at)) {
    return closeBeforeUse(draft, 'cancelled', 'cancelled');
  }
  startUse(draft, attempt, authorizedAt, attempt.captureDeadlineAt);
  if (endRequested) {
    endUse(draft, endRequested.at, endRequested.by);
  }
}

/**
 * A read after a capture may no longer show what was authorised (Paycore): what we saw before stays. A reservation that is
 * gone shows in its phase alone: then all that was not captured went back.
 */
export function takeAmounts(attempt: Attempt, snapshot: PaymentSnapshot): void {
  attempt.authorizedMinor = Math.max(attempt.authorizedMinor, snapshot.authorizedMinor);
  attempt.capturedMinor = Math.max(attempt.capturedMinor, snapshot.capturedMinor);
  const notCapturedMinor = attempt.authorizedMinor - attempt.capturedMinor;
  const releasedMinor = isGone(snapshot) ? notCapturedMinor : snapshot.releasedMinor;
  if (releasedMinor > attempt.releasedMinor) {
    attempt.releasedMinor = releasedMinor;
    attempt.releaseSource = 'provider';
  }
  attempt.releasedMinor = Math.min(attempt.releasedMinor, notCapturedMinor);
}

function isGone({ phase }: PaymentSnapshot): boolean {
  return phase === 'declined' || phase === 'expired' || phase === 'abandoned';
}

function startUse(draft: Draft, attempt: Attempt, startedAt: Instant, captureDeadlineAt: Instant): void {
  const { session } = draft;
  session.state = 'active';
  session.adopted = attempt.attempt;
  session.openWanted = false;
  session.startedAt = startedAt;
  session.limitAt = earliest(
    addMs(startedAt, session.terms.sessionLimitMs),
    addMs(captureDeadlineAt, -CAPTURE_SAFETY_MS),
  );
  if (isBefore(session.limitAt, startedAt)) session.limitAt = startedAt;
  draft.commands.push({ command: 'planUsage', startedAt, limitMinor: attempt.authorizedMinor });
}

export function settleWithoutMoney(
  attempt: Attempt,
  outcome: 'refused' | 'declined' | 'expired' | 'abandoned',
): void {
  attempt.stage = 'settled';
  attempt.outcome = outcome;
  attempt.nextPollAt = null;
  attempt.readWanted = false;
}

export function closeBeforeUse(
  draft: Draft,
  state: 'cancelled' | 'expired' | 'declined',
  told: 'cancelled' | 'expired' | 'declined' | 'couldNotStart',
): void {
  draft.session.state = state;
  draft.session.openWanted = false;
  text(draft, told);
  const waiting = liveAttempt(draft.session);
  if (waiting?.stage === 'wanted' && draft.session.moneyRunning !== 'reserve')
    settleWithoutMoney(waiting, 'abandoned');
}

/**
 * ENDCHARGE (or an operator) before approval. Where a payment waits, the provider is asked first: an approval that came
 * before the ENDCHARGE, but whose callback was lost, is a use and is priced as one.
 */
export function endBeforeUse(draft: Draft, request: NonNullable<SessionState['endRequested']>): void {
  draft.session.endRequested ??= request;
  const waiting = liveAttempt(draft.session);
  if (waiting?.stage === 'pending') waiting.readWanted = true;
  else if (!isBeingOpened(draft.session)) closeBeforeUse(draft, 'cancelled', 'cancelled');
}

/**
 * The customer has the link, and a payment is being made: it may be there and approved before we hear of it. Without a link
 * nobody can approve.
 */
function isBeingOpened({ moneyRunning, linkSent }: SessionState): boolean {
  return moneyRunning === 'reserve' && linkSent;
}

/** The link's life is over: looked at once more, then it is expired. */
export function expireLink(draft: Draft): void {
  const waiting = liveAttempt(draft.session);
  if (waiting && isUndecided(waiting)) waiting.readWanted = true;
  else if (draft.session.moneyRunning !== 'reserve') closeBeforeUse(draft, 'expired', 'expired');
}

/**
 * A tap on the link where payments are made on opening. A payment that has outlived its life is read first; the next
 * attempt is made only after the former is final.
 */
export function onPaymentOpened(draft: Draft): void {
  const { session } = draft;
  if (!session.terms.payment.paymentOnOpen || session.state !== 'awaitingApproval') return;
  session.openWanted = true;
  const waiting = liveAttempt(session);
  if (waiting?.stage === 'pending' && !isBefore(session.now, waiting.expiresAt)) waiting.readWanted = true;
}

export function makeWantedAttempt(draft: Draft): void {
  const { session } = draft;
  if (!session.openWanted || session.state !== 'awaitingApproval' || session.endRequested) return;
  const waiting = liveAttempt(session);
  if (waiting === null) addAttempt(session);
  if (waiting === null || isBefore(session.now, waiting.expiresAt)) session.openWanted = false;
}
