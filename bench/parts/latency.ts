// What one customer waits for on a system that has nothing else to do.
import { setTimeout as sleep } from 'node:timers/promises';
import { performance } from 'node:perf_hooks';
import { beginSession, endSession, pageText } from '../customer.ts';
import { Figures } from '../figures.ts';
import type { Installation } from '../installation.ts';
import { newPhone } from '../load.ts';
import type { Part } from '../part.ts';

/** Sessions before those that count: code is compiled at its second and third use. */
const WARM_UP = 10;
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
      const installation = await bench.installation(shape);
      for (let n = 0; n < Math.min(WARM_UP, 2 * count); n += 1) await oneSession(installation, () => {});
      for (let n = 0; n < count; n += 1)
        await oneSession(installation, (name, ms, goal) => figures.add(`${shape}: ${name}`, 'ms', ms, goal));
    }
    return figures.all;
  },
};

async function oneSession(
  { world }: Installation,
  add: (name: string, ms: number, goal?: string) => void,
): Promise<void> {
  const open = await beginSession(world, newPhone());
  add('CHARGE to link text', open.linkMs, '< 100');
  add('approval to the session being active', open.approvalMs + (await untilActive(open.link)));
  await sleep(PAUSE_MS);
  const { captureMs, receiptMs } = await endSession(world, open);
  add('ENDCHARGE to captured', captureMs, '< 120');
  add('ENDCHARGE to receipt text', receiptMs);
  await sleep(PAUSE_MS);
}

/** By the session's page. */
async function untilActive(link: string): Promise<number> {
  const startedMs = performance.now();
  while (!(await pageText(link)).includes(ACTIVE)) {
    if (performance.now() - startedMs > ACTIVE_LIMIT_MS) throw new Error('an approved session is not active');
    await sleep(5);
  }
  return performance.now() - startedMs;
}
