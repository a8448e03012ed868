// What a Temporal server tells of its work: events of a history, its own counters, whether anything still runs.
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { ask } from './http.ts';
import proto from '@temporalio/proto';

const { EventType } = proto.temporal.api.enums.v1;

export interface Engine {
  client: Client;
  /** where the server publishes its counters, for Prometheus */
  metricsUrl: string;
}

export interface HistoryCounts {
  events: number;
  activities: number;
  workflowTasks: number;
}

export async function historyCounts({ client }: Engine, workflowId: string): Promise<HistoryCounts> {
  const { events } = await client.workflow.getHandle(workflowId).fetchHistory();
  const count = (type: proto.temporal.api.enums.v1.EventType): number =>
    (events ?? []).filter(({ eventType }) => eventType === type).length;
  return {
    events: events?.length ?? 0,
    activities: count(EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED),
    workflowTasks: count(EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED),
  };
}

/** The counter by which Temporal bills its cloud: one for each start, signal, activity, timer, upsert. */
export async function actionsSoFar({ metricsUrl }: Engine): Promise<number> {
  const { body } = await ask(metricsUrl);
  const lines = body.split('\n').filter((line) => line.startsWith('action{'));
  return lines
    .filter((line) => line.includes('namespace="default"'))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

const QUIET_LIMIT_MS = 60_000;

/** Resolves when no workflow of this type runs that was started at `since` or later. */
export async function untilQuiet({ client }: Engine, workflowType: string, since: string): Promise<void> {
  const query = `WorkflowType = '${workflowType}' and StartTime >= '${since}' and ExecutionStatus = 'Running'`;
  for (const deadline = Date.now() + QUIET_LIMIT_MS; ; await sleep(250)) {
    const { count } = await client.workflow.count(query);
    if (count === 0) return;
    if (Date.now() > deadline) throw new Error(`${count} workflows of ${workflowType} do not end`);
  }
}

/** The server's banner says which port it chose. */
export async function metricsUrlOf(logFile: string): Promise<string> {
  return `http://127.0.0.1:${portIn(await readFile(logFile, 'utf8'), 'Metrics')}/metrics`;
}

export async function serverAddressOf(logFile: string): Promise<string> {
  return `127.0.0.1:${portIn(await readFile(logFile, 'utf8'), 'Server')}`;
}

function portIn(banner: string, what: 'Server' | 'Metrics'): string {
  const port = new RegExp(`Temporal ${what}: +\\S+:(\\d+)`).exec(banner)?.[1];
  if (port === undefined) throw new Error('the Temporal server does not say where it listens');
  return port;
}
