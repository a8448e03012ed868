// Owns: an API process of a larger installation: webhooks, pages, sweeper; PostgreSQL and a Temporal cluster elsewhere.
import { ACTION_SWEEP_INTERVAL_MS, startActionSweeper } from '../app/actions/sweeper.ts';
import { createTariffPricing } from '../adapters/pricing/tariff-pricing.ts';
import { createApp } from '../api/app.ts';
import { startSweeper, SWEEP_INTERVAL_MS } from '../app/inbox/sweeper.ts';
import { createSessionWorkflows } from '../app/sessions/session-workflows.ts';
import { BackgroundWork } from './background-work.ts';
import { listen } from './http-server.ts';
import { installationProofs } from './installation-proof.ts';
import { openServingDatabase } from './migrated-database.ts';
import { ProviderWebhooks } from './provider-webhooks.ts';
import { readiness } from './readiness.ts';
import { claimNamespace } from './reconciliation-schedule.ts';
import { assertSeparable } from './separable.ts';
import type { RunningApp, StartOptions } from './start.ts';
import { sessionActionDeps } from './session-actions.ts';
import { Stopper } from './stopper.ts';
import { connectClient, openTemporal } from './temporal.ts';
import { createVendors, vendorAccounts } from './vendors.ts';
import { watchOverSessions } from './watch-over.ts';
import { wallClock } from './wall-clock.ts';

export async function startApi(options: StartOptions): Promise<RunningApp> {
  const { config, env, log, report } = options;
  assertSeparable('api', config);
  const stopper = new Stopper();
  const database = await openServingDatabase(config, report);
  stopper.add('database', () => database.close());
  const client = await connectClient(config, await openTemporal(config, env, report));
  stopper.add('Temporal connection', () => client.connection.close());
  await claimNamespace(client, database.stores, { everyMs: config.reconcileEveryMs });
  const publicUrl = config.http.publicUrl ?? '';
  const webhooks = new ProviderWebhooks(database.stores.providerWebhooks, wallClock);
  const vendors = createVendors(vendorAccounts(config, null), publicUrl, (name) => webhooks.secrets(name));
  const workflows = createSessionWorkflows(client.workflow);
  const { stores } = database;
  const { secondAccount } = vendors;
  await watchOverSessions({ stores, client, workflows, secondAccount, clock: wallClock, log }, stopper);
  const background = new BackgroundWork();
  stopper.add('work in the background', () => background.idle());
  const app = createApp({
    stores,
    clock: wallClock,
    pricing: createTariffPricing(),
    workflows,
    gateways: vendors.gateways,
    callbacks: vendors.callbacks,
    publicUrl: () => publicUrl,
    log,
    limits: config.limits.http,
    trustedProxies: config.http.trustedProxies,
    inBackground: (work) => background.add(work),
    ready: () => readiness(database, client),
    proofs: installationProofs(config.personalData?.keys ?? []),
  });
  const server = await listen(config.http, (request, connection) => app.fetch(request, connection));
  stopper.add('HTTP server', () => server.close());
  webhooks.watch(vendors.providers, publicUrl, log);
  stopper.add('watch over the webhook registrations', () => webhooks.stop());
  const sweeper = startSweeper(
    { inbox: stores.inbox, tasks: stores.tasks, workflows, clock: wallClock, log },
    { intervalMs: SWEEP_INTERVAL_MS },
  );
  stopper.add('sweeper', () => sweeper.stop());
  const actions = sessionActionDeps({ stores, client, clock: wallClock, providers: vendors.providers });
  const actionSweeper = startActionSweeper({ ...actions, log }, { intervalMs: ACTION_SWEEP_INTERVAL_MS });
  stopper.add('action sweeper', () => actionSweeper.stop());
  return { url: server.url, temporalUiUrl: null, simulatorUrl: null, stop: () => stopper.stop() };
}
