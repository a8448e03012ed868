/** The first attempt to deliver a stored message to Temporal, while its sender still waits for our answer. */
import { within } from '../../ports/bounded.ts';
import { errorFields } from '../error-fields.ts';
import { dispatchSlotOf, type DispatcherDeps } from './dispatcher.ts';

interface InlineDispatchDeps extends Omit<DispatcherDeps, 'inbox'> {
  stores: { inbox: DispatcherDeps['inbox'] };
  /** is given work that outlives its request, so that a stop can wait for it */
  inBackground?: (work: Promise<void>) => void;
}

/** Bounded by `waitMs`: slower work continues in the background, and the sweeper retries what fails. */
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
