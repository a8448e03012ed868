// Owns: each session's money: what the provider's ledger and the clock say must have been taken, against what was taken,
// recorded and told.
import type { Category, Finding, SessionRow, SimulatedPayment } from './evidence.ts';
import type { Ledger } from './ledger.ts';
import { priceMinor } from './price.ts';

type Say = (category: Category, what: string) => void;

/** Gateway, our clock and the provider's are one machine's here; instants are whole milliseconds. */
const CLOCK_TOLERANCE_MS = 2;
/** Vipps says when in its event log alone; more sessions than this cannot have met a fault just there. */
const WITHOUT_LOG_SHARE = 0.05;

export function checkMoney(ledger: Ledger): Finding[] {
  const findings: Finding[] = [];
  const { sessions, payments } = ledger.evidence;
  for (const payment of payments) {
    const say: Say = (category, what) =>
      void findings.push({ category, subject: `payment ${payment.id}`, what });
    checkLedger(payment, say);
  }
  for (const finding of [...checkOrphans(ledger), ...checkFirstLooks(ledger)]) findings.push(finding);
  for (const session of sessions) {
    const say: Say = (category, what) =>
      void findings.push({ category, subject: `session ${session.sessionId}`, what });
    checkSession(ledger, session, say);
  }
  return findings;
}

/** The provider's own ledger. */
function checkLedger(payment: SimulatedPayment, say: Say): void {
  const { requestedMinor, authorizedMinor, capturedMinor, releasedMinor, refundedMinor, captures } = payment;
  const holds =
    capturedMinor >= 0 &&
    releasedMinor >= 0 &&
    capturedMinor + releasedMinor <= authorizedMinor &&
    authorizedMinor <= requestedMinor &&
    refundedMinor >= 0 &&
    refundedMinor <= capturedMinor;
  if (!holds)
    say(
      'wrong',
      `ledger: asked ${requestedMinor}, held ${authorizedMinor}, taken ${capturedMinor}, back ${releasedMinor}, refunded ${refundedMinor}`,
    );
  if (captures > 1) say('doubled', `was captured ${captures} times`);
  if (captures > 0 !== capturedMinor > 0) say('wrong', `${captures} captures took ${capturedMinor}`);
}

/** Money at the provider that no session of ours knows of. */
function checkOrphans(ledger: Ledger): Finding[] {
  const known = new Set(ledger.evidence.attempts.map(({ paymentReference }) => paymentReference));
  return ledger.evidence.payments
    .filter(({ reference }) => reference === null || !known.has(reference))
    .map(({ id, status }) => ({
      category: 'lost',
      subject: `payment ${id}`,
      what: `is ${status} at the provider and belongs to no attempt of ours`,
    }));
}

function checkSession(ledger: Ledger, session: SessionRow, say: Say): void {
  const payments = ledger.paymentsOf(session);
  const taken = payments.filter(({ capturedMinor }) => capturedMinor > 0);
  const takenMinor = sum(taken.map(({ capturedMinor }) => capturedMinor));
  if (taken.length > 1) say('doubled', `${taken.length} of its payments were captured`);
  if (session.capturedMinor !== takenMinor)
    say('wrong', `we say ${session.capturedMinor} were taken, the provider ${takenMinor}`);
  const used = payments.find(({ id }) => id === session.transactionId);
  if (session.startedAt !== null && !used?.authorizedAt) {
    return say('wrong', 'a use was started that the provider knows no approval of');
  }
  const expected = expectedCapture(ledger, session, payments, say);
  if (expected !== takenMinor && !(takenMinor === 0 && ledger.isGivenUpWithReason(session)))
    say(takenMinor === 0 ? 'lost' : 'wrong', `${expected} should have been taken, ${takenMinor} were`);
  if (takenMinor > 0 && session.state !== 'captured')
    say('wrong', `${takenMinor} were taken and it is ${session.state}`);
  checkRecord(ledger, session, say);
  checkReserved(session, used, say);
  checkGivenBack(ledger, session, payments, say);
  checkRefunds(ledger, session, payments, say);
  checkAttempts(ledger, session, say);
}

