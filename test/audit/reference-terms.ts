// Owns: what is agreed with the reference partner, written here again: the auditor takes nothing from the product.
import type { Terms } from './evidence.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** 27222: 1 NOK per started hour with five minutes of grace, 5 NOK reserved. */
export const REFERENCE_TERMS: Terms = {
  startWords: ['CHARGE'],
  endWords: { reference: 'ENDCHARGE' },
  generalEndWords: ['STOP', 'STOPP', 'SLUTT', 'END'],
  reservationMinor: 500,
  stepMs: HOUR_MS,
  priceMinorPerStep: 100,
  freeMs: 5 * MINUTE_MS,
  linkLifeMs: 15 * MINUTE_MS,
  sessionLimitMs: { reference: 24 * HOUR_MS },
  minimumCaptureMinor: 100,
  firstReadMs: 2 * MINUTE_MS,
  refusals: false,
  losesTexts: false,
  switchesReceiptsOff: false,
};
