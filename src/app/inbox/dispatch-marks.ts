/**
 * Marks what was dispatched, many rows in one statement and a moment later: by then most sessions have recorded their texts
 * themselves, and their rows stay as they are. What a crash leaves unmarked is dispatched again, which changes nothing.
 */
import type { DispatchMark, InboxStore } from '../../ports/inbox-store.ts';
import type { Logger } from '../../ports/logger.ts';
import { errorFields } from '../error-fields.ts';

/** A session records its text within a few tenths of a second; another process may dispatch it again until then. */
const MARK_AFTER_MS = 500;

export class DispatchMarks {
  readonly #inbox: Pick<InboxStore, 'markDispatched'>;
  readonly #log: Logger;
  #marks: DispatchMark[] = [];
  #timer: NodeJS.Timeout | null = null;
  #last: Promise<void> = Promise.resolve();

  constructor({ inbox, log }: { inbox: Pick<InboxStore, 'markDispatched'>; log: Logger }) {
    this.#inbox = inbox;
    this.#log = log;
  }

  add(marks: readonly DispatchMark[]): void {
    this.#marks.push(...marks);
    this.#timer ??= setTimeout(() => void this.#tryFlush(), MARK_AFTER_MS);
  }

  /** Resolves when all that were added before are in their rows, for what reads rows afterwards. */
  flush(): Promise<void> {
    this.#last = this.#last.catch(() => {}).then(() => this.#write());
    return this.#last;
  }

  /** The rows that cannot be marked now are dispatched again at the next start. */
  async stop(): Promise<void> {
    await this.#tryFlush();
    if (this.#timer) clearTimeout(this.#timer);
  }

  async #write(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const marks = this.#marks;
    if (marks.length === 0) return;
    this.#marks = [];
    try {
      await this.#inbox.markDispatched(marks);
    } catch (error) {
      this.add(marks);
      throw error;
    }
  }

  async #tryFlush(): Promise<void> {
    try {
      await this.flush();
    } catch (error) {
      this.#log.warn(
        { event: 'dispatchNotMarked', ...errorFields(error) },
        'dispatched messages could not be marked; it is tried again',
      );
    }
  }
}
