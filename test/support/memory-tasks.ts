import type { OperatorTaskStore } from '../../src/ports/operator-task-store.ts';

/** The open tasks, by reason and subject. */
export class MemoryTasks implements Pick<OperatorTaskStore, 'open' | 'close'> {
  readonly tasks = new Map<string, Record<string, unknown>>();

  async open({ reason, subject, details }: Parameters<OperatorTaskStore['open']>[0]) {
    const key = `${reason} ${subject}`;
    const opened = !this.tasks.has(key);
    this.tasks.set(key, details);
    return { opened };
  }

  async close({ reason, subject }: Parameters<OperatorTaskStore['close']>[0]) {
    return this.tasks.delete(`${reason} ${subject}`);
  }
}
