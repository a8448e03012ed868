// Workflows that only wait: what time skipping is tried on.
import { condition, continueAsNew, defineQuery, defineSignal, setHandler, sleep } from '@temporalio/workflow';

export const ticksQuery = defineQuery<number>('ticks');
export const finishSignal = defineSignal('finish');

/** Ends after `times` waits of `stepMs` each. */
export async function ticker(times: number, stepMs: number): Promise<number> {
  const startedAt = Date.now();
  let ticks = 0;
  setHandler(ticksQuery, () => ticks);
  for (; ticks < times; ticks += 1) await sleep(stepMs);
  return Date.now() - startedAt;
}

/** Waits up to `limitMs` for a signal and tells whether it came. */
export async function waiter(limitMs: number): Promise<boolean> {
  let finished = false;
  setHandler(finishSignal, () => {
    finished = true;
  });
  return condition(() => finished, limitMs);
}

/** Sleeps `stepMs` in each of `runs` runs. */
export async function relay(runs: number, stepMs: number): Promise<string> {
  await sleep(stepMs);
  if (runs > 1) await continueAsNew<typeof relay>(runs - 1, stepMs);
  return 'done';
}
