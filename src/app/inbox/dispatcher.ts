/**
 * Dispatches stored texts: those that this process has just accepted at once and in the background, and by polling what is
 * left after a crash, while Temporal was down, or because it was too much at once. The rows know what waits and until when.
 */
import { isGrpcServiceError } from '@temporalio/client';
import type { InboxId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { AttentionStore } from '../../ports/attention-store.ts';
import type { AcceptedText, InboxItem, InboxStore } from '../../ports/inbox-store.ts';
import { errorFields } from '../error-fields.ts';
import { DispatchMarks } from './dispatch-marks.ts';
import { repeat, type Repeated } from '../repeat.ts';
import { dispatchSlotOf, type SlotDispatchDeps } from './slot-dispatch.ts';

export interface DispatcherDeps extends SlotDispatchDeps {
  inbox: SlotDispatchDeps['inbox'] & Pick<InboxStore, 'postponeDispatch'>;
  attention: Pick<AttentionStore, 'raise'>;
}

/** Fixed: a pass that finds nothing costs two short reads, and one that finds much goes on until nothing is left. */
export const DISPATCH_POLL_MS = 3000;
/** Rows read at a time. */
const PAGE_ROWS = 200;
/** Slots dispatched for at the same time, in the background and by a pass each; within one there is an order. */
const AT_ONCE = 8;
/** Slots that wait in memory; what comes on top waits in its row for the polling loop. */
const MAX_WAITING = 500;
/** After so long in memory it is read again: another process may have dispatched it, or its session may have ended. */
const STALE_AFTER_MS = 1000;
/** After so many unanswered calls in a row it is not the messages: nothing is tried until the next pass. */
const UNREACHABLE_IN_A_ROW = 8;
/** A row that has failed so often by itself gets an attention entry, until the watch sees it dispatched (session-watch.ts). */
const TRIES_UNTIL_ATTENTION = 5;

type Offered = Pick<AcceptedText, 'inboxId' | 'slot' | 'duplicate' | 'dispatched' | 'item'>;

/** `dueAt`: only what is due then; a text that a customer or gateway repeats is tried at once, however often it has failed. */
interface Which {
  item?: InboxItem | undefined;
  dueAt?: Instant;
}

interface Waiting {
  inboxIds: string[];
  /** of its only text, while it may be used without reading it again */
  item?: InboxItem | undefined;
  sinceMs: number;
}

export class Dispatcher {
  readonly #deps: DispatcherDeps;
  readonly #marks: DispatchMarks;
  /** by slot, in the order of their turn */
  readonly #waiting = new Map<string, Waiting>();
  readonly #underWay = new Map<string, Promise<unknown>>();
  #inBackground = 0;
  #polling: Repeated | null = null;
  #isStopping = false;
  #unreachableInARow = 0;

  constructor(deps: DispatcherDeps) {
    const { inbox } = deps;
    this.#marks = new DispatchMarks(deps);
    this.#deps = {
      ...deps,
      inbox: {
        undispatched: async (options) => {
          await this.#marks.flush();
          return await inbox.undispatched(options);
        },
        markDispatched: async (marks) => this.#marks.add(marks),
        freeSlot: (input) => inbox.freeSlot(input),
        postponeDispatch: (...failure) => inbox.postponeDispatch(...failure),
      },
    };
  }

  /** Begins with it at once, or when its turn comes; never fails, and nobody waits for it. */
  offer(texts: readonly Offered[]): void {
    for (const { inboxId, slot, duplicate, dispatched, ...text } of texts) {
      if (dispatched || !this.#goesOn()) continue;
      // The first delivery of a double may be dispatched by now and not marked yet: its row is read again.
      const item = duplicate ? undefined : text.item;
      const known = this.#waiting.get(slot);
      if (known) Object.assign(known, { inboxIds: [...known.inboxIds, inboxId], item: undefined });
      else if (this.#waiting.size < MAX_WAITING)
        this.#waiting.set(slot, { inboxIds: [inboxId], item, sinceMs: performance.now() });
    }
    this.#beginWaiting();
  }

  startPolling({ intervalMs }: { intervalMs: number }): Repeated {
    return (this.#polling = repeat(intervalMs, () => this.#pass()));
  }

  /** Resolves when nothing is under way, nothing waits for its turn, and what was dispatched is marked. */
  async idle(): Promise<void> {
    await this.#settled();
    await this.#marks.flush();
  }

  /** Waits for the dispatches under way, not for those that wait: they are in their rows. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#waiting.clear();
    await Promise.all([this.#polling?.stop(), this.#settled()]);
    await this.#marks.stop();
  }

  async #settled(): Promise<void> {
    while (this.#underWay.size + this.#waiting.size > 0) await Promise.allSettled(this.#underWay.values());
  }

  #goesOn(): boolean {
    return !this.#isStopping && this.#unreachableInARow < UNREACHABLE_IN_A_ROW;
  }

  #beginWaiting(): void {
    if (!this.#goesOn()) this.#waiting.clear();
    for (const [slot, { inboxIds, item, sinceMs }] of this.#waiting) {
      if (this.#inBackground >= AT_ONCE) return;
      if (this.#underWay.has(slot)) continue;
      this.#waiting.delete(slot);
      this.#inBackground += 1;
      const fresh = performance.now() - sinceMs < STALE_AFTER_MS ? item : undefined;
      void this.#inSlot(slot, inboxIds, { item: fresh })
        .catch((error: unknown) => this.#leaveToPolling(error))
        .finally(() => {
          this.#inBackground -= 1;
          this.#beginWaiting();
        });
    }
  }

  #leaveToPolling(error: unknown): void {
    this.#deps.log.warn(
      { event: 'backgroundDispatchFailed', ...errorFields(error) },
      'messages are left for the polling loop',
    );
  }

  /** One pass over all rows that are due. Failures are logged and left for the next one; it never throws. */
  async #pass(): Promise<void> {
    this.#unreachableInARow = 0;
    try {
      await this.#dispatchDue();
    } catch (error) {
      this.#deps.log.error(
        { event: 'sweepFailed', ...errorFields(error) },
        'a pass of the polling loop failed; it is tried again',
      );
    }
  }

  async #dispatchDue(): Promise<void> {
    while (this.#goesOn()) {
      const dueAt = this.#deps.clock.now();
      const refused: { inboxId: InboxId; error: unknown }[] = [];
      const items = await this.#deps.inbox.undispatched({
        limit: PAGE_ROWS,
        dueAt,
        onUnassignable: (error, inboxId) =>
          inboxId === undefined ? this.#reportUnassignable(error) : void refused.push({ inboxId, error }),
      });
      for (const { inboxId, error } of refused) await this.#postpone(inboxId, error);
      const slots = bySlot(items);
      await allOf(Array.from({ length: AT_ONCE }, () => this.#dispatchSlots(slots, dueAt)));
      // Every row of the page is dispatched now, or is due later.
      if (items.length < PAGE_ROWS) return await this.#marks.flush();
    }
  }

  async #dispatchSlots(slots: [slot: string, inboxIds: string[]][], dueAt: Instant): Promise<void> {
    while (this.#goesOn()) {
      const [slot, inboxIds] = slots.shift() ?? [];
      if (slot === undefined || inboxIds === undefined) return;
      if (this.#underWay.has(slot)) continue;
      this.#waiting.delete(slot);
      await this.#inSlot(slot, inboxIds, { dueAt });
    }
  }

  /** Nothing else of this process is under way in the slot meanwhile. */
  async #inSlot(slot: string, inboxIds: readonly string[], which: Which): Promise<void> {
    const work = this.#dispatchAll(inboxIds, which);
    this.#underWay.set(slot, work);
    try {
      await work;
    } finally {
      this.#underWay.delete(slot);
    }
  }

  async #dispatchAll(inboxIds: readonly string[], which: Which): Promise<void> {
    for (const inboxId of inboxIds)
      // Behind one that could not be dispatched nothing is.
      if (!this.#goesOn() || !(await this.#dispatch(inboxId, which))) return;
  }

  /** Whether what follows it may be dispatched. */
  async #dispatch(inboxId: InboxId, which: Which): Promise<boolean> {
    const dispatch = await dispatchSlotOf(this.#deps, inboxId, which);
    if (dispatch.kind === 'done') this.#unreachableInARow = 0;
    if (dispatch.kind !== 'stopped') return true;
    await this.#postpone(dispatch.inboxId, dispatch.error);
    return false;
  }

  async #postpone(inboxId: InboxId, error: unknown): Promise<void> {
    const { inbox, attention, clock, log } = this.#deps;
    const unreachable = isUnreachable(error);
    if (unreachable) this.#unreachableInARow += 1;
    const tries = await inbox.postponeDispatch(inboxId, clock.now(), !unreachable);
    log.error(
      { event: 'dispatchFailed', inboxId, tries, ...errorFields(error) },
      'a message could not be dispatched; it is tried again',
    );
    if (tries < TRIES_UNTIL_ATTENTION) return;
    const entry = {
      subject: inboxId,
      reason: 'textNotDispatched',
      sessionId: null,
      details: { tries },
    } as const;
    await attention.raise(entry, clock.now());
  }

  #reportUnassignable(error: unknown): void {
    this.#deps.log.error(
      { event: 'assignFailed', ...errorFields(error) },
      "a customer's messages could not be assigned; it is tried again",
    );
  }
}

/** Rows of one slot together, in their order; the slots by the row that waits longest. */
function bySlot(items: readonly InboxItem[]): [slot: string, inboxIds: string[]][] {
  const slots = new Map<string, string[]>();
  for (const { slot, inboxId } of items) {
    const known = slots.get(slot);
    if (known) known.push(inboxId);
    else slots.set(slot, [inboxId]);
  }
  return [...slots];
}

/** Waits for every one, also when one has failed: nothing of a pass may go on beside the next. */
async function allOf(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

/** gRPC's CANCELLED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED and UNAVAILABLE: nobody answered, or not now. */
const UNREACHABLE_CODES: ReadonlySet<number> = new Set([1, 4, 8, 14]);

function isUnreachable(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause)
    if (isGrpcServiceError(cause)) return UNREACHABLE_CODES.has(cause.code);
  return false;
}
