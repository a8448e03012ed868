/** A session's history is bounded, whatever is looked at, texted, or however long it lasts: it goes on as a new run. */
import type { temporal } from '@temporalio/proto';
import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { linkReportedSignal } from '../../src/workflows/contract.ts';
import { scaled } from '../support/scale.ts';
import { HOUR_MS, SessionWorld, type Session } from '../support/session-world.ts';

const MAX_EVENTS = 2_000;
/** hundreds of signals, and a replay of each run */
vi.setConfig({ testTimeout: 240_000 });
const DAY_MS = 24 * HOUR_MS;
const LONG_USE = { service: { sessionLimitMs: 40 * DAY_MS, reservationMinor: 200_000 } };

let world: SessionWorld;
beforeAll(async () => {
  world = await SessionWorld.open();
});
afterAll(() => world.close());

/** Histories of every run of the session, the first one first. */
async function runsOf(session: Session): Promise<temporal.api.history.v1.IHistory[]> {
  const { client } = world.env;
  const { workflowId } = session.handle;
  const description = await session.handle.describe();
  const histories: temporal.api.history.v1.IHistory[] = [];
  let runId = description.raw.workflowExecutionInfo?.firstRunId ?? '';
  while (runId !== '') {
    const history = await client.workflow.getHandle(workflowId, runId).fetchHistory();
    histories.push(history);
    runId = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? '';
  }
  return histories;
}

/** Also that the row followed from run to run: how many there were. */
async function expectBoundedAndReplayable(session: Session): Promise<number> {
  const { state, capturedMinor } = await session.ended();
  expect(await world.stores.sessions.find(session.sessionId)).toMatchObject({ state, capturedMinor });
  const runs = await runsOf(session);
  const lengths = runs.map(({ events }) => events?.length ?? 0);
  expect(Math.max(...lengths)).toBeLessThan(MAX_EVENTS);
  for (const history of runs)
    await Worker.runReplayHistory(
      { workflowBundle: { codePath: world.env.workflowBundlePath } },
      history,
      session.handle.workflowId,
    );
  return runs.length;
}

/** Many signals, never so many at once that the server cannot get a word in. */
async function inChunks(session: Session, count: number, send: () => Promise<void>): Promise<void> {
  for (let sent = 0; sent < count; sent += 50) {
    await Promise.all(Array.from({ length: Math.min(50, count - sent) }, send));
    await session.until(() => true);
  }
}

async function hint(session: Session, count: number): Promise<void> {
  await inChunks(session, count, () => session.lookAtProvider());
}

describe('a session that goes on as a new run', () => {
  it('takes thousands of hints before and in its use, and ends with what was used', async () => {
    const session = await (await world.subscriber({ provider: 'calling' })).charge();
    await session.handle.signal(linkReportedSignal, { fault: 'failed' });
    await hint(session, scaled({ sample: 1_100, full: 2_500 }));
    expect(await session.account()).toContain('| Link | **not delivered** (failed) |');
    await session.approve();
    await hint(session, scaled({ sample: 100, full: 2_500 }));
    await session.later(HOUR_MS);
    await session.subscriber.text('ENDCHARGE');
    expect(await session.ended()).toMatchObject({
      state: 'captured',
      capturedMinor: 100,
      releasedMinor: 400,
    });
    expect(session.subscriber.provider.countOf('capture', session.reference)).toBe(1);
    expect(await expectBoundedAndReplayable(session)).toBeGreaterThan(1);
    const row = await world.stores.sessions.find(session.sessionId);
    const [toFirstTask] = await session.resetsOfLastRun();
    await toFirstTask?.();
    expect(await session.handle.result()).toEqual({ alreadyOver: true, state: 'captured' });
    expect(await world.stores.sessions.find(session.sessionId)).toEqual(row);
    expect(session.subscriber.texts()).toHaveLength(2);
  });

  it('answers ten of twenty STATUS in each hour of a long use, and has every one of them on record as handled', async () => {
    const customer = await world.subscriber({ provider: 'calling', ...LONG_USE });
    customer.provider.capabilities.captureDeadlineMs = 90 * DAY_MS;
    const session = await customer.charge();
    await session.approve();
    const hours = scaled({ sample: 14, full: 50 });
    for (let hour = 0; hour < hours; hour += 1) {
      for (let n = 0; n < 20; n += 1) await customer.text('STATUS');
      await session.later(HOUR_MS);
    }
    await customer.text('ENDCHARGE');
    expect(await session.ended()).toMatchObject({ state: 'captured', capturedMinor: hours * 100 });
    expect(await expectBoundedAndReplayable(session)).toBeGreaterThan(1);
    const ledger = await world.stores.ledger.read(session.sessionId);
    const ignored = [{ reason: 'tooManySessionTexts', count: hours * 10 }];
    expect(ledger?.messages).toEqual({ count: hours * 10 + 2, unhandled: 0, ignored });
  });

  it('lasts 30 days with hints of each day, and its customer is charged for all of them', async () => {
    const customer = await world.subscriber({ provider: 'calling', ...LONG_USE });
    customer.provider.capabilities.captureDeadlineMs = 90 * DAY_MS;
    const session = await customer.charge();
    await session.approve();
    for (let day = 0; day < 30; day += 1) {
      await hint(session, scaled({ sample: 40, full: 200 }));
      await session.later(DAY_MS);
    }
    await customer.text('ENDCHARGE');
    expect(await session.ended()).toMatchObject({ state: 'captured', capturedMinor: 72_000 });
    expect(await expectBoundedAndReplayable(session)).toBeGreaterThan(1);
  });
});
