// How proofs, reconciliation reports and tasks read in a terminal.
import type { DayProof, DayTotals, ReconciliationReport, ReportedSession } from '../app/proofs.ts';
import { minorToDecimal } from '../domain/money.ts';
import { ignoredWords, type Check, type CheckId, type CheckStatus } from '../domain/reconciliation/checks.ts';
import type { ProofRow, RowName, SessionProof } from '../domain/reconciliation/proof.ts';
import type { NumberRange } from '../domain/reconciliation/ledger.ts';
import type { ComparisonKind } from '../domain/reconciliation/comparison.ts';
import { hasGoneOut, type TextDelivery, type TextFate } from '../domain/text-delivery.ts';
import type { AttentionEntry } from '../ports/attention-store.ts';

const MARK: Record<CheckStatus, string> = { holds: '✓', noted: '~', broken: '✗', open: '·' };
const LEGEND = '✓ proven   ~ holds by an assumption or a recorded reason   ✗ broken   · not known yet';

const PROMISE: Record<CheckId, string> = {
  bounds: '0 ≤ captured ≤ authorized ≤ requested',
  oneCapture: 'at most one capture',
  fairAmount: 'captured = what was used, at most what was reserved',
  givenBack: 'captured + released = authorized',
  sameAmounts: "our amounts are the provider's",
  eventLog: "the provider's event log agrees",
  refunds: 'refunded ≤ captured, each with a credit note',
  receipt: 'a receipt for the capture, none without',
  texts: 'one receipt text at most, with the right amount',
  messages: 'no text of the customer is lost',
  ends: 'the session has an end',
};

const ROW: Record<RowName, string> = {
  requested: 'Requested',
  authorized: 'Authorized',
  captured: 'Captured',
  released: 'Released',
  refunded: 'Refunded',
  remaining: 'Remaining hold',
};

export function sessionProofLines(proof: SessionProof): string[] {
  const { sessionId, partnerId, provider, currency, state, attention, otherTexts } = proof;
  const rows = proof.rows.map((row) => [ROW[row.row], ours(row), amount(row.theirsMinor), textsOf(row)]);
  const others = otherTexts.map((text) => `${text.kind} (${fateWords(text)})`);
  return [
    `Session ${sessionId}: ${state}`,
    `${partnerId}, ${provider}, begun ${proof.createdAt}${attention.length === 0 ? '' : `. NEEDS ATTENTION: ${attention.join(', ')}`}`,
    '',
    ...table([['', 'ours', provider, 'texts to the customer'], ...rows], currency),
    ...(others.length === 0 ? [] : [`Other texts: ${others.join(', ')}`]),
    '',
    ...checkLines(proof.checks),
    '',
    LEGEND,
  ];
}

function checkLines(checks: readonly Check[]): string[] {
  const width = Math.max(...checks.map(({ id }) => PROMISE[id].length));
  return checks.map(({ id, status, facts }) => `${MARK[status]} ${PROMISE[id].padEnd(width)}   ${facts}`);
}

function ours({ oursMinor, source }: ProofRow): string {
  return `${amount(oursMinor)}${source === 'assumed' ? ' assumed' : ''}`;
}

function amount(amountMinor: number | null): string {
  return amountMinor === null ? 'not shown' : minorToDecimal(amountMinor);
}

function textsOf({ statedIn }: ProofRow): string {
  return statedIn
    .map((text) => {
      const { kind, amountMinor } = text;
      const says = amountMinor === null || !hasGoneOut(text) ? '' : ` says ${minorToDecimal(amountMinor)}`;
      return `${kind}${says} (${fateWords(text)})`;
    })
    .join(', ');
}

const DELIVERY: Record<TextDelivery, string> = {
  delivered: 'delivered',
  failed: 'not delivered',
  pending: 'no final report yet',
  unknown: 'delivery unknown',
  notRequested: 'sent',
};

/** What became of a text: what the gateway reports, else how far we came with it. */
export function fateWords({ state, delivery }: TextFate): string {
  return delivery === null ? state : DELIVERY[delivery];
}

function textsLine(texts: DayProof['texts']): string[] {
  const words: Record<string, string> = DELIVERY;
  const counts = Object.entries(texts).map(([fate, count]) => `${count} ${words[fate] ?? fate}`);
  return counts.length === 0 ? [] : [`Texts: ${counts.join(', ')}`, ''];
}

/** Columns as wide as their widest cell; the heading names the currency. */
function table(cells: string[][], currency: string): string[] {
  const [heading = [], ...rows] = cells;
  const all = [[currency, ...heading.slice(1)], ...rows];
  const widths = heading.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: string[]): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('   ')
      .trimEnd();
  const [first = [], ...rest] = all;
  return [line(first), ...rest.map(line)];
}

