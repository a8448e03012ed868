import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { findServersOn } from '../../src/embedded/server-process.ts';
import {
  type EmbeddedTemporal,
  type EmbeddedTemporalOptions,
  startEmbeddedTemporal,
} from '../../src/embedded/temporal-server.ts';
import { fastForward } from '../../src/embedded/time-skipping.ts';
import { shared } from '../support/on-demand.ts';
import { type Child, parentOf, startChild, startProcess } from './children.ts';

let cliPath: string;
let dataDir: string;
let database: string;
let lines: string[];
let running: EmbeddedTemporal[];

beforeAll(async () => {
  ({ path: cliPath } = await shared('temporalCli'));
});
beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sms2pay-server-'));
  database = join(dataDir, 'temporal', 'temporal.db');
  lines = [];
  running = [];
});
afterEach(async () => {
  await Promise.all(running.map((server) => server.stop()));
  await rm(dataDir, { recursive: true, force: true });
});

async function start(more: Partial<EmbeddedTemporalOptions> = {}): Promise<EmbeddedTemporal> {
  const server = await startEmbeddedTemporal({
    dataDir,
    cliPath,
    port: 0,
    uiPort: 0,
    namespace: 'default',
    timeSkipping: false,
    searchAttributes: [],
    env: process.env,
    report: (line) => lines.push(line),
    ...more,
  });
  running.push(server);
  return server;
}

/** The application as a process of its own, and the address it prints. */
async function startApp(): Promise<{ app: Child; address: string }> {
  const app = startChild('app-child', { dataDir, cliPath });
  const line = await app.line();
  expect(line).toMatch(/^at /);
  return { app, address: line.slice('at '.length) };
}

async function withClient<T>(address: string, use: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await use(new Client({ connection }));
  } finally {
    await connection.close();
  }
}

const openWorkflow = (address: string, workflowId: string) =>
  withClient(address, (client) =>
    client.workflow.start('waits', { workflowId, taskQueue: 'nobody-listens' }),
  );
const workflowStatus = (address: string, workflowId: string) =>
  withClient(address, async (client) => (await client.workflow.getHandle(workflowId).describe()).status.name);

function accepts(address: string): Promise<boolean> {
  const [host, port] = address.split(':');
  return new Promise((done) => {
    const socket = connect(Number(port), host);
    socket.on('connect', () => done(socket.destroy() !== null));
    socket.on('error', () => done(false));
  });
}

async function onlyServer(): Promise<number> {
  const [pid, ...others] = await findServersOn(database);
  if (pid === undefined || others.length > 0) throw new Error(`not one server: ${pid}, ${others.join()}`);
  return pid;
}

const eventually = (check: () => unknown) => vi.waitFor(check, { timeout: 15_000, interval: 50 });

