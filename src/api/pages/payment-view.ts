import { addMs, type Instant, msBetween } from '../../domain/instant.ts';
import type { ReleaseSource } from '../../domain/payment.ts';
import { amountToCharge } from '../../domain/session/use.ts';
import type { Pricing } from '../../ports/pricing.ts';
import type { SessionRecord } from '../../ports/session-store.ts';

/** What the payment page shows. Amounts in minor units. */
export type PaymentView =
  /** the customer can open the wallet */
  | { kind: 'pay'; expiresAt: Instant }
  /** the wallet has been visited, or the payment link has just expired: a read decides */
  | { kind: 'checking' }
  /** the provider has not answered the opening of the payment */
  | { kind: 'opening' }
  /** the call itself could not be made */
  | { kind: 'tryLater' }
  /** no workflow accepts a payment any more */
  | { kind: 'closed' }
  | { kind: 'active'; use: LiveUse | null }
  /** confirms that Stop was meant */
  | { kind: 'confirmStop'; use: LiveUse | null }
  /** the use is over, the payment is not */
  | { kind: 'ended'; endedAt: Instant | null; toChargeMinor: number | null }
  /** the use is over, and no workflow settles the payment any more: an operator decides */
  | { kind: 'workflowMissing'; endedAt: Instant | null }
  | { kind: 'charged'; chargedMinor: number }
  | { kind: 'nothingCharged'; why: 'released' | 'lapsed' | 'closed'; releaseSource: ReleaseSource | null }
  | { kind: 'declined' | 'expired' | 'cancelled' };

/** The page for a session, from its row. */
export function paymentViewOf(session: SessionRecord): PaymentView {
  const { state, computedMinor, reservedMinor, terms } = session;
  switch (state) {
    case 'awaitingApproval':
      return { kind: 'pay', expiresAt: addMs(session.createdAt, terms.linkLifeMs) };
    case 'active':
      return { kind: 'active', use: null };
    case 'capturing':
      return {
        kind: 'ended',
        endedAt: session.endedAt,
        toChargeMinor:
          computedMinor === null ? null : amountToCharge(computedMinor, reservedMinor, terms.payment),
      };
    case 'captured':
      return { kind: 'charged', chargedMinor: session.capturedMinor };
    case 'released':
    case 'lapsed':
      return { kind: 'nothingCharged', why: state, releaseSource: session.releaseSource };
    case 'lost':
    case 'writtenOff':
      return session.capturedMinor > 0
        ? { kind: 'charged', chargedMinor: session.capturedMinor }
        : { kind: 'nothingCharged', why: 'closed', releaseSource: null };
    case 'declined':
    case 'expired':
    case 'cancelled':
      return { kind: state };
  }
}

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
