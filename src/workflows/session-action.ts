/**
 * SessionAction: an operator's action after the session's end: a refund, a late release, or the receipt text again. One workflow per
 * action. A money action ends only when the provider has answered, or after days without an answer; a refund that was made
 * gets its credit note before anything else.
 */
import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  setCurrentDetails,
  sleep,
  upsertSearchAttributes,
} from '@temporalio/workflow';
import type { ActionBegun, FinishActionInput } from '../activities/contract.ts';
import { roundWaitMs } from '../domain/session/payment.ts';
import type { PaymentSnapshot } from '../domain/payment.ts';
import { moneyCalls, records, receiptTextCalls } from './activity-options.ts';
import type { SessionActionInput, SessionActionResult } from './contract.ts';
import { formatMoney } from './projector.ts';
import { NEEDS_ATTENTION, PARTNER_ID, RECEIPT_NUMBER } from './search-attributes.ts';

/** Rounds without an answer before an operator must check at the provider: about three days. */
const MAX_ROUNDS = 78;

/** How one round of the money call ended. */
type Round =
  | { kind: 'done'; snapshot: PaymentSnapshot }
  | { kind: 'refused'; code: string | null }
  | { kind: 'noAnswer'; code: string };

export async function SessionAction(input: SessionActionInput): Promise<SessionActionResult> {
  // Ended halfway, a refund could be made without its credit note: a request to cancel changes nothing.
  return await CancellationScope.nonCancellable(async () =>
    input.kind === 'resendReceipt' ? await resendReceipt(input) : await moveMoney(input),
  );
}

type MoneyActionInput = Extract<SessionActionInput, { amountMinor: number }>;

async function moveMoney(input: MoneyActionInput): Promise<SessionActionResult> {
  const begun = await begin(input);
  upsertSearchAttributes([{ key: PARTNER_ID, value: begun.partnerId }]);
  const end = await untilAnswered(input, begun);
  upsertSearchAttributes([{ key: NEEDS_ATTENTION, value: end.state === 'failed' }]);
  show(begun, input, `**${end.state}**${end.detail === null ? '' : ` (${end.detail})`}`);
  return end;
}

/** A text that may have been sent is not sent again by itself: the action failed, and an operator may request another. */
async function resendReceipt(input: SessionActionInput): Promise<SessionActionResult> {
  const { sessionId, actionId } = input;
  try {
    const outcome = await receiptTextCalls.resendReceipt.executeWithOptions(
      { summary: 'Text receiptAgain' },
      [{ sessionId, actionId }],
    );
    if (outcome === 'sent') return await finish(input, { state: 'succeeded' });
    if (outcome === 'unknown') return await finish(input, { state: 'failed', detail: 'outcomeUnknown' });
    return await finish(input, { state: 'refused', detail: outcome });
  } catch (error) {
    return await finish(input, { state: 'failed', detail: codeOf(error) });
  }
}

async function begin({ sessionId, actionId }: MoneyActionInput): Promise<ActionBegun> {
  return await records.beginAction.executeWithOptions({ summary: "Take the session's next step number" }, [
    { sessionId, actionId },
  ]);
}

async function untilAnswered(input: MoneyActionInput, first: ActionBegun): Promise<SessionActionResult> {
  let begun = first;
  for (let round = 1; ; round += 1) {
    show(begun, input, `under way, round ${round}`);
    const answer = await callProvider(input, begun);
    if (answer.kind === 'done') return await succeed(input, begun, answer.snapshot);
    if (answer.kind === 'refused') return await finish(input, refusedIn(round, input, answer.code));
    const { call } = await records.reviewAction.executeWithOptions({ summary: 'Was the call made?' }, [
      { sessionId: input.sessionId, actionId: input.actionId },
    ]);
    if (call === 'notMade') return await finish(input, notMade(input, answer.code));
    upsertSearchAttributes([{ key: NEEDS_ATTENTION, value: true }]);
    if (round === MAX_ROUNDS) {
      const attention = `${input.kind}Uncertain` as const;
      return await finish(input, { state: 'failed', detail: 'outcomeUnknown', attention });
    }
    show(begun, input, `no clear answer in round ${round} (${answer.code})`);
    await sleep(roundWaitMs(round), { summary: `Repeat after round ${round}` });
    begun = await begin(input);
  }
}

