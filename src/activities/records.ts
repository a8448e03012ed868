/** Activities that only write our own records or ask our own pricing. */
import { isOpen } from '../domain/reconciliation/ledger.ts';
import { earliest, isBefore, type Instant } from '../domain/instant.ts';
import { amountToCharge } from '../domain/session/use.ts';
import { isCarriedBySession } from '../domain/action.ts';
import type { PaymentRules } from '../domain/payment.ts';
import { pick } from '../domain/pick.ts';
import type { LateEnd } from '../ports/session-store.ts';
import type { Activities, ActionIdentity } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { notSetUp } from './failures.ts';

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

export function createRecordActivities(deps: ActivityDeps) {
  const { stores, clock, pricing, providers } = deps;
  return {
    createSession: async ({ sessionId, inboxId, revision }) => {
      const at = clock.now();
      const paymentRules = (name: string) => {
        const provider = providers[name];
        if (!provider) throw notSetUp(`no payment provider named ${name} is set up`);
        return pick(provider.capabilities, PAYMENT_RULES);
      };
      const { session, requestedAt } = await stores.sessions.create({ sessionId, inboxId, paymentRules, at });
      if (session.revision > revision && !isOpen(session)) return { isOver: true, state: session.state };
      return { isOver: false, terms: session.terms, requestedAt, openedAt: session.createdAt, at };
    },
    priceUsage: async ({ terms, startedAt, endedAt }) => {
      const computedMinor = await pricing.price(terms, startedAt, endedAt);
      return { type: 'usagePriced', computedMinor, at: clock.now() };
    },
    computeUsedUpAt: async ({ terms, startedAt, limitMinor }) => ({
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

/** A request of the page's Stop that did not reach its session before that ended by itself. */
async function reviewLateStop(deps: ActivityDeps, sessionId: string): Promise<void> {
  const { inbox, sessions } = deps.stores;
  const lateEndAt = await inbox.stopRequestedAt(sessionId);
  const session = await sessions.find(sessionId);
  if (lateEndAt === null || session === null) return;
  const { terms, startedAt, endedAt, reservedMinor } = session;
  if (startedAt === null || endedAt === null || !isBefore(lateEndAt, endedAt)) return;
  await reviewLateEnd(deps, { sessionId, terms, startedAt, endedAt, lateEndAt, reservedMinor });
}

/** Compares the price of the requested end with the price of the recorded one: only an operator may change it. */
async function reviewLateEnd({ stores, clock, pricing }: ActivityDeps, lateEnd: LateEnd): Promise<void> {
  const { sessionId, terms, startedAt, endedAt, lateEndAt, reservedMinor } = lateEnd;
  const session = await stores.sessions.find(sessionId);
  if (session?.state === 'released') return;
  const chargeFor = async (end: Instant): Promise<number> =>
    amountToCharge(await pricing.price(terms, startedAt, end), reservedMinor, terms.payment);
  const [chargedMinor, requestedMinor] = await Promise.all([chargeFor(endedAt), chargeFor(lateEndAt)]);
  if (requestedMinor >= chargedMinor) return;
  await stores.attention.raise(
    {
      subject: sessionId,
      reason: 'lateEndCharge',
      sessionId,
      details: { endedAt, lateEndAt, chargedMinor, requestedMinor },
    },
    clock.now(),
  );
}
