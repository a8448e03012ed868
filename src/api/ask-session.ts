/**
 * Asks a session's workflow for something that takes it a while: a signal tells it, a query is repeated until it knows the
 * answer. Not an update: one that follows an empty workflow task at once can leave a history that does not replay
 * (docs/adr/0017).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  isGrpcServiceError,
  QueryNotRegisteredError,
  WorkflowNotFoundError,
  type WorkflowClient,
} from '@temporalio/client';
import { signalOutcome } from './signal-outcome.ts';

const ASK_AGAIN_MS = 150;

/** gRPC codes of a query: given up by the client, nobody answered in time, no worker has polled for a while. */
const UNANSWERED = [1, 4, 9];

export interface Question<T> {
  tell: () => Promise<void>;
  /** resolves with null while the workflow does not know */
  ask: () => Promise<T | null>;
  tellTimeoutMs: number;
  /** for both together, wall time */
  timeoutMs: number;
}

/**
 * The workflow's answer. `unanswered`: it did not know in time, or no worker answered; what it was told is kept. Throws
 * when Temporal does not answer.
 */
export async function askSession<T extends object>(
  client: WorkflowClient,
  { tell, ask, tellTimeoutMs, timeoutMs }: Question<T>,
): Promise<T | 'notRunning' | 'unanswered'> {
  const deadlineMs = Date.now() + timeoutMs;
  const told = await client.withDeadline(Date.now() + Math.min(tellTimeoutMs, timeoutMs), () =>
    signalOutcome(tell()),
  );
  if (told === 'notRunning') return 'notRunning';
  while (Date.now() < deadlineMs) {
    const answer = await client.withDeadline(deadlineMs, () => answerOf(ask()));
    if (answer !== null) return answer;
    await sleep(ASK_AGAIN_MS);
  }
  return 'unanswered';
}

async function answerOf<T>(asked: Promise<T | null>): Promise<T | 'notRunning' | null> {
  try {
    return await asked;
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'notRunning';
    if (error instanceof QueryNotRegisteredError || isUnanswered(error)) return null;
    throw error;
  }
}

function isUnanswered(error: unknown): boolean {
  const cause = error instanceof Error ? error.cause : undefined;
  return isGrpcServiceError(cause) && UNANSWERED.includes(cause.code);
}