/** From the provider's time of the approval and the gateway's of the end word, by our own arithmetic. */
function expectedCapture(
  ledger: Ledger,
  session: SessionRow,
  payments: readonly SimulatedPayment[],
  say: Say,
): number {
  const { terms } = ledger.evidence;
  const approved = payments.filter(({ authorizedAt }) => authorizedAt !== null);
  const [payment] = approved;
  const approvedAtMs = payment?.authorizedAt ? Date.parse(payment.authorizedAt) : null;
  if (payment === undefined || approvedAtMs === null) return 0;
  const endTextMs = endText(ledger, session)?.sentMs ?? null;
  if (session.startedAt === null) {
    // Approved, and never used: only after the link was over, or after the customer had ended it.
    const lateMs = Date.parse(session.createdAt) + terms.linkLifeMs - CLOCK_TOLERANCE_MS;
    const ended = endTextMs !== null && endTextMs <= approvedAtMs;
    if (!ended && approvedAtMs < lateMs)
      say('wrong', `was approved in time and is ${session.state} without a use`);
    return 0;
  }
  const startMs = isFirstLook(ledger, session, payment) ? Date.parse(session.startedAt) : approvedAtMs;
  if (Math.abs(Date.parse(session.startedAt) - startMs) > CLOCK_TOLERANCE_MS)
    say('wrong', `starts at ${session.startedAt}, was approved at ${payment.authorizedAt}`);
  const endMs = expectedEnd(ledger, session, startMs);
  if (session.endedAt === null || Math.abs(Date.parse(session.endedAt) - endMs) > CLOCK_TOLERANCE_MS)
    say('wrong', `ends at ${session.endedAt}, should at ${new Date(endMs).toISOString()}`);
  const price = priceMinor(terms, endMs - startMs);
  if (session.computedMinor !== price) say('wrong', `computed ${session.computedMinor}, should be ${price}`);
  const due = Math.min(price, payment.authorizedMinor);
  return due < terms.minimumCaptureMinor ? 0 : due;
}

/**
 * Vipps tells the instant of an approval in its event log, which is a call of its own. Where a fault met just that call the use
 * starts at the look that showed the approval, as decided: later, so never to the customer's cost.
 */
function isFirstLook(ledger: Ledger, session: SessionRow, payment: SimulatedPayment | undefined): boolean {
  if (payment?.provider !== 'vipps' || !payment.authorizedAt || session.startedAt === null) return false;
  const laterMs = Date.parse(session.startedAt) - Date.parse(payment.authorizedAt);
  return laterMs > CLOCK_TOLERANCE_MS && laterMs < ledger.evidence.terms.firstReadMs;
}

/** Sessions that start at a look and not at the approval. */
export function startedAtLook(ledger: Ledger): SessionRow[] {
  return ledger.evidence.sessions.filter((session) =>
    isFirstLook(
      ledger,
      session,
      ledger.paymentsOf(session).find(({ id }) => id === session.transactionId),
    ),
  );
}

/** Such starts are for faults. When there are many of them, the product does not ask when. */
function checkFirstLooks(ledger: Ledger): Finding[] {
  const { sessions } = ledger.evidence;
  const later = startedAtLook(ledger);
  const most = Math.max(3, sessions.length * WITHOUT_LOG_SHARE);
  if (later.length <= most) return [];
  return later.map(({ sessionId }) => ({
    category: 'wrong',
    subject: `session ${sessionId}`,
    what: 'starts at a look and not at the approval, as too many others do',
  }));
}

/** At the customer's end word, and at the session's own limit at the latest. */
function expectedEnd(ledger: Ledger, session: SessionRow, approvedAtMs: number): number {
  const { terms, tasks } = ledger.evidence;
  const limitMs = approvedAtMs + (terms.sessionLimitMs[session.partnerId] ?? 0);
  const text = endText(ledger, session);
  if (text === null) return limitMs;
  const askedMs = Math.max(approvedAtMs, Math.min(text.sentMs, limitMs));
  // An end word that came to the session when it had ended itself changes nothing by itself: a person is asked.
  const cameLate = text.dispatchedMs >= limitMs;
  const cost = (endMs: number): number =>
    Math.min(terms.reservationMinor, priceMinor(terms, endMs - approvedAtMs));
  const isAsked = tasks.some(
    ({ sessionId, reason }) => sessionId === session.sessionId && reason === 'lateEndCharge',
  );
  const endedItself = Math.abs(Date.parse(session.endedAt ?? '') - limitMs) <= CLOCK_TOLERANCE_MS;
  return cameLate && endedItself && (isAsked || cost(askedMs) >= cost(limitMs)) ? limitMs : askedMs;
}

/**
 * The first end word that the customer sent in this session; null: there was none. One that was sent before the start word was
 * meant for an earlier session where there is one; else the gateway's clock is off, and it ends this one at its start.
 */
function endText(ledger: Ledger, session: SessionRow): { sentMs: number; dispatchedMs: number } | null {
  const texts = (ledger.inboundBySession.get(session.sessionId) ?? []).flatMap((row) => {
    const sentMs = ledger.sentMs(row);
    return sentMs === null ? [] : [{ ...row, sentMs }];
  });
  const startMs = texts.find(({ inboxId }) => inboxId === session.inboxId)?.sentMs ?? -Infinity;
  const isFirst = ledger.isFirstOfPartner(session);
  const [first] = texts
    .filter(({ signal, sentMs }) => signal === 'endCharge' && (isFirst || sentMs >= startMs))
    .toSorted((a, b) => a.sequence - b.sequence);
  if (!first) return null;
  return {
    sentMs: Math.max(startMs, first.sentMs),
    dispatchedMs: Date.parse(first.dispatchedAt ?? ledger.evidence.at),
  };
}

