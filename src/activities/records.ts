/** Activities that only write our own records or ask our own pricing. */
import { isOpen } from '../domain/reconciliation/ledger.ts';
import { isCarriedBySession } from '../domain/action.ts';
import type { PaymentRules } from '../domain/payment.ts';
import { pick } from '../domain/pick.ts';
import type { RecordActivities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { notSetUp } from './failures.ts';
import { reviewLateStop } from './late-end.ts';

/** What a session copies of its provider's capabilities. */
const PAYMENT_RULES = [
  'release',
  'abandon',
  'paymentOnOpen',
  'paymentLifeMs',
  'minimumCaptureMinor',
  'captureDeadlineMs',
  'showsReceipt',
] as const satisfies readonly (keyof PaymentRules)[];

export function createRecordActivities(deps: ActivityDeps): RecordActivities {
  const { stores, clock, pricing, providers } = deps;
  return {
    beginSession: async ({ sessionId, inboxId, revision }) => {
      const at = clock.now();
      const paymentRules = (name: string) => {
        const provider = providers[name];
        if (!provider) throw notSetUp(`no payment provider named ${name} is set up`);
        return pick(provider.capabilities, PAYMENT_RULES);
      };
      const { session, requestedAt } = await stores.sessions.begin({ sessionId, inboxId, paymentRules, at });
      if (session.revision > revision && !isOpen(session)) return { isOver: true, state: session.state };
      return { isOver: false, terms: session.terms, requestedAt, openedAt: session.createdAt, at };
    },
    priceUsage: async ({ terms, startedAt, endedAt }) => {
      const computedMinor = await pricing.price(terms, startedAt, endedAt);
      return { computedMinor, at: clock.now() };
    },
    planUsage: async ({ terms, startedAt, limitMinor }) => ({
      usedUpAt: await pricing.instantWhenPriceExceeds(terms, startedAt, limitMinor),
    }),
    recordSession: async ({ session, revision, handledInboxIds, ...page }) => {
      const at = clock.now();
      await stores.sessions.record({ ...session, ...page, revision }, at);
      await stores.inbox.markHandled(handledInboxIds, at, session.sessionId);
    },
    freeSlot: async ({ sessionId, handledInboxIds, lastEndChargeAt }) => {
      await stores.inbox.freeSlot({ sessionId, handledInboxIds, lastEndChargeAt, at: clock.now() });
      await reviewLateStop(deps, sessionId);
    },
    markHandled: async ({ inboxId }) => {
      await stores.inbox.markHandled([inboxId], clock.now());
    },
    findOperatorAction: (press) => findOperatorAction(deps, press),
    finishOperatorAction: async (end) => {
      await stores.actions.finish(end, clock.now());
    },
    currentInstant: () => Promise.resolve({ at: clock.now() }),
  };
}

async function findOperatorAction(
  { stores }: ActivityDeps,
  { sessionId, actionId }: { sessionId: string; actionId: string },
): ReturnType<RecordActivities['findOperatorAction']> {
  const action = await stores.actions.find(sessionId, actionId);
  if (action?.state !== 'requested' || !isCarriedBySession(action.kind)) return { action: null };
  return { action: action.kind };
}
