/** An ENDCHARGE that came after its session was settled: would the price have been less? Only a person may change it. */
import type { Instant } from '../domain/instant.ts';
import type { SessionTerms } from '../domain/session-terms.ts';
import type { LateEndActivities } from './contract.ts';
import type { ActivityDeps } from './deps.ts';

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

async function review({ stores, clock, pricing }: ActivityDeps, lateEnd: LateEnd): Promise<void> {
  const { sessionId, terms, startedAt, endedAt, lateEndAt, reservedMinor } = lateEnd;
  const takenFor = async (end: Instant): Promise<number> =>
    Math.min(reservedMinor, await pricing.price(terms, startedAt, end));
  const [settledMinor, askedForMinor] = await Promise.all([takenFor(endedAt), takenFor(lateEndAt)]);
  if (askedForMinor >= settledMinor) return;
  await stores.tasks.open(
    {
      subject: sessionId,
      reason: 'lateEndCharge',
      sessionId,
      details: { endedAt, lateEndAt, settledMinor, askedForMinor },
    },
    clock.now(),
  );
}
