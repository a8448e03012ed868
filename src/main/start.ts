// The processes that serve: `start` (everything in one, in the demo with the simulator and the embedded servers), and `api` and
// `worker`, the parts of a larger installation.
import { randomBytes } from 'node:crypto';
import type { Hono } from 'hono';
import { createTariffPricing } from '../adapters/pricing/tariff-pricing.ts';
import { createIssuedNumbers } from '../app/sessions/session-executions.ts';
import { UsageError, type Config } from '../config/config.ts';
import type { PersonalDataKey } from '../config/formats.ts';
import type { Environment } from '../config/settings.ts';
import { userCacheDir } from '../embedded/cli-download.ts';
import type { Logger } from '../ports/logger.ts';
import type { Stores } from '../ports/stores.ts';
import { openDatabase } from './database.ts';
import { listen } from './http-server.ts';
import { prepareDatabase } from './installation.ts';
import { ProviderWebhooks } from './provider-webhooks.ts';
import { forgetRunning, noteRunning } from './running-file.ts';
import { createServing, readiness, wallClock, workerHealth } from './serving.ts';
import { claimNamespace, connectClient, ensureSearchAttributes, openTemporal } from './temporal.ts';
import { createVendors, vendorAccounts } from './vendors.ts';
import type { RunningWorker } from './worker-process.ts';
import { workflowBundle } from './workflow-bundle.ts';

/** Of the simulator, below our own address. */
const SIMULATOR_PATH = '/sim';

export type ServingCommand = 'start' | 'api' | 'worker';

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
  /** an error that this process cannot recover from */
  onFatal: (error: unknown) => void;
  /** the provider the reference partner is to use from now on; null: as before */
  provider: string | null;
}

/** Resolves when it serves. What was started is stopped again when a later part fails. */
export async function start(command: ServingCommand, options: StartOptions): Promise<RunningApp> {
  if (command !== 'start') assertSeparable(command, options.config);
  const stopper = new Stopper();
  try {
    return await startParts(command, options, stopper);
  } catch (error) {
    await stopper.stop();
    throw error;
  }
}

/** `api` and `worker` share nothing but PostgreSQL and Temporal: the embedded parts belong to one process. */
function assertSeparable(command: ServingCommand, config: Config): void {
  const missing = [
    config.databaseUrl === null ? 'DATABASE_URL (PGlite serves one process only)' : null,
    config.temporal.address === null ? 'TEMPORAL_ADDRESS' : null,
  ].filter((name) => name !== null);
  if (missing.length > 0)
    throw new Error(
      `sms2pay ${command} needs ${missing.join(' and ')}; to try it in one process: sms2pay start.`,
    );
  if (config.simulator.on)
    throw new Error(
      `sms2pay ${command} does not run the simulator: set SIMULATOR=off, or use sms2pay start.`,
    );
}

async function startParts(
  command: ServingCommand,
  options: StartOptions,
  stopper: Stopper,
): Promise<RunningApp> {
  const { config, log } = options;
  const backend = await openBackend(command, options, stopper);
  const { client, temporal, stores, keys } = backend;
  const site = await openSite(command, config, backend, stopper);
  const { publicUrl, simulatorUrl, clock } = site;
  const webhooks = new ProviderWebhooks(stores.providerWebhooks, clock);
  const vendors = createVendors(site.accounts, publicUrl, (name) => webhooks.secrets(name));
  await chooseProvider(options.provider, stores, Object.keys(vendors.providers));

  const running: { worker: RunningWorker | null } = { worker: null };
  const ready = async (): Promise<Record<string, string>> => ({
    ...(await readiness(backend.database, command === 'worker' ? (backend.worker ?? client) : client)),
    ...(backend.worker ? { worker: running.worker?.state() ?? 'starting' } : {}),
  });
  let url = command === 'worker' ? await site.serve(workerHealth({ ready, log, keys })) : '';
  if (backend.worker) {
    const worker = await backend.worker.startWorker(
      backend.worker,
      temporal.namespace,
      {
        stores,
        ...vendors,
        issuedNumbers: createIssuedNumbers(client.workflow),
        clock,
        pricing: createTariffPricing(),
        publicUrl: () => publicUrl,
      },
      options.onFatal,
      backend.demo ? [backend.demo.temporalLog.activityInterceptors()] : [],
    );
    stopper.add('worker', () => worker.stop());
    running.worker = worker;
  }
  if (command !== 'worker') {
    const adminToken = command === 'start' ? randomBytes(24).toString('base64url') : null;
    const { app, begin } = await createServing(
      { ...site, config, log, stores, client, vendors, webhooks, keys, ready, adminToken },
      stopper,
    );
    url = await site.serve(app);
    begin();
    if (adminToken !== null) {
      await noteRunning(config.dataDir, { url, adminToken });
      stopper.add('note of the running process', () => forgetRunning(config.dataDir));
    }
  }
  return { url, temporalUiUrl: temporal.uiUrl, simulatorUrl, stop: () => stopper.stop() };
}

type Backend = Awaited<ReturnType<typeof openBackend>>;

/**
 * Database, Temporal and the workflow code, side by side: a start is as slow as the slowest of them. `worker` null: this
 * process runs none; `demo` null: the vendors are real.
 */
