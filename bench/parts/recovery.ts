// How long it takes after a `kill -9` until money is captured and texts are acknowledged again. The bench is the supervisor: it
// starts the process again at once.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { beginSession } from '../customer.ts';
import { Figures } from '../figures.ts';
import type { Child } from '../ground.ts';
import type { Installation } from '../installation.ts';
import { load, newPhone } from '../load.ts';
import type { Bench, Part } from '../part.ts';

/** Sessions that end at the same moment; the worker is killed after a few of their captures. */
const ENDING = 40;
const QUICK_ENDING = 20;
const AT_ONCE = 20;
const CAPTURES_BEFORE_KILL = 5;
const LIMIT_MS = 120_000;
const ON_ITS_WAY_MS = 1_000;

export const recoveryPart: Part = {
  summary: 'kill -9 of a worker and of the api, to the next capture and acknowledgement',
  run: async (bench) => {
    const figures = new Figures('recovery');
    const split = await bench.installation('split');
    const ending = bench.options.quick ? QUICK_ENDING : ENDING;
    for (let round = 1; round <= bench.options.rounds; round += 1) {
      const { nextMs, allMs } = await killWorker(bench, split, ending);
      figures.add('kill -9 of the worker amid captures: to the next capture', 's', nextMs / 1_000, '< 5');
      figures.add(`the same: until all ${ending} are captured`, 's', allMs / 1_000);
      const ackMs = await killApi(bench, split);
      figures.add('kill -9 of the api: to the next acknowledged text', 's', ackMs / 1_000, '< 5');
      const seconds = [nextMs, allMs, ackMs].map((ms) => (ms / 1_000).toFixed(1));
      bench.say(`round ${round}: next capture, all captures, next text after ${seconds.join(', ')} s`);
    }
    return figures.all;
  },
};

function childOf({ children }: Installation, name: string): Child {
  const found = children.find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no ${name}`);
  return found;
}

async function killWorker(
  { ground }: Bench,
  split: Installation,
  count: number,
): Promise<{ nextMs: number; allMs: number }> {
  const { world } = split;
  const worker = childOf(split, 'worker');
  const open = (await load(count, AT_ONCE, () => beginSession(world, newPhone()))).results;
  const before = world.captures;
  // Not for the receipt texts: one that was being sent is not sent again.
  const ending = Promise.all(
    open.flatMap(({ msisdn, paymentId }) => [
      world.news.next(`captured ${paymentId}`, LIMIT_MS),
      world.sendText(msisdn, 'ENDCHARGE'),
    ]),
  );
  await until('captures', () => world.captures >= before + CAPTURES_BEFORE_KILL);
  const killedMs = performance.now();
  await worker.kill();
  const starting = ground.restart(worker);
  // What the dead one has sent is still on its way; the new one takes longer to begin.
  await sleep(ON_ITS_WAY_MS);
  const killed = world.captures;
  await until('a capture after the kill', () => world.captures > killed);
  const nextMs = performance.now() - killedMs;
  await Promise.all([ending, starting]);
  return { nextMs, allMs: performance.now() - killedMs };
}

async function killApi({ ground }: Bench, split: Installation): Promise<number> {
  const { world } = split;
  const api = childOf(split, 'api');
  const phone = newPhone();
  const killedMs = performance.now();
  await api.kill();
  const starting = ground.restart(api);
  while ((await world.callWebhook(phone, 'CHARGE').catch(() => null))?.status !== 200) {
    if (performance.now() - killedMs > LIMIT_MS) throw new Error('the api does not come back');
    await sleep(25);
  }
  const ackMs = performance.now() - killedMs;
  await Promise.all([starting, world.news.next(`text ${phone}`, LIMIT_MS)]);
  return ackMs;
}

async function until(what: string, is: () => boolean): Promise<void> {
  for (const deadline = Date.now() + LIMIT_MS; !is(); await sleep(10))
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
}
