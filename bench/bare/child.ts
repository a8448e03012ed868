// A worker and a client of the bare workflows in one process, as `sms2pay start` has both.
// Run: node --import tsx child.ts <address of the Temporal server> <port for orders>
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { activityInfo } from '@temporalio/activity';
import { Client, Connection } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { USE_MS } from '../customer.ts';
import { News } from '../news.ts';
import { approved, BARE_TASK_QUEUE, ended } from './contract.ts';
import { serveOrders, type Order } from './orders.ts';

const STEP_LIMIT_MS = 60_000;
/** As the product's. */
const MAX_CACHED_WORKFLOWS = 500;

const [address = '', port = ''] = process.argv.slice(2);
Runtime.install({ logger: new DefaultLogger('WARN') });
const news = new News();
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address }),
  taskQueue: BARE_TASK_QUEUE,
  workflowBundle: await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('workflows.ts', import.meta.url)),
    logger: new DefaultLogger('WARN'),
  }),
  activities: {
    empty: async (step: string): Promise<void> => {
      const { workflowExecution } = activityInfo();
      news.add(`${step} ${workflowExecution?.workflowId}`, '');
    },
  },
  maxCachedWorkflows: MAX_CACHED_WORKFLOWS,
});
const running = worker.run();
const { workflow: workflows } = new Client({ connection: await Connection.connect({ address }) });
let started = 0;

async function oneSession({ workflow, startOnly }: Order): Promise<number> {
  started += 1;
  const workflowId = `${workflow}-${started}`;
  const where = { taskQueue: BARE_TASK_QUEUE, workflowId };
  const done = (step: string): Promise<string> => news.next(`${step} ${workflowId}`, STEP_LIMIT_MS);
  const startedMs = performance.now();
  const handle = startOnly
    ? await workflows.signalWithStart(workflow, { ...where, signal: approved })
    : await workflows.start(workflow, where);
  const startMs = performance.now() - startedMs;
  if (startOnly) return startMs;
  await done(workflow === 'bareSession' ? 'link' : 'reserve');
  await handle.signal(approved);
  await done('active');
  await sleep(USE_MS);
  await handle.signal(ended);
  await done(workflow === 'bareSession' ? 'receipt' : 'close');
  return startMs;
}

serveOrders(port, oneSession, async () => {
  worker.shutdown();
  await running;
});
