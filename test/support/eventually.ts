import { setTimeout as sleep } from 'node:timers/promises';

const LIMIT_MS = 60_000;
const PAUSE_MS = 50;

/** Asks again and again until the answer is not null. Throws after `limitMs`, saying `what` was waited for. */
export async function eventually<T>(
  what: string,
  probe: () => Promise<T | null>,
  limitMs = LIMIT_MS,
): Promise<T> {
  for (const deadline = Date.now() + limitMs; ; await sleep(PAUSE_MS)) {
    const answer = await probe();
    if (answer !== null) return answer;
    if (Date.now() > deadline) throw new Error(`Waited ${limitMs / 1000} s in vain for ${what}.`);
  }
}
