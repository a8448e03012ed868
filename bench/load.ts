// So many pieces of work, so many of them at once. The first failure ends it.
import { performance } from 'node:perf_hooks';
import { ask } from './http.ts';

/** More than all steps of a session may take together. */
const PIECE_LIMIT_MS = 400_000;

export async function load<Result>(
  count: number,
  atOnce: number,
  work: (index: number) => Promise<Result>,
): Promise<{ results: Result[]; seconds: number }> {
  const startedMs = performance.now();
  const results: Result[] = [];
  let next = 0;
  const line = async (): Promise<void> => {
    while (next < count) {
      const index = next;
      next += 1;
      results.push(await within(work(index)));
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(atOnce, count) }, line));
  } finally {
    // What has not begun does not begin.
    next = count;
  }
  return { results, seconds: (performance.now() - startedMs) / 1_000 };
}

/** A piece that never settles must end the run, too: a promise that nobody can settle leaves no other trace. */
function within<Result>(work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    const limit = setTimeout(
      () => reject(new Error(`a piece of work has not ended after ${PIECE_LIMIT_MS / 1_000} s`)),
      PIECE_LIMIT_MS,
    );
    void work.then(resolve, reject).finally(() => clearTimeout(limit));
  });
}

let phones = 0;

/** A number nobody else has; twelve digits, so that it never appears in a log by chance. */
export function newPhone(): string {
  phones += 1;
  return `+4799${String((31_415_926 + phones * 2_719) % 10 ** 8).padStart(8, '0')}`;
}

/** One POST, from its first byte to the end of its answer. */
export async function timedPost(
  url: string,
  body: string,
  headers: Record<string, string> = {},
): Promise<{ status: number; ms: number }> {
  const startedMs = performance.now();
  const { status } = await ask(url, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
  return { status, ms: performance.now() - startedMs };
}
