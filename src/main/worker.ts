// Owns: a worker process of a larger installation: runs workflows and activities, and says how it is.
import { createTariffPricing } from '../adapters/pricing/tariff-pricing.ts';
import { createIssuedNumbers } from '../app/sessions/session-executions.ts';
import { openServingDatabase } from './installation/migrated-database.ts';
import { readiness } from './readiness.ts';
import { claimNamespace } from './reconciliation-schedule.ts';
import { assertSeparable } from './separable.ts';
import type { RunningApp, StartOptions } from './start.ts';
import { Stopper } from './stopper.ts';
import { connectClient, connectWorker, openTemporal } from './temporal.ts';
import { createVendors, vendorAccounts } from './vendors.ts';
import { wallClock } from './wall-clock.ts';
import { serveWorkerHealth } from './worker-health.ts';
import { installRuntime, type RunningWorker, startWorker } from './worker-process.ts';
import { workflowBundle } from './workflow-bundle.ts';

export async function startWorkerOnly(options: StartOptions): Promise<RunningApp> {
  const { config, env, log, report } = options;
  assertSeparable('worker', config);
  const stopper = new Stopper();
  const database = await openServingDatabase(config, report);
  stopper.add('database', () => database.close());
  const temporal = await openTemporal(config, env, report);
  const client = await connectClient(config, temporal);
  stopper.add('Temporal connection', () => client.connection.close());
  await claimNamespace(client, database.stores, { everyMs: config.reconcileEveryMs });
  installRuntime(log);
  const native = await connectWorker(config, temporal);
  stopper.add('worker connection', () => native.close());
  const publicUrl = config.http.publicUrl ?? '';
  const running: { worker: RunningWorker | null } = { worker: null };
  const health = await serveWorkerHealth(config, log, async () => ({
    ...(await readiness(database, { connection: native })),
    worker: workerState(running.worker),
  }));
  stopper.add('health address', () => health.close());
  const worker = await startWorker(
    native,
    temporal.namespace,
    await workflowBundle(),
    {
      stores: database.stores,
      ...createVendors(vendorAccounts(config, null), publicUrl, () => []),
      issuedNumbers: createIssuedNumbers(client.workflow),
      clock: wallClock,
      pricing: createTariffPricing(),
      publicUrl: () => publicUrl,
    },
    options.onFatal,
  );
  running.worker = worker;
  stopper.add('worker', () => worker.stop());
  return { url: health.url, temporalUiUrl: null, simulatorUrl: null, stop: () => stopper.stop() };
}

function workerState(worker: RunningWorker | null): string {
  if (worker === null) return 'starting';
  return worker.state() === 'RUNNING' ? 'ok' : worker.state();
}
