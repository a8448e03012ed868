// Owns: the sales record and what the phones were told.
import type { Category, Finding, OutboundRow, SessionRow } from './evidence.ts';
import type { Ledger } from './ledger.ts';

type Say = (category: Category, what: string) => void;

/** The text that tells how it ended. */
const OUTCOME_TEXTS: Readonly<Record<string, readonly string[]>> = {
  captured: ['receipt'],
  released: ['nothingCharged'],
  declined: ['declined'],
  expired: ['expired'],
  cancelled: ['cancelled', 'couldNotStart'],
};
const MAY_REPEAT: ReadonlySet<string> = new Set(['paymentLink', 'linkAgain']);

export function checkReceipts(ledger: Ledger): Finding[] {
  const findings: Finding[] = [];
  for (const session of ledger.evidence.sessions) {
    const say: Say = (category, what) =>
      void findings.push({ category, subject: `session ${session.sessionId}`, what });
    checkRecord(ledger, session, say);
    checkTold(ledger, session, say);
  }
  return [...findings, ...checkNumbers(ledger), ...checkTexts(ledger)];
}

function checkRecord(ledger: Ledger, session: SessionRow, say: Say): void {
  const receipts = ledger.receiptsBySession.get(session.sessionId) ?? [];
  const sales = receipts.filter(({ kind }) => kind === 'sale');
  const takenMinor = ledger.paymentsOf(session).reduce((sum, { capturedMinor }) => sum + capturedMinor, 0);
  if (sales.length > 1) say('doubled', `has ${sales.length} receipts`);
  if (takenMinor > 0 && sales.length === 0) say('lost', `${takenMinor} were taken and there is no receipt`);
  if (takenMinor === 0 && sales.length > 0) say('wrong', 'has a receipt although nothing was taken');
  for (const { grossMinor, netMinor, vatMinor, capturedMinor, number } of sales) {
    if (grossMinor !== takenMinor || capturedMinor !== takenMinor)
      say('wrong', `receipt ${number} says ${grossMinor}, ${takenMinor} were taken`);
    if (netMinor + vatMinor !== grossMinor) say('wrong', `receipt ${number}: net and VAT are not its sum`);
  }
  const creditNotes = receipts.filter(({ kind }) => kind === 'creditNote').length;
  const refunds = ledger.refundsOf(session).length;
  if (creditNotes !== refunds) say('wrong', `has ${creditNotes} credit notes for ${refunds} refunds`);
}

/** The outcome is told once: always when its sending is known, and never twice. */
function checkTold(ledger: Ledger, session: SessionRow, say: Say): void {
  const expected = OUTCOME_TEXTS[session.state];
  if (expected === undefined) return;
  const rows = (ledger.outboundBySession.get(session.sessionId) ?? []).filter(({ kind }) =>
    expected.includes(kind),
  );
  if (rows.length === 0 && ledger.evidence.terms.switchesReceiptsOff) return;
  if (rows.length === 0) return say('lost', `is ${session.state} and no text tells it`);
  if (rows.length > 1) say('doubled', `tells its end in ${rows.length} texts`);
  for (const row of rows) if (row.kind === 'receipt') checkReceiptText(ledger, session, row, say);
}

function checkReceiptText(ledger: Ledger, session: SessionRow, row: OutboundRow, say: Say): void {
  const receipt = ledger.receiptsBySession.get(session.sessionId)?.find(({ kind }) => kind === 'sale');
  if (receipt === undefined) return;
  const arrived = ledger
    .textsTo(session.subscriberId)
    .filter(({ text }) => text.includes(`/r/${receipt.token}`));
  if (arrived.length > 1) say('doubled', `its receipt reached the phone ${arrived.length} times`);
  if (arrived.length === 0 && row.state === 'sent')
    say('lost', 'its receipt is said to be sent and is at no phone');
  const amount = `charged ${receipt.grossMinor / 100} NOK`;
  for (const { text } of arrived)
    if (!text.includes(amount)) say('wrong', `its receipt text does not say "${amount}"`);
}

function checkNumbers(ledger: Ledger): Finding[] {
  const findings: Finding[] = [];
  const { receipts, receiptCounters, terms } = ledger.evidence;
  for (const partnerId of Object.keys(terms.sessionLimitMs)) {
    const say: Say = (category, what) =>
      void findings.push({ category, subject: `receipts of ${partnerId}`, what });
    const numbers = receipts
      .filter((receipt) => receipt.partnerId === partnerId)
      .map(({ number }) => number)
      .toSorted((a, b) => a - b);
    const gap = numbers.findIndex((number, index) => number !== index + 1);
    if (gap !== -1) say('wrong', `number ${gap + 1} is followed or missed by ${numbers[gap]}`);
    const last = receiptCounters[partnerId] ?? 0;
    if (last !== numbers.length)
      say('wrong', `${last} numbers were given out for ${numbers.length} receipts`);
  }
  return findings;
}

/** Every text we say is sent is at its phone; every text at a phone is one of ours. */
function checkTexts(ledger: Ledger): Finding[] {
  const findings: Finding[] = [];
  const claimed = new Set<string>();
  for (const row of ledger.evidence.outbound) {
    const say: Say = (category, what) =>
      void findings.push({ category, subject: `text ${row.outboundId}`, what });
    if (row.state === 'prepared' || row.state === 'sending')
      say('stuck', `was begun and not ended: ${row.state}`);
    if (row.state !== 'sent') continue;
    const text = ledger.textByMessage.get(row.gatewayMessageId ?? '');
    if (text === undefined) say('lost', 'is said to be sent and is at no phone');
    else if (text.to !== ledger.phoneOfSubscriber.get(row.subscriberId))
      say('wrong', 'went to another phone');
    if (claimed.has(row.gatewayMessageId ?? '')) say('wrong', 'shares its message id with another text');
    claimed.add(row.gatewayMessageId ?? '');
  }
  for (const [subscriberId, rows] of ledger.outboundBySubscriber) {
    const unclaimed = ledger.textsTo(subscriberId).filter(({ messageId }) => !claimed.has(messageId));
    const explained = rows.reduce((sum, row) => sum + unknownSends(row), 0);
    if (unclaimed.length > explained)
      findings.push({
        category: 'doubled',
        subject: `subscriber ${subscriberId}`,
        what: `${unclaimed.length} texts at the phone are not on record, ${explained} can be explained`,
      });
  }
  return findings;
}

/** How many texts at the phone a row can stand for beside the one it names. */
function unknownSends({ state, tries, kind }: OutboundRow): number {
  if (MAY_REPEAT.has(kind)) return state === 'sent' ? tries - 1 : tries;
  return state === 'unknown' ? 1 : 0;
}
