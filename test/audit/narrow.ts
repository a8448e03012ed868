// Owns: the part of the evidence that is about one customer, and what belongs to nobody.
import type { Evidence } from './evidence.ts';
import { Ledger } from './ledger.ts';

/** `phone` as the simulator writes it. Numbers of receipts, which have no gaps per partner, stay whole. */
export function evidenceAbout(evidence: Evidence, phone: string): Evidence {
  const { phoneOfSubscriber } = new Ledger(evidence);
  const isOurs = ({ subscriberId }: { subscriberId: string }): boolean =>
    (phoneOfSubscriber.get(subscriberId) ?? phone) === phone;
  const sessions = evidence.sessions.filter(isOurs);
  const sessionIds = new Set(sessions.map(({ sessionId }) => sessionId));
  const inbound = evidence.inbound.filter(isOurs);
  const inboxIds = new Set(inbound.map(({ inboxId }) => inboxId));
  const otherReferences = new Set(
    evidence.attempts
      .filter(({ sessionId }) => !sessionIds.has(sessionId))
      .map(({ paymentReference }) => paymentReference),
  );
  return {
    ...evidence,
    sessions,
    inbound,
    texts: evidence.texts.filter(({ from, to }) => from === phone || to === phone),
    payments: evidence.payments.filter(({ reference }) => !otherReferences.has(reference ?? '')),
    attempts: evidence.attempts.filter(({ sessionId }) => sessionIds.has(sessionId)),
    outbound: evidence.outbound.filter(isOurs),
    workflows: evidence.workflows.filter(
      ({ workflowId }) =>
        sessionIds.has(workflowId.replace(/^charge-session-/, '')) ||
        inboxIds.has(workflowId.replace(/^reply-/, '')),
    ),
  };
}
