import { CUSTOMER_PAGES, openCustomerSite } from '../../test/browser/customer-site.ts';
import type { Look, SceneSet } from './scene.ts';

const PHONE: Look = { width: 'phone', scheme: 'light', language: 'en' };
const PHONE_DARK: Look = { width: 'phone', scheme: 'dark', language: 'nb' };
const DESKTOP: Look = { width: 'desktop', scheme: 'light', language: 'nb' };

/** These are looked at most; of the others one picture is enough. */
const MAIN_PAGES = new Set(['pay', 'active', 'receipt']);

export const CUSTOMER_SCENES: SceneSet = {
  name: 'customer',
  scenes: CUSTOMER_PAGES.map(({ name, path }) => ({
    name,
    path,
    looks: MAIN_PAGES.has(name) ? [PHONE, PHONE_DARK, DESKTOP] : [PHONE],
  })),
  open: () => openCustomerSite(),
};
