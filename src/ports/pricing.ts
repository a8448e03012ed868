import type { Instant } from '../domain/instant.ts';
import type { SessionTerms } from '../domain/session-terms.ts';

/** The "client logic" of the original system: what a use costs. The tariff is the first implementation. */
export interface Pricing {
  /** Price of the use in minor units, not limited by the reservation. */
  price(terms: SessionTerms, startedAt: Instant, endedAt: Instant): Promise<number>;
  /** First instant at which the price exceeds `limitMinor`; null when it never does. */
  instantWhenPriceExceeds(
    terms: SessionTerms,
    startedAt: Instant,
    limitMinor: number,
  ): Promise<Instant | null>;
}
