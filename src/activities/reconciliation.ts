/**
 * Compares our payments with the provider's. Nothing here changes money or a session's row: a difference becomes an attention
 * entry, and an authorization that pays for no use a recorded action.
 */
import { activityInfo, log } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { RaisedReason } from '../domain/attention.ts';
import { addMs, msBetween, type Instant } from '../domain/instant.ts';
import {
  remainingMinor,
  isOpen,
  providerPaymentOf,
  type SessionLedger,
  type ProviderLedger,
} from '../domain/reconciliation/ledger.ts';
import type { AmountDifference, LogDifference } from '../domain/reconciliation/differences.ts';
import { mayRelease, compareLedgers, type Comparison } from '../domain/reconciliation/comparison.ts';
import { SYSTEM, type AttentionDetails } from '../ports/attention-store.ts';
import { readPayments, unknownProvider } from '../ports/read-payments.ts';
import type { ActionRecord, ActionStore } from '../ports/action-store.ts';
import type { Activities, UnreleasedPayment, SessionReconciled, FollowUpInput } from './contract.ts';
import type { ActivityDeps } from './deps.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How long a payment is read after its session's end. */
const READ_AFTER_END_MS = 7 * DAY_MS;
/** Past this nothing can be reserved any more: the longest reservation of any provider, and a little. */
const LONGEST_HOLD_MS = 190 * DAY_MS;
/** A page is one run of the workflow: its history stays short. */
const PAGE = 50;
/** A provider that does not answer is read again by the retry policy, slowly; the last try accepts it as it is. */
const LAST_TRY = 3;
/** A provider that is away for an hour raises no attention. */
const NOT_READABLE_AFTER_MS = 3 * HOUR_MS;

const ACTOR = 'reconciliation';

export function createReconciliationActivities(deps: ActivityDeps) {
  return {
    listToReconcile: async ({ after }) => {
      const now = deps.clock.now();
      const sessionIds = await deps.stores.ledger.listToReconcile({
        endedSince: addMs(now, -READ_AFTER_END_MS),
        openSince: addMs(now, -LONGEST_HOLD_MS),
        after,
        limit: PAGE,
      });
      return { sessionIds, isLast: sessionIds.length < PAGE };
    },
    reconcileSession: ({ sessionId }) => reconcileSession(deps, sessionId),
    followUpSession: (input) => followUpSession(deps, input),
  } satisfies Partial<Activities>;
}

async function reconcileSession(deps: ActivityDeps, sessionId: string): Promise<SessionReconciled> {
  const ledger = await deps.stores.ledger.read(sessionId);
  if (ledger === null)
    return { kind: 'equal', isOpen: false, unreleased: [], capturedMinor: 0, isCapturedAsRecorded: true };
  const readAt = deps.clock.now();
  const theirs = await readProvider(deps, ledger);
  const again = await deps.stores.ledger.read(sessionId);
  const comparison = compareLedgers(ledger, theirs);
  // Changed while the provider was read: the next run compares.
  const isUnchanged = JSON.stringify(again) === JSON.stringify(ledger);
  const kind = isUnchanged || comparison.kind === 'notReadable' ? comparison.kind : 'underWay';
  await keepSnapshots(deps, theirs, readAt);
  await reportDifferences(deps, ledger, { ...comparison, kind });
  await reportReadability(deps, ledger, comparison);
  const { capturedMinor, isCapturedAsRecorded } = comparison;
  const unreleased = unreleasedOf(ledger, theirs);
  if (unreleased.length === 0 && comparison.fault === null && isUnchanged)
    await setEntry(deps, ledger, 'moneyHeld', null);
  return { kind, isOpen: again !== null && isOpen(again), unreleased, capturedMinor, isCapturedAsRecorded };
}