export function dayProofLines(proof: DayProof): string[] {
  const { day, partnerId, partnerName, timeZone, sessions, states, failing, attention, receiptNumbers } =
    proof;
  const title = `${partnerName} (${partnerId}), ${day} in ${timeZone}: ${counted(sessions, 'session')}`;
  if (sessions === 0) return [title, ...customerTextsLines(proof.customerTexts)];
  const inStates = Object.entries(states).map(([state, count]) => `${count} ${state}`);
  const broken = failing.length;
  return [
    `${title} (${inStates.join(', ')})`,
    '',
    ...proof.totals.flatMap((totals) => [...totalLines(totals), '']),
    ...textsLine(proof.texts),
    ...dayChecks(proof),
    ...numbersLines(receiptNumbers),
    ...customerTextsLines(proof.customerTexts),
    '',
    ...failing.flatMap((session) => [
      `✗ ${session.sessionId}: ${session.state}${session.attention.length === 0 ? '' : `, attention: ${session.attention.join(', ')}`}`,
      ...session.broken.map(({ id, facts }) => `    ${PROMISE[id]}: ${facts}`),
    ]),
    ...attention.map(
      ({ sessionId, state, reasons }) => `~ ${sessionId}: ${state}, needs attention: ${reasons.join(', ')}`,
    ),
    ...(broken + attention.length === 0 ? [] : ['']),
    broken === 0
      ? `Nothing is broken in ${counted(sessions, 'session')}.`
      : `${broken} of ${counted(sessions, 'session')} ${broken === 1 ? 'has' : 'have'} something broken: sms2pay proof --session ID`,
    LEGEND,
  ];
}

function totalLines({ currency, rows }: DayTotals): string[] {
  return table(
    [
      ['', 'ours', 'the providers', 'texts to customers'],
      ...rows.map(({ row, oursMinor, theirsMinor, notShown, textedMinor, texts }) => [
        ROW[row],
        minorToDecimal(oursMinor),
        `${minorToDecimal(theirsMinor)}${notShown === 0 ? '' : ` (${notShown} not shown)`}`,
        texts === 0 ? '' : `${counted(texts, 'text')}, ${minorToDecimal(textedMinor)} in all`,
      ]),
    ],
    currency,
  );
}

function dayChecks({ checks }: DayProof): string[] {
  const width = Math.max(...checks.map(({ id }) => PROMISE[id].length));
  const words: Record<CheckStatus, string> = {
    broken: 'broken',
    noted: 'noted',
    open: 'not yet',
    holds: 'proven',
  };
  return checks.map(({ id, counts }) => {
    const worst = (['broken', 'noted', 'open'] as const).find((status) => counts[status] > 0) ?? 'holds';
    const parts = (Object.keys(words) as CheckStatus[])
      .filter((status) => counts[status] > 0)
      .map((status) => `${counts[status]} ${words[status]}`);
    return `${MARK[worst]} ${PROMISE[id].padEnd(width)}   ${parts.join(', ')}`;
  });
}

function numbersLines({ count, highest, skipped, missing }: DayProof['receiptNumbers']): string[] {
  const because = 'left out after a restore, as the task receiptCounterBehind records';
  return [
    ...(missing.length === 0 ? [] : [`✗ receipt numbers of the partner are missing: ${rangesOf(missing)}`]),
    ...(skipped.length === 0 ? [] : [`~ receipt numbers of the partner ${because}: ${rangesOf(skipped)}`]),
    ...(missing.length + skipped.length > 0
      ? []
      : [`✓ receipt numbers of the partner without gaps${count === 0 ? '' : `: 1 to ${highest}`}`]),
  ];
}

