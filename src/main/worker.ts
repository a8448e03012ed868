// Owns: a worker process of a larger installation: runs workflows and activities, listens nowhere.
import { createTariffPricing } from '../adapters/pricing/tariff-pricing.ts';
import { openMigratedDatabase } from './migrated-database.ts';
import { assertSeparable } from './separable.ts';
import type { RunningApp, StartOptions } from './start.ts';
import { Stopper } from './stopper.ts';
import { connectWorker, openTemporal } from './temporal.ts';
import { createVendors, vendorAccounts } from './vendors.ts';
import { wallClock } from './wall-clock.ts';
import { installRuntime, startWorker } from './worker-process.ts';
import { workflowBundle } from './workflow-bundle.ts';

export async function startWorkerOnly(options: StartOptions): Promise<RunningApp> {
  const { config, env, log, report } = options;
  assertSeparable('worker', config);
  const stopper = new Stopper();
  const database = await openMigratedDatabase(config, report);
  stopper.add('database', () => database.close());
  installRuntime(log);
  const temporal = await openTemporal(config, env, report);
  const native = await connectWorker(config, temporal);
  stopper.add('worker connection', () => native.close());
  const publicUrl = config.http.publicUrl ?? '';
  const worker = await startWorker(
    native,
    temporal.namespace,
    await workflowBundle(),
    {
      stores: database.stores,
      ...createVendors(vendorAccounts(config, null), publicUrl, () => []),
      clock: wallClock,
      pricing: createTariffPricing(),
      publicUrl: () => publicUrl,
    },
    options.onFatal,
  );
  stopper.add('worker', () => worker.stop());
  return { url: '', temporalUiUrl: null, simulatorUrl: null, stop: () => stopper.stop() };
}
