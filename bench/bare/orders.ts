// How the bench has sessions carried out in a child process: an order over HTTP, and its report when all are done.
import { createServer } from 'node:http';
import { json } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { choosePort } from '../../src/embedded/dev-server.ts';
import type { Child, Ground } from '../ground.ts';
import { ask } from '../http.ts';
import { load } from '../load.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
/** Longer than a round may take: a session gives up by itself. */
const ORDER_LIMIT_MS = 600_000;

export interface Order {
  workflow: string;
  sessions: number;
  atOnce: number;
  /** only start it, with a signal, as a webhook does; the session goes on by itself until it waits for its end */
  startOnly?: boolean;
}

export interface OrderReport {
  seconds: number;
  /** how long each call took that started a session */
  startsMs: number[];
}

/** In the child. `session` carries one out, and returns how long its start took. */
export function serveOrders(
  port: string,
  session: (order: Order) => Promise<number>,
  stop: () => Promise<void>,
): void {
  const server = createServer((request, response) => {
    void (async () => {
      const order = (await json(request)) as Order;
      const { results, seconds } = await load(order.sessions, order.atOnce, () => session(order));
      const report: OrderReport = { seconds, startsMs: results };
      response.end(JSON.stringify(report));
    })().catch((error: unknown) => {
      response.statusCode = 500;
      response.end(String(error));
    });
  });
  server.listen(Number(port), '127.0.0.1', () => process.stdout.write('this child is ready\n'));
  process.once('SIGTERM', () => {
    server.close();
    void stop().finally(() => process.exit(0));
  });
}

/** In the bench. `script` gets `args`, and the port as its last argument. */
export async function startOrders(
  ground: Ground,
  folder: string,
  script: URL,
  args: readonly string[],
): Promise<{ child: Child; url: string; run: (order: Order) => Promise<OrderReport> }> {
  const port = String(await choosePort(0));
  const url = `http://127.0.0.1:${port}`;
  const child = await ground.start({
    name: 'bare',
    folder,
    cwd: ROOT,
    program: process.execPath,
    args: ['--import', 'tsx', fileURLToPath(script), ...args, port],
    readyWords: 'is ready',
  });
  const run = async (order: Order): Promise<OrderReport> => {
    const { status, body } = await ask(url, {
      method: 'POST',
      body: JSON.stringify(order),
      limitMs: ORDER_LIMIT_MS,
    });
    if (status !== 200) throw new Error(`${order.workflow} failed: ${body}`);
    return JSON.parse(body) as OrderReport;
  };
  return { child, url, run };
}
