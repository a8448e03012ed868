// The bare session on DBOS: workflow and client in one process, its state in PostgreSQL.
// Run: node --import tsx dbos-child.ts <address of the database> <port for orders>
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { DBOS } from '@dbos-inc/dbos-sdk';
import { serveOrders } from '../bare/orders.ts';
import { USE_MS } from '../customer.ts';
import { News } from '../news.ts';

const STEP_LIMIT_MS = 60_000;
const STEP_LIMIT_SECONDS = STEP_LIMIT_MS / 1_000;
const [systemDatabaseUrl = '', port = ''] = process.argv.slice(2);
const news = new News();

const bareSession = DBOS.registerWorkflow(
  async (id: string): Promise<void> => {
    const empty = (step: string) => DBOS.runStep(async () => news.add(`${step} ${id}`, ''), { name: step });
    await empty('link');
    await DBOS.recv('approved', STEP_LIMIT_SECONDS);
    await empty('active');
    await DBOS.recv('ended', STEP_LIMIT_SECONDS);
    await empty('capture');
    await empty('receipt');
  },
  { name: 'bareSession' },
);
DBOS.setConfig({ name: 'bench', systemDatabaseUrl, logLevel: 'error', runAdminServer: false });
await DBOS.launch();

let started = 0;

async function oneSession(): Promise<number> {
  started += 1;
  const id = `session-${started}`;
  const done = (step: string): Promise<string> => news.next(`${step} ${id}`, STEP_LIMIT_MS);
  const startedMs = performance.now();
  const handle = await DBOS.startWorkflow(bareSession, { workflowID: id })(id);
  const startMs = performance.now() - startedMs;
  await done('link');
  await DBOS.send(id, true, 'approved');
  await done('active');
  await sleep(USE_MS);
  await DBOS.send(id, true, 'ended');
  await done('receipt');
  await handle.getResult();
  return startMs;
}

serveOrders(port, oneSession, () => DBOS.shutdown());
