// How long it takes after a `kill -9` until money is captured and texts are acknowledged again. The bench is the supervisor: it
// starts the process again at once.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { beginSession } from '../customer.ts';
import { Figures } from '../figures.ts';
import type { Child, Ground } from '../ground.ts';
import type { Installation } from '../installation.ts';
import { load, newPhone } from '../load.ts';
import type { Part } from '../part.ts';

/** Sessions that end at the same moment; the worker is killed after a few of their captures. */
const ENDING = 40;
const CAPTURES_BEFORE_KILL = 5;
const LIMIT_MS = 120_000;
const ON_ITS_WAY_MS = 1_000;

export const recoveryPart: Part = {
  summary: 'kill -9 of a worker and of the api, to the next capture and acknowledgement',
  run: async (bench) => {
    const { ground, options, say } = bench;
    const figures = new Figures('recovery');
    const split = await bench.installation('split');
    const child = (name: string): Child => {
      const found = split.children.find((one) => one.name === name);
      if (found === undefined) throw new Error(`there is no ${name}`);
      return found;
    };
    await load(20, 10, () => beginSession(split.world, newPhone()));
    for (let round = 1; round <= options.rounds; round += 1) {
      const { nextMs, allMs } = await killWorker(ground, split, child('worker'));
      figures.add('kill -9 of the worker amid captures: to the next capture', 's', nextMs / 1_000, '< 5');
      figures.add(`the same: until all ${ENDING} are captured`, 's', allMs / 1_000);
      say(
        `worker, round ${round}: next capture after ${nextMs.toFixed(0)} ms, all after ${allMs.toFixed(0)} ms`,
      );
      const ackMs = await killApi(ground, split, child('api'));
      figures.add('kill -9 of the api: to the next acknowledged text', 's', ackMs / 1_000, '< 5');
      say(`api, round ${round}: ${ackMs.toFixed(0)} ms`);
    }
    return figures.all;
  },
};

async function killWorker(
  ground: Ground,
  { world }: Installation,
  worker: Child,
): Promise<{ nextMs: number; allMs: number }> {
  const open = (await load(ENDING, 10, () => beginSession(world, newPhone()))).results;
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

async function killApi(ground: Ground, { world }: Installation, api: Child): Promise<number> {
  const killedMs = performance.now();
  await api.kill();
  const starting = ground.restart(api);
  for (;;) {
    const answer = await world.callWebhook(newPhone(), 'CHARGE').catch(() => null);
    if (answer?.status === 200) break;
    if (performance.now() - killedMs > LIMIT_MS) throw new Error('the api does not come back');
    await sleep(25);
  }
  const ackMs = performance.now() - killedMs;
  await starting;
  return ackMs;
}

async function until(what: string, is: () => boolean): Promise<void> {
  for (const deadline = Date.now() + LIMIT_MS; !is(); await sleep(10))
    if (Date.now() > deadline) throw new Error(`waited in vain for ${what}`);
}
