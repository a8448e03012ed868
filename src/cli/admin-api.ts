// The command line's client of the admin API: of the running process, or of one inside this process.
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { adminRoutes, type EnsuredRegistration } from '../api/rest/admin-routes.ts';
import type { ListRequest } from '../api/rest/sessions.ts';
import type { ActionRequest } from '../app/actions/request-action.ts';
import type { DayProof, ReconciliationReport } from '../app/proofs.ts';
import type {
  ActionDescription,
  SessionDescription,
  SessionSummary,
} from '../app/sessions/session-description.ts';
import { UsageError, type Config } from '../config/config.ts';
import type { SessionProof } from '../domain/reconciliation/proof.ts';
import { secretsInForce } from '../main/demo/demo-secrets.ts';
import { openMigratedDatabase } from '../main/installation.ts';
import { ProviderWebhooks } from '../main/provider-webhooks.ts';
import { assertOurNamespace, connectClient } from '../main/temporal.ts';
import { findRunning } from '../main/running-file.ts';
import { sessionActionDeps, wallClock } from '../main/serving.ts';
import { createVendors, vendorAccounts } from '../main/vendors.ts';
import type { AttentionEntry } from '../ports/attention-store.ts';
import type { Partner } from '../ports/settings-store.ts';
import { callJson, type Call, type Send } from './http-json.ts';

export interface SavedPartner {
  partner: Partner;
  warnings: string[];
}

/** Every method throws UsageError with the API's own sentence when it refuses. */
type AdminApi = ReturnType<typeof adminApi>;

/** `workflows`: the command acts on sessions; `providers`: it reads payments, which in the demo only the simulator has. */
type AdminNeeds = 'nothing' | 'workflows' | 'providers';

/** `needs`: what the work needs beside the database where no process is running. */
export async function withAdminApi<T>(
  config: Config,
  needs: AdminNeeds,
  work: (api: AdminApi) => Promise<T>,
): Promise<T> {
  const running = await findRunning(config.dataDir);
  if (running) return await work(adminApi(running.url, { token: running.adminToken }));
  const own = await openOwnAdminApi(config, needs);
  try {
    return await work(adminApi('http://localhost', own));
  } finally {
    await own.close();
  }
}

function adminApi(url: string, { token, send }: Pick<Call, 'token' | 'send'>) {
  const call = async <T>(path: string, options: Pick<Call, 'method' | 'body'> = {}): Promise<T> =>
    z.custom<T>().parse(await callJson(`${url}/api/v1${path}`, { ...options, token, send }));
  const items = async <T>(path: string): Promise<T[]> => (await call<{ items: T[] }>(path)).items;
  return {
    listSessions: (query: ListRequest) => items<SessionSummary>(`/sessions?${queryOf({ ...query })}`),
    showSession: (sessionId: string) =>
      call<SessionDescription>(`/sessions/${encodeURIComponent(sessionId)}`),
    act: (sessionId: string, { amountMinor, ...request }: ActionRequest) => {
      const path = `/sessions/${encodeURIComponent(sessionId)}/actions`;
      const body = { ...request, ...(amountMinor === null ? {} : { amountMinor }) };
      return call<ActionDescription>(path, { method: 'POST', body });
    },
    listPartners: () => items<Partner>('/partners'),
    addPartner: (body: unknown) => call<SavedPartner>('/partners', { method: 'POST', body }),
    changePartner: (partnerId: string, body: Record<string, unknown>) =>
      call<SavedPartner>(`/partners/${encodeURIComponent(partnerId)}`, { method: 'PATCH', body }),
    proveSession: (sessionId: string) => call<SessionProof>(`/proof/${encodeURIComponent(sessionId)}`),
    proveDay: (query: { day: string; partnerId: string | null }) =>
      items<DayProof>(`/proof?${queryOf(query)}`),
    reconcile: (query: { from: string; to: string; partnerId: string | null }) =>
      call<ReconciliationReport>(`/reconciliation?${queryOf(query)}`),
    listTasks: () => items<AttentionEntry>('/tasks'),
    ensureWebhook: (provider: string) =>
      call<EnsuredRegistration>(`/provider-webhooks/${provider}`, { method: 'POST' }),
    closeTask: (body: { subject: string; reason: AttentionEntry['reason']; actor: string }) =>
      call<unknown>('/tasks/close', { method: 'POST', body }),
  };
}

function queryOf(values: Record<string, string | number | boolean | null | undefined>): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(values))
    if (value !== null && value !== undefined) query.set(name, String(value));
  return query.toString();
}

const SILENT = { info: () => {}, warn: () => {}, error: () => {} };

/** The same routes inside this process, over the installation's own database: for a command beside no running process. */
async function openOwnAdminApi(
  config: Config,
  needs: AdminNeeds,
): Promise<{ token: string; send: Send; close(): Promise<void> }> {
  if (needs === 'providers' && config.simulator.on)
    throw new UsageError('Nothing is running with this DATA_DIR. Start it with: npm start');
  const { demo, keys } = await secretsInForce(config);
  const database = await openMigratedDatabase(config, () => {}, { keys, waits: 'unhurried' });
  const { stores } = database;
  let client: Awaited<ReturnType<typeof temporalClient>> | null = null;
  const close = async (): Promise<void> => {
    await client?.connection.close();
    await database.close();
  };
  try {
    client = needs === 'workflows' ? await temporalClient(config) : null;
    if (client) await assertOurNamespace(client, await stores.ledger.installationId());
    // In the demo only their capabilities are used: the simulator's address is not needed.
    const accounts = vendorAccounts(config, demo && { secrets: demo, simulatorUrl: 'http://localhost' });
    const publicUrl = config.http.publicUrl ?? '';
    const { providers, gateways } = createVendors(accounts, publicUrl, () => []);
    const token = randomBytes(24).toString('base64url');
    const shared = { stores, clock: wallClock, providers, gateways, publicUrl: () => publicUrl };
    const webhooks = new ProviderWebhooks(stores.providerWebhooks, wallClock);
    const app = adminRoutes({
      ...shared,
      ...stores,
      ...(client ? sessionActionDeps({ ...shared, client }) : NO_WORKFLOWS),
      stores,
      ensureWebhook: webhooks.ensureFor(providers, publicUrl),
      log: SILENT,
      adminToken: token,
    });
    app.onError((error, c) => c.json({ detail: error.message }, 500));
    return { token, send: async (url, init) => await app.request(url, init), close };
  } catch (error) {
    await close();
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
  return await connectClient(config, { address, namespace });
}
