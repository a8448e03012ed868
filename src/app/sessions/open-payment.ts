/**
 * The customer opens the wallet's page: the session's record of its payment says where it is. The session is signalled only
 * where that may lead to a payment; a signal costs its history four events.
 */
import { openPaymentAnswer, type OpenPaymentAnswer } from '../../domain/session/view.ts';
import type { Clock } from '../../ports/clock.ts';
import type { SessionRecord, SessionStore } from '../../ports/session-store.ts';
import type { SessionWorkflows } from './session-workflows.ts';
import { untilKnown } from '../waiting.ts';

interface OpenPaymentDeps {
  stores: { sessions: Pick<SessionStore, 'findByLinkToken'> };
  workflows: Pick<SessionWorkflows, 'paymentOpened' | 'isRunning'>;
  clock: Clock;
  /** how long the answer is waited for, wall time */
  answerTimeoutMs?: number;
}

/** `oneMoment`: no answer in time, and the request is kept; `notRunning`: no workflow is left to answer it. */
export type OpenedPayment = OpenPaymentAnswer | { kind: 'oneMoment' | 'notRunning' };

/** Where to send the browser. Throws when Temporal or the database does not answer; another request is harmless. */
export async function openPayment(
  { stores, workflows, clock, answerTimeoutMs }: OpenPaymentDeps,
  session: SessionRecord,
): Promise<OpenedPayment> {
  const { sessionId, linkToken, terms } = session;
  // Made at the start word: opening its page decides nothing. Without its workflow nobody would follow the payment.
  const known = terms.payment.paymentOnOpen ? null : openPaymentAnswer(session, clock.now());
  if (known !== null) return (await workflows.isRunning(sessionId)) ? known : { kind: 'notRunning' };
  const opened = await workflows.paymentOpened(sessionId, { at: clock.now() });
  if (opened === 'notRunning') return { kind: 'notRunning' };
  const answer = await untilKnown(async () => {
    const recorded = await stores.sessions.findByLinkToken(linkToken);
    return recorded && openPaymentAnswer(recorded, clock.now());
  }, answerTimeoutMs);
  return answer ?? { kind: 'oneMoment' };
}
