import type { Currency } from './money.ts';
import type { PaymentRules } from './payment.ts';
import type { Tariff } from './tariff.ts';

/** What was agreed when a session began. Copied into the session, so a later change of price never touches it. */
export interface SessionTerms {
  partnerId: string;
  serviceId: string;
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
