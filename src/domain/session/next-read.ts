/**
 * When a payment is read at the provider. An open one is polled by schedule, whatever callbacks come. A read is also repeated
 * when an end depends on it, and requested by a hint of a change.
 */
import { addMs, earliest, isBefore, msBetween, type Instant } from '../instant.ts';
import { isUndecided, type Payment } from './payment.ts';
import { linkExpiresAt, type SessionState } from './state.ts';

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;

/** Polls of an open payment, counted from its creation; then every five minutes. */
const POLL_AFTER_MS = [5, 15, 30, 60, 120].map((seconds) => seconds * SECOND_MS);
const LAST_PACED_MS = 120 * SECOND_MS;
const POLL_EVERY_MS = 5 * MINUTE_MS;
/** A payment that could not be read until then is polled this often, for days if need be. */
const POLL_UNREADABLE_EVERY_MS = HOUR_MS;
/** How long after its expiry a payment may still be approved; then it counts as expired. */
const EXPIRY_GRACE_MS = 10 * MINUTE_MS;

/** An approval of unknown time, where an end was requested, is read again so often, so many times. */
const UNDATED_EVERY_MS = 10 * SECOND_MS;
const MAX_UNDATED_READS = 3;
/** A failed read on which an end depends is repeated after 10, 20, 40, 80, 160 s: five minutes in all. */
const FIRST_FAILED_WAIT_MS = 10 * SECOND_MS;
const MAX_FAILED_READS = 5;
/** The create call had no answer: the payment may appear with a delay, and nobody waits for it. */
const UNCERTAIN_WAIT_MS = MINUTE_MS;

/** So many hints in the life of a payment, and so many in its use, are followed at once. */
const PROMPT_HINTS = 10;

/** The last regular poll: what is not approved by then has expired. */
export function lastPollAt({ expiresAt }: Payment): Instant {
  return addMs(expiresAt, EXPIRY_GRACE_MS);
}

/** The first instant after `after` at which the payment is to be read; null: none is planned. */
export function nextReadAt(payment: Payment, after: Instant): Instant | null {
  const { stage, reads } = payment;
  if (stage === 'settled' || stage === 'wanted') return null;
  const planned = [reads.retryAt, reads.hintAt].filter((at): at is Instant => isAfter(at, after));
  if (isUndecided(payment) && !isAfter(reads.retryAt, after)) planned.push(nextPollAfter(payment, after));
  const [first, ...others] = planned;
  return first === undefined ? null : earliest(first, ...others);
}

/** Requests the read if one became due since `since`. */
export function readIfDue({ now }: SessionState, payment: Payment, since: Instant): void {
  const dueAt = nextReadAt(payment, since);
  if (dueAt !== null && !isBefore(now, dueAt)) payment.reads.isWanted = true;
}

/**
 * An approval was seen without its time, which decides whether it came before the requested end: Vipps shows it in a log that
 * may be unavailable now. False if nothing depends on it or it was read often enough: then the customer's end counts.
 */
export function isReadAgainForDate(session: SessionState, payment: Payment): boolean {
  const { phase, now } = session;
  if (phase.state !== 'awaitingApproval' || !phase.endRequested) return false;
  return repeat(payment, 'undated', { now, most: MAX_UNDATED_READS, waitMs: () => UNDATED_EVERY_MS });
}

/**
 * A read failed while an end (the customer's or the link's expiry) was pending: an approval that nobody has seen would make
 * the use free. False if nothing depends on it, or it was tried often enough.
 */
export function isReadAgainAfterFailure(session: SessionState, payment: Payment): boolean {
  const { phase, now } = session;
  const isLinkOver = !isBefore(now, linkExpiresAt(session));
  if (phase.state !== 'awaitingApproval' || !(phase.endRequested || isLinkOver)) return false;
  if (payment.reads.undated > 0 && isReadAgainForDate(session, payment)) return true;
  const waitMs = (failed: number): number => FIRST_FAILED_WAIT_MS * 2 ** (failed - 1);
  return repeat(payment, 'failed', { now, most: MAX_FAILED_READS, waitMs });
}

