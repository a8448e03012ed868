// Owns: which faults are switched on while a run goes on, and how often.
import type { Random } from './random.ts';
import type { FaultOrder, SimulatorApi } from './simulator-api.ts';

const CLEAR_EVERY_MS = 20_000;
/** Longer than the vendor time-out of the installation: the caller gives up first. */
const HELD_MS = 6_000;

/** Operations and what may happen to them. A text from the phone is never dropped: then it never came to us. */
const REQUEST_KINDS = [
  ['delay', 4],
  ['fail', 3],
  ['timeoutAfterActing', 3],
  ['drop', 2],
] as const;
const PUSH_KINDS = [
  ['delay', 3],
  ['fail', 3],
  ['timeoutAfterActing', 2],
  ['double', 4],
] as const;
const OPERATIONS = [
  ['reserve', 3],
  ['capture', 4],
  ['release', 2],
  ['abandon', 1],
  ['read', 4],
  ['send', 4],
  ['token', 1],
  ['receipt', 1],
  ['mo', 3],
  ['callback', 4],
  ['delivery', 2],
] as const;
const PUSHED: ReadonlySet<string> = new Set(['mo', 'callback', 'delivery']);

export class FaultSource {
  readonly #simulator: SimulatorApi;
  readonly #random: Random;
  readonly #perSession: number;
  #on = true;
  #clearedMs = Date.now();

  constructor(simulator: SimulatorApi, random: Random, perSession: number) {
    this.#simulator = simulator;
    this.#random = random;
    this.#perSession = perSession;
  }

  /** Asked once per session that begins, so that faults are as dense as the load. */
  async perhaps(): Promise<void> {
    if (!this.#on) return;
    if (Date.now() - this.#clearedMs > CLEAR_EVERY_MS) {
      this.#clearedMs = Date.now();
      await this.#simulator.clearFaults();
    }
    if (this.#random.chance(this.#perSession)) await this.#simulator.addFault(this.#choose());
  }

  /** From here on vendors work as they should. */
  async end(): Promise<void> {
    this.#on = false;
    await this.#simulator.clearFaults();
  }

  #choose(): FaultOrder {
    const operation = this.#random.weighted(OPERATIONS);
    const kind = this.#random.weighted<string>(this.#kindsFor(operation));
    const ms = kind === 'delay' ? this.#random.whole(100, 2_500) : HELD_MS;
    return { operation, kind, ...(kind === 'delay' || kind === 'timeoutAfterActing' ? { ms } : {}) };
  }

  #kindsFor(operation: string): readonly (readonly [string, number])[] {
    if (!PUSHED.has(operation)) return REQUEST_KINDS;
    return operation === 'mo' ? PUSH_KINDS : [...PUSH_KINDS, ['drop', 4]];
  }
}