/** The row by itself: its own start and end give its own price. */
function checkRecord(ledger: Ledger, session: SessionRow, say: Say): void {
  const { startedAt, endedAt, computedMinor, reservedMinor, capturedMinor, shortfallMinor } = session;
  const { terms } = ledger.evidence;
  if (capturedMinor > reservedMinor) say('wrong', `${capturedMinor} taken of ${reservedMinor} reserved`);
  if (reservedMinor > terms.reservationMinor) say('wrong', `${reservedMinor} reserved`);
  if (startedAt === null || endedAt === null) {
    if (capturedMinor > 0) say('wrong', 'money was taken for no use');
    return;
  }
  const price = priceMinor(terms, Date.parse(endedAt) - Date.parse(startedAt));
  if (computedMinor !== price) say('wrong', `its own times cost ${price}, it says ${computedMinor}`);
  if (shortfallMinor !== price - capturedMinor)
    say('wrong', `${price} due, ${capturedMinor} taken, shortfall said to be ${shortfallMinor}`);
}

/** Our record of the payment that the session shows. */
function checkReserved(session: SessionRow, used: SimulatedPayment | undefined, say: Say): void {
  const { reservedMinor, releasedMinor, releaseSource } = session;
  const heldMinor = used?.authorizedMinor ?? 0;
  if (reservedMinor !== heldMinor)
    say('wrong', `we say ${reservedMinor} were reserved, the provider ${heldMinor}`);
  const backMinor = used?.releasedMinor ?? 0;
  if (releaseSource !== 'assumed' && releasedMinor !== backMinor)
    say('wrong', `${releasedMinor} are said to be back, the provider says ${backMinor}`);
}

/**
 * What was held and not taken went back, proven; or assumed, where the provider has no call for it or has refused the call
 * and an operator is notified.
 */
function checkGivenBack(
  ledger: Ledger,
  session: SessionRow,
  payments: readonly SimulatedPayment[],
  say: Say,
): void {
  const isRefused = ledger.evidence.terms.refusals && session.attentionReason !== null;
  for (const payment of payments) {
    const { authorizedMinor, capturedMinor, releasedMinor, id } = payment;
    const heldMinor = authorizedMinor - capturedMinor - releasedMinor;
    if (heldMinor === 0) continue;
    const mayBeAssumed = payment.provider === 'paycore' || isRefused;
    if (!mayBeAssumed) say('lost', `${heldMinor} are still held by payment ${id}`);
    else if (id === session.transactionId && session.releaseSource !== 'assumed')
      say('wrong', `${heldMinor} are held by payment ${id}, said to be back: ${session.releaseSource}`);
  }
  const { reservedMinor, capturedMinor, releasedMinor } = session;
  if (capturedMinor + releasedMinor !== reservedMinor)
    say('wrong', `${reservedMinor} reserved, but ${capturedMinor} taken and ${releasedMinor} back`);
}

/** Refunded is what an operator requested, at the provider as in our record. */
function checkRefunds(
  ledger: Ledger,
  session: SessionRow,
  payments: readonly SimulatedPayment[],
  say: Say,
): void {
  const requestedMinor = sum(ledger.refundsOf(session).map(({ amountMinor }) => amountMinor ?? 0));
  const refundedMinor = sum(payments.map((payment) => payment.refundedMinor));
  if (refundedMinor !== requestedMinor)
    say('wrong', `${refundedMinor} were refunded, operators requested ${requestedMinor}`);
  if (session.refundedMinor !== refundedMinor)
    say('wrong', `we say ${session.refundedMinor} were refunded, the provider ${refundedMinor}`);
}

/** Our own record of every payment says what the provider's does. */
function checkAttempts(ledger: Ledger, session: SessionRow, say: Say): void {
  for (const attempt of ledger.attemptsBySession.get(session.sessionId) ?? []) {
    const payment = ledger.paymentByReference.get(attempt.paymentReference);
    const heldAtProvider = payment?.authorizedMinor ?? 0;
    const takenAtProvider = payment?.capturedMinor ?? 0;
    const refundedAtProvider = payment?.refundedMinor ?? 0;
    if (attempt.capturedMinor !== takenAtProvider)
      say(
        'wrong',
        `attempt ${attempt.paymentNumber} records ${attempt.capturedMinor} taken, not ${takenAtProvider}`,
      );
    if (attempt.refundedMinor !== refundedAtProvider)
      say(
        'wrong',
        `attempt ${attempt.paymentNumber} records ${attempt.refundedMinor} refunded, not ${refundedAtProvider}`,
      );
    if (heldAtProvider > 0 && attempt.authorizedMinor === 0)
      say('lost', `attempt ${attempt.paymentNumber} does not know that ${heldAtProvider} were approved`);
  }
  const captures = (ledger.operationsBySession.get(session.sessionId) ?? []).filter(
    ({ operation, state }) => operation === 'capture' && state === 'succeeded',
  );
  if (captures.length > 1) say('doubled', `${captures.length} captures are recorded`);
  if (session.capturedMinor > 0 && captures.length === 0) say('lost', 'its capture is not on record');
}

function sum(amounts: readonly number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
