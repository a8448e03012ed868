type Bounded<T> = { late: false; value: T } | { late: true };

/**
 * Waits for `work`, but not longer than `ms` (wall time). Late work goes on by itself; a rejection that comes after the
 * time is swallowed here, so `work` must report its own failures where they matter.
 */
export async function within<T>(work: Promise<T>, ms: number): Promise<Bounded<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Bounded<T>>((resolve) => {
    timer = setTimeout(() => resolve({ late: true }), ms);
  });
  try {
    return await Promise.race([work.then((value): Bounded<T> => ({ late: false, value })), late]);
  } finally {
    clearTimeout(timer);
  }
}
