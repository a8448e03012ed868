import type { PartnerId, ServiceId } from './ids.ts';
import type { Currency } from './money.ts';
import type { PaymentRules } from './payment.ts';
import { validateTariff, type Tariff } from './tariff.ts';

/** What was agreed when a session began. Copied into the session, so a later change of price never touches it. */
export interface SessionTerms {
  partnerId: PartnerId;
  serviceId: ServiceId;
  provider: string;
  currency: Currency;
  reservationMinor: number;
  tariff: Tariff;
  vatBasisPoints: number;
  /** how long the payment link can be used */
  linkLifeMs: number;
  /** the session ends by itself after this */
  sessionLimitMs: number;
  /** the customer is warned this long before the session ends by itself */
  warningBeforeLimitMs: number;
  /** what happens when the reservation is used up */
  whenUsedUp: 'end' | 'continue';
  payment: PaymentRules;
}

/**
 * The terms of a session of this service, or the sentences that say why its tariff cannot be used: without a price no money is
 * reserved.
 */
export function agreeTerms(
  service: Omit<SessionTerms, 'payment'>,
  payment: PaymentRules,
): { terms: SessionTerms } | { problems: string[] } {
  const problems = validateTariff(service.tariff);
  return problems.length > 0 ? { problems } : { terms: { ...service, payment } };
}

/**
 * What stands after the start word is stored readable only as the code of a bay or machine. The customer types it: anything
 * longer, or with as many digits as a phone number, stays in the encrypted text alone.
 */
export function storableReference(reference: string | null): string | null {
  if (reference === null || !/^[\p{L}\p{N} -]{1,40}$/u.test(reference)) return null;
  return /\p{N}{8}/u.test(reference.replaceAll(/[ -]/g, '')) ? null : reference;
}
