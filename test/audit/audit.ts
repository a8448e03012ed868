// Owns: the verdict. It shares no code with the product: what must have happened is worked out here anew.
import { checkEnds, isHonestlyOpen } from './check-ends.ts';
import { checkMessages } from './check-messages.ts';
import { checkMoney, startedAtLook } from './check-money.ts';
import { checkReceipts } from './check-receipts.ts';
import { countKinds, type KindsMet } from './count-kinds.ts';
import type { Category, Evidence, Finding } from './evidence.ts';
import { Ledger } from './ledger.ts';

export interface Verdict {
  findings: Finding[];
  /** sessions (or payments, messages, texts) with at least one finding of the category */
  counts: Record<Category, number>;
  sessionsByState: Record<string, number>;
  /** ended for the customer; the workflow watches a payment that nobody approved until it has run out */
  honestlyOpen: number;
  /** the use starts at our first look: a fault met the call that says when it was approved */
  startedAtLook: number;
  capturedMinor: number;
  kinds: KindsMet;
}

export function audit(evidence: Evidence): Verdict {
  const ledger = new Ledger(evidence);
  const findings = [
    ...checkMessages(ledger),
    ...checkMoney(ledger),
    ...checkReceipts(ledger),
    ...checkEnds(ledger),
  ];
  const count = (category: Category): number =>
    new Set(findings.filter((finding) => finding.category === category).map(({ subject }) => subject)).size;
  const sessionsByState: Record<string, number> = {};
  for (const { state } of evidence.sessions) sessionsByState[state] = (sessionsByState[state] ?? 0) + 1;
  const open = evidence.sessions.filter((session) => ledger.workflowOf(session)?.status === 'RUNNING');
  return {
    findings,
    counts: { lost: count('lost'), doubled: count('doubled'), wrong: count('wrong'), stuck: count('stuck') },
    sessionsByState,
    honestlyOpen: open.filter((session) => isHonestlyOpen(ledger, session)).length,
    startedAtLook: startedAtLook(ledger).length,
    capturedMinor: evidence.payments.reduce((sum, { capturedMinor }) => sum + capturedMinor, 0),
    kinds: countKinds(ledger),
  };
}
