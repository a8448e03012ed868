import { REFERENCE_TARIFF } from '../../src/domain/tariff.ts';
import type { SessionTerms } from '../../src/domain/session-terms.ts';

const HOUR_MS = 3_600_000;

/** Of the reference service. */
export const ORDINARY_TERMS: SessionTerms = {
  partnerId: 'reference',
  serviceId: 'charge',
  provider: 'inMemory',
  currency: 'NOK',
  reservationMinor: 500,
  tariff: REFERENCE_TARIFF,
  vatBasisPoints: 2500,
  linkLifeMs: HOUR_MS / 4,
  sessionLimitMs: 24 * HOUR_MS,
  warningBeforeLimitMs: HOUR_MS / 2,
  whenUsedUp: 'continue',
  payment: {
    release: 'unknown',
    abandon: false,
    paymentOnOpen: false,
    paymentLifeMs: null,
    minimumCaptureMinor: 100,
    captureDeadlineMs: 7 * 24 * HOUR_MS,
  },
};
