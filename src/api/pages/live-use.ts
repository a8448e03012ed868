import { msBetween, type Instant } from '../../domain/instant.ts';
import type { Pricing } from '../../ports/pricing.ts';
import type { SessionRecord } from '../../ports/session-store.ts';

/** A running use as of one instant. Amounts in minor units, never above the reservation. */
export interface LiveUse {
  usedMs: number;
  /** what is charged if the use ends at this instant */
  amountMinor: number;
  /** the next price and until when it can be avoided; null: it stays as it is */
  next: { after: Instant; amountMinor: number } | null;
}

/** Null before the use has a start. */
export async function liveUse(
  pricing: Pricing,
  session: SessionRecord,
  at: Instant,
): Promise<LiveUse | null> {
  const { terms, startChargeUtc: startedAt } = session;
  if (startedAt === null) return null;
  const usedMs = Math.max(0, msBetween(startedAt, at));
  const priceMinor = usedMs === 0 ? 0 : await pricing.price(terms, startedAt, at);
  return {
    usedMs,
    amountMinor: amountToCharge(session, priceMinor),
    next:
      priceMinor >= session.reservedMinor ? null : await nextPrice(pricing, session, startedAt, priceMinor),
  };
}

/** What is taken of a computed price: at most the reservation, and nothing where the provider takes no less. */
export function amountToCharge({ terms, reservedMinor }: SessionRecord, computedMinor: number): number {
  const amountMinor = Math.min(computedMinor, reservedMinor);
  return amountMinor < terms.payment.minimumCaptureMinor ? 0 : amountMinor;
}

async function nextPrice(
  pricing: Pricing,
  session: SessionRecord,
  startedAt: Instant,
  priceMinor: number,
): Promise<LiveUse['next']> {
  const after = await pricing.instantWhenPriceExceeds(session.terms, startedAt, priceMinor);
  if (after === null) return null;
  const amountMinor = amountToCharge(session, await pricing.price(session.terms, startedAt, after));
  return amountMinor > amountToCharge(session, priceMinor) ? { after, amountMinor } : null;
}
