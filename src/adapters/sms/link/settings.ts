import { z } from 'zod';
import {
  text,
  timeoutMs,
  webUrl,
  type AccountOf,
  type AccountSettings,
} from '../../http/account-settings.ts';

/** One account at LINK's Common platform, from the variables `<prefix>_*`; the time limit is common to all accounts. */
const linkSettings = (prefix: 'LINK' | 'LINK2') =>
  ({
    /** assigned per customer, e.g. `https://n-eu.linkmobility.io`; a path in it is kept */
    baseUrl: { name: `${prefix}_BASE_URL`, format: webUrl },
    username: { name: `${prefix}_USERNAME`, format: text },
    password: { name: `${prefix}_PASSWORD`, format: text, secret: true },
    platformId: { name: `${prefix}_PLATFORM_ID`, format: text },
    platformPartnerId: { name: `${prefix}_PLATFORM_PARTNER_ID`, format: text },
    /** gate that delivery reports come through; null: LINK sends none */
    deliveryGateId: { name: `${prefix}_DELIVERY_GATE_ID`, format: text, optional: true },
    /** Basic credentials that LINK's gate presents to our webhooks */
    webhookUsername: { name: `${prefix}_WEBHOOK_USERNAME`, format: text },
    webhookPassword: { name: `${prefix}_WEBHOOK_PASSWORD`, format: text, secret: true },
    /** for one send call */
    timeoutMs: { name: 'LINK_TIMEOUT_MS', format: timeoutMs, fallback: '10000' },
  }) as const satisfies AccountSettings;

export const LINK_SETTINGS = linkSettings('LINK');

/** A second account, which sends payment links again that the first did not deliver. */
export const LINK2_SETTINGS = {
  ...linkSettings('LINK2'),
  /** the number it sends from; null: the one that the customer texted */
  shortNumber: {
    name: 'LINK2_SHORT_NUMBER',
    format: z.string().regex(/^\d{3,15}$/, 'must be 3 to 15 digits, without a country prefix'),
    optional: true,
  },
} as const satisfies AccountSettings;

export type LinkAccount = AccountOf<typeof LINK_SETTINGS>;
export type Link2Account = AccountOf<typeof LINK2_SETTINGS>;
