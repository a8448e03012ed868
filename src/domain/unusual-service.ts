import { formatPrice, type Currency } from './money.ts';

const UNUSUAL_RESERVATION_MINOR = 1_000_000;
const HOUR_MS = 3_600_000;
const UNUSUAL_LIMIT_MS = 7 * 24 * HOUR_MS;

/** Warnings when a service is saved: amounts and times that are valid but look like a typing error. Empty: none. */
export function unusualServiceWarnings(service: {
  serviceId: string;
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
