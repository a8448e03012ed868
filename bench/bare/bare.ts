// The bare workflows on a dev server of their own, with the product's settings, and their worker as a child process.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { processesOf, type Ground } from '../ground.ts';
import { metricsUrlOf, type Engine } from '../engine.ts';
import { STATE_ATTRIBUTE } from './contract.ts';
import { startOrders, type Order, type OrderReport } from './orders.ts';

/** INDEXED_VALUE_TYPE_KEYWORD */
const KEYWORD = 2;

export interface Bare extends Engine {
  run: (order: Order) => Promise<OrderReport>;
  pids: () => Promise<{ app: number[]; engine: number[]; database: number[] }>;
}

export async function openBare(ground: Ground): Promise<Bare> {
  const folder = ground.newFolder('bare');
  await mkdir(join(folder, 'temporal'), { recursive: true });
  const temporal = await ground.startTemporal(folder);
  const connection = await Connection.connect({ address: temporal.address });
  ground.onStop(() => connection.close());
  const searchAttributes = { [STATE_ATTRIBUTE]: KEYWORD };
  await connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes });
  const script = new URL('child.ts', import.meta.url);
  const { child, run } = await startOrders(ground, folder, script, [temporal.address]);
  return {
    client: new Client({ connection }),
    metricsUrl: await metricsUrlOf(temporal.child.logFile),
    run,
    pids: async () => ({
      app: await processesOf(child),
      engine: await processesOf(temporal.child),
      database: [],
    }),
  };
}
