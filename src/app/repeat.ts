export interface Repeated {
  firstPass: Promise<void>;
  /** Ends the loop; resolves when the running pass is over. */
  stop(): Promise<void>;
}

/** Runs `pass` at once and then `intervalMs` after each pass, so that passes never overlap. `pass` must not throw. */
export function repeat(intervalMs: number, pass: (stopping: AbortSignal) => Promise<void>): Repeated {
  const stopping = new AbortController();
  const firstPass = pass(stopping.signal);
  const loop = (async () => {
    for (await firstPass; ; await pass(stopping.signal)) {
      await pause(intervalMs, stopping.signal);
      if (stopping.signal.aborted) return;
    }
  })();
  return {
    firstPass,
    stop: () => {
      stopping.abort();
      return loop;
    },
  };
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const timer = setTimeout(wake, ms);
    signal.addEventListener('abort', wake, { once: true });
    function wake(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', wake);
      resolve();
    }
  });
}