async function readProvider(
  deps: ActivityDeps,
  { provider, payments }: SessionLedger,
): Promise<ProviderLedger> {
  const known = deps.providers[provider];
  if (!known) return unknownProvider(payments);
  const theirs = await readPayments(known, payments);
  const unread = theirs.payments.find(({ fault }) => fault !== null);
  if (unread && activityInfo().attempt < LAST_TRY)
    throw ApplicationFailure.retryable(`the payment could not be read (${unread.fault})`, 'notReadable');
  return theirs;
}

/**
 * Records the payments as read. Amounts that contradict each other are only shown in the attention entry. `readAt` is from
 * before the read, so that what the session has read meanwhile stays.
 */
async function keepSnapshots(
  { stores }: ActivityDeps,
  { payments }: ProviderLedger,
  readAt: Instant,
): Promise<void> {
  for (const { snapshot } of payments) {
    if (snapshot === null) continue;
    const { authorizedMinor, capturedMinor, refundedMinor } = snapshot;
    if (capturedMinor <= authorizedMinor && refundedMinor <= capturedMinor)
      await stores.money.recordSnapshot(snapshot, readAt);
  }
}

function unreleasedOf(ledger: SessionLedger, theirs: ProviderLedger): UnreleasedPayment[] {
  return ledger.payments.flatMap((payment) => {
    const unreleased = remainingMinor(theirs, providerPaymentOf(theirs, payment));
    return unreleased > 0 ? [{ paymentNumber: payment.paymentNumber, remainingMinor: unreleased }] : [];
  });
}

function sumOf(unreleased: readonly UnreleasedPayment[]): number {
  return unreleased.reduce((sumMinor, payment) => sumMinor + payment.remainingMinor, 0);
}

async function reportDifferences(
  deps: ActivityDeps,
  ledger: SessionLedger,
  comparison: Comparison,
): Promise<void> {
  // The attention entry `workflowMissing` shows the provider's amounts itself.
  if (
    comparison.kind === 'underWay' ||
    comparison.kind === 'workflowMissing' ||
    comparison.kind === 'notReadable'
  )
    return;
  await setEntry(
    deps,
    ledger,
    'amountsDiffer',
    comparison.amounts.length > 0 ? amountDetails(comparison.amounts) : null,
  );
  await setEntry(
    deps,
    ledger,
    'eventLogDiffers',
    comparison.log.length > 0 ? logDetails(comparison.log) : null,
  );
}

async function reportReadability(
  deps: ActivityDeps,
  ledger: SessionLedger,
  { fault }: Comparison,
): Promise<void> {
  const now = deps.clock.now();
  const isLate = ledger.payments.some(
    ({ readAt, createdAt }) => msBetween(readAt ?? createdAt, now) > NOT_READABLE_AFTER_MS,
  );
  if (fault !== null && !isLate) return;
  await setEntry(deps, ledger, 'notReadable', fault === null ? null : { provider: ledger.provider, fault });
}

/** Raises the attention entry with what was found, or clears it: `null`. Both are harmless when repeated. */
async function setEntry(
  { stores, clock }: ActivityDeps,
  { sessionId, attention }: Pick<SessionLedger, 'sessionId' | 'attention'>,
  reason: RaisedReason,
  details: AttentionDetails | null,
): Promise<void> {
  const now = clock.now();
  if (details === null) {
    if (!attention.includes(reason)) return;
    await stores.attention.clear({ subject: sessionId, reason, clearedBy: SYSTEM }, now);
    return;
  }
  const { raised } = await stores.attention.raise({ subject: sessionId, reason, sessionId, details }, now);
  if (raised) log.warn('a session needs attention', { event: reason, sessionId, ...details });
}

function amountDetails(differences: readonly AmountDifference[]): AttentionDetails {
  return detailsOf(differences, ({ amount, oursMinor, theirsMinor }) => [
    [`${amount}, oursMinor`, oursMinor],
    [`${amount}, theirsMinor`, theirsMinor],
  ]);
}

function logDetails(differences: readonly LogDifference[]): AttentionDetails {
  return detailsOf(differences, ({ kind, of, oursMinor, theirsMinor }) => [
    [`${kind}: ${of}, oursMinor`, oursMinor],
    [`${kind}: ${of}, loggedMinor`, theirsMinor],
  ]);
}

