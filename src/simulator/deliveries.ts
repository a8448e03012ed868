import { randomUUID } from 'node:crypto';
import type { SimulatorParts } from './parts.ts';
import type { Pusher } from './pusher.ts';
import type { DeliveryKind, DeliveryRow, FaultRow, TextState } from './records.ts';
import type { Change } from './store.ts';
import { registrationAfterTry, webhookWaitMs } from './vendors/vipps/webhook-pushes.ts';

const SECOND_MS = 1_000;
/** Waits between tries; the last one repeats. LINK publishes no interval, so these are ours. */
const GATE_WAITS_MS = [1, 2, 4, 8, 16, 32, 60].map((seconds) => seconds * SECOND_MS);
/** LINK's default `ttl` of a gate. */
const GATE_TTL_MS = 48 * 3_600 * SECOND_MS;
/** Paycore publishes no retry rule for callbacks: a few tries, then it is lost. */
const CALLBACK_WAITS_MS = [1, 5, 15, 60].map((seconds) => seconds * SECOND_MS);
const RETRY_AFTER_OWN_ERROR_MS = 5 * SECOND_MS;

interface NewDelivery {
  kind: DeliveryKind;
  subject: string;
  url?: string;
  body?: string;
  registration?: string;
  afterMs?: number;
}

interface Parts extends Pick<SimulatorParts, 'store' | 'clock' | 'faults' | 'timers'> {
  pusher: Pusher;
  vippsRetryScale: number;
}

/**
 * Pushes texts, delivery reports and callbacks to sms2pay, at least once each, until they are accepted or too old.
 * A delivery is a row in the store, so it goes on after a restart where it stood.
 */
export class Deliveries {
  readonly #parts: Parts;
  readonly #armed = new Map<string, () => void>();
  readonly #running = new Map<Promise<void>, string>();
  readonly #changed = new Set<() => void>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** The change to commit together with what it reports; then call `arm`. */
  plan(delivery: NewDelivery): { id: string; change: Change } {
    const nowMs = this.#parts.clock.wallMs();
    const id = randomUUID();
    const put: DeliveryRow = {
      id,
      kind: delivery.kind,
      subject: delivery.subject,
      url: delivery.url ?? null,
      body: delivery.body ?? null,
      ...(delivery.registration === undefined ? {} : { registration: delivery.registration }),
      attempts: 0,
      createdAtMs: nowMs,
      dueAtMs: nowMs + (delivery.afterMs ?? 0),
      isDelayed: false,
      awaitsOvertaking: false,
    };
    return { id, change: { table: 'delivery', put } };
  }

  /** Resumes what an earlier run left. */
  resume(): void {
    const running = new Set(this.#running.values());
    for (const id of this.#parts.store.deliveries.keys()) {
      if (!running.has(id)) this.arm(id);
    }
  }

  /** Tries the delivery when it is due. */
  arm(id: string): void {
    const row = this.#parts.store.deliveries.get(id);
    if (row === undefined) return;
    this.#armed.get(id)?.();
    const waitMs = row.dueAtMs - this.#parts.clock.wallMs();
    if (waitMs <= 0) this.#run(id);
    else this.#armIn(id, waitMs);
  }

  /** Resolves when the delivery was tried once or is over, at the latest after `limitMs`. */
  async firstTry(id: string, limitMs: number): Promise<void> {
    const given = new AbortController();
    const limit = this.#parts.timers.sleep(limitMs, given.signal);
    await Promise.race([limit, this.#until(() => (this.#parts.store.deliveries.get(id)?.attempts ?? 1) > 0)]);
    given.abort();
  }

  /** Resolves when none is being tried and none waits for its first try, unless a fault delays it. */
  idle(): Promise<void> {
    return this.#until(() => {
      const untried = [...this.#parts.store.deliveries.values()].some(
        (row) => row.attempts === 0 && !row.isDelayed && !this.#isBlocked(row),
      );
      return this.#running.size === 0 && !untried;
    });
  }

  /** Call after the timers are closed: waits for tries that are being cut off. */
  async close(): Promise<void> {
    await Promise.all(this.#running.keys());
    this.#announce();
  }

  #armIn(id: string, waitMs: number): void {
    this.#armed.set(
      id,
      this.#parts.timers.after(waitMs, () => this.#run(id)),
    );
  }

  #run(id: string): void {
    this.#armed.delete(id);
    const row = this.#parts.store.deliveries.get(id);
    if (row === undefined || this.#parts.timers.closing.aborted || this.#isBlocked(row)) return;
    const running = this.#try(row)
      .catch(() => this.#armIn(id, RETRY_AFTER_OWN_ERROR_MS))
      .finally(() => {
        this.#running.delete(running);
        this.#wakeBlocked(row);
        this.#announce();
      });
    this.#running.set(running, id);
  }

  async #try(row: DeliveryRow): Promise<void> {
    // The fault switches have one word for what payment vendors push.
    const operation = row.kind === 'event' ? 'callback' : row.kind;
    const fault = row.isDelayed ? null : this.#parts.faults.fire(operation);
    if (fault?.kind === 'delay' || fault?.kind === 'reorder') this.#delay(row, fault);
    else if (fault?.kind === 'drop') this.#end(row, 'dropped');
    else if (fault?.kind === 'fail') this.#again(row);
    else await this.#push(row, fault);
  }

