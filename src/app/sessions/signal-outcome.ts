import { WorkflowNotFoundError } from '@temporalio/client';

/** `notRunning`: the workflow has completed, was ended by hand, or never was. Nothing was delivered. */
export type SignalOutcome = 'accepted' | 'notRunning';

/** Throws when Temporal does not answer. */
export async function signalOutcome(signalled: Promise<void>): Promise<SignalOutcome> {
  try {
    await signalled;
    return 'accepted';
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return 'notRunning';
    throw error;
  }
}