async function openBackend(command: ServingCommand, options: StartOptions, stopper: Stopper) {
  const { config, env, report } = options;
  const demo = config.simulator.on ? await (await import('./demo/demo.ts')).openDemo(config.dataDir) : null;
  const keys = config.personalData?.keys ?? (demo ? [demo.secrets.personalData] : []);
  const { opening, locked } = openLocked(config, keys, options);
  // The lock of the embedded database refuses a second process before anything else is started.
  await Promise.race([locked, opening]);
  const parts = [
    opening,
    openTemporal(config, env, report),
    command === 'api' ? Promise.resolve(null) : loadEngine(env),
    opening.then((database) => prepareDatabase(config, database, keys, report)),
  ] as const;
  // All that was started is known to the stopper, also where one of them has failed.
  const [openedDatabase, openedTemporal] = await Promise.allSettled(parts);
  if (openedDatabase.status === 'fulfilled') stopper.add('database', () => openedDatabase.value.close());
  if (openedTemporal.status === 'fulfilled')
    stopper.add('Temporal server', () => openedTemporal.value.stop());
  const [database, temporal, engine] = await Promise.all(parts);
  const client = await connectClient(config, temporal, demo?.temporalLog.clientInterceptors() ?? {});
  stopper.add('Temporal connection', () => client.connection.close());
  await claimNamespace(client, database.stores, { everyMs: config.reconcileEveryMs });
  if (command === 'start') await ensureSearchAttributes(client);
  const backend = { database, stores: database.stores, temporal, client, keys, demo };
  if (engine === null) return { ...backend, worker: null };
  const { bundle, installRuntime, connectWorker, startWorker } = engine;
  installRuntime(options.log);
  const connection = await connectWorker(config, temporal);
  stopper.add('worker connection', () => connection.close());
  return {
    ...backend,
    worker: { connection, bundle, startWorker, cachedSessions: config.workerCachedSessions },
  };
}

/** `locked` resolves when no other process can open the embedded database any more; never for PostgreSQL, which has no lock. */
function openLocked(config: Config, keys: readonly PersonalDataKey[], { env, report }: StartOptions) {
  let onLocked = (): void => {};
  const locked = new Promise<void>((resolve) => {
    onLocked = resolve;
  });
  const embedding = { cacheDir: userCacheDir(env), onLocked };
  return { opening: openDatabase(config, keys, report, 'serving', embedding), locked };
}

/** What runs the workflows, loaded while the servers start. */
async function loadEngine(env: Environment) {
  const [bundle, code] = await Promise.all([
    workflowBundle(userCacheDir(env), env),
    import('./worker-process.ts'),
  ]);
  return { bundle, ...code };
}

/**
 * `start` listens before the app exists, as its address may be the public one and the simulator's is below it: a request is
 * answered with 503 until `serve` is called. `api` and `worker` listen in `serve`: until then a proxy sends requests elsewhere.
 * Stopped in reverse: `api` takes no request that begins work while it waits for the work in the background; the worker of
 * `start` calls the simulator through the server until it has stopped.
 */
async function openSite(command: ServingCommand, config: Config, backend: Backend, stopper: Stopper) {
  const handler: { app: Hono | null } = { app: null };
  const open = async (): Promise<string> => {
    const server = await listen(
      config.http,
      (request, connection) =>
        handler.app?.fetch(request, connection) ?? new Response('starting', { status: 503 }),
    );
    stopper.add('HTTP server', () => server.close());
    return server.url;
  };
  const url = command === 'start' ? await open() : null;
  const publicUrl = config.http.publicUrl ?? url ?? '';
  const serve = async (app: Hono): Promise<string> => {
    handler.app = app;
    return url ?? (await open());
  };
  const site = { publicUrl, serve };
  const { demo } = backend;
  if (demo === null || url === null) {
    const accounts = vendorAccounts(config, null);
    return { ...site, simulatorUrl: null, accounts, demoRoutes: null, clock: wallClock };
  }
  const simulatorUrl = `${url}${SIMULATOR_PATH}`;
  const accounts = vendorAccounts(config, { secrets: demo.secrets, simulatorUrl });
  const hostNames = [config.http.host, new URL(publicUrl).hostname];
  const { simulator, routes } = demo.openSimulator({ url, simulatorUrl, hostNames, accounts }, backend);
  stopper.add('simulator', () => simulator.close());
  const clock = { now: () => simulator.clock.now() };
  return { ...site, simulatorUrl, accounts, demoRoutes: routes, clock };
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

/** Stops what was started, last first; one part that fails to stop does not keep the others running. */
class Stopper {
  readonly #parts: { name: string; stop: () => Promise<void> }[] = [];
  #stopping: Promise<void> | null = null;

  add(name: string, stop: () => Promise<void>): void {
    this.#parts.push({ name, stop });
  }

  stop(): Promise<void> {
    return (this.#stopping ??= this.#stop());
  }

  async #stop(): Promise<void> {
    for (const { name, stop } of this.#parts.toReversed()) {
      try {
        await stop();
      } catch (error) {
        process.stderr.write(`The ${name} did not stop cleanly: ${String(error)}\n`);
      }
    }
  }
}
