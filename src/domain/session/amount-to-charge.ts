import type { PaymentRules } from '../payment.ts';

/**
 * What is captured of a computed price, in minor units: at most the reservation, and nothing where the provider captures no
 * amount that small. Page, STATUS, capture and comparison all ask here, so that they agree.
 */
export function amountToCharge(
  computedMinor: number,
  reservedMinor: number,
  { minimumCaptureMinor }: Pick<PaymentRules, 'minimumCaptureMinor'>,
): number {
  const amountMinor = Math.min(computedMinor, reservedMinor);
  return amountMinor < minimumCaptureMinor ? 0 : amountMinor;
}
