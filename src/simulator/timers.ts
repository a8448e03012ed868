import type { Schedule } from './options.ts';

const MAX_TIMEOUT_MS = 2_147_483_647;

export const realSchedule: Schedule = (afterMs, run) => {
  const timer = setTimeout(run, Math.min(Math.max(afterMs, 0), MAX_TIMEOUT_MS));
  timer.unref();
  return () => clearTimeout(timer);
};

/** Every wait of the simulator, so that closing ends them all at once. */
export class Timers {
  readonly #schedule: Schedule;
  readonly #cancels = new Set<() => void>();
  readonly #closing = new AbortController();

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  /** Aborted when the simulator closes. */
  get closing(): AbortSignal {
    return this.#closing.signal;
  }

  after(ms: number, run: () => void): () => void {
    if (this.closing.aborted) return () => undefined;
    const cancelTimer = this.#schedule(ms, () => {
      this.#cancels.delete(cancel);
      run();
    });
    const cancel = (): void => {
      this.#cancels.delete(cancel);
      cancelTimer();
    };
    this.#cancels.add(cancel);
    return cancel;
  }

  /** True when the time has passed; false when `signal` or closing cut it short. */
  sleep(ms: number, signal?: AbortSignal): Promise<boolean> {
    const stop = signal === undefined ? this.closing : AbortSignal.any([this.closing, signal]);
    if (stop.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const onAbort = (): void => {
        cancel();
        resolve(false);
      };
      const cancel = this.after(ms, () => {
        stop.removeEventListener('abort', onAbort);
        resolve(true);
      });
      stop.addEventListener('abort', onAbort, { once: true });
    });
  }

  close(): void {
    this.#closing.abort();
    for (const cancel of this.#cancels) cancel();
  }
}
