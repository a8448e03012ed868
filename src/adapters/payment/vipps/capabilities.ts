import type { ProviderCapabilities } from '../../../ports/payment-provider.ts';

/** What Vipps MobilePay ePayment can do. */
export const VIPPS_CAPABILITIES: ProviderCapabilities = {
  provider: 'vipps',
  release: 'call',
  abandon: true,
  refund: true,
  idempotencyKeys: true,
  paymentOnOpen: true,
  /** 5 minutes on the landing page and 5 in the app (Vipps knowledge base, "timeouts") */
  paymentLifeMs: 10 * 60_000,
  /** the smallest payment in NOK; no smaller capture is documented */
  minimumCaptureMinor: 100,
  /**
   * Visa Electron holds a reservation for 5 days, the least of all cards, though Vipps itself allows a capture for 180
   * (vendor's payment lifecycle). Only for payments that name no `captureGuaranteedUntil` of their own.
   */
  captureDeadlineMs: 5 * 24 * 3_600_000,
  showsReceipt: true,
  eventLog: true,
  showsReservationAfterCapture: true,
  currencies: ['NOK'],
};
