// Owns: everything in one process: API, worker, sweeper, and in the demo the simulator and the embedded servers.
import { randomBytes } from 'node:crypto';
import type { Client } from '@temporalio/client';
import type { WorkflowBundleOption } from '@temporalio/worker';
import { Hono } from 'hono';
import { createTariffPricing } from '../adapters/pricing/tariff-pricing.ts';
import { ACTION_SWEEP_INTERVAL_MS, startActionSweeper } from '../app/actions/sweeper.ts';
import { createApp } from '../api/app.ts';
import { startSweeper, SWEEP_INTERVAL_MS } from '../app/inbox/sweeper.ts';
import { adminRoutes } from '../api/rest/admin-routes.ts';
import { createIssuedNumbers } from '../app/sessions/session-executions.ts';
import { createSessionWorkflows } from '../app/sessions/session-workflows.ts';
import type { Config } from '../config/config.ts';
import type { Environment } from '../config/environment.ts';
import type { PersonalDataKey } from '../config/formats.ts';
import type { Clock } from '../ports/clock.ts';
import type { Logger } from '../ports/logger.ts';
import type { Stores } from '../ports/stores.ts';
import { BackgroundWork } from './background-work.ts';
import { openDatabase, seedReferencePartner, type OpenDatabase } from './database.ts';
import { demoSecrets, type DemoSecrets } from './demo-secrets.ts';
import { createDemoView } from './demo-view.ts';
import { assertKeysFit } from './fitting-keys.ts';
import { assertMigrated } from './migrated-database.ts';
import { listen } from './http-server.ts';
import { assertOurMode, claimOurMode } from './installation-mode.ts';
import { installationProofs } from './installation-proof.ts';
import { ProviderWebhooks } from './provider-webhooks.ts';
import { assertProvidersSetUp } from './providers-in-use.ts';
import { readiness } from './readiness.ts';
import { forgetRunning, noteRunning } from './running-file.ts';
import { claimNamespace } from './reconciliation-schedule.ts';
import { sessionActionDeps } from './session-actions.ts';
import { openSimulator, SIMULATOR_PATH } from './simulator.ts';
import { Stopper } from './stopper.ts';
import {
  connectClient,
  connectWorker,
  ensureSearchAttributes,
  openTemporal,
  type TemporalServer,
} from './temporal.ts';
import { TemporalLog } from './temporal-log.ts';
import { createVendors, vendorAccounts } from './vendors.ts';
import { installRuntime, startWorker } from './worker-process.ts';
import { workflowBundle } from './workflow-bundle.ts';
import { watchOverSessions } from './watch-over.ts';
import { wallClock } from './wall-clock.ts';
import { UsageError } from './usage-error.ts';

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
  const { client, temporal, stores } = backend;
  const door: { app: Hono | null } = { app: null };
  const server = await listen(
    config.http,
    (request, connection) =>
      door.app?.fetch(request, connection) ?? new Response('starting', { status: 503 }),
  );
  stopper.add('HTTP server', () => server.close());
  const publicUrl = config.http.publicUrl ?? server.url;
  const places = { url: server.url, publicUrl };
  const { vendors, demo, clock, watchWebhooks } = openVendors(options, backend, places, stopper);
  await chooseProvider(options.provider, stores, Object.keys(vendors.providers));

  installRuntime(log);
  const native = await connectWorker(config, temporal);
  stopper.add('worker connection', () => native.close());
  const issuedNumbers = createIssuedNumbers(client.workflow);
  const pricing = createTariffPricing();
  const deps = { stores, ...vendors, issuedNumbers, clock, pricing, publicUrl: () => publicUrl };
  const watched = demo ? [backend.temporalLog.activityInterceptors()] : [];
  const { namespace } = temporal;
  const worker = await startWorker(native, namespace, backend.bundle, deps, options.onFatal, watched);
  stopper.add('worker', () => worker.stop());

  const workflows = createSessionWorkflows(client.workflow);
  const { secondAccount } = vendors;
  await watchOverSessions({ stores, client, workflows, secondAccount, clock, log }, stopper);
  const background = new BackgroundWork();
  stopper.add('work in the background', () => background.idle());
  const adminToken = randomBytes(24).toString('base64url');
  const actions = { ...sessionActionDeps({ ...deps, client }), log };
  door.app = createApp({
    ...deps,
    workflows,
    log,
    limits: config.limits.http,
    trustedProxies: config.http.trustedProxies,
    inBackground: (work) => background.add(work),
    proofs: installationProofs(backend.keys),
    ready: async () => ({
      ...(await readiness(backend.database, client)),
      worker: worker.state() === 'RUNNING' ? 'ok' : worker.state(),
    }),
    extraRoutes: new Hono()
      .route('/', adminRoutes({ ...deps, ...stores, ...actions, stores, adminToken }))
      .route('/', demo?.routes ?? new Hono()),
  });
  watchWebhooks();
  const sweeper = startSweeper(
    { inbox: stores.inbox, tasks: stores.tasks, workflows, clock, log },
    { intervalMs: SWEEP_INTERVAL_MS },
  );
  stopper.add('sweeper', () => sweeper.stop());
  const actionSweeper = startActionSweeper(actions, { intervalMs: ACTION_SWEEP_INTERVAL_MS });
  stopper.add('action sweeper', () => actionSweeper.stop());
  await noteRunning(config.dataDir, { url: server.url, adminToken });
  stopper.add('note of the running process', () => forgetRunning(config.dataDir));
  const simulatorUrl = demo ? `${server.url}${SIMULATOR_PATH}` : null;
  return { url: server.url, temporalUiUrl: temporal.uiUrl, simulatorUrl, stop: () => stopper.stop() };
}

