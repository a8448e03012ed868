/** The first try to bring a stored message to Temporal, while its sender still waits for our answer. */
import type { ApiDeps } from './api-deps.ts';
import { within } from '../ports/bounded.ts';
import { errorFields } from './error-fields.ts';
import { dispatchSlotOf, type DispatcherDeps } from './inbox-dispatcher.ts';

/** Bounded: what takes longer goes on in the background, and what fails is left to the sweeper. */
export async function dispatchInline(
  deps: ApiDeps,
  inboxIds: readonly string[],
  waitMs: number,
): Promise<void> {
  if (inboxIds.length === 0) return;
  const dispatcher: DispatcherDeps = { ...deps, inbox: deps.stores.inbox };
  const work = dispatchAll(dispatcher, inboxIds);
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
