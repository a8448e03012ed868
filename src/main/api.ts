// Owns: an API process of a larger installation: webhooks, pages, sweeper; PostgreSQL and a Temporal cluster elsewhere.
import { listen } from './http-server.ts';
import { openServingDatabase } from './installation/migrated-database.ts';
import { ProviderWebhooks } from './provider-webhooks.ts';
import { readiness } from './readiness.ts';
import { claimNamespace } from './reconciliation-schedule.ts';
import { assertSeparable } from './separable.ts';
import { createServing } from './serving.ts';
import type { RunningApp, StartOptions } from './start.ts';
import { Stopper } from './stopper.ts';
import { connectClient, openTemporal } from './temporal.ts';
import { createVendors, vendorAccounts } from './vendors.ts';
import { wallClock } from './wall-clock.ts';

export async function startApi(options: StartOptions): Promise<RunningApp> {
  const { config, env, log, report } = options;
  assertSeparable('api', config);
  const stopper = new Stopper();
  const database = await openServingDatabase(config, report);
  stopper.add('database', () => database.close());
  const { stores } = database;
  const client = await connectClient(config, await openTemporal(config, env, report));
  stopper.add('Temporal connection', () => client.connection.close());
  await claimNamespace(client, stores, { everyMs: config.reconcileEveryMs });
  const publicUrl = config.http.publicUrl ?? '';
  const webhooks = new ProviderWebhooks(stores.providerWebhooks, wallClock);
  const vendors = createVendors(vendorAccounts(config, null), publicUrl, (name) => webhooks.secrets(name));
  const { app, begin } = await createServing(
    {
      config,
      log,
      stores,
      client,
      vendors,
      webhooks,
      clock: wallClock,
      publicUrl,
      keys: config.personalData?.keys ?? [],
      ready: () => readiness(database, client),
      adminToken: null,
    },
    stopper,
  );
  const server = await listen(config.http, (request, connection) => app.fetch(request, connection));
  stopper.add('HTTP server', () => server.close());
  begin();
  return { url: server.url, temporalUiUrl: null, simulatorUrl: null, stop: () => stopper.stop() };
}
