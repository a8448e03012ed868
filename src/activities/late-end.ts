/** An ENDCHARGE that came after its session was settled: would the price have been less? Only a person may change it. */
import { isBefore, type Instant } from '../domain/instant.ts';
import type { SessionTerms } from '../domain/session-terms.ts';
import type { LateEndActivities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';
import { amountToCharge } from '../domain/session/use.ts';

interface LateEnd {
  sessionId: string;
  terms: SessionTerms;
  startedAt: Instant;
  /** the end that was settled */
  endedAt: Instant;
  /** the end that was asked for */
  lateEndAt: Instant;
  reservedMinor: number;
}

export function createLateEndActivities(deps: ActivityDeps): LateEndActivities {
  return {
    reviewLateEnd: (lateEnd) => review(deps, lateEnd),
    reviewLateMessage: async ({ inboxId }) => {
      const lateEnd = await deps.stores.sessions.findLateEnd(inboxId);
      if (lateEnd) await review(deps, lateEnd);
    },
  };
}

/** The same for a press on the page's Stop that did not reach its session before that ended by itself. */
export async function reviewLateStop(deps: ActivityDeps, sessionId: string): Promise<void> {
  const { inbox, sessions } = deps.stores;
  const lateEndAt = await inbox.stopRequestedAt(sessionId);
  const session = await sessions.find(sessionId);
  if (lateEndAt === null || session === null) return;
  const { terms, startedAt, endedAt, reservedMinor } = session;
  if (startedAt === null || endedAt === null || !isBefore(lateEndAt, endedAt)) return;
  await review(deps, { sessionId, terms, startedAt, endedAt, lateEndAt, reservedMinor });
}

async function review({ stores, clock, pricing }: ActivityDeps, lateEnd: LateEnd): Promise<void> {
  const { sessionId, terms, startedAt, endedAt, lateEndAt, reservedMinor } = lateEnd;
  const session = await stores.sessions.find(sessionId);
  if (session?.state === 'released') return;
  const takenFor = async (end: Instant): Promise<number> =>
    amountToCharge(await pricing.price(terms, startedAt, end), reservedMinor, terms.payment);
  const [settledMinor, askedForMinor] = await Promise.all([takenFor(endedAt), takenFor(lateEndAt)]);
  if (askedForMinor >= settledMinor) return;
  await stores.attention.raise(
    {
      subject: sessionId,
      reason: 'lateEndCharge',
      sessionId,
      details: { endedAt, lateEndAt, settledMinor, askedForMinor },
    },
    clock.now(),
  );
}
