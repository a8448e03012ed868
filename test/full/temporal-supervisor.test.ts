// What stands between the application and its Temporal server is killed, or hears signals meant for others.
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parentOf } from '../embedded/children.ts';
import { eventually, openWorkflow, ServerBench, workflowStatus } from '../embedded/server-bench.ts';

let bench: ServerBench;
beforeEach(async () => {
  bench = await ServerBench.create();
});
afterEach(() => bench.end());

describe('the embedded Temporal server', () => {
  it('left behind by a supervisor that was killed together with the application is stopped by the next start', async () => {
    const { app, address } = await bench.startApp();
    await openWorkflow(address, 'orphaned');
    const orphan = await bench.onlyServer();
    process.kill(await parentOf(orphan), 'SIGKILL');
    await app.kill('SIGKILL');
    const next = await bench.start();
    expect(bench.lines).toContain('Stopped a Temporal server that an earlier run had left behind.');
    expect(await bench.onlyServer()).not.toBe(orphan);
    expect(await workflowStatus(next.address, 'orphaned')).toBe('RUNNING');
  });

  it('comes back on the same address when its supervisor dies while the application lives', async () => {
    const server = await bench.start();
    const exits: unknown[] = [];
    server.onExit((exit) => exits.push(exit));
    await openWorkflow(server.address, 'survivor');
    const orphan = await bench.onlyServer();
    process.kill(await parentOf(orphan), 'SIGKILL');
    await eventually(async () => expect(await bench.onlyServer()).not.toBe(orphan));
    await eventually(async () => expect(await workflowStatus(server.address, 'survivor')).toBe('RUNNING'));
    expect(exits).toEqual([{ reason: expect.stringContaining('supervisor'), willRestart: true }]);
  });

  it('outlives Ctrl-C and a stray SIGTERM to its supervisor until the application has stopped', async () => {
    const { app, address } = await bench.startApp();
    const supervisor = await parentOf(await bench.onlyServer());
    process.kill(-app.pid, 'SIGINT');
    expect(await app.line()).toBe('SIGINT');
    process.kill(supervisor, 'SIGTERM');
    process.kill(supervisor, 'SIGINT');
    await openWorkflow(address, 'finished-after-ctrl-c');
    app.tell('stop');
    expect(await app.line()).toBe('stopped');
    expect(await bench.servers()).toEqual([]);
  });
});
