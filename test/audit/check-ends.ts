// Owns: that every session comes to an end and leaves nothing open, and that its workflow and its row say the same.
import type { Finding, SessionRow } from './evidence.ts';
import { GIVEN_UP, type Ledger } from './ledger.ts';

const TOLD_WITHOUT_USE: ReadonlySet<string> = new Set(['declined', 'expired', 'cancelled']);
/** The longest a session looks ahead while it watches a payment that may still surprise it. */
const LONGEST_WATCH_MS = 20 * 60_000;

/** Open for a reason: told its end, nothing held at the provider, and a next look that is still to come. */
export function isHonestlyOpen(ledger: Ledger, session: SessionRow): boolean {
  if (!TOLD_WITHOUT_USE.has(session.state) || session.nextDueAt === null) return false;
  const nowMs = Date.parse(ledger.evidence.at);
  const dueMs = Date.parse(session.nextDueAt);
  const isWatching = dueMs > nowMs && dueMs < nowMs + LONGEST_WATCH_MS;
  const heldMinor = ledger
    .paymentsOf(session)
    .reduce((sum, { authorizedMinor, releasedMinor }) => sum + authorizedMinor - releasedMinor, 0);
  return isWatching && heldMinor === 0;
}

export function checkEnds(ledger: Ledger): Finding[] {
  const findings: Finding[] = [];
  const { sessions, workflows, slots, leaks } = ledger.evidence;
  for (const session of sessions) {
    const finding = checkEnd(ledger, session);
    if (finding !== null) findings.push({ ...finding, subject: `session ${session.sessionId}` });
  }
  for (const { workflowId, status } of workflows) {
    if (workflowId.startsWith('charge-session-')) {
      if (!ledger.sessionById.has(workflowId.slice('charge-session-'.length)))
        findings.push({ category: 'lost', subject: workflowId, what: 'has no session in the database' });
    } else if (workflowId.startsWith('reply-') && status !== 'COMPLETED')
      findings.push({ category: 'stuck', subject: workflowId, what: `is ${status}` });
  }
  for (const { sessionId } of slots) {
    const session = ledger.sessionById.get(sessionId);
    if (session && ledger.workflowOf(session)?.status === 'COMPLETED')
      findings.push({
        category: 'stuck',
        subject: `session ${sessionId}`,
        what: 'has ended and keeps its slot',
      });
  }
  for (const place of leaks)
    findings.push({ category: 'wrong', subject: place, what: 'holds a phone number' });
  return findings;
}

function checkEnd(ledger: Ledger, session: SessionRow): Omit<Finding, 'subject'> | null {
  const workflow = ledger.workflowOf(session);
  if (workflow === null) return { category: 'lost', what: 'has no workflow' };
  if (workflow.status === 'RUNNING') {
    if (isHonestlyOpen(ledger, session)) return null;
    return { category: 'stuck', what: `is ${session.state} and still open, next due ${session.nextDueAt}` };
  }
  if (workflow.status !== 'COMPLETED')
    return { category: 'stuck', what: `its workflow is ${workflow.status}` };
  if (OPEN_STATES.has(session.state)) return { category: 'stuck', what: `has ended as ${session.state}` };
  if (GIVEN_UP.has(session.state) && !ledger.isGivenUpWithReason(session))
    return { category: 'lost', what: `is ${session.state}, and no provider has refused anything for good` };
  if (session.nextDueAt !== null)
    return { category: 'stuck', what: `has ended, and something is due at ${session.nextDueAt}` };
  const { result } = workflow;
  const same =
    result?.state === session.state &&
    result.reservedMinor === session.reservedMinor &&
    result.capturedMinor === session.capturedMinor &&
    result.releasedMinor === session.releasedMinor &&
    result.computedMinor === session.computedMinor;
  return same ? null : { category: 'wrong', what: `its row is not what its workflow ended with` };
}

const OPEN_STATES: ReadonlySet<string> = new Set(['awaitingApproval', 'active', 'capturing']);
