import type { Store } from './store.ts';

/** Business time of the demo: the wall clock plus an offset that survives a restart. */
export class SimulatorClock {
  readonly #store: Store;
  readonly #wallNow: () => number;

  constructor(store: Store, wallNow: () => number) {
    this.#store = store;
    this.#wallNow = wallNow;
  }

  /** Signatures, retries and time-outs go by this one. */
  wallMs(): number {
    return this.#wallNow();
  }

  nowMs(): number {
    return this.#wallNow() + this.offsetMs();
  }

  now(): string {
    return new Date(this.nowMs()).toISOString();
  }

  offsetMs(): number {
    return this.#store.settings.clockOffsetMs;
  }

  setOffset(offsetMs: number): void {
    this.#store.commit({ table: 'settings', put: { ...this.#store.settings, clockOffsetMs: offsetMs } });
  }
}
