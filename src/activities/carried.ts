/** What an activity of a session does besides its own work: it stores the projection it carries, and frees the slot. */
import { activityInfo, log } from '@temporalio/activity';
import { isOpen } from '../domain/reconciliation/ledger.ts';
import type { Carried, FreesSlot, SlotFreed, SlotToFree, StoredProjection } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { sessionIsOver } from './failures.ts';
import { reviewLateStop } from './late-end.ts';

/** Every try stores the projection first: it is stored however often the work itself fails. */
export function carrying<I, R>(
  deps: ActivityDeps,
  work: (deps: ActivityDeps, input: I) => Promise<R>,
): (input: I & Carried) => Promise<R> {
  return async (input) => {
    if (input.projection) await storeProjection(deps, input.projection);
    return await work(deps, input);
  };
}

/** The same for a message to the customer. The slot is freed after it: the customer is notified first. */
export function notifying<I, O>(
  deps: ActivityDeps,
  work: (deps: ActivityDeps, input: I) => Promise<O>,
): (input: I & Carried & FreesSlot) => Promise<{ outcome: O } & SlotFreed> {
  return carrying(deps, async (_deps, input: I & FreesSlot) => {
    const outcome = await work(deps, input);
    return { outcome, isSlotFreed: input.slot !== undefined && (await freeIfAllHandled(deps, input.slot)) };
  });
}

/** Throws in a workflow that was reset after its session's end: it must not notify the customer of a second, different one. */
export async function storeProjection(
  { stores, clock }: ActivityDeps,
  { handledInboxIds, sinceRevision, ...projection }: StoredProjection,
): Promise<void> {
  const runId = activityInfo().workflowExecution?.runId ?? null;
  const found = await stores.sessions.record({ ...projection, runId }, clock.now(), handledInboxIds);
  // What this run stored is known by its id, and what the run before did by its revision: neither was the session's end.
  if (isOpen(found) || found.runId === runId || found.revision <= sinceRevision) return;
  throw sessionIsOver(found.state);
}

export async function freeSlot(deps: ActivityDeps, slot: SlotToFree): Promise<void> {
  const { sessionId, handledInboxIds, lastEndChargeAt } = slot;
  const at = deps.clock.now();
  const freed = await deps.stores.inbox.freeSlot({ sessionId, handledInboxIds, lastEndChargeAt, at });
  await reviewLateStop(deps, { sessionId, lateEndAt: freed.stopRequestedAt });
}

/** The message is out: whatever fails here is left to the activity `freeSlot`, and the message is not sent again for it. */
async function freeIfAllHandled(
  deps: ActivityDeps,
  { projection, ...slot }: Required<FreesSlot>['slot'],
): Promise<boolean> {
  try {
    const at = deps.clock.now();
    const { isFreed, stopRequestedAt } = await deps.stores.inbox.freeSlotIfAllHandled({ ...slot, at });
    if (!isFreed) return false;
    await reviewLateStop(deps, { sessionId: slot.sessionId, lateEndAt: stopRequestedAt });
    await storeProjection(deps, projection);
    return true;
  } catch (error) {
    log.warn('the slot was not freed with the last message', { cause: String(error) });
    return false;
  }
}
