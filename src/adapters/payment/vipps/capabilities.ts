import type { ProviderCapabilities } from '../../../ports/payment-provider.ts';
import type { VippsConfig } from './settings.ts';

/** 5 minutes on the landing page and 5 in the app (Vipps knowledge base, "timeouts"). */
const PAYMENT_LIFE_MS = 10 * 60_000;

/**
 * Visa Electron holds a reservation for 5 days, the least of all cards, though Vipps itself allows a capture for 180
 * (vendor's payment lifecycle). Only for payments that name no `captureGuaranteedUntil` of their own.
 */
const CAPTURE_DEADLINE_MS = 5 * 24 * 3_600_000;

/** What Vipps MobilePay ePayment can do; the smallest payment is 100 øre, and no smaller capture is documented. */
export function vippsCapabilities(
  config: Pick<VippsConfig, 'minimumCaptureMinor' | 'currencies'>,
): ProviderCapabilities {
  return {
    provider: 'vipps',
    release: 'call',
    abandon: true,
    refund: true,
    idempotencyKeys: true,
    paymentOnOpen: true,
    paymentLifeMs: PAYMENT_LIFE_MS,
    minimumCaptureMinor: config.minimumCaptureMinor ?? 100,
    captureDeadlineMs: CAPTURE_DEADLINE_MS,
    showsReceipt: true,
    eventLog: true,
    showsReservationAfterCapture: true,
    currencies: config.currencies ?? ['NOK'],
  };
}
