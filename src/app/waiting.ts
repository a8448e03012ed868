/** Two ways to wait: for what a workflow records, since it is never queried (docs/adr/0017), and for many calls at once. */
import { setTimeout as sleep } from 'node:timers/promises';

const POLL_MS = 150;
/** A customer waits at the button, an operator at the prompt: their request may need a call to a provider. */
const ANSWER_TIMEOUT_MS = 7000;

/** What `read` found as soon as it was not null; null: nothing within the time (wall time). Throws what `read` throws. */
export async function untilKnown<T>(
  read: () => Promise<T | null>,
  timeoutMs: number = ANSWER_TIMEOUT_MS,
): Promise<T | null> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const found = await read();
    if (found !== null || performance.now() + POLL_MS > deadlineMs) return found;
    await sleep(POLL_MS);
  }
}

/** `work` on every item, at most `limit` at once; results in the order of the items. The first error ends it. */
export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const waiting = [...items.entries()];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, item] = next;
      results[index] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  return results;
}
