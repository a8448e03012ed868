import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedTemporal, startEmbeddedTemporal } from '../../src/embedded/temporal-server.ts';
import { fastForward, fastForwardOpenWorkflows } from '../../src/embedded/time-skipping.ts';
import { shared } from '../support/on-demand.ts';
import { quietTemporalLogs } from '../support/temporal-env.ts';
import { finishSignal, relay, ticker, ticksQuery, waiter } from './timer-workflows.ts';

const MINUTE_MS = 60_000;
const HOUR_S = 3_600;
const taskQueue = 'timers';

// A server of its own: moving all open workflows would also move those of the tests that run at the same time.
let dataDir: string;
let server: EmbeddedTemporal;
let client: Client;
let stopWorker: () => Promise<void>;

beforeAll(async () => {
  quietTemporalLogs();
  dataDir = await mkdtemp(join(tmpdir(), 'sms2pay-time-'));
  const { path: cliPath } = await shared('temporalCli');
  server = await startEmbeddedTemporal({
    dataDir,
    cliPath,
    port: 0,
    uiPort: 0,
    namespace: 'default',
    keepsData: false,
    timeSkipping: true,
    searchAttributes: [],
    env: process.env,
    report: () => {},
  });
  const { address } = server;
  client = new Client({ connection: await Connection.connect({ address }) });
  const connection = await NativeConnection.connect({ address });
  const workflowsPath = fileURLToPath(new URL('./timer-workflows.ts', import.meta.url));
  const worker = await Worker.create({ connection, taskQueue, workflowsPath });
  const run = worker.run();
  stopWorker = async () => {
    worker.shutdown();
    await run;
    await connection.close();
  };
});
afterAll(async () => {
  await stopWorker();
  await client.connection.close();
  await server.stop();
  await rm(dataDir, { recursive: true, force: true });
});

const forward = (workflowId: string, seconds: number) =>
  fastForward(client.connection, 'default', workflowId, seconds);

describe('fast-forward', () => {
  it('fires the timers inside the span and stops there', async () => {
    const handle = await client.workflow.start(ticker, {
      workflowId: 'ticker',
      taskQueue,
      args: [10, 10 * MINUTE_MS],
    });
    expect(await forward('ticker', 35 * 60)).toEqual({ kind: 'completed' });
    expect(await handle.query(ticksQuery)).toBe(3);
    expect(await forward('ticker', 2 * HOUR_S)).toEqual({ kind: 'ended' });
    const elapsedMs = await handle.result();
    expect(elapsedMs).toBeGreaterThanOrEqual(100 * MINUTE_MS);
    expect(elapsedMs).toBeLessThan(101 * MINUTE_MS);
  });

  it('leaves a signal in front of a timeout its time', async () => {
    const handle = await client.workflow.start(waiter, {
      workflowId: 'waiter',
      taskQueue,
      args: [HOUR_S * 1000],
    });
    await forward('waiter', HOUR_S - 60);
    await handle.signal(finishSignal);
    expect(await handle.result()).toBe(true);
  });

  it('gets past the server’s own limit of 200 skips', async () => {
    await client.workflow.start(ticker, { workflowId: 'many', taskQueue, args: [400, MINUTE_MS] });
    expect(await forward('many', 220 * 60)).toEqual({ kind: 'completed' });
    expect(await client.workflow.getHandle('many').query(ticksQuery)).toBeGreaterThanOrEqual(219);
  });

  it('goes on when the workflow continues as new on the way', async () => {
    const handle = await client.workflow.start(relay, {
      workflowId: 'relay',
      taskQueue,
      args: [4, 10 * MINUTE_MS],
    });
    expect(await forward('relay', 25 * 60)).toEqual({ kind: 'completed' });
    expect(await forward('relay', HOUR_S)).toEqual({ kind: 'ended' });
    expect(await handle.result()).toBe('done');
  });

  it('of a workflow that is closed or never was is no error', async () => {
    expect(await forward('ticker', 60)).toEqual({ kind: 'ended' });
    expect(await forward('never-started', 60)).toEqual({ kind: 'ended' });
  });

  it.each([0, -1, 0.5, Number.NaN])('by %s seconds is refused', async (seconds) => {
    await expect(forward('ticker', seconds)).rejects.toThrow(RangeError);
  });

  it('says when a workflow does not get there in time', async () => {
    await client.workflow.start(waiter, {
      workflowId: 'nobody-works',
      taskQueue: 'without-worker',
      args: [1],
    });
    const result = await fastForward(client.connection, 'default', 'nobody-works', 60, { limitMs: 500 });
    expect(result.kind).toBe('unfinished');
    await client.workflow.getHandle('nobody-works').terminate();
  });
});

describe('one hour later for everybody', () => {
  it('reaches every open workflow, those started a moment ago too, and no closed one', async () => {
    await client.workflow.execute(ticker, { workflowId: 'closed', taskQueue, args: [0, 0] });
    const ids = Array.from({ length: 20 }, (_, index) => `open-${index}`);
    const open = await Promise.all(
      ids.map((workflowId) =>
        client.workflow.start(ticker, { workflowId, taskQueue, args: [100, 10 * MINUTE_MS] }),
      ),
    );
    const before = await ticksOf('many');
    const result = await fastForwardOpenWorkflows(client, HOUR_S + 60);
    expect(result).toEqual({ count: 21, unfinished: [], unsupported: null });
    for (const handle of open) expect(await handle.query(ticksQuery)).toBe(6);
    expect((await ticksOf('many')) - before).toBeGreaterThanOrEqual(60);
    await Promise.all(open.map((handle) => handle.terminate()));
  });
});

function ticksOf(workflowId: string): Promise<number> {
  return client.workflow.getHandle(workflowId).query(ticksQuery);
}
