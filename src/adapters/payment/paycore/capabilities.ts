import type { ProviderCapabilities } from '../../../ports/payment-provider.ts';
import type { PaycoreConfig } from './settings.ts';

/** Card reality behind Vipps (Visa and BankAxept): a capture is safe for 7 days, though Vipps itself allows 180. */
const CAPTURE_DEADLINE_MS = 7 * 24 * 3_600_000;

/**
 * What Paycore can do as far as LINK has published it: no cancel, void or refund call and no idempotency key is
 * documented, nor whether a partial capture releases the rest, nor an event log.
 */
export function paycoreCapabilities(
  config: Pick<PaycoreConfig, 'minimumCaptureMinor' | 'currencies'>,
): ProviderCapabilities {
  return {
    provider: 'paycore',
    release: 'unknown',
    abandon: false,
    refund: false,
    idempotencyKeys: false,
    paymentOnOpen: false,
    paymentLifeMs: null,
    minimumCaptureMinor: config.minimumCaptureMinor ?? 100,
    captureDeadlineMs: CAPTURE_DEADLINE_MS,
    eventLog: false,
    showsReservationAfterCapture: false,
    currencies: config.currencies ?? ['NOK'],
  };
}
