/** Who gets the next connection of a pool, so that a text is acknowledged while many activities wait for theirs. */

interface Waiting {
  begin: () => void;
  timer: NodeJS.Timeout | undefined;
}

/**
 * As many at once as the pool has connections. What is urgent goes before the rest, and where both wait every second
 * connection goes to the rest: no flood of texts stops the sessions.
 */
export class ConnectionQueue {
  readonly #limits: { connections: number; waitMs: number };
  readonly #urgent: Waiting[] = [];
  readonly #others: Waiting[] = [];
  #inUse = 0;
  #wasUrgent = false;

  /** `waitMs` 0: without end. */
  constructor(limits: { connections: number; waitMs: number }) {
    this.#limits = limits;
  }

  /** Resolves when a connection is free; to be followed by `leave`. */
  enter(isUrgent: boolean): Promise<void> {
    if (this.#inUse < this.#limits.connections) {
      this.#inUse += 1;
      return Promise.resolve();
    }
    const line = isUrgent ? this.#urgent : this.#others;
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { begin: resolve, timer: undefined };
      line.push(waiting);
      if (this.#limits.waitMs === 0) return;
      waiting.timer = setTimeout(() => {
        line.splice(line.indexOf(waiting), 1);
        // The pool's own words.
        reject(new Error('timeout exceeded when trying to connect'));
      }, this.#limits.waitMs);
    });
  }

  leave(): void {
    const isUrgent = this.#others.length === 0 || (this.#urgent.length > 0 && !this.#wasUrgent);
    const next = (isUrgent ? this.#urgent : this.#others).shift();
    if (!next) {
      this.#inUse -= 1;
      return;
    }
    this.#wasUrgent = isUrgent;
    clearTimeout(next.timer);
    next.begin();
  }
}
