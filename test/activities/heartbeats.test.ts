// What Temporal sees of an activity while it runs: a worker that died is noticed, and one that works is not taken for dead.
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Activities } from '../../src/activities/contract.ts';
import { showingLife } from '../../src/activities/heartbeats.ts';

const TIMEOUT_MS = 5_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Beats of an activity that lasts so long, and none after its end. */
async function beatsOf(
  lastsMs: number,
  heartbeatTimeoutMs: number | null,
  work: () => Promise<void> = () => Promise.resolve(),
): Promise<number> {
  const environment = new MockActivityEnvironment(heartbeatTimeoutMs === null ? {} : { heartbeatTimeoutMs });
  let beats = 0;
  environment.on('heartbeat', () => (beats += 1));
  let end = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const freeSlot = () => ended.then(work);
  const live = showingLife({ freeSlot } as unknown as Activities);
  const run = environment.run(() => live.freeSlot({} as Parameters<Activities['freeSlot']>[0]));
  const settled = run.catch((error: unknown) => error);
  await vi.advanceTimersByTimeAsync(lastsMs);
  end();
  await settled;
  const atEnd = beats;
  await vi.advanceTimersByTimeAsync(10 * TIMEOUT_MS);
  expect(beats).toBe(atEnd);
  return beats;
}

describe('an activity', () => {
  it('that takes long beats twice within each time-out, until its end', async () => {
    expect(await beatsOf(10 * TIMEOUT_MS, TIMEOUT_MS)).toBeGreaterThanOrEqual(20);
  });

  it('that ends soon costs the server no call', async () => {
    expect(await beatsOf(TIMEOUT_MS / 5, TIMEOUT_MS)).toBe(0);
  });

  it('that fails beats no longer', async () => {
    const fails = () => Promise.reject(new Error('no database'));
    expect(await beatsOf(TIMEOUT_MS, TIMEOUT_MS, fails)).toBeGreaterThanOrEqual(1);
  });

  it('that needs none, as it may not be taken for dead, beats never', async () => {
    expect(await beatsOf(2 * TIMEOUT_MS, null)).toBe(0);
  });
});
