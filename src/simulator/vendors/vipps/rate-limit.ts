import type { SimulatorClock } from '../../clock.ts';

const WINDOW_MS = 60_000;
const MAX_COUNTERS = 1_000;

/** So many calls a minute per counter, by the simulator's clock: an hour later is another minute. A refused call does not count. Not kept across a restart. */
export class RateLimit {
  readonly #clock: SimulatorClock;
  readonly #calls = new Map<string, number[]>();

  constructor(clock: SimulatorClock) {
    this.#clock = clock;
  }

  /** 0 when the call may pass; otherwise the seconds to wait. */
  waitSeconds(counter: string, perMinute: number): number {
    const nowMs = this.#clock.nowMs();
    const recent = (this.#calls.get(counter) ?? []).filter((atMs) => atMs > nowMs - WINDOW_MS);
    const [oldestMs] = recent;
    if (recent.length >= perMinute && oldestMs !== undefined) {
      return Math.max(1, Math.ceil((oldestMs + WINDOW_MS - nowMs) / 1_000));
    }
    this.#calls.set(counter, [...recent, nowMs]);
    if (this.#calls.size > MAX_COUNTERS) this.#forgetOld(nowMs);
    return 0;
  }

  #forgetOld(nowMs: number): void {
    for (const [counter, calls] of this.#calls) {
      if ((calls.at(-1) ?? 0) <= nowMs - WINDOW_MS) this.#calls.delete(counter);
    }
  }
}
