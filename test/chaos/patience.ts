// Owns: going on when a process is down: everything here is asked again until it answers.
import { setTimeout as sleep } from 'node:timers/promises';

const CALL_LIMIT_MS = 12_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_500;

export interface Answer {
  status: number;
  location: string | null;
  body: string;
}

/** One HTTP call, repeated until there is an answer below 500. Stops with an error when `stopped` is aborted. */
export async function askUntilAnswered(
  url: string,
  init: { method: 'GET' | 'POST'; form?: Record<string, string>; json?: unknown },
  stopped: AbortSignal,
): Promise<Answer> {
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS)) {
    stopped.throwIfAborted();
    const answer = await ask(url, init).catch(() => null);
    if (answer !== null && answer.status < 500) return answer;
    await sleep(pauseMs);
  }
}

async function ask(
  url: string,
  { method, form, json }: { method: 'GET' | 'POST'; form?: Record<string, string>; json?: unknown },
): Promise<Answer> {
  const response = await fetch(url, {
    method,
    redirect: 'manual',
    signal: AbortSignal.timeout(CALL_LIMIT_MS),
    ...(form === undefined ? {} : { body: new URLSearchParams(form) }),
    ...(json === undefined
      ? {}
      : { body: JSON.stringify(json), headers: { 'content-type': 'application/json' } }),
  });
  const location = response.headers.get('location');
  return {
    status: response.status,
    location: location === null ? null : new URL(location, url).href,
    body: await response.text(),
  };
}
