import type { Schedule } from '../../src/simulator/options.ts';

interface Task {
  dueMs: number;
  run: () => void;
}

/** A wall clock and a scheduler that move only when told. */
export class ManualTime {
  #nowMs: number;
  readonly #tasks = new Set<Task>();

  constructor(start = '2026-11-23T10:00:00.000Z') {
    this.#nowMs = Date.parse(start);
  }

  readonly now = (): number => this.#nowMs;

  readonly schedule: Schedule = (afterMs, run) => {
    const task = { dueMs: this.#nowMs + afterMs, run };
    this.#tasks.add(task);
    return () => this.#tasks.delete(task);
  };

  get waiting(): number {
    return this.#tasks.size;
  }

  advance(ms: number): void {
    const untilMs = this.#nowMs + ms;
    for (let next = this.#next(untilMs); next !== null; next = this.#next(untilMs)) {
      this.#tasks.delete(next);
      this.#nowMs = Math.max(this.#nowMs, next.dueMs);
      next.run();
    }
    this.#nowMs = untilMs;
  }

  #next(untilMs: number): Task | null {
    const due = [...this.#tasks].filter((task) => task.dueMs <= untilMs);
    return due.toSorted((a, b) => a.dueMs - b.dueMs)[0] ?? null;
  }
}
