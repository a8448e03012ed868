// The demo inside this process. Loaded only where the simulator is on.
import type { Client } from '@temporalio/client';
import { Hono } from 'hono';
import { createDemoView, DEMO_NUMBER } from './demo-view.ts';
import { demoSecrets } from './demo-secrets.ts';
import { TemporalLog } from './temporal-log.ts';
import type { Stores } from '../../ports/stores.ts';
import { fastForwardOpenWorkflows } from '../../embedded/time-skipping.ts';
import { createSimulator, type Simulator } from '../../simulator/index.ts';
import type { Sms2pay } from '../../simulator/sms2pay.ts';
import type { VendorAccounts } from '../vendors.ts';

export async function openDemo(dataDir: string) {
  const temporalLog = new TemporalLog();
  return {
    secrets: await demoSecrets(dataDir),
    temporalLog,
    openSimulator: (
      place: SimulatorPlace,
      parts: { stores: Stores; client: Client; temporal: { uiUrl: string | null; namespace: string } },
    ) =>
      openSimulator({
        ...place,
        dataDir,
        client: () => parts.client,
        sms2pay: createDemoView(parts),
        temporalLog,
      }),
  };
}

export interface SimulatorPlace {
  /** our own address */
  url: string;
  /** the simulator's, below ours */
  simulatorUrl: string;
  /** host names this process is reached by */
  hostNames: readonly string[];
  accounts: VendorAccounts;
}

export function openSimulator(
  options: SimulatorPlace & {
    dataDir: string;
    client: () => Client;
    sms2pay: Sms2pay;
    temporalLog: TemporalLog;
  },
): { simulator: Simulator; routes: Hono } {
  const { url, simulatorUrl } = options;
  const { link, paycore, vipps } = options.accounts;
  if (!link || !paycore || !vipps) throw new Error('the simulator stands in for every vendor');
  const simulator = createSimulator({
    dataDir: options.dataDir,
    baseUrl: () => simulatorUrl,
    hostNames: options.hostNames,
    webhooks: () => ({
      smsUrl: `${url}/webhooks/sms/link`,
      deliveryUrl: `${url}/webhooks/sms/link/delivery`,
      username: link.webhookUsername,
      password: link.webhookPassword,
    }),
    link,
    paycore: { partnerId: String(paycore.partnerId), secretBase64: paycore.secretBase64 },
    vipps,
    shortNumber: DEMO_NUMBER.shortNumber,
    sms2pay: options.sms2pay,
    advanceWorkflows: async (seconds) => {
      const step = { from: 'sms2pay', kind: 'fast-forward', name: `${seconds} s` } as const;
      const { count, unsupported, unfinished } = await options.temporalLog.around(
        { ...step, workflowId: null, args: [{ seconds }] },
        () => fastForwardOpenWorkflows(options.client(), seconds),
      );
      if (unsupported !== null) return { unsupported };
      if (unfinished.length > 0) {
        throw new Error(
          `${unfinished.length} sessions did not get there in time; their steps are still running`,
        );
      }
      return { fastForwarded: count };
    },
  });
  options.temporalLog.attach((call) => simulator.recordTemporal(call));
  const routes = new Hono();
  const { pathname } = new URL(simulatorUrl);
  routes.get('/', (c) => c.redirect(pathname));
  routes.route(pathname, simulator.app);
  return { simulator, routes };
}
