// Owns: the demo inside this process. Loaded only where the simulator is on.
import type { Client } from '@temporalio/client';
import { createDemoView } from './demo-view.ts';
import { demoSecrets, type DemoSecrets } from './demo-secrets.ts';
import { openSimulator, type OpenSimulator, type SimulatorPlace } from './simulator.ts';
import { TemporalLog } from './temporal-log.ts';
import type { Stores } from '../../ports/stores.ts';

export interface Demo {
  secrets: DemoSecrets;
  temporalLog: TemporalLog;
  openSimulator(
    place: SimulatorPlace,
    parts: { stores: Stores; client: Client; temporal: { uiUrl: string | null; namespace: string } },
  ): OpenSimulator;
}

export async function openDemo(dataDir: string): Promise<Demo> {
  const temporalLog = new TemporalLog();
  return {
    secrets: await demoSecrets(dataDir),
    temporalLog,
    openSimulator: (place, parts) =>
      openSimulator({
        ...place,
        dataDir,
        client: () => parts.client,
        sms2pay: createDemoView(parts),
        temporalLog,
      }),
  };
}
