import { REFERENCE_RECEIPT_TEXT } from '../../domain/receipt-template.ts';
import { REFERENCE_TARIFF } from '../../domain/tariff.ts';
import type { NewPartner } from '../../ports/settings-store.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

/** The partner of the original system: 27222, CHARGE and ENDCHARGE, 1 NOK per started hour, 5 NOK reserved. */
export function referencePartner(provider: string): NewPartner {
  const number = { gateway: 'link', shortNumber: '27222', serviceId: 'charge' };
  return {
    partner: {
      partnerId: 'reference',
      name: 'Reference partner',
      organisationNumber: '999888777',
      provider,
      timeZone: 'Europe/Oslo',
      language: 'nb',
      receiptSmsOn: true,
      receiptSmsText: REFERENCE_RECEIPT_TEXT,
      termsUrl: null,
      privacyUrl: null,
    },
    services: [
      {
        serviceId: 'charge',
        partnerId: 'reference',
        name: 'Charging',
        currency: 'NOK',
        reservationMinor: 500,
        tariff: REFERENCE_TARIFF,
        vatBasisPoints: 2500,
        linkLifeMs: 15 * MINUTE_MS,
        sessionLimitMs: 24 * HOUR_MS,
        warningBeforeLimitMs: 30 * MINUTE_MS,
        whenUsedUp: 'continue',
      },
    ],
    routes: [
      { ...number, keyword: 'CHARGE', action: 'start' },
      { ...number, keyword: 'ENDCHARGE', action: 'end' },
    ],
  };
}