function notMade(input: MoneyActionInput, detail: string): ActionEnd {
  return { state: 'failed', detail, ...unreported(input) };
}

function refusedIn(round: number, input: MoneyActionInput, detail: string | null): ActionEnd {
  return { state: 'refused', detail, ...(round > 1 ? unreported(input) : {}) };
}

/** The operator no longer waits for the answer. The reconciliation reports a release that was not made. */
function unreported({ kind }: MoneyActionInput): Pick<ActionEnd, 'attention'> {
  return kind === 'refund' ? { attention: 'refundNotMade' } : {};
}

async function callProvider({ kind, amountMinor }: MoneyActionInput, begun: ActionBegun): Promise<Round> {
  const money = formatMoney(amountMinor, begun.currency);
  try {
    if (kind === 'refund') {
      const refund = await moneyCalls.refundPayment.executeWithOptions({ summary: `Refund ${money}` }, [
        { ...begun, amountMinor },
      ]);
      if (refund.outcome === 'refunded') return { kind: 'done', snapshot: refund.snapshot };
      return { kind: 'refused', code: refund.code };
    }
    const release = await moneyCalls.releasePayment.executeWithOptions({ summary: `Release ${money}` }, [
      { step: 'release', ...begun, amountMinor },
    ]);
    if (release.type === 'released') return { kind: 'done', snapshot: release.snapshot };
    return { kind: 'refused', code: release.code ?? null };
  } catch (error) {
    return { kind: 'noAnswer', code: codeOf(error) };
  }
}

/** The code of an activity that was given up. Any other error is a bug. */
function codeOf(error: unknown): string {
  if (!(error instanceof ActivityFailure)) throw error;
  const { cause } = error;
  return (cause instanceof ApplicationFailure ? cause.type : null) ?? 'noAnswer';
}

async function succeed(
  input: MoneyActionInput,
  begun: ActionBegun,
  snapshot: PaymentSnapshot,
): Promise<SessionActionResult> {
  if (input.kind === 'release') return await finish(input, { state: 'succeeded', snapshot });
  const { sessionId, actionId } = input;
  show(begun, input, 'refunded, the credit note is being issued');
  const { receiptNumber } = await records.issueCreditNote.executeWithOptions(
    { summary: 'Issue the credit note' },
    [{ sessionId, actionId }],
  );
  upsertSearchAttributes([{ key: RECEIPT_NUMBER, value: receiptNumber }]);
  return await finish(input, { state: 'succeeded', snapshot, receiptNumber });
}

type ActionEnd = Pick<FinishActionInput, 'state'> &
  Partial<Pick<FinishActionInput, 'detail' | 'snapshot' | 'attention'>> & { receiptNumber?: number };

async function finish(
  { sessionId, actionId }: SessionActionInput,
  end: ActionEnd,
): Promise<SessionActionResult> {
  const { state, detail = null, snapshot = null, attention = null, receiptNumber = null } = end;
  await records.finishAction.executeWithOptions({ summary: `Record ${state}` }, [
    { sessionId, actionId, state, detail, snapshot, attention },
  ]);
  return { state, detail, receiptNumber };
}

/** The summary in the Temporal UI. */
function show(begun: ActionBegun, { kind, amountMinor, sessionId }: MoneyActionInput, state: string): void {
  const rows = [
    ['Action', kind],
    ['State', state],
    ['Amount', formatMoney(amountMinor, begun.currency)],
    ['Session', `\`${sessionId}\``],
    ['Payment', `\`${begun.paymentReference}\` at ${begun.provider}`],
    ['Operation', `\`${begun.operationId}\``],
  ];
  setCurrentDetails(['| | |', '|---|---|', ...rows.map((row) => `| ${row.join(' | ')} |`)].join('\n'));
}
