// Owns: what is photographed of the simulator: the real demo, after one session was paid and while another waits.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { phoneKey } from '../../src/simulator/page/phones.ts';
import { App } from '../../test/support/app.ts';
import { Customer } from '../../test/support/customer.ts';
import type { Look, Scene, SceneSet } from './scene.ts';

const PHONE: Look = { width: 'phone', scheme: 'light', language: 'en' };
const DESKTOP: Look = { width: 'desktop', scheme: 'light', language: 'en' };
const DESKTOP_DARK: Look = { width: 'desktop', scheme: 'dark', language: 'en' };

const PAID = '+4790000001';
const WAITING = '+4790000002';

const live: Pick<Scene, 'ready'> = { ready: 'body[data-log-loaded]' };

export const SIMULATOR_SCENES: SceneSet = {
  name: 'simulator',
  scenes: [
    { name: 'paid', path: '/sim', looks: [DESKTOP, DESKTOP_DARK, PHONE], ...live },
    { name: 'waiting', path: `/sim?phone=${phoneKey(WAITING.slice(1))}`, looks: [DESKTOP, PHONE], ...live },
    { name: 'sign', path: '/sim/signs/charge', looks: [PHONE] },
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
