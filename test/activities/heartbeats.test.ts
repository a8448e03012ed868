// What Temporal sees of an activity while it runs: a worker that died is noticed, and one that works is not taken for dead.
import { setTimeout as sleep } from 'node:timers/promises';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import type { Activities } from '../../src/activities/contract.ts';
import { showingLife } from '../../src/activities/heartbeats.ts';

const TIMEOUT_MS = 200;

async function beatsOf(lastsMs: number, heartbeatTimeoutMs?: number): Promise<number[]> {
  const beganMs = performance.now();
  const beats: number[] = [];
  const environment = new MockActivityEnvironment(heartbeatTimeoutMs ? { heartbeatTimeoutMs } : {});
  environment.on('heartbeat', () => beats.push(performance.now() - beganMs));
  const { freeSlot } = showingLife({ freeSlot: () => sleep(lastsMs) } as unknown as Activities);
  await environment.run(freeSlot as unknown as () => Promise<void>);
  const { length } = beats;
  await sleep(TIMEOUT_MS);
  expect(beats).toHaveLength(length);
  return beats;
}

describe('an activity', () => {
  it('that takes long beats twice within each time-out, until its end', async () => {
    const beats = await beatsOf(5 * TIMEOUT_MS, TIMEOUT_MS);
    expect(beats.length).toBeGreaterThanOrEqual(8);
  });

  it('that ends soon costs the server no call', async () => {
    expect(await beatsOf(TIMEOUT_MS / 10, TIMEOUT_MS)).toEqual([]);
  });

  it('that fails beats no longer', async () => {
    const environment = new MockActivityEnvironment({ heartbeatTimeoutMs: TIMEOUT_MS });
    let beats = 0;
    environment.on('heartbeat', () => (beats += 1));
    const { freeSlot } = showingLife({
      freeSlot: () => Promise.reject(new Error('no database')),
    } as unknown as Activities);
    await expect(environment.run(freeSlot as unknown as () => Promise<void>)).rejects.toThrow('no database');
    await sleep(TIMEOUT_MS);
    expect(beats).toBe(0);
  });

  it('that needs none, as it may not be taken for dead, beats never', async () => {
    expect(await beatsOf(2 * TIMEOUT_MS)).toEqual([]);
  });
});
