import type { Instant } from '../instant.ts';
import { canReleaseByCall } from '../payment.ts';
import { isOpenState, isUnpaid, type ChargeState } from '../session/charge-state.ts';
import {
  allCapturedMinor,
  allRemainingMinor,
  isOpen,
  isUnderWay,
  type SessionLedger,
  type ProviderLedger,
} from './ledger.ts';
import { firstFault, type Check } from './checks.ts';
import {
  amountDifferences,
  logDifferences,
  type AmountDifference,
  type LogDifference,
} from './differences.ts';

/**
 * How a session stands beside the provider's ledger. `equal`: the same, or nothing was ever reserved. `assumed`: the same
 * as far as the provider shows it. `underWay`: not over, compared later. `workflowMissing`: open by our row, and no workflow runs
 * it. `notReleased`: over, and a remaining hold can be released. `differs`: an amount or the event log is not ours.
 */
export type ComparisonKind =
  'equal' | 'assumed' | 'underWay' | 'workflowMissing' | 'notReleased' | 'differs' | 'notReadable';

export interface Comparison {
  kind: ComparisonKind;
  amounts: AmountDifference[];
  log: LogDifference[];
  remainingMinor: number;
  /** what the provider shows as captured, of all payments */
  capturedMinor: number;
  /** what was captured and refunded is as recorded, so that nobody is owed the remaining hold; otherwise an operator decides */
  isCapturedAsRecorded: boolean;
  /** a code, where a payment could not be read */
  fault: string | null;
}

export function compareLedgers(ledger: SessionLedger, theirs: ProviderLedger): Comparison {
  const fault = firstFault(theirs);
  const remainingMinor = allRemainingMinor(ledger, theirs);
  const amounts = amountDifferences(ledger, theirs);
  const isCapturedAsRecorded = !amounts.some(({ amount }) => amount === 'captured' || amount === 'refunded');
  const capturedMinor = allCapturedMinor(ledger, theirs);
  const seen = { remainingMinor, capturedMinor, isCapturedAsRecorded, fault };
  if (isUnderWay(ledger) || ledger.openActionId !== null)
    return { ...seen, kind: fault === null ? 'underWay' : 'notReadable', amounts: [], log: [] };
  const log = logDifferences(ledger, theirs);
  return { ...seen, kind: kindOf(), amounts, log };

  function kindOf(): ComparisonKind {
    if (isOpen(ledger)) return fault === null ? 'workflowMissing' : 'notReadable';
    if (amounts.length > 0 || log.length > 0) return 'differs';
    if (fault !== null) return 'notReadable';
    const isAssumed = remainingMinor > 0 || (ledger.releaseSource === 'assumed' && ledger.releasedMinor > 0);
    // Elsewhere the rest lapses by itself, as was assumed when the session ended.
    if (remainingMinor > 0 && canReleaseByCall(ledger.release)) return 'notReleased';
    return isAssumed ? 'assumed' : 'equal';
  }
}

/**
 * Whether the remaining hold may be released without an operator: a call does it, and nobody owes it. A use that was not
 * paid for is an operator's decision.
 */
export function mayRelease({ state, release }: Pick<SessionLedger, 'state' | 'release'>): boolean {
  return release === 'call' && !isUnpaid(state);
}

/**
 * What a write-off does to a session that no workflow runs any more: a use that was not paid for becomes `writtenOff`, one that was
 * never approved `cancelled`. Refused where nothing is open.
 */
export function writeOffAfterEnd(session: {
  state: ChargeState;
  nextDueAt: Instant | null;
  needsAttention: boolean;
}): { outcome: 'done'; state: ChargeState } | { outcome: 'refused'; detail: string } {
  const { state, nextDueAt, needsAttention } = session;
  const end = isUnpaid(state) ? 'writtenOff' : isOpenState(state) ? 'cancelled' : state;
  if (end === state && nextDueAt === null && !needsAttention)
    return { outcome: 'refused', detail: `nothing is open: the session is ${state}` };
  return { outcome: 'done', state: end };
}

export function isBroken(checks: readonly Check[]): boolean {
  return checks.some(({ status }) => status === 'broken');
}
