// A Temporal server that takes a call and never answers holds nobody up: what nobody waits for has an end as well.
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createIssuedNumbers, createSessionExecutions } from '../../src/app/sessions/session-executions.ts';
import { createSessionWorkflows } from '../../src/app/sessions/session-workflows.ts';
import { claimNamespace } from '../../src/main/temporal.ts';
import { openTemporalEnv, type TemporalEnv } from '../support/temporal-env.ts';

const TIMEOUT_MS = 300;

let env: TemporalEnv;
let client: Client;
const sockets: Socket[] = [];

/** Passes everything on until the server hangs. */
const wire = createServer((incoming) => {
  const [host = '', port = ''] = env.address.split(':');
  const outgoing = connect(Number(port), host);
  for (const socket of [incoming, outgoing]) socket.on('error', () => {});
  incoming.pipe(outgoing).pipe(incoming);
  sockets.push(incoming, outgoing);
});

beforeAll(async () => {
  env = await openTemporalEnv();
  await new Promise<void>((done) => wire.listen(0, '127.0.0.1', done));
  const { port } = wire.address() as AddressInfo;
  const connection = await Connection.connect({ address: `127.0.0.1:${port}` });
  client = new Client({ connection, namespace: env.namespace });
});
afterAll(async () => {
  await client.connection.close();
  for (const socket of sockets) socket.destroy();
  wire.close();
  await env.close();
});

test('every call ends in time and says so when the server hangs', async () => {
  const executions = createSessionExecutions(client.workflow, { timeoutMs: TIMEOUT_MS });
  const numbers = createIssuedNumbers(client.workflow, { timeoutMs: TIMEOUT_MS });
  const asked = { partnerId: 'nobody', installationId: 'a1b2c3d4', above: 7 };
  const sessions = createSessionWorkflows(client.workflow, { callTimeoutMs: TIMEOUT_MS });
  expect(await executions.listEnded('none', new Date('2999-01-01'), 1)).toEqual([]);
  expect(await numbers.highest(asked)).toBe(7);
  expect(await sessions.isRunning('nobody')).toBe(false);

  for (const socket of sockets) {
    socket.unpipe();
    socket.pause();
  }
  const ours = { ledger: { installationId: () => Promise.resolve('a1b2c3d4') } };
  const schedule = { everyMs: 60_000, scheduleId: env.uniqueId('schedule'), timeoutMs: TIMEOUT_MS };
  const calls: Record<string, () => Promise<unknown>> = {
    listRunning: () => executions.listRunning('none', 1),
    listEnded: () => executions.listEnded('none', null, 1),
    highest: () => numbers.highest(asked),
    schedule: () => claimNamespace(client, ours, schedule),
    describe: () => sessions.isRunning('nobody'),
    open: () => sessions.paymentOpened('nobody', { at: new Date().toISOString() }),
    press: () => sessions.operatorAction('nobody', { action: 'endNow', actionId: 'press-1' }),
  };
  for (const [name, call] of Object.entries(calls)) {
    const startedMs = performance.now();
    await expect(call(), name).rejects.toThrow(/deadline|cancelled|failed to/i);
    expect(performance.now() - startedMs, name).toBeLessThan(5_000);
  }
});