describe('the embedded Temporal server', () => {
  it('answers, has its namespace and search attributes, says that it skips no time, and is gone after stop', async () => {
    const server = await start({ searchAttributes: [{ name: 'ChargeState', type: 'KEYWORD' }] });
    await openWorkflow(server.address, 'a');
    await withClient(server.address, async (client) => {
      const { customAttributes } = await client.connection.operatorService.listSearchAttributes({
        namespace: server.namespace,
      });
      expect(customAttributes).toHaveProperty('ChargeState');
      expect(await fastForward(client.connection, 'default', 'a', 60)).toEqual({
        kind: 'unsupported',
        reason: expect.stringContaining('not enabled'),
      });
    });
    expect((await fetch(server.uiUrl)).status).toBe(200);
    await server.stop();
    expect(await findServersOn(database)).toEqual([]);
    expect(await accepts(server.address)).toBe(false);
  });

  it('keeps what it had over a stop and a start, and learns search attributes invented in between', async () => {
    const first = await start();
    await openWorkflow(first.address, 'kept');
    await first.stop();
    const second = await start({ searchAttributes: [{ name: 'NeedsAttention', type: 'BOOL' }] });
    expect(await workflowStatus(second.address, 'kept')).toBe('RUNNING');
    const attributes = await withClient(second.address, (client) =>
      client.connection.operatorService.listSearchAttributes({ namespace: 'default' }),
    );
    expect(attributes.customAttributes).toHaveProperty('NeedsAttention');
  });

  it('ends with the application, also after kill -9; the next start waits for that and loses nothing', async () => {
    const { app, address } = await startApp();
    await openWorkflow(address, 'open');
    const pid = await onlyServer();
    await app.kill('SIGKILL');
    const next = await start();
    expect(await onlyServer()).not.toBe(pid);
    expect(await workflowStatus(next.address, 'open')).toBe('RUNNING');
  });

  it('is not left on its port when the application is killed and nobody starts again', async () => {
    const { app, address } = await startApp();
    await app.kill('SIGKILL');
    await eventually(async () => expect(await accepts(address)).toBe(false));
    await eventually(async () => expect(await findServersOn(database)).toEqual([]));
  });

  it('left behind by a supervisor that was killed together with the application is stopped by the next start', async () => {
    const { app, address } = await startApp();
    await openWorkflow(address, 'orphaned');
    const orphan = await onlyServer();
    process.kill(await parentOf(orphan), 'SIGKILL');
    await app.kill('SIGKILL');
    const next = await start();
    expect(lines).toContain('Stopped a Temporal server that an earlier run had left behind.');
    expect(await onlyServer()).not.toBe(orphan);
    expect(await workflowStatus(next.address, 'orphaned')).toBe('RUNNING');
  });

  it('comes back on the same address when it dies, and the application is told', async () => {
    const server = await start();
    const exits: unknown[] = [];
    server.onExit((exit) => exits.push(exit));
    await openWorkflow(server.address, 'survivor');
    process.kill(await onlyServer(), 'SIGKILL');
    await eventually(() =>
      expect(exits).toEqual([{ reason: expect.stringContaining('SIGKILL'), willRestart: true }]),
    );
    await eventually(async () => expect(await workflowStatus(server.address, 'survivor')).toBe('RUNNING'));
  });

  it('comes back on the same address when its supervisor dies while the application lives', async () => {
    const server = await start();
    const exits: unknown[] = [];
    server.onExit((exit) => exits.push(exit));
    await openWorkflow(server.address, 'survivor');
    const orphan = await onlyServer();
    process.kill(await parentOf(orphan), 'SIGKILL');
    await eventually(async () => expect(await onlyServer()).not.toBe(orphan));
    await eventually(async () => expect(await workflowStatus(server.address, 'survivor')).toBe('RUNNING'));
    expect(exits).toEqual([{ reason: expect.stringContaining('supervisor'), willRestart: true }]);
  });

  it('is not shared: a second application on the same DATA_DIR is refused with a sentence', async () => {
    const { app } = await startApp();
    await expect(start()).rejects.toThrow(
      `Another sms2pay (pid ${app.pid}) is using ${dataDir}: stop it, or set another DATA_DIR or TEMPORAL_ADDRESS.`,
    );
    await onlyServer();
  });

  it('outlives Ctrl-C and a stray SIGTERM to its supervisor until the application has stopped', async () => {
    const { app, address } = await startApp();
    const supervisor = await parentOf(await onlyServer());
    process.kill(-app.pid, 'SIGINT');
    expect(await app.line()).toBe('SIGINT');
    process.kill(supervisor, 'SIGTERM');
    process.kill(supervisor, 'SIGINT');
    await openWorkflow(address, 'finished-after-ctrl-c');
    app.tell('stop');
    expect(await app.line()).toBe('stopped');
    expect(await findServersOn(database)).toEqual([]);
  });

  it('takes free ports when the wanted ones are in use', async () => {
    const blocker = createServer();
    await new Promise<void>((done) => blocker.listen(0, '127.0.0.1', done));
    const address = blocker.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const server = await start({ port, uiPort: port });
    expect(server.address).not.toBe(`127.0.0.1:${port}`);
    expect(server.uiUrl).not.toBe(`http://127.0.0.1:${port}`);
    expect((await fetch(server.uiUrl)).status).toBe(200);
    blocker.close();
  });

  it('that cannot start is an error with the server’s own last words, and leaves nothing running', async () => {
    const broken = join(dataDir, 'broken');
    await writeFile(broken, '#!/bin/sh\necho "disk on fire" >&2\nexit 7\n');
    await chmod(broken, 0o755);
    await expect(start({ cliPath: broken })).rejects.toThrow(
      /exit code 7\): disk on fire \(log: .*server\.log\)/,
    );
    await expect(start()).resolves.toBeDefined();
  });
});

describe('compiled for a release', () => {
  it('starts and stops its server with plain Node, without tsx', async () => {
    const root = join(import.meta.dirname, '../..');
    const config = join(dataDir, 'tsconfig.json');
    await writeFile(
      config,
      JSON.stringify({
        extends: join(root, 'tsconfig.json'),
        compilerOptions: {
          noEmit: false,
          outDir: join(dataDir, 'dist'),
          rootDir: root,
          typeRoots: [join(root, 'node_modules/@types')],
        },
        include: [join(root, 'src/embedded'), join(root, 'test/embedded/app-child.ts')],
      }),
    );
    await writeFile(join(dataDir, 'package.json'), '{"type":"module"}');
    await symlink(join(root, 'node_modules'), join(dataDir, 'node_modules'));
    await promisify(execFile)(join(root, 'node_modules/.bin/tsc'), ['-p', config]);
    const script = join(dataDir, 'dist/test/embedded/app-child.js');
    const app = startProcess(process.execPath, [script, JSON.stringify({ dataDir, cliPath })]);
    expect(await app.line()).toMatch(/^at 127\.0\.0\.1:\d+$/);
    app.tell('stop');
    expect(await app.line()).toBe('stopped');
    expect(await findServersOn(database)).toEqual([]);
  });
});
