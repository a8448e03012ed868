/** Waits for what a workflow records when it knows it: it is told by a signal and never asked (docs/adr/0017). */
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_AGAIN_MS = 150;
/** A customer waits at the button, an operator at the prompt: what they asked for may be a call to a provider. */
const ANSWER_TIMEOUT_MS = 7000;

/** What `look` found as soon as it was not null; null: nothing within the time (wall time). Throws what `look` throws. */
export async function untilKnown<T>(
  look: () => Promise<T | null>,
  timeoutMs: number = ANSWER_TIMEOUT_MS,
): Promise<T | null> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const found = await look();
    if (found !== null || performance.now() + LOOK_AGAIN_MS > deadlineMs) return found;
    await sleep(LOOK_AGAIN_MS);
  }
}

/** `work` on every item, at most `limit` at once; results in the order of the items. The first error ends it. */
export async function inParallel<T, R>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results = new Map<number, R>();
  const waiting = [...items.entries()];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [index, item] = next;
      results.set(index, await work(item));
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, lane));
  return [...results.entries()].toSorted(([a], [b]) => a - b).map(([, result]) => result);
}