function rangesOf(ranges: readonly NumberRange[]): string {
  return ranges.map(({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`)).join(', ');
}

/** What was answered with 2xx stands here, whatever became of it. */
function customerTextsLines({ received, waiting, ignored, toNobody }: DayProof['customerTexts']): string[] {
  if (received + toNobody === 0) return [];
  const parts = [
    `${received} received`,
    ...(waiting === 0 ? [] : [`${waiting} not handled yet`]),
    ...(ignored.length === 0 ? [] : [`ignored: ${ignoredWords(ignored)}`]),
    ...(toNobody === 0 ? [] : [`${toNobody} to numbers that no partner has`]),
  ];
  const mark = ignored.length > 0 || toNobody > 0 ? '~' : waiting > 0 ? '·' : '✓';
  return [`${mark} customers' texts to the partner's numbers: ${parts.join('; ')}`];
}

const COMPARISON_WORDS: Record<ComparisonKind, string> = {
  equal: 'equal',
  assumed: 'equal as far as shown, the rest assumed released',
  underWay: 'not over, compared later',
  workflowMissing: 'not over, and no workflow runs it',
  notReleased: 'over, with a remaining hold',
  differs: 'DIFFERENT',
  notReadable: 'could not be read',
};

export function reportLines(report: ReconciliationReport): string[] {
  const { from, to, sessions, payments, counts, reported, foreign } = report;
  const days = from === to ? from : `${from} to ${to}`;
  const kinds = (Object.keys(COMPARISON_WORDS) as ComparisonKind[]).filter((kind) => counts[kind] > 0);
  const withoutRecord = foreign.filter(isRecordMissing);
  const others = foreign.filter((payment) => !isRecordMissing(payment));
  const width = Math.max(0, ...kinds.map((kind) => String(counts[kind]).length));
  return [
    `Reconciliation of ${days}: ${counted(sessions, 'session')}, ${counted(payments, 'payment')}`,
    ...kinds.map((kind) => `  ${String(counts[kind]).padStart(width)}  ${COMPARISON_WORDS[kind]}`),
    ...(reported.length === 0 ? [] : ['']),
    ...reported.flatMap(reportedLines),
    ...foreignLines('Ours by its digits, and not recorded (docs/runbook.md, foreignPayment):', withoutRecord),
    ...foreignLines('Not ours, reported and never touched:', others),
    '',
    lastLine(report),
  ];
}

type UnknownPayment = ReconciliationReport['foreign'][number];

function foreignLines(title: string, payments: readonly UnknownPayment[]): string[] {
  if (payments.length === 0) return [];
  return ['', title, ...payments.map(({ subject, lastSeenAt }) => `  ${subject}, seen last ${lastSeenAt}`)];
}

/** A payment with our installation's digits that we have no record of: a backup was restored, say. */
function isRecordMissing({ details }: UnknownPayment): boolean {
  return details['kind'] === 'recordMissing';
}

/** Nothing needs attention. What others do on the same account is theirs. */
export function isSound({ reported, foreign }: ReconciliationReport): boolean {
  return reported.length === 0 && !foreign.some(isRecordMissing);
}

function lastLine(report: ReconciliationReport): string {
  const { reported, installationId } = report;
  if (isSound(report)) return `No difference. (Our payments begin with s2p${installationId}.)`;
  if (reported.length === 0) return 'No difference in our sessions, but a payment without a record.';
  return `${counted(reported.length, 'session')} to check: sms2pay proof --session ID, and docs/runbook.md`;
}

function reportedLines(session: ReportedSession): string[] {
  const { sessionId, state, provider, currency, kind, amounts, log, remainingMinor, fault, attention } =
    session;
  const price = (minor: number): string => `${minorToDecimal(minor)} ${currency}`;
  const what = {
    ...COMPARISON_WORDS,
    notReleased: `over, with a remaining hold of ${price(remainingMinor)}`,
  }[kind];
  return [
    `${sessionId}: ${state}, ${provider}: ${what}${fault === null ? '' : ` (${fault})`}${attention.length === 0 ? '' : `. Attention: ${attention.join(', ')}`}`,
    ...amounts.map(
      ({ amount: name, oursMinor, theirsMinor }) =>
        `    ${name}: ours ${price(oursMinor)}, theirs ${price(theirsMinor)}`,
    ),
    ...log.map(({ kind: how, of, oursMinor, theirsMinor }) => {
      if (how === 'notOurs') return `    event log: ${of} ${price(theirsMinor)} under a key that is not ours`;
      if (how === 'missing') return `    event log: our ${of} of ${price(oursMinor)} is not there`;
      return `    event log: ${of} adds up to ${price(theirsMinor)}, shown is ${price(oursMinor)}`;
    }),
  ];
}

export function taskLines(tasks: readonly AttentionEntry[]): string[] {
  if (tasks.length === 0) return ['No open tasks.'];
  return [
    ...tasks.flatMap(({ subject, reason, raisedAt, lastSeenAt, details }) => [
      `${reason}  ${subject}`,
      `    since ${raisedAt}, seen last ${lastSeenAt}`,
      ...detailLines(details),
    ]),
    '',
    `${counted(tasks.length, 'task')}; what each means and what to do: docs/runbook.md`,
  ];
}

/** Amounts are kept in minor units and read in major ones. */
export function detailLines(details: AttentionEntry['details']): string[] {
  return Object.entries(details).map(([name, value]) => {
    const isAmount = name.endsWith('Minor') && typeof value === 'number';
    return isAmount
      ? `    ${name.slice(0, -'Minor'.length)}: ${minorToDecimal(value)}`
      : `    ${name}: ${value ?? 'none'}`;
  });
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
