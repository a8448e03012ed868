/**
 * "Look at the provider now", held back: a flood of callbacks or of page views about one payment must not grow its
 * workflow's history. One hint at once, then one for all that came meanwhile, the next ones further and further apart.
 */
import type { ApiDeps } from './api-deps.ts';
import { errorFields } from './error-fields.ts';
import { Coalescer } from './limits/coalescer.ts';
import type { SessionWorkflows } from './session-workflows.ts';
import type { SignalOutcome } from './signal-outcome.ts';

const PACE = { firstMs: 1000, longestMs: 30_000 };

/**
 * The same workflows; a `paymentChanged` resolves with a hint that was sent after it was asked for, or at once where one is
 * planned. Should that one fail, the session's own looks find the same.
 */
export function coalescingHints(workflows: SessionWorkflows, log: ApiDeps['log']): SessionWorkflows {
  const hints = new Coalescer<SignalOutcome>(PACE);
  const planned = async (sessionId: string): Promise<SignalOutcome> => {
    try {
      return await workflows.paymentChanged(sessionId);
    } catch (error) {
      log.warn({ event: 'hintFailed', sessionId, ...errorFields(error) }, 'a hint was not passed on');
      return 'accepted';
    }
  };
  return {
    startSession: (input) => workflows.startSession(input),
    startReply: (input) => workflows.startReply(input),
    signal: (sessionId, signal, message) => workflows.signal(sessionId, signal, message),
    paymentChanged: async (sessionId) => {
      const isHeldBack = hints.isHeldBack(sessionId);
      const hinted = hints.run(sessionId, () =>
        isHeldBack ? planned(sessionId) : workflows.paymentChanged(sessionId),
      );
      return isHeldBack ? 'accepted' : await hinted;
    },
    paymentOpened: (sessionId, opened) => workflows.paymentOpened(sessionId, opened),
    operatorAction: (sessionId, input) => workflows.operatorAction(sessionId, input),
    isRunning: (sessionId) => workflows.isRunning(sessionId),
  };
}
