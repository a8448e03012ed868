/**
 * One answer for everybody who asks at about the same time: `ask` runs once at a time, and what it answered is given to
 * all for `maxAgeMs` after it came. A failure is given to those who waited for it and to nobody later.
 */
export function sharedAnswer<T>(
  ask: () => Promise<T>,
  maxAgeMs: number,
  monotonicMs: () => number,
): () => Promise<T> {
  let shared: { answer: Promise<T>; cameAtMs: number | null } | null = null;
  return () => {
    const isFresh =
      shared !== null && (shared.cameAtMs === null || monotonicMs() - shared.cameAtMs < maxAgeMs);
    if (shared !== null && isFresh) return shared.answer;
    const asked: { answer: Promise<T>; cameAtMs: number | null } = { answer: ask(), cameAtMs: null };
    shared = asked;
    asked.answer.then(
      () => (asked.cameAtMs = monotonicMs()),
      () => (asked.cameAtMs = Number.NEGATIVE_INFINITY),
    );
    return asked.answer;
  };
}
