/**
 * Shows Temporal while an activity runs that its worker lives, so that what a dead one left behind is taken up after seconds
 * and not after the longest time it may take. No protection rests on it: a worker that stands still, or is cut off from
 * Temporal, may be taken for dead and go on beside the next try.
 */
import { Context } from '@temporalio/activity';
import type { Activities } from './contract.ts';

/** Two may be lost or late before the worker counts as dead. The first comes after this too: most tries are over by then. */
const BEATS_PER_TIMEOUT = 2.5;

/** The same activities; those beat that the workflow gives a heartbeat time-out. */
export function showingLife(activities: Activities): Activities {
  const beating = Object.entries(activities).map(([name, activity]) => [
    name,
    async (input: never): Promise<unknown> => {
      const { heartbeatTimeoutMs } = Context.current().info;
      const work = activity as (input: never) => Promise<unknown>;
      return heartbeatTimeoutMs
        ? await whileBeating(heartbeatTimeoutMs, () => work(input))
        : await work(input);
    },
  ]);
  return Object.fromEntries(beating) as Activities;
}

async function whileBeating<T>(timeoutMs: number, work: () => Promise<T>): Promise<T> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), timeoutMs / BEATS_PER_TIMEOUT);
  try {
    return await work();
  } finally {
    clearInterval(beat);
  }
}
