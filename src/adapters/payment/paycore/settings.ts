import { z } from 'zod';
import { timeoutMs, webUrl, type AccountOf, type AccountSettings } from '../../http/account-settings.ts';
import type { ProviderCapabilities } from '../../../ports/payment-provider.ts';

/** Paycore reads these from the callback address and may not decode escapes there. */
const urlSafeText = z
  .string()
  .regex(/^[\w.~-]+$/, 'must be made of letters, digits and . _ ~ - only: it becomes part of an address');

/** One partner account at LINK NEXT Paycore. */
export const PAYCORE_SETTINGS = {
  /** without `/api`, e.g. `https://pay-core.linkmobility.com` */
  baseUrl: { name: 'PAYCORE_BASE_URL', format: webUrl },
  partnerId: {
    name: 'PAYCORE_PARTNER_ID',
    format: z
      .string()
      .regex(/^[1-9]\d{0,9}$/, 'must be a number, for example 4711')
      .transform(Number),
  },
  /** the shared secret as LINK hands it out: base64 */
  secretBase64: {
    name: 'PAYCORE_SECRET',
    format: z.string().refine(isBase64, 'must be base64, exactly as the vendor gave it'),
    secret: true,
  },
  /** Basic credentials put into the callback URL */
  callbackUsername: { name: 'PAYCORE_CALLBACK_USERNAME', format: urlSafeText },
  callbackPassword: { name: 'PAYCORE_CALLBACK_PASSWORD', format: urlSafeText, secret: true },
  /** the wallet to pay with, by Paycore's name; the adapter maps the statuses of Vipps alone */
  providerName: {
    name: 'PAYCORE_PROVIDER_NAME',
    format: z.enum(['Vipps'], { error: 'must be "Vipps"' }),
    fallback: 'Vipps',
  },
  /** for one call */
  timeoutMs: { name: 'PAYCORE_TIMEOUT_MS', format: timeoutMs, fallback: '10000' },
} as const satisfies AccountSettings;

export type PaycoreAccount = AccountOf<typeof PAYCORE_SETTINGS>;

/** An account, our address, and what tests replace. */
export interface PaycoreConfig extends PaycoreAccount {
  /** public address of our callback route */
  callbackUrl: string;
  /** wall time in ms since the epoch, for signatures: Paycore allows 10 minutes of drift */
  now?: () => number;
  /** at most 50 characters, unique per request */
  nonce?: () => string;
}

function isBase64(value: string): boolean {
  return value !== '' && Buffer.from(value, 'base64').toString('base64') === value;
}

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
