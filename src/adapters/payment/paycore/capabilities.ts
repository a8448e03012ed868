import type { ProviderCapabilities } from '../../../ports/payment-provider.ts';

/**
 * What Paycore can do as far as LINK has published it: no cancel, void or refund call, no idempotency key and no event
 * log is documented, nor whether a partial capture releases the rest.
 */
export const PAYCORE_CAPABILITIES: ProviderCapabilities = {
  provider: 'paycore',
  release: 'unknown',
  abandon: false,
  refund: false,
  idempotencyKeys: false,
  paymentOnOpen: false,
  paymentLifeMs: null,
  /** the minimum of Vipps in NOK */
  minimumCaptureMinor: 100,
  /** the cards behind Vipps (Visa, BankAxept): a capture is safe for 7 days, though Vipps itself allows 180 */
  captureDeadlineMs: 7 * 24 * 3_600_000,
  eventLog: false,
  showsReservationAfterCapture: false,
  currencies: ['NOK'],
};