  async #push(row: DeliveryRow, fault: FaultRow | null): Promise<void> {
    const copies = fault?.kind === 'double' ? 2 : 1;
    const pushes = Array.from({ length: copies }, () => this.#parts.pusher.push(row, fault));
    const accepted = await Promise.all(pushes);
    if (this.#parts.timers.closing.aborted) return;
    if (!accepted.some(Boolean) || fault?.kind === 'timeoutAfterActing') {
      this.#again(row);
      return;
    }
    this.#end(row, 'delivered');
    this.#letOvertaken(row);
  }

  #delay(row: DeliveryRow, fault: FaultRow): void {
    const dueAtMs = this.#parts.clock.wallMs() + fault.ms;
    const put = { ...row, dueAtMs, isDelayed: true, awaitsOvertaking: fault.kind === 'reorder' };
    this.#parts.store.commit({ table: 'delivery', put });
    this.arm(row.id);
  }

  #letOvertaken(by: DeliveryRow): void {
    for (const row of this.#parts.store.deliveries.values()) {
      if (!row.awaitsOvertaking || row.kind !== by.kind) continue;
      const put = { ...row, awaitsOvertaking: false, dueAtMs: this.#parts.clock.wallMs() };
      this.#parts.store.commit({ table: 'delivery', put });
      this.arm(row.id);
    }
  }

  #again(row: DeliveryRow): void {
    const attempts = row.attempts + 1;
    const nowMs = this.#parts.clock.wallMs();
    this.#parts.store.commit(...registrationAfterTry(this.#parts.store, row.registration, false, nowMs));
    // Deleted with its registration.
    if (!this.#parts.store.deliveries.has(row.id)) return;
    const waitMs = this.#waitMs(row, attempts, nowMs - row.createdAtMs);
    if (waitMs === null) {
      this.#end(row, 'expired');
      return;
    }
    const put = { ...row, attempts, dueAtMs: nowMs + waitMs, isDelayed: false, awaitsOvertaking: false };
    this.#parts.store.commit({ table: 'delivery', put }, ...this.#textChange(row, 'pending', attempts));
    this.arm(row.id);
  }

  /** Null: it is given up. */
  #waitMs(row: DeliveryRow, attempts: number, ageMs: number): number | null {
    if (row.kind === 'event') return webhookWaitMs(attempts, ageMs, this.#parts.vippsRetryScale);
    const waits = row.kind === 'callback' ? CALLBACK_WAITS_MS : GATE_WAITS_MS;
    const waitMs = waits[attempts - 1] ?? (row.kind === 'callback' ? null : waits.at(-1)) ?? null;
    return waitMs === null || ageMs + waitMs > GATE_TTL_MS ? null : waitMs;
  }

  /**
   * Events of one registration keep their order: each waits for the first try of all before it, and until those of its
   * own payment are over. One that a fault lets be overtaken is not waited for.
   */
  #isBlocked(row: DeliveryRow): boolean {
    if (row.registration === undefined) return false;
    const unfinished = new Set<string>();
    let firstTryAhead = false;
    for (const other of this.#parts.store.deliveries.values()) {
      if (other.id === row.id) break;
      if (other.registration !== row.registration || other.awaitsOvertaking) continue;
      if (other.attempts === 0 && !other.isDelayed && !unfinished.has(other.subject)) firstTryAhead = true;
      unfinished.add(other.subject);
    }
    return firstTryAhead || unfinished.has(row.subject);
  }

  #wakeBlocked(by: DeliveryRow): void {
    if (by.registration === undefined) return;
    const busy = new Set([...this.#running.values(), ...this.#armed.keys()]);
    for (const row of this.#parts.store.deliveries.values()) {
      if (row.registration === by.registration && !busy.has(row.id)) this.arm(row.id);
    }
  }

  #end(row: DeliveryRow, state: TextState): void {
    const { store, clock } = this.#parts;
    const attempts = row.attempts + (state === 'dropped' ? 0 : 1);
    store.commit(
      { table: 'delivery', remove: row.id },
      ...this.#textChange(row, state, attempts),
      ...(state === 'delivered' ? registrationAfterTry(store, row.registration, true, clock.wallMs()) : []),
    );
  }

  /** A text from the phone shows how far its delivery is. */
  #textChange(row: DeliveryRow, state: TextState, attempts: number): Change[] {
    const text = row.kind === 'mo' ? this.#parts.store.texts.get(row.subject) : undefined;
    return text === undefined ? [] : [{ table: 'text', put: { ...text, state, attempts } }];
  }

  #until(condition: () => boolean): Promise<void> {
    if (condition()) return Promise.resolve();
    return new Promise((resolve) => {
      const check = (): void => {
        if (!condition() && !this.#parts.timers.closing.aborted) return;
        this.#changed.delete(check);
        resolve();
      };
      this.#changed.add(check);
    });
  }

  #announce(): void {
    for (const check of this.#changed) check();
  }
}
