// Owns: the bare workflows on a dev server of their own, with the product's settings, and their worker as a child process.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { choosePort } from '../../src/embedded/dev-server.ts';
import { processesOf, type Ground } from '../ground.ts';
import { metricsUrlOf, type Engine } from '../engine.ts';
import type { BareOrder, BareReport } from './contract.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Longer than a round may take: the child gives up a session by itself. */
const ORDER_LIMIT_MS = 600_000;

export interface Bare extends Engine {
  run(order: BareOrder): Promise<BareReport>;
  pids(): Promise<{ app: number[]; engine: number[]; database: number[] }>;
}

export async function openBare(ground: Ground): Promise<Bare> {
  const folder = ground.newFolder('bare');
  await mkdir(join(folder, 'temporal'), { recursive: true });
  const temporal = await ground.startTemporal(folder);
  const connection = await Connection.connect({ address: temporal.address });
  ground.onStop(() => connection.close());
  await connection.operatorService.addSearchAttributes({
    namespace: 'default',
    // INDEXED_VALUE_TYPE_KEYWORD
    searchAttributes: { ChargeState: 2 },
  });
  const port = String(await choosePort(0));
  const child = await ground.start({
    name: 'bare',
    folder,
    cwd: ROOT,
    program: process.execPath,
    args: ['--import', 'tsx', fileURLToPath(new URL('child.ts', import.meta.url)), temporal.address, port],
    readyWords: 'is ready',
  });
  return {
    client: new Client({ connection }),
    metricsUrl: await metricsUrlOf(temporal.child.logFile),
    run: async (order) => {
      const response = await fetch(`http://127.0.0.1:${port}`, {
        method: 'POST',
        body: JSON.stringify(order),
        signal: AbortSignal.timeout(ORDER_LIMIT_MS),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`the bare workflows failed: ${text}`);
      return JSON.parse(text) as BareReport;
    },
    pids: async () => ({
      app: await processesOf(child),
      engine: await processesOf(temporal.child),
      database: [],
    }),
  };
}
