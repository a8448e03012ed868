/**
 * Brings the stored messages of one slot to Temporal, in their order. May run any number of times at once, in several
 * processes: workflow ids and `inboxId` remove doubles.
 */
import type { InboxId } from '../../domain/ids.ts';
import type { Instant } from '../../domain/instant.ts';
import type { Clock } from '../../ports/clock.ts';
import type { InboxItem, InboxStore } from '../../ports/inbox-store.ts';
import type { Logger } from '../../ports/logger.ts';
import type { SessionWorkflows } from '../sessions/session-workflows.ts';

export interface SlotDispatchDeps {
  inbox: Pick<InboxStore, 'undispatched' | 'markDispatched' | 'freeSlot'>;
  workflows: Pick<SessionWorkflows, 'startSession' | 'startReply' | 'customerMessage'>;
  clock: Clock;
  log: Logger;
}

/**
 * `stopped`: Temporal did not accept `inboxId`; it and what follows it in its slot wait for the next try. `nothing`: they are
 * dispatched already, or are not due.
 */
type SlotDispatch =
  { kind: 'done' } | { kind: 'nothing' } | { kind: 'stopped'; inboxId: InboxId; error: unknown };

/** Rows of one slot that one pass reads. */
const SLOT_ROWS = 50;
/** Each further pass means a workflow that completed in between, or a very long queue: the polling loop dispatches the rest. */
const MAX_PASSES = 5;

/**
 * Dispatches this row and the older undispatched rows of its slot, oldest first; with `dueAt` only what is due then. `item`:
 * what was read of the row a moment ago, when nothing of its slot came before it. Throws when the database does not answer.
 */
export async function dispatchSlotOf(
  deps: SlotDispatchDeps,
  inboxId: InboxId,
  { item, dueAt }: { item?: InboxItem | undefined; dueAt?: Instant | undefined } = {},
): Promise<SlotDispatch> {
  const which = { limit: SLOT_ROWS, slotOf: inboxId, ...(dueAt === undefined ? {} : { dueAt }) };
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const isGiven = item !== undefined && pass === 0;
    const items = isGiven ? [item] : await deps.inbox.undispatched(which);
    if (items.length === 0 && pass === 0) return { kind: 'nothing' };
    const dispatch = await dispatchInOrder(deps, items);
    if (dispatch.kind === 'stopped') return dispatch;
    if (dispatch.kind === 'done' && items.length < SLOT_ROWS) return dispatch;
  }
  deps.log.warn({ event: 'slotNotDrained', inboxId }, 'messages are left for the polling loop');
  return { kind: 'done' };
}

async function dispatchInOrder(
  deps: SlotDispatchDeps,
  items: readonly InboxItem[],
): Promise<Exclude<SlotDispatch, { kind: 'nothing' }> | { kind: 'reassigned' }> {
  for (const item of items) {
    const { inboxId } = item;
    let outcome: 'accepted' | 'notRunning';
    try {
      outcome = await deliver(deps, item);
    } catch (error) {
      return { kind: 'stopped', inboxId, error };
    }
    if (outcome === 'notRunning') {
      await unassign(deps, item);
      return { kind: 'reassigned' };
    }
    // Naming the session matters: a workflow that freed its slot meanwhile has unassigned this row, to go elsewhere.
    const { assignment } = item;
    const sessionId = 'sessionId' in assignment ? assignment.sessionId : null;
    await deps.inbox.markDispatched([{ inboxId, at: deps.clock.now(), sessionId }]);
  }
  return { kind: 'done' };
}

async function deliver(
  { workflows, clock }: SlotDispatchDeps,
  { inboxId, sentAt, receivedAt, assignment }: InboxItem,
): Promise<'accepted' | 'notRunning'> {
  switch (assignment.kind) {
    case 'startSession':
      await workflows.startSession({
        sessionId: assignment.sessionId,
        inboxId,
        terms: assignment.terms,
        requestedAt: sentAt,
        at: clock.now(),
      });
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
async function unassign(deps: SlotDispatchDeps, { assignment, inboxId }: InboxItem): Promise<void> {
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
