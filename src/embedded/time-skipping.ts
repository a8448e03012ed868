// Moving open workflows forward in time on a server that can (dynamic config frontend.WorkflowTimeSkippingEnabled).
// Must not: be used without the simulator; business time would part from the world's.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Client,
  type ConnectionLike,
  isGrpcDeadlineError,
  isGrpcServiceError,
} from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time.js';

type FastForward =
  /** the workflow's clock has reached the target */
  | { kind: 'completed' }
  /** it ended before the target, or had ended already, or there is none of this id */
  | { kind: 'ended' }
  /** the server cannot skip time; `reason` is its own words */
  | { kind: 'unsupported'; reason: string }
  /** not there in time: a step is still running, or it retries without pause */
  | { kind: 'unfinished'; reason: string };

/** of real time */
const DEFAULT_LIMIT_MS = 60_000;
const ONE_POLL_MS = 10_000;
const CALL_TIMEOUT_MS = 30_000;
// A limit per call against endless retries; the server's own is low, and past it time silently runs at wall speed.
const MAX_SKIPS = 10_000;
// gRPC status codes and values of the server's enums.
const CANCELLED = 1;
const NOT_FOUND = 5;
const UNIMPLEMENTED = 12;
const POLL_COMPLETED = 2;
const POLL_FAILED = 3;
const STATUS_RUNNING = 1;

/**
 * Moves one workflow's clock `seconds` ahead (a whole number, at least 1) and waits until it is there. Its timers inside
 * that span fire in order; running activities hold it up. Other workflows are not touched.
 */
export async function fastForward(
  connection: ConnectionLike,
  namespace: string,
  workflowId: string,
  seconds: number,
  { limitMs = DEFAULT_LIMIT_MS }: { limitMs?: number } = {},
): Promise<FastForward> {
  if (!Number.isSafeInteger(seconds) || seconds < 1)
    throw new RangeError('Time moves forward by a whole number of seconds, at least 1.');
  const fastForwardId = randomUUID();
  const deadline = Date.now() + limitMs;
  const workflow = { namespace, workflowExecution: { workflowId } };
  try {
    await connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
      connection.workflowService.updateWorkflowExecutionOptions({
        ...workflow,
        workflowExecutionOptions: {
          timeSkippingConfig: {
            enabled: true,
            maxSessionSkipCount: MAX_SKIPS,
            fastForwardConfig: { id: fastForwardId, duration: msToTs(seconds * 1000) },
          },
        },
        updateMask: { paths: ['time_skipping_config'] },
      }),
    );
    return await arrival(connection, { ...workflow, fastForwardId }, deadline);
  } catch (error) {
    if (codeOf(error) === NOT_FOUND) return { kind: 'ended' };
    if (isGrpcServiceError(error) && codeOf(error) === UNIMPLEMENTED)
      return { kind: 'unsupported', reason: error.details };
    throw error;
  }
}

interface FastForwardAll {
  /** workflows moved to the target, or to their end on the way */
  count: number;
  /** ids of those that did not get there in time */
  unfinished: string[];
  /** why the server cannot do it; null when it can, or when nothing was open */
  unsupported: string | null;
}

/** Moves every open workflow of the client's namespace `seconds` ahead, all at once. */
export async function fastForwardOpenWorkflows(client: Client, seconds: number): Promise<FastForwardAll> {
  const { namespace } = client.options;
  const ids = await openWorkflows(client);
  const results = await Promise.all(
    ids.map(async (id) => ({ id, ...(await fastForward(client.connection, namespace, id, seconds)) })),
  );
  const unsupported = results.find((result) => result.kind === 'unsupported');
  return {
    count: results.filter((result) => result.kind === 'completed' || result.kind === 'ended').length,
    unfinished: results.filter((result) => result.kind === 'unfinished').map((result) => result.id),
    unsupported: unsupported?.reason ?? null,
  };
}

const STABLE_AFTER_MS = 150;
const MAX_LISTS = 20;

/** Listing lags behind starting: repeated until two answers in a row agree. */
async function openWorkflows(client: Client): Promise<string[]> {
  let known: string | null = null;
  for (let round = 0; ; round += 1) {
    const ids = await client.withDeadline(Date.now() + CALL_TIMEOUT_MS, async () => {
      const found: string[] = [];
      for await (const { workflowId } of client.workflow.list({ query: 'ExecutionStatus = "Running"' }))
        found.push(workflowId);
      return found.toSorted();
    });
    if (ids.join('\n') === known || round >= MAX_LISTS) return ids;
    known = ids.join('\n');
    await sleep(STABLE_AFTER_MS);
  }
}

async function arrival(
  connection: ConnectionLike,
  poll: { namespace: string; workflowExecution: { workflowId: string }; fastForwardId: string },
  deadline: number,
): Promise<FastForward> {
  const { namespace, workflowExecution: execution } = poll;
  while (Date.now() < deadline) {
    const answer = await connection
      .withDeadline(Math.min(deadline, Date.now() + ONE_POLL_MS), () =>
        connection.workflowService.pollWorkflowExecutionTimeSkipping(poll),
      )
      .catch((error: unknown) => {
        // Past its deadline a poll sometimes ends as cancelled.
        if (isGrpcDeadlineError(error) || codeOf(error) === CANCELLED) return null;
        throw error;
      });
    const result: number | undefined = answer?.fastForwardPollingResult;
    if (result === POLL_COMPLETED) return { kind: 'completed' };
    if (result !== POLL_FAILED) continue;
    const now = await connection.withDeadline(Date.now() + CALL_TIMEOUT_MS, () =>
      connection.workflowService.describeWorkflowExecution({ namespace, execution }),
    );
    const status: number | null | undefined = now.workflowExecutionInfo?.status;
    if (status !== STATUS_RUNNING) return { kind: 'ended' };
    return { kind: 'unfinished', reason: answer?.failedReason ?? 'the server gave no reason' };
  }
  return { kind: 'unfinished', reason: 'the workflow did not get there in time' };
}

function codeOf(error: unknown): number | null {
  return isGrpcServiceError(error) ? error.code : null;
}
