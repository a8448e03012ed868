/** Records the histories of replay.test.ts that are not there yet; earlier ones stay, with the code they were recorded by. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { requestAction } from '../../src/app/actions/request-action.ts';
import {
  keywordReplyWorkflowId,
  RECONCILIATION_ID,
  RECONCILIATION_WORKFLOW,
  sessionActionWorkflowId,
} from '../../src/workflows/contract.ts';
import { HOUR_MS, MINUTE_MS, SessionWorld, type Session } from '../support/session-world.ts';
import { HISTORIES, recordedHistories } from './histories.ts';

const { History } = temporal.api.history.v1;

let world: SessionWorld;
beforeAll(async () => {
  world = await SessionWorld.open();
  mkdirSync(HISTORIES, { recursive: true });
});
afterAll(() => world.close());

/** What says on which machine it was recorded is of no use to a replay. */
const MACHINE_FIELDS = new Set(['stackTrace', 'identity', 'taskToken']);

async function keep(name: string, session: Session): Promise<void> {
  await keepHistory(name, session.handle, await session.ended());
}

async function keepHistory(
  name: string,
  handle: Pick<WorkflowHandle, 'workflowId' | 'fetchHistory'>,
  result: unknown,
): Promise<void> {
  const file = join(HISTORIES, `${name}.json`);
  if (existsSync(file)) return;
  const history: unknown = JSON.parse(
    JSON.stringify(
      History.toObject(History.create(await handle.fetchHistory()), {
        longs: String,
        bytes: String,
        enums: String,
      }),
      (key, value: unknown) => (MACHINE_FIELDS.has(key) ? '' : value),
    ),
  );
  const { workflowId } = handle;
  writeFileSync(file, `${JSON.stringify({ name, workflowId, result, history }, null, 1)}\n`);
}

it('records', async () => {
  const reference = await (await world.subscriber()).charge();
  await reference.open();
  await reference.approve();
  await reference.subscriber.text('STATUS');
  await reference.later(HOUR_MS);
  await reference.subscriber.text('ENDCHARGE');
  await keep('captured-reference-flow', reference);

  // While it is the only session there is.
  const { workflow } = world.env.client;
  const reconciliation = await workflow.start(RECONCILIATION_WORKFLOW, {
    taskQueue: world.taskQueue,
    workflowId: RECONCILIATION_ID,
    args: [{ after: null, counts: {} }],
  });
  await keepHistory('reconciliation', reconciliation, await reconciliation.result());

  const help = workflow.getHandle(keywordReplyWorkflowId(await reference.subscriber.text('HELP')));
  await keepHistory('keyword-reply', help, await help.result());

  const released = await (await world.subscriber({ provider: 'calling' })).charge();
  await released.approve();
  await released.later(HOUR_MS);
  await released.subscriber.text('ENDCHARGE');
  await keep('captured-and-released', released);

  const refund = {
    kind: 'refund',
    amountMinor: 50,
    actionId: randomUUID(),
    actor: 'operator-1',
    reason: 'test',
  } as const;
  await requestAction(world.actionDeps(), released.sessionId, refund);
  const action = workflow.getHandle(sessionActionWorkflowId(released.sessionId, refund.actionId));
  await keepHistory('session-action-refund', action, await action.result());

  const retried = await (await world.subscriber()).charge();
  await retried.approve();
  await retried.later(HOUR_MS);
  retried.subscriber.provider.failNext('capture', 'unavailable', { times: 6 });
  await retried.subscriber.text('ENDCHARGE');
  await retried.untilState('capturing');
  await retried.later(HOUR_MS);
  await keep('captured-after-retries', retried);

  const zero = await (await world.subscriber({ provider: 'calling' })).charge();
  await zero.approve();
  await zero.subscriber.text('ENDCHARGE');
  await keep('released-zero-usage', zero);

  const cancelled = await (await world.subscriber()).charge();
  await cancelled.subscriber.text('ENDCHARGE');
  await cancelled.untilState('cancelled');
  cancelled.subscriber.provider.approve(cancelled.reference);
  await cancelled.lookAtProvider();
  await keep('cancelled-approved-late', cancelled);

  const declined = await (await world.subscriber()).charge();
  declined.subscriber.provider.reject(declined.reference);
  await declined.lookAtProvider();
  await keep('declined', declined);

  const limit = await (await world.subscriber({ service: { sessionLimitMs: 2 * HOUR_MS } })).charge();
  await limit.approve();
  await limit.later(3 * HOUR_MS);
  await keep('ended-at-limit', limit);

  const expired = await (await world.subscriber()).charge();
  await expired.later(HOUR_MS);
  await keep('expired', expired);

  const opened = await (await world.subscriber({ provider: 'onOpen' })).charge();
  await opened.open();
  await opened.later(11 * MINUTE_MS);
  opened.subscriber.provider.expire(opened.reference);
  await opened.open();
  await opened.later(HOUR_MS);
  await keep('opened-twice', opened);

  const operated = await (await world.subscriber({ provider: 'calling' })).charge();
  await operated.approve();
  await operated.later(HOUR_MS);
  await operated.operator('endNow');
  await keep('ended-by-operator', operated);

  const spent = await (await world.subscriber({ provider: 'calling' })).charge();
  await spent.approve();
  await spent.later(HOUR_MS);
  spent.subscriber.provider.failNext('capture', 'unavailable', { keyBinding: 'bound' });
  spent.subscriber.provider.failNext('release', 'misconfigured', { keyBinding: 'bound' });
  await spent.subscriber.text('ENDCHARGE');
  await spent.until(({ needsAttention }) => needsAttention);
  await spent.later(2 * MINUTE_MS);
  await spent.until(({ attentionReason }) => attentionReason === 'releaseDelayed');
  await spent.later(2 * MINUTE_MS);
  await keep('captured-with-the-next-key', spent);
  expect(recordedHistories()).toHaveLength(14);
}, 120_000);
