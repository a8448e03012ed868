// The bare session on Restate: its handlers and its client in one process.
// Run: node --import tsx restate-child.ts <ingress address> <admin address> <port of the handlers> <port for orders>
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import * as restate from '@restatedev/restate-sdk';
import { serveOrders } from '../bare/orders.ts';
import { USE_MS } from '../customer.ts';
import { News } from '../news.ts';

// All that its SDK 1.17 lacks on Node 20.
Promise.withResolvers ??= () => {
  const parts = {};
  const promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return Object.assign(parts, { promise });
};

const STEP_LIMIT_MS = 60_000;
const [ingress = '', admin = '', handlerPort = '', port = ''] = process.argv.slice(2);
const news = new News();

const bareSession = restate.workflow({
  name: 'bareSession',
  handlers: {
    run: async (ctx: restate.WorkflowContext): Promise<void> => {
      const empty = (step: string) => ctx.run(step, () => news.add(`${step} ${ctx.key}`, ''));
      await empty('link');
      await ctx.promise('approved');
      await empty('active');
      await ctx.promise('ended');
      await empty('capture');
      await empty('receipt');
    },
    approved: (ctx: restate.WorkflowSharedContext) => ctx.promise('approved').resolve(),
    ended: (ctx: restate.WorkflowSharedContext) => ctx.promise('ended').resolve(),
  },
});
await restate.serve({ services: [bareSession], port: Number(handlerPort) });
await post(`${admin}/deployments`, { uri: `http://127.0.0.1:${handlerPort}` });

let started = 0;

async function oneSession(): Promise<number> {
  started += 1;
  const id = `session-${started}`;
  const done = (step: string): Promise<string> => news.next(`${step} ${id}`, STEP_LIMIT_MS);
  const startedMs = performance.now();
  await post(`${ingress}/bareSession/${id}/run/send`);
  const startMs = performance.now() - startedMs;
  await done('link');
  await post(`${ingress}/bareSession/${id}/approved/send`);
  await done('active');
  await sleep(USE_MS);
  await post(`${ingress}/bareSession/${id}/ended/send`);
  await done('receipt');
  return startMs;
}

async function post(url: string, body?: object): Promise<void> {
  const response = await fetch(url, {
    method: 'POST',
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    signal: AbortSignal.timeout(STEP_LIMIT_MS),
  });
  const text = await response.text();
  if (!response.ok) throw new Error(`Restate answered ${response.status}: ${text}`);
}

serveOrders(port, oneSession, () => Promise.resolve());
