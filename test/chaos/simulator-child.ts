// The simulator as a process of its own, through its public entry. Its state is in a journal that is written before it
// answers, so that a kill -9 loses nothing it has acknowledged: it plays the bank.
// Run: node --import tsx simulator-child.ts <settings as JSON>
import { createAdaptorServer } from '@hono/node-server';
import { Hono } from 'hono';
import { createSimulator } from '../../src/simulator/index.ts';

/** What the runner tells its simulator. */
export interface SimulatorSettings {
  port: number;
  dataDir: string;
  publicUrl: string;
  webhookUsername: string;
  webhookPassword: string;
  link: { username: string; password: string; platformId: string; platformPartnerId: string };
  paycore: { partnerId: string; secretBase64: string };
  vipps: { merchantSerialNumber: string; clientId: string; clientSecret: string; subscriptionKey: string };
}

/** The vendor's own waits between tries of a webhook reach a minute after five: shortened, a run is not waiting alone. */
const VIPPS_RETRY_SCALE = 0.2;

const settings = JSON.parse(process.argv[2] ?? '{}') as SimulatorSettings;
const simulator = createSimulator({
  dataDir: settings.dataDir,
  baseUrl: () => `http://127.0.0.1:${settings.port}/sim`,
  webhooks: () => ({
    smsUrl: `${settings.publicUrl}/webhooks/sms/link`,
    deliveryUrl: `${settings.publicUrl}/webhooks/sms/link/delivery`,
    username: settings.webhookUsername,
    password: settings.webhookPassword,
  }),
  link: settings.link,
  paycore: settings.paycore,
  vipps: settings.vipps,
  vippsRetryScale: VIPPS_RETRY_SCALE,
  shortNumber: '27222',
});
const app = new Hono().route('/sim', simulator.app);
createAdaptorServer({ fetch: app.fetch }).listen(settings.port, '127.0.0.1', () => {
  process.stdout.write(`the simulator listens on ${settings.port}\n`);
});
process.on('SIGTERM', () => {
  void simulator.close().finally(() => process.exit(0));
});
