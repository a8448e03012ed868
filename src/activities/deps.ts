import type { Clock } from '../ports/clock.ts';
import type { IssuedNumbers } from '../ports/receipt-store.ts';
import type { PaymentProvider } from '../ports/payment-provider.ts';
import type { Pricing } from '../ports/pricing.ts';
import type { SmsGateway } from '../ports/sms-gateway.ts';
import type { Stores } from '../ports/stores.ts';

/** What activities work with; given by main, or by a test. */
export interface ActivityDeps {
  stores: Stores;
  /** by provider name, e.g. `paycore` */
  providers: Record<string, PaymentProvider>;
  /** by gateway name, e.g. `link` */
  gateways: Record<string, SmsGateway>;
  /** read before a receipt number is issued; without it the database alone counts */
  issuedNumbers?: IssuedNumbers;
  clock: Clock;
  pricing: Pricing;
  /** public base URL of our own pages, without a slash at the end */
  publicUrl: () => string;
}
