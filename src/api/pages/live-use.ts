import { msBetween, type Instant } from '../../domain/instant.ts';
import { amountToCharge } from '../../domain/session/use.ts';
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
  const { terms, startedAt } = session;
  if (startedAt === null) return null;
  const toCharge = (price: number): number => amountToCharge(price, session.reservedMinor, terms.payment);
  const usedMs = Math.max(0, msBetween(startedAt, at));
  const priceMinor = usedMs === 0 ? 0 : await pricing.price(terms, startedAt, at);
  return {
    usedMs,
    amountMinor: toCharge(priceMinor),
    next: priceMinor >= session.reservedMinor ? null : await nextPrice(startedAt),
  };

  async function nextPrice(since: Instant): Promise<LiveUse['next']> {
    const after = await pricing.instantWhenPriceExceeds(terms, since, priceMinor);
    if (after === null) return null;
    const amountMinor = toCharge(await pricing.price(terms, since, after));
    return amountMinor > toCharge(priceMinor) ? { after, amountMinor } : null;
  }
}
