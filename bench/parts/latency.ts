// What one customer waits for on a system that has nothing else to do.
import { setTimeout as sleep } from 'node:timers/promises';
import { performance } from 'node:perf_hooks';
import { beginSession, endSession, pageText } from '../customer.ts';
import { Figures } from '../figures.ts';
import { newPhone } from '../load.ts';
import type { Part } from '../part.ts';

const PAUSE_MS = 300;
const ACTIVE = 'You have started';
const ACTIVE_LIMIT_MS = 30_000;

export const latencyPart: Part = {
  summary: 'what one customer alone waits for',
  run: async (bench) => {
    const { options } = bench;
    const figures = new Figures('latency');
    const count = options.sessions ?? (options.quick ? 5 : 20);
    for (const shape of ['embedded', 'split'] as const) {
      const { world } = await bench.installation(shape);
      const add = (name: string, ms: number, goal?: string): void =>
        figures.add(`${shape}: ${name}`, 'ms', ms, goal);
      for (let n = 0; n < count; n += 1) {
        await sleep(PAUSE_MS);
        const open = await beginSession(world, newPhone());
        add('CHARGE to link text', open.linkMs, '< 100');
        add('approval to the session being active', open.approvalMs + (await untilActive(open.link)));
        await sleep(PAUSE_MS);
        const { captureMs, receiptMs } = await endSession(world, open);
        add('ENDCHARGE to captured', captureMs, '< 120');
        add('ENDCHARGE to receipt text', receiptMs);
      }
    }
    return figures.all;
  },
};

/** By the session's page. */
async function untilActive(link: string): Promise<number> {
  const startedMs = performance.now();
  while (!(await pageText(link)).includes(ACTIVE)) {
    if (performance.now() - startedMs > ACTIVE_LIMIT_MS) throw new Error('an approved session is not active');
    await sleep(5);
  }
  return performance.now() - startedMs;
}
