/** The rows that could not be dispatched, and when each may be tried again. */

interface Failing {
  tries: number;
  notBeforeMs: number;
}

const FIRST_WAIT_MS = 3_000;
const LONGEST_WAIT_MS = 5 * 60_000;
/** Beyond this the one that failed longest ago is forgotten, and is tried sooner than it need be. */
const MAX_ROWS = 10_000;

/**
 * In memory and of one process: a restart only tries sooner. `nowMs` never goes backwards, so a clock that is set
 * changes nothing.
 */
export class FailingRows {
  readonly #rows = new Map<string, Failing>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** It failed, and must not be tried again yet. */
  has(inboxId: string): boolean {
    const row = this.#rows.get(inboxId);
    return row !== undefined && this.#nowMs() < row.notBeforeMs;
  }

  /** `counts`: it was this row's own failure, so it waits longer each time. Returns how often that has happened. */
  failed(inboxId: string, counts: boolean): number {
    const tries = (this.#rows.get(inboxId)?.tries ?? 0) + (counts ? 1 : 0);
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, tries - 1));
    this.#rows.delete(inboxId);
    this.#rows.set(inboxId, { tries, notBeforeMs: this.#nowMs() + (counts ? waitMs : FIRST_WAIT_MS) });
    const [longestAgo] = this.#rows.keys();
    if (this.#rows.size > MAX_ROWS && longestAgo !== undefined) this.#rows.delete(longestAgo);
    return tries;
  }

  dispatched(inboxId: string): void {
    this.#rows.delete(inboxId);
  }
}
