/**
 * "Look at the provider now", held back: a flood of callbacks or of page views about one payment must not grow its
 * workflow's history. One hint at once, then one for all that came meanwhile, the next ones further and further apart.
 */
import type { Logger } from '../../ports/logger.ts';
import { errorFields } from '../error-fields.ts';
import { Coalescer } from './coalescer.ts';
import type { SessionWorkflows } from './session-workflows.ts';
import type { SignalOutcome } from './signal-outcome.ts';

const PACE = { firstMs: 1000, longestMs: 30_000 };

/**
 * The same workflows; a `paymentChanged` resolves with a hint that was sent after it was asked for, or at once where one is
 * planned. Should that one fail, the session's own looks or the reconciliation's find the same.
 */
export function coalescingHints(workflows: SessionWorkflows, log: Logger): SessionWorkflows {
  const hints = new Coalescer<SignalOutcome>(PACE);
  const notPassedOn = (sessionId: string, error: unknown): void =>
    log.warn({ event: 'hintFailed', sessionId, ...errorFields(error) }, 'a hint was not passed on');
  return {
    startSession: (input) => workflows.startSession(input),
    startReply: (input) => workflows.startReply(input),
    customerMessage: (sessionId, message) => workflows.customerMessage(sessionId, message),
    paymentChanged: async (sessionId) => {
      const isHeldBack = hints.isHeldBack(sessionId);
      const isFirst = !hints.isPlanned(sessionId);
      const hinted = hints.run(sessionId, () => workflows.paymentChanged(sessionId));
      if (!isHeldBack) return await hinted;
      if (isFirst) hinted.catch((error: unknown) => notPassedOn(sessionId, error));
      return 'accepted';
    },
    paymentOpened: (sessionId, opened) => workflows.paymentOpened(sessionId, opened),
    linkReported: (sessionId, reported) => workflows.linkReported(sessionId, reported),
    operatorAction: (sessionId, input) => workflows.operatorAction(sessionId, input),
    isRunning: (sessionId) => workflows.isRunning(sessionId),
  };
}
