import type { OperatorTask, OperatorTaskStore } from '../../src/ports/operator-task-store.ts';

/** The open tasks, by reason and subject. */
export class MemoryTasks implements Pick<OperatorTaskStore, 'open' | 'close' | 'listOpen'> {
  readonly tasks = new Map<string, Record<string, unknown>>();
  readonly #open = new Map<string, OperatorTask>();

  async open(task: Parameters<OperatorTaskStore['open']>[0], at: string) {
    const key = `${task.reason} ${task.subject}`;
    const opened = !this.tasks.has(key);
    this.tasks.set(key, task.details);
    const openedAt = this.#open.get(key)?.openedAt ?? at;
    this.#open.set(key, { ...task, openedAt, lastSeenAt: at, closedAt: null, closedBy: null });
    return { opened };
  }

  async listOpen(limit: number, reasons?: readonly string[]) {
    const open = [...this.#open.values()].filter(({ reason }) => reasons?.includes(reason) ?? true);
    return open.slice(0, limit);
  }

  async close({ reason, subject }: Parameters<OperatorTaskStore['close']>[0]) {
    const key = `${reason} ${subject}`;
    this.#open.delete(key);
    return this.tasks.delete(key);
  }
}
