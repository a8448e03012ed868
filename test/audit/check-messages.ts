// Owns: texts from the phones: what was acknowledged was kept, once, and something came of it.
import type { Category, Finding } from './evidence.ts';
import type { Ledger } from './ledger.ts';

export function checkMessages(ledger: Ledger): Finding[] {
  const findings: Finding[] = [];
  const { texts, inbound, terms } = ledger.evidence;
  for (const text of texts) {
    if (text.direction !== 'in') continue;
    const say = (category: Category, what: string): number =>
      findings.push({ category, subject: `message ${text.messageId}`, what });
    const rows = ledger.inboundByMessage.get(text.messageId) ?? [];
    if (rows.length > 1) say('doubled', `is stored ${rows.length} times`);
    if (text.state === 'delivered' && rows.length === 0) say('lost', 'was acknowledged and is not stored');
    if (text.state !== 'delivered' && !terms.losesTexts)
      say('stuck', `is still not taken by the webhook: ${text.state}`);
  }
  const known = new Set(
    texts.filter(({ direction }) => direction === 'in').map(({ messageId }) => messageId),
  );
  for (const row of inbound) {
    const say = (category: Category, what: string): number =>
      findings.push({ category, subject: `message ${row.messageId}`, what });
    if (!known.has(row.messageId)) say('wrong', 'is stored although no phone has sent it');
    if (row.state !== 'handled') say('stuck', `is stored and not handled: ${row.state}`);
    else if (row.dispatchedAt === null) say('stuck', 'is handled and was never dispatched');
    else if (row.assignmentKind === 'unroutable') say('lost', 'was taken as meant for nobody');
    if (row.assignmentKind === 'reply') checkReply(ledger, row.inboxId, row.replyKind, say);
    const isOurs = row.assignmentKind === 'startSession' || row.assignmentKind === 'signal';
    if (isOurs && !ledger.sessionById.has(row.sessionId ?? ''))
      say('lost', `belongs to session ${row.sessionId}, which is not there`);
  }
  return [...findings, ...checkStarts(ledger)];
}

function checkReply(
  ledger: Ledger,
  inboxId: string,
  replyKind: string | null,
  say: (category: Category, what: string) => number,
): void {
  const answers = ledger.outboundByInbox.get(inboxId) ?? [];
  if (answers.length === 0) say('lost', 'was to be answered, and no answer was made');
  if (answers.length > 1) say('doubled', `was answered ${answers.length} times`);
  for (const { kind } of answers) if (kind !== replyKind) say('wrong', `was answered with ${kind}`);
}

/** One session for each start, one start for each session; a word that starts either started, repeated or was answered. */
function checkStarts(ledger: Ledger): Finding[] {
  const { terms, sessions, inbound } = ledger.evidence;
  const findings: Finding[] = [];
  const starters = inbound.filter(({ assignmentKind }) => assignmentKind === 'startSession');
  const byInbox = new Map(starters.map((row) => [row.inboxId, row]));
  for (const session of sessions) {
    const starter = byInbox.get(session.inboxId);
    if (starter?.sessionId !== session.sessionId)
      findings.push({
        category: 'doubled',
        subject: `session ${session.sessionId}`,
        what: 'was started by no message of its own',
      });
  }
  for (const row of inbound) {
    const word = ledger.textByMessage.get(row.messageId)?.text ?? '';
    const expected = terms.startWords.includes(word)
      ? ['startSession', 'signal chargeRepeated', 'reply sendAgain']
      : [...Object.values(terms.endWords), ...terms.generalEndWords].includes(word)
        ? ['signal endCharge', 'reply noSession']
        : null;
    const became = [row.assignmentKind, row.signal ?? row.replyKind]
      .filter((part) => part !== null)
      .join(' ');
    if (expected !== null && !expected.includes(became))
      findings.push({
        category: 'wrong',
        subject: `message ${row.messageId}`,
        what: `(${word}) became ${became || 'nothing'}`,
      });
  }
  return findings;
}
