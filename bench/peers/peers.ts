// The bare session on Temporal, Restate and DBOS, as context for the figures of `npm run bench`. See README.md.
// Run: npm install --ignore-scripts --no-package-lock && node --import tsx peers.ts [sessions] [rounds]
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openBare } from '../bare/bare.ts';
import { startOrders, type Order, type OrderReport } from '../bare/orders.ts';
import { Figures, tableOf } from '../figures.ts';
import { Ground, processesOf } from '../ground.ts';
import { choosePort } from '../../src/embedded/dev-server.ts';
import { makeCluster } from '../../test/chaos/postgres.ts';
import { cpuMsOf, memoryMbOf } from '../usage.ts';

interface Peer {
  run: (order: Order) => Promise<OrderReport>;
  pids: () => Promise<{ app: number[]; engine: number[] }>;
}

const AT_ONCE = 20;
const RESTATE = `@restatedev/restate-server-${process.platform}-${process.arch}`;
const [sessions = 100, rounds = 5] = process.argv.slice(2).map(Number);
const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function openRestate(ground: Ground): Promise<Peer> {
  const folder = ground.newFolder('restate');
  await mkdir(folder, { recursive: true });
  const ports: number[] = [];
  for (let n = 0; n < 4; n += 1) ports.push(await choosePort(0, ports));
  const [ingress = 0, admin = 0, node = 0, handlers = 0] = ports;
  const server = await ground.start({
    name: 'engine',
    folder,
    cwd: folder,
    program: fileURLToPath(new URL(`node_modules/${RESTATE}/bin/restate-server`, import.meta.url)),
    args: ['--listen-mode', 'tcp', '--bind-ip', '127.0.0.1', '--base-dir', folder, '--no-logo'],
    env: {
      PATH: process.env['PATH'] ?? '',
      RESTATE_INGRESS__BIND_ADDRESS: `127.0.0.1:${ingress}`,
      RESTATE_ADMIN__BIND_ADDRESS: `127.0.0.1:${admin}`,
      RESTATE_BIND_PORT: String(node),
      DO_NOT_TRACK: '1',
    },
    readyWords: 'admin-api-server',
  });
  const { child, run } = await startOrders(ground, folder, new URL('restate-child.ts', import.meta.url), [
    `http://127.0.0.1:${ingress}`,
    `http://127.0.0.1:${admin}`,
    String(handlers),
  ]);
  return { run, pids: async () => ({ app: await processesOf(child), engine: await processesOf(server) }) };
}

async function openDbos(ground: Ground): Promise<Peer> {
  const folder = ground.newFolder('dbos');
  await mkdir(folder, { recursive: true });
  const port = await choosePort(0);
  const { folder: cwd, ...cluster } = await makeCluster(join(folder, 'postgres'), port);
  const readyWords = 'ready to accept connections';
  const server = await ground.start({ name: 'postgres', folder, cwd, ...cluster, env: {}, readyWords });
  const { child, run } = await startOrders(ground, folder, new URL('dbos-child.ts', import.meta.url), [
    `postgres://postgres@127.0.0.1:${port}/dbos`,
  ]);
  return { run, pids: async () => ({ app: await processesOf(child), engine: await processesOf(server) }) };
}

const ground = await Ground.prepare(say);
const interrupted = new Promise<never>((_, stop) => {
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop(new Error(name)));
});

async function compare(): Promise<void> {
  const peers: [string, Peer][] = [
    ['Temporal', await openBare(ground)],
    ['Restate', await openRestate(ground)],
    ['DBOS', await openDbos(ground)],
  ];
  const figures = new Figures('peers');
  for (const [, peer] of peers) await peer.run({ workflow: 'bareSession', sessions, atOnce: AT_ONCE });
  for (let round = 1; round <= rounds; round += 1)
    for (const [name, peer] of peers) {
      const pids = await peer.pids();
      const before = { app: await cpuMsOf(pids.app), engine: await cpuMsOf(pids.engine) };
      const { seconds } = await peer.run({ workflow: 'bareSession', sessions, atOnce: AT_ONCE });
      const after = await peer.pids();
      for (const role of ['app', 'engine'] as const) {
        const cpuMs = (await cpuMsOf(after[role])) - before[role];
        figures.add(`${name}: CPU per session, ${role}`, 'ms', cpuMs / sessions);
        figures.add(`${name}: memory, ${role}`, 'MB', await memoryMbOf(after[role]));
      }
      figures.add(`${name}: sessions per second, ${AT_ONCE} at once`, '', sessions / seconds);
      say(`round ${round}, ${name}: ${(sessions / seconds).toFixed(1)}/s`);
    }
  process.stdout.write(`${tableOf(figures.all)}\n`);
}

try {
  await Promise.race([compare(), interrupted]);
  await ground.stop();
} catch (error) {
  await ground.stop({ keepsLogs: true });
  say(`${String(error)}\nThe logs are in ${ground.folder}`);
  process.exit(1);
}
process.exit(0);
