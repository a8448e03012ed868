// Sms2pay as its users run it, in child processes: `embedded` is `sms2pay start` in one process with PGlite and a dev server
// of its own; `split` is api, worker, PostgreSQL and a dev server. The simulated vendors are in the bench's process in both.
import { execFile } from 'node:child_process';
import { access, appendFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { choosePort, databaseFile, findServersOn } from '../src/embedded/dev-server.ts';
import { newSecrets, productEnvironment, simulatorSettings } from '../test/chaos/installation.ts';
import { makeCluster } from '../test/chaos/postgres.ts';
import { metricsUrlOf, serverAddressOf, type Engine } from './engine.ts';
import { processesOf, type Child, type Ground } from './ground.ts';
import { OutsideWorld } from './outside-world.ts';
import { PARTNER_FILE } from './partner.ts';

const run = promisify(execFile);

export type Shape = 'embedded' | 'split';
/** our own code, the Temporal server, PostgreSQL */
export type Role = 'app' | 'engine' | 'database';

export interface Installation extends Engine {
  shape: Shape;
  apiUrl: string;
  world: OutsideWorld;
  /** null: PGlite, inside the process */
  databaseUrl: string | null;
  children: readonly Child[];
  /** those of our own code, the Temporal server of `embedded` with them */
  restartable: readonly Child[];
  /** Its processes at the moment, by what they do. */
  pids: () => Promise<Record<Role, number[]>>;
}

interface Place {
  ground: Ground;
  folder: string;
  world: OutsideWorld;
  env: Record<string, string>;
  apiUrl: string;
}

export async function openInstallation(ground: Ground, shape: Shape): Promise<Installation> {
  const folder = ground.newFolder(shape);
  await mkdir(join(folder, 'temporal'), { recursive: true });
  const port = await choosePort(0);
  const apiUrl = `http://127.0.0.1:${port}`;
  const secrets = newSecrets();
  const settings = simulatorSettings(secrets, { apiUrl }, 0, '');
  const world = await OutsideWorld.open({
    link: settings.link,
    paycore: settings.paycore,
    vipps: settings.vipps,
    webhooks: () => ({
      smsUrl: `${apiUrl}/webhooks/sms/link`,
      deliveryUrl: `${apiUrl}/webhooks/sms/link/delivery`,
      username: settings.webhookUsername,
      password: settings.webhookPassword,
    }),
  });
  ground.onStop(() => world.close());
  const env = {
    ...productEnvironment({ apiUrl, simulatorUrl: world.url }, secrets, port),
    DATA_DIR: join(folder, 'data'),
  };
  const place = { ground, folder, world, env, apiUrl };
  return shape === 'embedded' ? await openEmbedded(place) : await openSplit(place);
}

async function openEmbedded({ ground, folder, world, env: given, apiUrl }: Place): Promise<Installation> {
  const env = { ...given, SIMULATOR: 'off', TEMPORAL_CLI_PATH: ground.temporalCli };
  const app = await startProduct(ground, 'app', folder, ['start'], env);
  await addPartner(ground, folder, env);
  const directory = join(folder, 'data/temporal');
  const serverLog = join(directory, 'server.log');
  return {
    shape: 'embedded',
    apiUrl,
    world,
    databaseUrl: null,
    client: await connect(ground, await serverAddressOf(serverLog)),
    metricsUrl: await metricsUrlOf(serverLog),
    children: [app],
    restartable: [app],
    pids: async () => {
      const all = await processesOf(app);
      const engine = await findServersOn(databaseFile({ directory }));
      return { app: all.filter((pid) => !engine.includes(pid)), engine, database: [] };
    },
  };
}

async function openSplit({ ground, folder, world, env, apiUrl }: Place): Promise<Installation> {
  const port = await choosePort(0);
  const { folder: cwd, ...cluster } = await makeCluster(join(folder, 'postgres'), port);
  const library = join(cluster.program, '../../lib/pg_stat_statements.so');
  const hasCounter = await access(library).then(
    () => true,
    () => false,
  );
  if (hasCounter)
    await appendFile(
      join(cwd, 'data/postgresql.auto.conf'),
      `shared_preload_libraries = 'pg_stat_statements'\n`,
    );
  const [postgres, temporal] = await Promise.all([
    ground.start({
      name: 'postgres',
      folder,
      cwd,
      ...cluster,
      env: {},
      readyWords: 'ready to accept connections',
    }),
    ground.startTemporal(folder),
  ]);
  const databaseUrl = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const serving = { ...env, DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: temporal.address };
  await run(process.execPath, [ground.program, 'migrate'], { env: serving });
  await addPartner(ground, folder, serving);
  const api = await startProduct(ground, 'api', folder, ['api'], serving);
  const workerPort = { PORT: String(await choosePort(0)) };
  const worker = await startProduct(ground, 'worker', folder, ['worker'], { ...serving, ...workerPort });
  return {
    shape: 'split',
    apiUrl,
    world,
    databaseUrl,
    client: await connect(ground, temporal.address),
    metricsUrl: await metricsUrlOf(temporal.child.logFile),
    children: [postgres, temporal.child, api, worker],
    restartable: [api, worker],
    pids: async () => ({
      app: [...(await processesOf(api)), ...(await processesOf(worker))],
      engine: await processesOf(temporal.child),
      database: await processesOf(postgres),
    }),
  };
}

async function startProduct(
  ground: Ground,
  name: 'app' | 'api' | 'worker',
  folder: string,
  args: string[],
  env: Record<string, string>,
): Promise<Child> {
  return await ground.start({
    name,
    folder,
    env,
    // As in the container.
    program: process.execPath,
    args: [...ground.nodeArguments, ground.program, ...args],
    cwd: folder,
    readyWords: 'is ready',
  });
}

async function addPartner(ground: Ground, folder: string, env: Record<string, string>): Promise<void> {
  const file = join(folder, 'partner.json');
  await writeFile(file, JSON.stringify(PARTNER_FILE));
  await run(process.execPath, [ground.program, 'partner', 'add', file], { env, cwd: folder });
}

async function connect(ground: Ground, address: string): Promise<Client> {
  const connection = await Connection.connect({ address });
  ground.onStop(() => connection.close());
  return new Client({ connection });
}
