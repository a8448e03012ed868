/** Activities that only write our own records or ask our own pricing. */
import { earliest } from '../domain/instant.ts';
import { isCarriedBySession } from '../domain/action.ts';
import type { Activities, ActionIdentity } from './contract.ts';
import { carrying, freeSlot, storeProjection } from './carried.ts';
import type { ActivityDeps } from './deps.ts';
import { reviewLateEnd } from './late-end.ts';

export function createRecordActivities(deps: ActivityDeps) {
  const { stores, clock, pricing } = deps;
  return {
    priceUsage: carrying(deps, async (_deps, { terms, startedAt, endedAt }) => {
      const computedMinor = await pricing.price(terms, startedAt, endedAt);
      return { type: 'usagePriced', computedMinor, at: clock.now() };
    }),
    computeUsedUpAt: carrying(deps, async (_deps, { terms, startedAt, limitMinor }) => ({
      usedUpAt: await pricing.instantWhenPriceExceeds(terms, startedAt, limitMinor),
    })),
    recordSession: ({ projection }) => storeProjection(deps, projection),
    freeSlot: carrying(deps, freeSlot),
    markHandled: async ({ inboxId }) => {
      await stores.inbox.markHandled([inboxId], clock.now());
    },
    findOperatorAction: (request) => findOperatorAction(deps, request),
    finishOperatorAction: async (end) => {
      await stores.actions.finish(end, clock.now());
    },
    reviewLateEnd: (lateEnd) => reviewLateEnd(deps, lateEnd),
    reviewLateMessage: async ({ inboxId }) => {
      const lateEnd = await stores.sessions.findLateEnd(inboxId);
      if (lateEnd) await reviewLateEnd(deps, lateEnd);
    },
    currentInstant: () => Promise.resolve({ at: clock.now() }),
  } satisfies Partial<Activities>;
}

/** Requested by the clock of the operator's machine, which may be ahead: nothing is billed into the future. */
async function findOperatorAction(
  { stores, clock }: ActivityDeps,
  { sessionId, actionId }: ActionIdentity,
): ReturnType<Activities['findOperatorAction']> {
  const action = await stores.actions.find(sessionId, actionId);
  if (action?.state !== 'requested' || !isCarriedBySession(action.kind)) return { action: null };
  return { action: action.kind, requestedAt: earliest(action.createdAt, clock.now()) };
}
