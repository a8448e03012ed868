/**
 * "Look at the provider now", held back: a flood of callbacks or of page views about one payment must not grow its
 * workflow's history. One hint at once, then one for all that came meanwhile, the next ones further and further apart.
 */
import { Coalescer } from './limits/coalescer.ts';
import type { SessionWorkflows } from './session-workflows.ts';
import type { SignalOutcome } from './signal-outcome.ts';

const PACE = { firstMs: 1000, longestMs: 30_000 };

/** The same workflows; a `paymentChanged` resolves with a hint that was sent after it was asked for. */
export function coalescingHints(workflows: SessionWorkflows): SessionWorkflows {
  const hints = new Coalescer<SignalOutcome>(PACE);
  return {
    startSession: (input) => workflows.startSession(input),
    startReply: (input) => workflows.startReply(input),
    signal: (sessionId, signal, message) => workflows.signal(sessionId, signal, message),
    paymentChanged: (sessionId) => hints.run(sessionId, () => workflows.paymentChanged(sessionId)),
    paymentOpened: (sessionId, opened) => workflows.paymentOpened(sessionId, opened),
    operatorAction: (sessionId, input) => workflows.operatorAction(sessionId, input),
    isRunning: (sessionId) => workflows.isRunning(sessionId),
  };
}
