import type { ServiceId } from './ids.ts';
import { durationWhenPriceExceeds, priceUsage, type Tariff } from './tariff.ts';
import { formatPrice, type Currency } from './money.ts';

/**
 * The smallest price above 0 that a use can come to, when it is less than the provider captures at all; null when there
 * is no such use. Prices only rise with time, so the first price above 0 is the smallest.
 */
export function priceBelowMinimum(tariff: Tariff, minimumCaptureMinor: number): number | null {
  if (minimumCaptureMinor <= 1) return null;
  const firstPricedMs = durationWhenPriceExceeds(tariff, 0);
  if (firstPricedMs === null) return null;
  const isTaken = firstPricedMs === durationWhenPriceExceeds(tariff, minimumCaptureMinor - 1);
  return isTaken ? null : priceUsage(tariff, firstPricedMs);
}

/** For the owner of a service: what the provider's smallest amount does to its tariff. null: nothing to say. */
export function tariffWarning(
  service: { serviceId: ServiceId; tariff: Tariff; currency: Currency },
  provider: { name: string; minimumCaptureMinor: number },
): string | null {
  const { serviceId, tariff, currency } = service;
  const priceMinor = priceBelowMinimum(tariff, provider.minimumCaptureMinor);
  if (priceMinor === null) return null;
  const price = formatPrice(priceMinor, currency, 'en');
  const least = formatPrice(provider.minimumCaptureMinor, currency, 'en');
  return `A use of service ${serviceId} can cost ${price}, but ${provider.name} captures nothing below ${least}: such a use is released, not charged.`;
}

const UNUSUAL_RESERVATION_MINOR = 1_000_000;
const HOUR_MS = 3_600_000;
const UNUSUAL_LIMIT_MS = 7 * 24 * HOUR_MS;

/** Warnings when a service is saved: amounts and times that are valid but look like a typing error. Empty: none. */
export function unusualServiceWarnings(service: {
  serviceId: ServiceId;
  currency: Currency;
  reservationMinor: number;
  sessionLimitMs: number;
}): string[] {
  const { serviceId, currency, reservationMinor, sessionLimitMs } = service;
  const warnings: string[] = [];
  if (reservationMinor > UNUSUAL_RESERVATION_MINOR)
    warnings.push(
      `Service ${serviceId} reserves ${formatPrice(reservationMinor, currency, 'en')} from each customer. reservationMinor counts hundredths: is that meant?`,
    );
  if (sessionLimitMs > UNUSUAL_LIMIT_MS)
    warnings.push(
      `A use of service ${serviceId} may last ${Math.round(sessionLimitMs / HOUR_MS)} hours (sessionLimit). The provider's deadline for a capture ends it earlier: is that meant?`,
    );
  return warnings;
}