/** An answer ends the series of failed reads: a read repeated for another reason does not wait for it. */
export function endFailedReads({ reads }: Payment): void {
  if (reads.failed === 0) return;
  reads.failed = 0;
  reads.retryAt = null;
}

/** The outcome of the create call is unknown: polls begin after a while. */
export function readUncertain({ now }: SessionState, { reads }: Payment): void {
  reads.retryAt = addMs(now, UNCERTAIN_WAIT_MS);
}

/** Plans the next read of this series, unless one is planned; false: the series is used up. Other reads do not count. */
function repeat(
  { reads }: Payment,
  why: 'undated' | 'failed',
  { now, most, waitMs }: { now: Instant; most: number; waitMs: (count: number) => number },
): boolean {
  if (isAfter(reads.retryAt, now)) return true;
  if (reads[why] >= most) return false;
  reads[why] += 1;
  reads.retryAt = addMs(now, waitMs(reads[why]));
  return true;
}

/** Nothing is decided before these reads: a repeated one that is planned, or one that is wanted or runs. */
export function isReadAwaited({ payments, moneyStep, now }: SessionState): boolean {
  if (moneyStep.running?.step === 'read') return true;
  return payments.some(
    (payment) => payment.reads.isWanted || (isUndecided(payment) && isAfter(payment.reads.retryAt, now)),
  );
}

/**
 * A hint that the payment has changed: a read at once, or one for all hints until its instant. Nothing is decided without it,
 * and it waits behind nothing: many hints only make the reads further apart.
 */
export function readForHint({ now }: SessionState, payment: Payment): void {
  const { stage, reads } = payment;
  if (stage === 'settled' || stage === 'wanted') return;
  if (reads.isWanted || isAfter(reads.hintAt, now)) return;
  const soonest = addMs(reads.hintAt ?? now, hintWaitMs(payment));
  const isDue = !isBefore(now, soonest);
  reads.hints += 1;
  reads.hintAt = isDue ? now : soonest;
  if (isDue) reads.isWanted = true;
}

/**
 * The least wait between two reads that hints requested: none at first, then 1, 2, 4, ... s; at most a minute while the
 * customer may be waiting for it, at most an hour afterwards, when every call of ours reads for itself.
 */
function hintWaitMs(payment: Payment): number {
  const { hints } = payment.reads;
  if (hints < PROMPT_HINTS) return 0;
  return Math.min(isUndecided(payment) ? MINUTE_MS : HOUR_MS, SECOND_MS * 2 ** (hints - PROMPT_HINTS));
}

/** An approval has been seen: polls end. A hint whose read is still to come may be newer than the approval. */
export function readAfterApproval({ now }: SessionState, { reads }: Payment): void {
  if (isAfter(reads.hintAt, now)) reads.isWanted = true;
  reads.hints = 0;
  reads.hintAt = null;
}

function nextPollAfter(payment: Payment, after: Instant): Instant {
  const last = lastPollAt(payment);
  if (!isBefore(after, last))
    return addMs(last, nextMultiple(POLL_UNREADABLE_EVERY_MS, msBetween(last, after)));
  const { createdAt } = payment;
  const sinceMs = msBetween(createdAt, after);
  const pacedMs = POLL_AFTER_MS.find((ms) => ms > sinceMs);
  const pollMs = pacedMs ?? LAST_PACED_MS + nextMultiple(POLL_EVERY_MS, sinceMs - LAST_PACED_MS);
  return earliest(last, addMs(createdAt, pollMs));
}

function nextMultiple(everyMs: number, ms: number): number {
  return everyMs * (Math.floor(ms / everyMs) + 1);
}

function isAfter(at: Instant | null, now: Instant): boolean {
  return at !== null && isBefore(now, at);
}
