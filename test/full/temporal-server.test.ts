import { chmod, readdir, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { fastForward } from '../../src/embedded/time-skipping.ts';
import {
  accepts,
  eventually,
  openWorkflow,
  ServerBench,
  withClient,
  workflowStatus,
} from '../embedded/server-bench.ts';

let bench: ServerBench;
beforeEach(async () => {
  bench = await ServerBench.create();
});
afterEach(() => bench.end());

describe('the embedded Temporal server', () => {
  it('answers, has its namespace and search attributes, says that it skips no time, and is gone after stop', async () => {
    const server = await bench.start({ searchAttributes: [{ name: 'ChargeState', type: 'KEYWORD' }] });
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
    expect(await bench.servers()).toEqual([]);
    expect(await accepts(server.address)).toBe(false);
  });

  it('keeps its files from other users of the machine', async () => {
    await bench.start();
    const directory = join(bench.dataDir, 'temporal');
    expect((await stat(directory)).mode & 0o777).toBe(0o700);
    const files = await readdir(directory);
    expect(files).toEqual(expect.arrayContaining(['temporal.db', 'server.log']));
    const modes = await Promise.all(files.map(async (name) => (await stat(join(directory, name))).mode));
    expect(files.filter((_name, index) => ((modes[index] ?? 0) & 0o077) !== 0)).toEqual([]);
  });

  it('keeps what it had over a stop and a start, and learns search attributes invented in between', async () => {
    const first = await bench.start();
    await openWorkflow(first.address, 'kept');
    await first.stop();
    const second = await bench.start({ searchAttributes: [{ name: 'NeedsAttention', type: 'BOOL' }] });
    expect(await workflowStatus(second.address, 'kept')).toBe('RUNNING');
    const attributes = await withClient(second.address, (client) =>
      client.connection.operatorService.listSearchAttributes({ namespace: 'default' }),
    );
    expect(attributes.customAttributes).toHaveProperty('NeedsAttention');
  });

  it('ends with the application, also after kill -9; the next start waits for that and loses nothing', async () => {
    const { app, address } = await bench.startApp();
    await openWorkflow(address, 'open');
    const pid = await bench.onlyServer();
    await app.kill('SIGKILL');
    const next = await bench.start();
    expect(await bench.onlyServer()).not.toBe(pid);
    expect(await workflowStatus(next.address, 'open')).toBe('RUNNING');
  });

  it('is not left on its port when the application is killed and nobody starts again', async () => {
    const { app, address } = await bench.startApp();
    await app.kill('SIGKILL');
    await eventually(async () => expect(await accepts(address)).toBe(false));
    await eventually(async () => expect(await bench.servers()).toEqual([]));
  });

  it('comes back on the same address when it dies, and the application is told', async () => {
    const server = await bench.start();
    const exits: unknown[] = [];
    server.onExit((exit) => exits.push(exit));
    await openWorkflow(server.address, 'survivor');
    process.kill(await bench.onlyServer(), 'SIGKILL');
    await eventually(() =>
      expect(exits).toEqual([{ reason: expect.stringContaining('SIGKILL'), willRestart: true }]),
    );
    await eventually(async () => expect(await workflowStatus(server.address, 'survivor')).toBe('RUNNING'));
  });

  it('is not shared: a second application on the same DATA_DIR is refused with a sentence', async () => {
    const { app } = await bench.startApp();
    await expect(bench.start()).rejects.toThrow(
      `Another sms2pay (pid ${app.pid}) is using ${bench.dataDir}: stop it, or set another DATA_DIR or TEMPORAL_ADDRESS.`,
    );
    await bench.onlyServer();
  });

  it('takes free ports when the wanted ones are in use', async () => {
    const blocker = createServer();
    await new Promise<void>((done) => blocker.listen(0, '127.0.0.1', done));
    const address = blocker.address();
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0;
    const server = await bench.start({ port, uiPort: port });
    expect(server.address).not.toBe(`127.0.0.1:${port}`);
    expect(server.uiUrl).not.toBe(`http://127.0.0.1:${port}`);
    expect((await fetch(server.uiUrl)).status).toBe(200);
    blocker.close();
  });

  it('that cannot start is an error with the server’s own last words, and leaves nothing running', async () => {
    const broken = join(bench.dataDir, 'broken');
    await writeFile(broken, '#!/bin/sh\necho "disk on fire" >&2\nexit 7\n');
    await chmod(broken, 0o755);
    await expect(bench.start({ cliPath: broken })).rejects.toThrow(
      /exit code 7\): disk on fire \(log: .*server\.log\)/,
    );
    await expect(bench.start()).resolves.toBeDefined();
  });
});
