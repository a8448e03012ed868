// What the API relies on at a real Temporal server: ids that cannot start twice, a signal that knows when nobody is
// there, and time-outs. No worker runs but where one is named, so nothing here depends on our workflows.
import { randomUUID } from 'node:crypto';
import { Connection, WorkflowClient, type WorkflowHandle } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSessionWorkflows } from '../../src/app/sessions/session-workflows.ts';
import { chargeSessionWorkflowId, keywordReplyWorkflowId, TASK_QUEUE } from '../../src/workflows/contract.ts';
import { openTemporalEnv, type TemporalEnv } from '../support/temporal-env.ts';
import { NOW } from '../api/api-fixture.ts';
import { ORDINARY_TERMS } from '../support/terms.ts';

const INPUT = { inboxId: 'in-1', terms: ORDINARY_TERMS, requestedAt: NOW, at: NOW };

const MESSAGE = { kind: 'endCharge' as const, inboxId: 'in-2', sentAt: NOW, receivedAt: NOW };
const OPENED = { at: NOW };
const PRESS = { action: 'endNow', actionId: 'press-1' } as const;

let env: TemporalEnv;
const started: string[] = [];

beforeAll(async () => {
  env = await openTemporalEnv();
});
afterAll(async () => {
  for (const workflowId of started) {
    const handle = env.client.workflow.getHandle(workflowId);
    await handle.terminate().catch(() => undefined);
  }
  await env.close();
});

/** A session that has been started and waits for a worker. */
async function startedSession() {
  const workflows = createSessionWorkflows(env.client.workflow);
  const sessionId = randomUUID();
  const workflowId = chargeSessionWorkflowId(sessionId);
  started.push(workflowId);
  await workflows.startSession({ sessionId, ...INPUT });
  return { workflows, sessionId, handle: env.client.workflow.getHandle(workflowId) };
}

async function signalsOf(handle: WorkflowHandle): Promise<string[]> {
  const events = (await handle.fetchHistory()).events ?? [];
  return events.flatMap((event) => event.workflowExecutionSignaledEventAttributes?.signalName ?? []);
}

test('a session is started on our queue, with ids and terms alone in its input and a readable summary', async () => {
  const { handle, sessionId } = await startedSession();
  const description = await handle.describe();
  expect(description).toMatchObject({ type: 'ChargeSession', taskQueue: TASK_QUEUE });
  expect(await description.staticSummary()).toBe(`Session ${sessionId}`);
  const [first] = (await handle.fetchHistory()).events ?? [];
  const [input] = first?.workflowExecutionStartedEventAttributes?.input?.payloads ?? [];
  expect(JSON.parse(Buffer.from(input?.data ?? []).toString())).toEqual({ sessionId, ...INPUT });
});

test('a session starts once: repeated while it runs and after it has ended', async () => {
  const { workflows, sessionId, handle } = await startedSession();
  const { runId } = await handle.describe();
  await workflows.startSession({ sessionId, ...INPUT });
  await handle.terminate();
  await workflows.startSession({ sessionId, ...INPUT });
  expect((await handle.describe()).runId).toBe(runId);
  expect(await workflows.isRunning(sessionId)).toBe(false);
});

test('a reply starts once', async () => {
  const workflows = createSessionWorkflows(env.client.workflow);
  const inboxId = randomUUID();
  started.push(keywordReplyWorkflowId(inboxId));
  await workflows.startReply({ inboxId });
  await workflows.startReply({ inboxId });
  const description = await env.client.workflow.getHandle(keywordReplyWorkflowId(inboxId)).describe();
  expect(description.type).toBe('KeywordReply');
});

test('signals carry their names and reach a running session', async () => {
  const { workflows, sessionId, handle } = await startedSession();
  expect(await workflows.isRunning(sessionId)).toBe(true);
  expect(await workflows.customerMessage(sessionId, MESSAGE)).toBe('accepted');
  expect(await workflows.paymentChanged(sessionId)).toBe('accepted');
  expect(await workflows.paymentOpened(sessionId, OPENED)).toBe('accepted');
  expect(await workflows.operatorAction(sessionId, PRESS)).toBe('accepted');
  expect(await signalsOf(handle)).toEqual([
    'customerMessage',
    'paymentChanged',
    'paymentOpened',
    'operatorAction',
  ]);
});

test('a session that has ended, or never was, is not running', async () => {
  const { workflows, sessionId, handle } = await startedSession();
  await handle.terminate();
  for (const gone of [sessionId, randomUUID()]) {
    expect(await workflows.customerMessage(gone, MESSAGE)).toBe('notRunning');
    expect(await workflows.paymentChanged(gone)).toBe('notRunning');
    expect(await workflows.paymentOpened(gone, OPENED)).toBe('notRunning');
    expect(await workflows.operatorAction(gone, PRESS)).toBe('notRunning');
    expect(await workflows.isRunning(gone)).toBe(false);
  }
});

test('a namespace that does not exist is an error, never "not running": no slot may be freed for it', async () => {
  const client = new WorkflowClient({ connection: env.connection, namespace: 'no-such-namespace' });
  const workflows = createSessionWorkflows(client);
  await expect(workflows.customerMessage('s', MESSAGE)).rejects.toThrow(/namespace/i);
  await expect(workflows.isRunning('s')).rejects.toThrow(/namespace/i);
});

test('a server that is not there is an error within the time-out', async () => {
  const connection = Connection.lazy({ address: '127.0.0.1:1' });
  const workflows = createSessionWorkflows(new WorkflowClient({ connection }), {
    callTimeoutMs: 300,
  });
  const startedMs = performance.now();
  await expect(workflows.customerMessage('s', MESSAGE)).rejects.toThrow(/deadline|unavailable|signal/i);
  await expect(workflows.startSession({ sessionId: 's', ...INPUT })).rejects.toThrow(/start/i);
  expect(performance.now() - startedMs).toBeLessThan(5000);
  await connection.close();
});
