import type { AttentionEntry, AttentionStore } from '../../src/ports/attention-store.ts';

/** The open entries, by reason and subject. */
export class MemoryAttention implements Pick<AttentionStore, 'raise' | 'clear' | 'list'> {
  readonly entries = new Map<string, Record<string, unknown>>();
  readonly #open = new Map<string, AttentionEntry>();

  async raise(task: Parameters<AttentionStore['raise']>[0], at: string) {
    const key = `${task.reason} ${task.subject}`;
    const raised = !this.entries.has(key);
    this.entries.set(key, task.details);
    const raisedAt = this.#open.get(key)?.raisedAt ?? at;
    this.#open.set(key, { ...task, raisedAt, lastSeenAt: at, clearedAt: null, clearedBy: null });
    return { raised };
  }

  async list({ limit, reasons }: Parameters<AttentionStore['list']>[0]) {
    const open = [...this.#open.values()].filter(({ reason }) => reasons?.includes(reason) ?? true);
    return open.slice(0, limit);
  }

  async clear({ reason, subject }: Parameters<AttentionStore['clear']>[0]) {
    const key = `${reason} ${subject}`;
    this.#open.delete(key);
    return this.entries.delete(key);
  }
}
