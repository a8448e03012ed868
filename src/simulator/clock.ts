import type { Store } from './store.ts';
import type { AdvanceWorkflows } from './options.ts';
import type { Payments } from './payments.ts';

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

/** The clock counts milliseconds: a shorter step would move nothing. */
export const MIN_STEP_SECONDS = 0.001;

type ClockStep =
  { kind: 'advanced'; fastForwarded: number } | { kind: 'unsupported'; why: string } | { kind: 'failed' };

interface Parts {
  clock: SimulatorClock;
  payments: Payments;
  advanceWorkflows: AdvanceWorkflows | undefined;
}

/** "One hour later": the clock and every open workflow move together, one step at a time. */
export class ClockSteps {
  readonly #parts: Parts;
  #last: Promise<unknown> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  advance(seconds: number): Promise<ClockStep> {
    const step = this.#last.then(() => this.#step(seconds));
    // A step that failed must not stop the ones after it.
    this.#last = step.catch(() => undefined);
    return step;
  }

  async #step(seconds: number): Promise<ClockStep> {
    const { clock, payments, advanceWorkflows } = this.#parts;
    const before = clock.offsetMs();
    // First the clock: what a workflow does during its step must find the new time.
    clock.setOffset(before + Math.round(seconds * 1_000));
    const result = await this.#advanceWorkflows(advanceWorkflows, seconds);
    if (result.kind === 'unsupported') clock.setOffset(before);
    payments.expireDue();
    return result;
  }

  async #advanceWorkflows(advance: AdvanceWorkflows | undefined, seconds: number): Promise<ClockStep> {
    if (advance === undefined) return { kind: 'advanced', fastForwarded: 0 };
    try {
      const result = await advance(seconds);
      return 'unsupported' in result
        ? { kind: 'unsupported', why: result.unsupported }
        : { kind: 'advanced', fastForwarded: result.fastForwarded };
    } catch {
      return { kind: 'failed' };
    }
  }
}