interface Backend {
  database: OpenDatabase;
  stores: Stores;
  temporal: TemporalServer;
  client: Client;
  bundle: WorkflowBundleOption;
  secrets: DemoSecrets | null;
  keys: readonly PersonalDataKey[];
  temporalLog: TemporalLog;
}

/** Database, Temporal and the workflow code, side by side: a start is as slow as the slowest of them. */
async function openBackend(options: StartOptions, stopper: Stopper): Promise<Backend> {
  const { config, env, report } = options;
  const secrets = config.simulator.on ? await demoSecrets(config.dataDir) : null;
  const keys = config.personalData?.keys ?? (secrets ? [secrets.personalData] : []);
  // The lock of the embedded database refuses a second process before anything else is started.
  const database = await openDatabase(config, keys, report, 'serving');
  stopper.add('database', () => database.close());
  const [temporal, bundle] = await Promise.all([
    openTemporal(config, env, report),
    workflowBundle(),
    prepareDatabase(config, database, keys, report),
  ]);
  stopper.add('Temporal server', () => temporal.stop());
  const temporalLog = new TemporalLog();
  const watched = config.simulator.on ? temporalLog.clientInterceptors() : {};
  const client = await connectClient(config, temporal, watched);
  stopper.add('Temporal connection', () => client.connection.close());
  await claimNamespace(client, database.stores, { everyMs: config.reconcileEveryMs });
  await ensureSearchAttributes(client);
  return { database, stores: database.stores, temporal, client, bundle, secrets, keys, temporalLog };
}

function openVendors(
  { config, log }: StartOptions,
  { secrets, client, stores, temporal, temporalLog }: Backend,
  { url, publicUrl }: { url: string; publicUrl: string },
  stopper: Stopper,
) {
  const accounts = vendorAccounts(config, secrets && { secrets, simulatorUrl: `${url}${SIMULATOR_PATH}` });
  const demo = config.simulator.on
    ? openSimulator({
        dataDir: config.dataDir,
        url: () => url,
        hostNames: [config.http.host, new URL(publicUrl).hostname],
        accounts: () => accounts,
        client: () => client,
        sms2pay: createDemoView({ stores, client, temporal }),
        temporalLog,
      })
    : null;
  if (demo) stopper.add('simulator', () => demo.simulator.close());
  const clock: Clock = demo ? { now: () => demo.simulator.clock.now() } : wallClock;
  const webhooks = new ProviderWebhooks(stores.providerWebhooks, clock);
  const vendors = createVendors(accounts, publicUrl, (name) => webhooks.secrets(name));
  const watchWebhooks = (): void => {
    webhooks.watch(vendors.providers, publicUrl, log);
    stopper.add('watch over the webhook registrations', () => webhooks.stop());
  };
  return { vendors, demo, clock, watchWebhooks };
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
