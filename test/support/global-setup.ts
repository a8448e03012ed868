// What a whole test run shares: one PostgreSQL cluster (ready in a second, so always there), one Temporal server and one
// workflow bundle (started when the first test asks, so that a run of unit tests does not wait for them).
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DefaultLogger, Runtime } from '@temporalio/worker';
import type { TestProject } from 'vitest/node';
import { userCacheDir } from '../../src/embedded/cli-download.ts';
import { resolveTemporalCli, type TemporalCli } from '../../src/embedded/temporal-cli.ts';
import { startEmbeddedTemporal } from '../../src/embedded/temporal-server.ts';
import { workflowBundle } from '../../src/main/workflow-bundle.ts';
import { resolveTestServer } from './test-server-binary.ts';
import * as searchAttributes from '../../src/workflows/search-attributes.ts';
import { findPostgresServer, startPostgresCluster } from './postgres-cluster.ts';

/** What tests can ask for; see `shared` in on-demand.ts. */
export interface SharedParts {
  temporal: { address: string; namespace: string };
  /** the program, for tests that start servers of their own */
  temporalCli: { path: string };
  workflowBundle: { path: string };
  /** the classic time-skipping test server */
  testServer: { path: string };
}

declare module 'vitest' {
  export interface ProvidedContext {
    /** where the shared parts are asked for */
    sharedPartsUrl: string;
    /** of a superuser; make a database of your own (`createTestDatabase`). null: no PostgreSQL on this machine */
    postgresUrl: string | null;
  }
}

const env = process.env;
const report = (line: string): void => console.log(`[setup] ${line}`);

type Undo = () => Promise<void>;

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const undo: Undo[] = [];
  const started = new Map<string, Promise<unknown>>();
  const folder = await mkdtemp(join(tmpdir(), 'sms2pay-test-'));
  undo.push(() => rm(folder, { recursive: true, force: true }));

  project.provide('postgresUrl', await startPostgres(undo));

  const parts: { [Part in keyof SharedParts]: () => Promise<SharedParts[Part]> } = {
    temporal: () => startTemporal(folder, undo, () => start('temporalCli') as Promise<TemporalCli>),
    temporalCli: findTemporalCli,
    workflowBundle: () => bundleWorkflows(folder),
    testServer: async () => ({ path: await resolveTestServer({ env, cacheDir: userCacheDir(env), report }) }),
  };
  const start = (name: string): Promise<unknown> => {
    const part = Object.entries(parts).find(([known]) => known === name)?.[1];
    const value = started.get(name) ?? part?.() ?? Promise.reject(new Error(`There is no shared "${name}".`));
    started.set(name, value);
    return value;
  };
  const server = createServer((request, response) => {
    start((request.url ?? '').slice(1)).then(
      (value) => response.end(JSON.stringify(value)),
      (error: unknown) => response.writeHead(500).end(error instanceof Error ? error.message : String(error)),
    );
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  project.provide('sharedPartsUrl', `http://127.0.0.1:${address.port}`);

  return async () => {
    server.close();
    server.closeAllConnections();
    await Promise.allSettled(started.values());
    for (const step of undo.toReversed()) await step();
  };
}

function findTemporalCli(): Promise<TemporalCli> {
  const cliPath = env['TEMPORAL_CLI_PATH'] || null;
  return resolveTemporalCli({ cliPath, env, cacheDir: userCacheDir(env), report });
}

async function startTemporal(
  folder: string,
  undo: Undo[],
  findCli: () => Promise<TemporalCli>,
): Promise<SharedParts['temporal']> {
  const external = env['TEMPORAL_ADDRESS'];
  if (external !== undefined && external !== '')
    return { address: external, namespace: env['TEMPORAL_NAMESPACE'] ?? 'default' };
  const cli = await findCli();
  const server = await startEmbeddedTemporal({
    dataDir: folder,
    keepsData: false,
    cliPath: cli.path,
    port: 0,
    uiPort: 0,
    namespace: 'default',
    timeSkipping: true,
    searchAttributes: Object.values(searchAttributes),
    env,
    report,
  });
  server.onExit((exit) => report(exit.reason));
  undo.push(() => server.stop());
  return { address: server.address, namespace: server.namespace };
}

async function bundleWorkflows(folder: string): Promise<SharedParts['workflowBundle']> {
  Runtime.install({ logger: new DefaultLogger('WARN') });
  const bundle = await workflowBundle(userCacheDir(env), env);
  const path = 'codePath' in bundle ? bundle.codePath : join(folder, 'workflows.js');
  if ('code' in bundle) await writeFile(path, bundle.code);
  report(`Workflow bundle: ${((await stat(path)).size / 1e6).toFixed(2)} MB`);
  return { path };
}

async function startPostgres(undo: Undo[]): Promise<string | null> {
  const external = env['TEST_DATABASE_URL'];
  if (external !== undefined && external !== '') return external;
  if ((await findPostgresServer(env)) !== null) {
    const cluster = await startPostgresCluster(env);
    undo.push(() => cluster.stop());
    return cluster.url;
  }
  const why =
    'no PostgreSQL server is installed (Debian: apt-get install postgresql) and TEST_DATABASE_URL is not set';
  if (!['', '0', 'false'].includes(env['CI'] ?? '')) throw new Error(`In CI nothing is skipped, but ${why}.`);
  report(`Tests on PostgreSQL are SKIPPED: ${why}`);
  return null;
}