/** One payment is named once; of several, each line names its own. */
function detailsOf<T extends { paymentReference: string }>(
  differences: readonly T[],
  lines: (difference: T) => [string, number][],
): AttentionDetails {
  const [payment, ...others] = new Set(differences.map(({ paymentReference }) => paymentReference));
  const isOne = others.length === 0;
  const lined = differences.flatMap((difference) =>
    lines(difference).map(([name, minor]) => [
      isOne ? name : `${difference.paymentReference} ${name}`,
      minor,
    ]),
  );
  return { ...(isOne && payment !== undefined ? { payment } : {}), ...Object.fromEntries(lined) };
}

/** What follows from the session's workflow having accepted our signal, or not being there. */
async function followUpSession(
  deps: ActivityDeps,
  input: FollowUpInput,
): ReturnType<Activities['followUpSession']> {
  const { sessionId, delivered, unreleased, capturedMinor, isCapturedAsRecorded } = input;
  // Read again: a workflow writes its last record before it ends, so an open row without a workflow is an orphan.
  const ledger = await deps.stores.ledger.read(sessionId);
  if (ledger === null) return { release: null };
  const { state, nextDueAt, endRequestedAt } = ledger;
  const isMissing = !delivered && isOpen(ledger);
  const unreleasedMinor = sumOf(unreleased);
  const missing: AttentionDetails = { state, nextDueAt, remainingMinor: unreleasedMinor, capturedMinor };
  if (endRequestedAt !== null) missing['endRequestedAt'] = endRequestedAt;
  await setEntry(deps, ledger, 'workflowMissing', isMissing ? missing : null);
  if (delivered || unreleased.length === 0 || !isCapturedAsRecorded) {
    await setEntry(deps, ledger, 'moneyHeld', null);
    return { release: null };
  }
  if (mayRelease(ledger)) return await releaseNext(deps, ledger, unreleased);
  const isOwed = ledger.release === 'call' && !isMissing;
  await setEntry(deps, ledger, 'moneyHeld', isOwed ? { state, remainingMinor: unreleasedMinor } : null);
  return { release: null };
}

/** One action per payment and one at a time, whatever is repeated: what was refused once is for an operator. */
async function releaseNext(
  deps: ActivityDeps,
  ledger: SessionLedger,
  unreleased: readonly UnreleasedPayment[],
): ReturnType<Activities['followUpSession']> {
  const { sessionId } = ledger;
  const ended: Pick<ActionRecord, 'state' | 'detail'>[] = [];
  for (const { paymentNumber, remainingMinor: amountMinor } of unreleased) {
    const requested = await requestRelease(deps, { sessionId, paymentNumber, amountMinor });
    if (requested.outcome === 'requested') {
      log.warn('an authorization is released late', {
        event: 'lateRelease',
        sessionId,
        paymentNumber,
        amountMinor,
      });
      const { actionId } = requested.action;
      return { release: { sessionId, actionId, kind: 'release', amountMinor } };
    }
    if (requested.outcome !== 'known' || requested.action.state === 'requested') break;
    ended.push(requested.action);
  }
  const shown = ended.find(({ state }) => state !== 'succeeded') ?? ended[0];
  if (shown) {
    const { state, detail } = shown;
    await setEntry(deps, ledger, 'moneyHeld', { remainingMinor: sumOf(unreleased), release: state, detail });
  }
  return { release: null };
}

async function requestRelease(
  { stores, clock }: ActivityDeps,
  {
    sessionId,
    paymentNumber,
    amountMinor,
  }: { sessionId: string; paymentNumber: number; amountMinor: number },
): ReturnType<ActionStore['request']> {
  return await stores.actions.request(
    {
      actionId: `${ACTOR}-${paymentNumber}`,
      sessionId,
      kind: 'release',
      paymentNumber,
      amountMinor,
      actor: ACTOR,
      reason: 'Held at the provider after the end of the session',
    },
    clock.now(),
  );
}
