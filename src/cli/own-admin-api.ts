// The admin API inside this process, over the installation's own database: for a command beside no running process.
import { randomBytes } from 'node:crypto';
import { adminRoutes } from '../api/rest/admin-routes.ts';
import { type Config, UsageError } from '../config/config.ts';
import { secretsInForce } from '../main/demo/demo-secrets.ts';
import { openMigratedDatabase } from '../main/installation.ts';
import { assertOurNamespace } from '../main/reconciliation-schedule.ts';
import { sessionActionDeps, wallClock } from '../main/serving.ts';
import { connectClient } from '../main/temporal.ts';
import { createVendors, vendorAccounts } from '../main/vendors.ts';
import type { Send } from './http-json.ts';

/** `workflows`: the command acts on sessions; `providers`: it reads payments, which in the demo only the simulator has. */
export type AdminNeeds = 'nothing' | 'workflows' | 'providers';

export interface OwnAdminApi {
  token: string;
  send: Send;
  close(): Promise<void>;
}

const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

export async function openOwnAdminApi(config: Config, needs: AdminNeeds): Promise<OwnAdminApi> {
  if (needs === 'providers' && config.simulator.on)
    throw new UsageError('Nothing is running with this DATA_DIR. Start it with: npm start');
  const { demo, keys } = await secretsInForce(config);
  const database = await openMigratedDatabase(config, () => {}, { keys, waits: 'unhurried' });
  const { stores } = database;
  const client = needs === 'workflows' ? await temporalClient(config).catch(closeFirst) : null;
  const close = async (): Promise<void> => {
    await client?.connection.close();
    await database.close();
  };
  try {
    if (client) await assertOurNamespace(client, await stores.ledger.installationId());
    // In the demo only their capabilities are used: the simulator's address is not needed.
    const accounts = vendorAccounts(config, demo && { secrets: demo, simulatorUrl: 'http://localhost' });
    const publicUrl = config.http.publicUrl ?? '';
    const { providers, gateways } = createVendors(accounts, publicUrl, () => []);
    const token = randomBytes(24).toString('base64url');
    const shared = { stores, clock: wallClock, providers, gateways, publicUrl: () => publicUrl };
    const app = adminRoutes({
      ...shared,
      ...stores,
      ...(client ? sessionActionDeps({ ...shared, client }) : NO_WORKFLOWS),
      stores,
      log: SILENT,
      adminToken: token,
    });
    app.onError((error, c) => c.json({ detail: error.message }, 500));
    return { token, send: async (url, init) => await app.request(url, init), close };
  } catch (error) {
    await close();
    throw error;
  }

  async function closeFirst(error: unknown): Promise<never> {
    await database.close();
    throw error;
  }
}

const notConnected = (): never => {
  throw new Error('this command has no connection to Temporal');
};
const NO_WORKFLOWS = {
  workflows: { isRunning: notConnected, operatorAction: notConnected },
  actionWorkflows: { run: notConnected },
  capabilitiesOf: () => null,
};

async function temporalClient(config: Config) {
  const { address, namespace } = config.temporal;
  if (address === null)
    throw new UsageError(
      'Nothing is running with this DATA_DIR. Start it with npm start, or set DATABASE_URL and TEMPORAL_ADDRESS.',
    );
  return await connectClient(config, { address, namespace, uiUrl: null, stop: () => Promise.resolve() });
}
