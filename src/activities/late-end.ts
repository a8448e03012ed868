/** An end that came too late to count: an operator decides whether the customer paid too much. */
import { isBefore, type Instant } from '../domain/instant.ts';
import { amountToCharge } from '../domain/session/use.ts';
import type { LateEnd } from '../ports/session-store.ts';
import type { ActivityDeps } from './deps.ts';

/** Of the page's Stop, requested at `lateEndAt`, if it did not reach its session before that ended by itself. */
export async function reviewLateStop(
  deps: ActivityDeps,
  { sessionId, lateEndAt }: { sessionId: string; lateEndAt: Instant | null },
): Promise<void> {
  const session = lateEndAt === null ? null : await deps.stores.sessions.find(sessionId);
  if (lateEndAt === null || session === null) return;
  const { terms, startedAt, endedAt, reservedMinor } = session;
  if (startedAt === null || endedAt === null || !isBefore(lateEndAt, endedAt)) return;
  await reviewLateEnd(deps, { sessionId, terms, startedAt, endedAt, lateEndAt, reservedMinor });
}

/** Compares the price of the requested end with the price of the recorded one: only an operator may change it. */
export async function reviewLateEnd(
  { stores, clock, pricing }: ActivityDeps,
  lateEnd: LateEnd,
): Promise<void> {
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
