/** What the screenshots are of: sets of pages, each with a server of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { phoneKey } from '../src/simulator/page/phones.ts';
import { CUSTOMER_PAGES, openCustomerSite } from '../test/browser/customer-site.ts';
import { App } from '../test/support/app.ts';
import { Customer } from '../test/support/customer.ts';

export interface Scene {
  /** of the picture; lower case, with dashes */
  name: string;
  path: string;
  /** the screenshot is made when this selector matches; without it, when the page is loaded */
  ready?: string;
  variants: readonly Variant[];
}

export interface Variant {
  width: 'phone' | 'desktop';
  scheme: 'light' | 'dark';
  language: 'nb' | 'en';
}

export interface SceneSet {
  /** begins the names of its pictures */
  name: string;
  scenes: readonly Scene[];
  open(): Promise<{ url: string; close(): Promise<void> }>;
}

const PHONE: Variant = { width: 'phone', scheme: 'light', language: 'en' };
const DESKTOP: Variant = { width: 'desktop', scheme: 'light', language: 'en' };

/** Of the other pages one picture is enough. */
const MAIN_PAGES = new Set(['pay', 'active', 'receipt']);

const CUSTOMER_SCENES: SceneSet = {
  name: 'customer',
  scenes: CUSTOMER_PAGES.map(({ name, path }) => ({
    name,
    path,
    variants: MAIN_PAGES.has(name)
      ? [PHONE, { width: 'phone', scheme: 'dark', language: 'nb' }, { ...DESKTOP, language: 'nb' }]
      : [PHONE],
  })),
  open: () => openCustomerSite(),
};

const PAID = '+4790000001';
const WAITING = '+4790000002';
const ready = 'body[data-log-loaded]';

/** The real demo, after one session was paid and while another waits. */
const SIMULATOR_SCENES: SceneSet = {
  name: 'simulator',
  scenes: [
    { name: 'paid', path: '/sim', variants: [DESKTOP, { ...DESKTOP, scheme: 'dark' }, PHONE], ready },
    { name: 'waiting', path: `/sim?phone=${phoneKey(WAITING.slice(1))}`, variants: [DESKTOP, PHONE], ready },
    { name: 'sign', path: '/sim/signs/charge', variants: [PHONE] },
  ],
  async open() {
    const dataDir = await mkdtemp(join(tmpdir(), 'sms2pay-screenshots-'));
    const app = await App.start(dataDir, { PORT: '0' });
    const paid = new Customer(PAID, () => app.client);
    const { paymentId } = await paid.reserve();
    await app.client.later({ hours: 1 });
    await paid.send('ENDCHARGE');
    await paid.waitForCapture(paymentId);
    await paid.nextText();
    await new Customer(WAITING, () => app.client).charge();
    return {
      url: app.client.url,
      close: async () => {
        await app.end();
        await rm(dataDir, { recursive: true, force: true });
      },
    };
  },
};

export const SETS: readonly SceneSet[] = [CUSTOMER_SCENES, SIMULATOR_SCENES];
