import { msBetween } from '../../domain/instant.ts';
import { instantWhenPriceExceeds, priceUsage } from '../../domain/tariff.ts';
import type { Pricing } from '../../ports/pricing.ts';

/** The price of time by the session's own tariff. Replace it by your own `Pricing` where a price needs more than time. */
export function createTariffPricing(): Pricing {
  return {
    price: (terms, startedAt, endedAt) =>
      Promise.resolve(priceUsage(terms.tariff, msBetween(startedAt, endedAt))),
    instantWhenPriceExceeds: (terms, startedAt, limitMinor) =>
      Promise.resolve(instantWhenPriceExceeds(terms.tariff, startedAt, limitMinor)),
  };
}
