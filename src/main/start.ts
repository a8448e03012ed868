// Owns: everything in one process: API, worker, sweeper, and in the demo the simulator and the embedded servers.
import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { WorkflowBundleOption } from '@temporalio/worker';
import type { Hono } from 'hono';
import { createTariffPricing } from '../adapters/pricing/tariff-pricing.ts';
import { createIssuedNumbers } from '../app/sessions/session-executions.ts';
import type { Config } from '../config/config.ts';
import type { Environment } from '../config/environment.ts';
import type { PersonalDataKey } from '../config/formats.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Stores } from '../ports/stores.ts';
import { openDatabase, seedReferencePartner, type OpenDatabase } from './database.ts';
import { assertKeysFit } from './installation/fitting-keys.ts';
import { assertMigrated } from './installation/migrated-database.ts';
import { listen } from './http-server.ts';
import { assertOurMode, claimOurMode } from './installation/mode.ts';
import { ProviderWebhooks } from './provider-webhooks.ts';
import { assertProvidersSetUp } from './installation/providers-in-use.ts';
import { readiness } from './readiness.ts';
import { forgetRunning, noteRunning } from './running-file.ts';
import { claimNamespace } from './reconciliation-schedule.ts';
import type { Demo } from './demo/demo.ts';
import { createServing } from './serving.ts';
import { Stopper } from './stopper.ts';
import {
  connectClient,
  connectWorker,
  ensureSearchAttributes,
  openTemporal,
  type TemporalServer,
} from './temporal.ts';
import { createVendors, vendorAccounts } from './vendors.ts';
import { installRuntime, startWorker } from './worker-process.ts';
import { workflowBundle } from './workflow-bundle.ts';
import { wallClock } from './wall-clock.ts';
import { UsageError } from './usage-error.ts';

/** Of the simulator, below our own address. */
const SIMULATOR_PATH = '/sim';

export interface RunningApp {
  url: string;
  temporalUiUrl: string | null;
  simulatorUrl: string | null;
  stop(): Promise<void>;
}

export interface StartOptions {
  config: Config;
  env: Environment;
  log: Logger;
  /** for the person who started us */
  report: (line: string) => void;
  /** something that cannot be mended in this process has happened */
  onFatal: (error: unknown) => void;
  /** the provider the reference partner is to use from now on; null: as before */
  provider: string | null;
}

/** Starts everything and resolves when it serves. What was started is stopped again when a later part fails. */
export async function startAll(options: StartOptions): Promise<RunningApp> {
  const stopper = new Stopper();
  try {
    return await startParts(options, stopper);
  } catch (error) {
    await stopper.stop();
    throw error;
  }
}

