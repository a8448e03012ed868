/** Dispatches what the webhooks could not: after a crash, while Temporal was down, or when a second was not enough. */
import type { InboxId } from '../../domain/ids.ts';
import { isGrpcServiceError } from '@temporalio/client';
import type { InboxItem } from '../../ports/inbox-store.ts';
import type { AttentionStore } from '../../ports/attention-store.ts';
import { errorFields } from '../error-fields.ts';
import { repeat, type Repeated } from '../repeat.ts';
import { dispatchSlotOf, type DispatcherDeps } from './dispatcher.ts';

interface SweeperDeps extends DispatcherDeps {
  attention: Pick<AttentionStore, 'raise'>;
  /** milliseconds that never go backwards; default: the process's own */
  monotonicMs?: () => number;
}

export const SWEEP_INTERVAL_MS = 3000;
/** Rows read at a time, in the order of their storing. */
const PAGE_ROWS = 200;
/** Sessions dispatched for at the same time; within one there is an order, between them there is none. */
const AT_ONCE = 8;
/** After so many unanswered calls in a row it is not the messages: the pass ends, the next one begins where it stopped. */
const UNREACHABLE_IN_A_ROW = 8;
/** A row that has failed so often by itself gets an attention entry, until the watch sees it dispatched (session-watch.ts). */
const TRIES_UNTIL_ATTENTION = 5;

/** A stop waits for the message under way, not for the rest of the pass. */
export function startSweeper(deps: SweeperDeps, { intervalMs }: { intervalMs: number }): Repeated {
  const sweeping = new Sweeping(deps);
  return repeat(intervalMs, (stopping) => sweeping.pass(stopping));
}

/**
 * Every waiting row has its turn, however many fail: a pass goes through all of them in pages, one that fails by itself
 * waits longer each time, and a pass that was cut short is continued by the next.
 */
class Sweeping {
  readonly #deps: SweeperDeps;
  readonly #failing: FailingRows;
  #stopping: AbortSignal | null = null;
  #after: string | undefined;
  #unreachableInARow = 0;

  constructor(deps: SweeperDeps) {
    this.#deps = deps;
    this.#failing = new FailingRows(deps.monotonicMs ?? (() => performance.now()));
  }

  /** One pass. Failures are logged and left for the next pass; it never throws. */
  async pass(stopping: AbortSignal): Promise<void> {
    this.#stopping = stopping;
    this.#unreachableInARow = 0;
    try {
      // What was cut short is carried on to its end, and then the oldest have their turn in the same pass.
      const continued = this.#after !== undefined;
      await this.#sweep();
      if (continued && this.#goesOn()) await this.#sweep();
    } catch (error) {
      this.#deps.log.error(
        { event: 'sweepFailed', ...errorFields(error) },
        'a sweep failed; it is tried again',
      );
    }
  }

  async #sweep(): Promise<void> {
    while (this.#goesOn()) {
      const items = await this.#deps.inbox.undispatched({
        limit: PAGE_ROWS,
        ...(this.#after === undefined ? {} : { after: this.#after }),
        onUnassignable: (error) => this.#reportUnassignable(error),
      });
      const sessions = bySession(items);
      await allOf(Array.from({ length: AT_ONCE }, () => this.#work(sessions)));
      if (!this.#goesOn()) return;
      this.#after = items.length < PAGE_ROWS ? undefined : items.at(-1)?.inboxId;
      if (this.#after === undefined) return;
    }
  }

  async #work(sessions: (readonly [string, ...string[]])[]): Promise<void> {
    while (this.#goesOn()) {
      const inboxIds = sessions.shift();
      if (!inboxIds) return;
      // Sessions come in the order of their oldest rows: those after this one have not had their turn.
      this.#after = inboxIds[0];
      for (const inboxId of inboxIds)
        if (!this.#goesOn() || this.#failing.has(inboxId) || !(await this.#dispatch(inboxId))) break;
    }
  }

  #goesOn(): boolean {
    return !this.#stopping?.aborted && this.#unreachableInARow < UNREACHABLE_IN_A_ROW;
  }

  /** Whether what follows it may be dispatched. */
  async #dispatch(inboxId: InboxId): Promise<boolean> {
    const dispatch = await dispatchSlotOf(this.#deps, inboxId, this.#failing);
    if (dispatch.kind === 'done') {
      this.#unreachableInARow = 0;
      this.#failing.dispatched(inboxId);
      return true;
    }
    if (dispatch.error === null) return false;
    const unreachable = isUnreachable(dispatch.error);
    if (unreachable) this.#unreachableInARow += 1;
    const tries = this.#failing.failed(dispatch.inboxId, !unreachable);
    this.#deps.log.error(
      { event: 'dispatchFailed', inboxId: dispatch.inboxId, tries, ...errorFields(dispatch.error) },
      'a message could not be dispatched; it is tried again',
    );
    if (tries >= TRIES_UNTIL_ATTENTION) await this.#raiseAttention(dispatch.inboxId, tries);
    return false;
  }

  async #raiseAttention(inboxId: InboxId, tries: number): Promise<void> {
    const { attention, clock } = this.#deps;
    await attention.raise(
      { subject: inboxId, reason: 'textNotDispatched', sessionId: null, details: { tries } },
      clock.now(),
    );
  }

  #reportUnassignable(error: unknown): void {
    this.#deps.log.error(
      { event: 'assignFailed', ...errorFields(error) },
      "a customer's messages could not be assigned; it is tried again",
    );
  }
}

/** Rows of one session together, in their order; the sessions by their oldest row. */
function bySession(items: readonly InboxItem[]): [string, ...string[]][] {
  const sessions = new Map<string, [string, ...string[]]>();
  for (const { inboxId, assignment } of items) {
    const key = 'sessionId' in assignment ? assignment.sessionId : inboxId;
    const known = sessions.get(key);
    if (known) known.push(inboxId);
    else sessions.set(key, [inboxId]);
  }
  return [...sessions.values()];
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

interface Failing {
  tries: number;
  notBeforeMs: number;
}

const FIRST_WAIT_MS = 3_000;
const LONGEST_WAIT_MS = 5 * 60_000;
/** Beyond this the one that failed longest ago is forgotten, and is tried sooner than it need be. */
const MAX_ROWS = 10_000;

/**
 * The rows that could not be dispatched, and when each may be tried again. In memory and of one process: a restart only tries sooner. `nowMs` never goes backwards, so a clock that is set
 * changes nothing.
 */
class FailingRows {
  readonly #rows = new Map<string, Failing>();
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** It failed, and must not be tried again yet. */
  has(inboxId: InboxId): boolean {
    const row = this.#rows.get(inboxId);
    return row !== undefined && this.#nowMs() < row.notBeforeMs;
  }

  /** `counts`: it was this row's own failure, so it waits longer each time. Returns how often that has happened. */
  failed(inboxId: InboxId, counts: boolean): number {
    const tries = (this.#rows.get(inboxId)?.tries ?? 0) + (counts ? 1 : 0);
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.max(0, tries - 1));
    this.#rows.delete(inboxId);
    this.#rows.set(inboxId, { tries, notBeforeMs: this.#nowMs() + (counts ? waitMs : FIRST_WAIT_MS) });
    const [longestAgo] = this.#rows.keys();
    if (this.#rows.size > MAX_ROWS && longestAgo !== undefined) this.#rows.delete(longestAgo);
    return tries;
  }

  dispatched(inboxId: InboxId): void {
    this.#rows.delete(inboxId);
  }
}
