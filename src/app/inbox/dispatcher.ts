/**
 * Brings stored messages to Temporal, in order within a slot. Used by the webhook for the row it has just stored and by
 * the sweeper for all that were left. May run any number of times at once: workflow ids and `inboxId` remove doubles.
 */
import type { InboxId } from '../../domain/ids.ts';
import type { Clock } from '../../ports/clock.ts';
import type { InboxItem, InboxStore } from '../../ports/inbox-store.ts';
import type { Logger } from '../../ports/logger.ts';
import { within } from '../../ports/bounded.ts';
import { errorFields } from '../error-fields.ts';
import type { SessionWorkflows } from '../sessions/session-workflows.ts';

export interface DispatcherDeps {
  inbox: Pick<InboxStore, 'undispatched' | 'markDispatched' | 'freeSlot'>;
  workflows: Pick<SessionWorkflows, 'startSession' | 'startReply' | 'customerMessage'>;
  clock: Clock;
  log: Logger;
}

/** `stopped`: Temporal did not accept `inboxId`; it and what follows it in its slot wait for the next try. */
type SlotDispatch = { kind: 'done' } | { kind: 'stopped'; inboxId: InboxId; error: unknown };

/** Rows of one slot that one pass reads. */
const SLOT_ROWS = 50;
/** Each further pass means a workflow that completed in between, or a very long queue: the sweeper dispatches the rest. */
const MAX_PASSES = 5;

/**
 * Dispatches this row and the older undispatched rows of its slot, oldest first. Rows in `stuck` are not tried again.
 * Throws when the database does not answer.
 */
export async function dispatchSlotOf(
  deps: DispatcherDeps,
  inboxId: InboxId,
  stuck: Pick<ReadonlySet<string>, 'has'> = new Set(),
): Promise<SlotDispatch> {
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const items = await deps.inbox.undispatched({ limit: SLOT_ROWS, slotOf: inboxId });
    const dispatch = await dispatchInOrder(deps, items, stuck);
    if (dispatch.kind === 'stopped') return dispatch;
    if (dispatch.kind === 'done' && items.length < SLOT_ROWS) return dispatch;
  }
  deps.log.warn({ event: 'slotNotDrained', inboxId }, 'messages are left for the sweeper');
  return { kind: 'done' };
}

async function dispatchInOrder(
  deps: DispatcherDeps,
  items: readonly InboxItem[],
  stuck: Pick<ReadonlySet<string>, 'has'>,
): Promise<SlotDispatch | { kind: 'reassigned' }> {
  for (const item of items) {
    const { inboxId } = item;
    if (stuck.has(inboxId)) return { kind: 'stopped', inboxId, error: null };
    let outcome: 'accepted' | 'notRunning';
    try {
      outcome = await deliver(deps.workflows, item);
    } catch (error) {
      return { kind: 'stopped', inboxId, error };
    }
    if (outcome === 'notRunning') {
      await unassign(deps, item);
      return { kind: 'reassigned' };
    }
    // Naming the session matters: a workflow that freed its slot meanwhile has unassigned this row, to go elsewhere.
    const { assignment } = item;
    const sessionId = 'sessionId' in assignment ? assignment.sessionId : undefined;
    await deps.inbox.markDispatched(inboxId, deps.clock.now(), sessionId);
  }
  return { kind: 'done' };
}

async function deliver(
  workflows: DispatcherDeps['workflows'],
  { inboxId, sentAt, receivedAt, assignment }: InboxItem,
): Promise<'accepted' | 'notRunning'> {
  switch (assignment.kind) {
    case 'startSession':
      await workflows.startSession({ sessionId: assignment.sessionId, inboxId });
      return 'accepted';
    case 'signal':
      return await workflows.customerMessage(assignment.sessionId, {
        kind: assignment.signal,
        inboxId,
        sentAt,
        receivedAt,
      });
    case 'reply':
      await workflows.startReply({ inboxId });
      return 'accepted';
    case 'unroutable':
      return 'accepted';
  }
}

/** Frees the slot of a workflow that was terminated before it did so, so that the rows are routed again. */
async function unassign(deps: DispatcherDeps, { assignment, inboxId }: InboxItem): Promise<void> {
  if (assignment.kind !== 'signal') return;
  const { sessionId } = assignment;
  const at = deps.clock.now();
  const { unassigned: rows } = await deps.inbox.freeSlot({
    sessionId,
    handledInboxIds: [],
    lastEndChargeAt: null,
    at,
  });
  deps.log.warn(
    { event: 'slotFreedForGoneWorkflow', sessionId, inboxId, unassigned: rows },
    'the session is not running; its messages are assigned again',
  );
}

interface InlineDispatchDeps extends Omit<DispatcherDeps, 'inbox'> {
  stores: { inbox: DispatcherDeps['inbox'] };
  /** is given work that outlives its request, so that a stop can wait for it */
  inBackground?: (work: Promise<void>) => void;
}

/** The first attempt, while the sender still waits for our answer: bounded by `waitMs`. Slower work continues in the background, and the sweeper retries what fails. */
export async function dispatchInline(
  deps: InlineDispatchDeps,
  inboxIds: readonly string[],
  waitMs: number,
): Promise<void> {
  if (inboxIds.length === 0) return;
  const work = dispatchAll({ ...deps, inbox: deps.stores.inbox }, inboxIds);
  deps.inBackground?.(work);
  await within(work, waitMs);
}

async function dispatchAll(deps: DispatcherDeps, inboxIds: readonly string[]): Promise<void> {
  for (const inboxId of inboxIds) {
    try {
      const dispatch = await dispatchSlotOf(deps, inboxId);
      if (dispatch.kind === 'stopped') throw dispatch.error;
    } catch (error) {
      deps.log.warn(
        { event: 'inlineDispatchFailed', inboxId, ...errorFields(error) },
        'a message is left for the sweeper',
      );
    }
  }
}