async function startParts(options: StartOptions, stopper: Stopper): Promise<RunningApp> {
  const { config, log } = options;
  const backend = await openBackend(options, stopper);
  const { client, temporal, stores, demo } = backend;
  const door: { app: Hono | null } = { app: null };
  const server = await listen(
    config.http,
    (request, connection) =>
      door.app?.fetch(request, connection) ?? new Response('starting', { status: 503 }),
  );
  stopper.add('HTTP server', () => server.close());
  const { url } = server;
  const publicUrl = config.http.publicUrl ?? url;
  const simulatorUrl = demo ? `${url}${SIMULATOR_PATH}` : null;
  const accounts = vendorAccounts(
    config,
    demo && simulatorUrl !== null ? { secrets: demo.secrets, simulatorUrl } : null,
  );
  const hostNames = [config.http.host, new URL(publicUrl).hostname];
  const opened =
    demo && simulatorUrl !== null
      ? demo.openSimulator({ url, simulatorUrl, hostNames, accounts }, backend)
      : null;
  if (opened) stopper.add('simulator', () => opened.simulator.close());
  const clock: Clock = opened ? { now: () => opened.simulator.clock.now() } : wallClock;
  const webhooks = new ProviderWebhooks(stores.providerWebhooks, clock);
  const vendors = createVendors(accounts, publicUrl, (name) => webhooks.secrets(name));
  await chooseProvider(options.provider, stores, Object.keys(vendors.providers));

  installRuntime(log);
  const native = await connectWorker(config, temporal);
  stopper.add('worker connection', () => native.close());
  const worker = await startWorker(
    native,
    temporal.namespace,
    backend.bundle,
    {
      stores,
      ...vendors,
      issuedNumbers: createIssuedNumbers(client.workflow),
      clock,
      pricing: createTariffPricing(),
      publicUrl: () => publicUrl,
    },
    options.onFatal,
    demo ? [demo.temporalLog.activityInterceptors()] : [],
  );
  stopper.add('worker', () => worker.stop());

  const adminToken = randomBytes(24).toString('base64url');
  const ready = async (): Promise<Record<string, string>> => ({
    ...(await readiness(backend.database, client)),
    worker: worker.state() === 'RUNNING' ? 'ok' : worker.state(),
  });
  const { keys } = backend;
  const parts = { config, log, stores, client, vendors, webhooks, clock, publicUrl, keys, ready, adminToken };
  const { app, begin } = await createServing(
    opened ? { ...parts, demoRoutes: opened.routes } : parts,
    stopper,
  );
  door.app = app;
  begin();
  await noteRunning(config.dataDir, { url, adminToken });
  stopper.add('note of the running process', () => forgetRunning(config.dataDir));
  return { url, temporalUiUrl: temporal.uiUrl, simulatorUrl, stop: () => stopper.stop() };
}

interface Backend {
  database: OpenDatabase;
  stores: Stores;
  temporal: TemporalServer;
  client: Client;
  bundle: WorkflowBundleOption;
  keys: readonly PersonalDataKey[];
  /** null: the vendors are real */
  demo: Demo | null;
}

/** Database, Temporal and the workflow code, side by side: a start is as slow as the slowest of them. */
async function openBackend(options: StartOptions, stopper: Stopper): Promise<Backend> {
  const { config, env, report } = options;
  const demo = config.simulator.on ? await (await import('./demo/demo.ts')).openDemo(config.dataDir) : null;
  const keys = config.personalData?.keys ?? (demo ? [demo.secrets.personalData] : []);
  // The lock of the embedded database refuses a second process before anything else is started.
  const database = await openDatabase(config, keys, report, 'serving');
  stopper.add('database', () => database.close());
  const [temporal, bundle] = await Promise.all([
    openTemporal(config, env, report),
    workflowBundle(),
    prepareDatabase(config, database, keys, report),
  ]);
  stopper.add('Temporal server', () => temporal.stop());
  const client = await connectClient(config, temporal, demo?.temporalLog.clientInterceptors() ?? {});
  stopper.add('Temporal connection', () => client.connection.close());
  await claimNamespace(client, database.stores, { everyMs: config.reconcileEveryMs });
  await ensureSearchAttributes(client);
  return { database, stores: database.stores, temporal, client, bundle, keys, demo };
}

async function prepareDatabase(
  config: Config,
  database: OpenDatabase,
  keys: readonly PersonalDataKey[],
  report: (line: string) => void,
): Promise<void> {
  if (config.databaseUrl === null || config.simulator.on) {
    await assertOurMode(config, database);
    const applied = await database.migrate();
    if (applied.length > 0) report(`Database schema is up to date (${applied.join(', ')})`);
  } else await assertMigrated(config, database);
  await claimOurMode(config, database);
  await assertKeysFit(config, database, keys);
  await assertProvidersSetUp(config, database.stores);
  if (config.simulator.on) await seedReferencePartner(database.stores);
}

/** `--provider NAME`: for trying one provider after the other with the reference partner. */
async function chooseProvider(provider: string | null, stores: Stores, known: string[]): Promise<void> {
  if (provider === null) return;
  if (!known.includes(provider)) {
    throw new UsageError(`There is no provider "${provider}" here; there are: ${known.join(', ')}.`);
  }
  const partner = await stores.settings.updatePartner('reference', { provider });
  if (!partner)
    throw new UsageError('--provider is for the reference partner of the demo, which is not there.');
}
