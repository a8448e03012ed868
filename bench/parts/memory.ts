// What the processes keep in memory: the production processes after many sessions; `npm start` before its first session, on an
// empty DATA_DIR and again, with the time until it serves.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { plainEnvironment } from '../../test/chaos/installation.ts';
import { choosePort } from '../../src/embedded/dev-server.ts';
import { wholeSession } from '../customer.ts';
import { Figures } from '../figures.ts';
import { processesOf } from '../ground.ts';
import { load, newPhone } from '../load.ts';
import type { Bench, Part } from '../part.ts';
import { memoryMbOf } from '../usage.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const AT_ONCE = 20;

export const memoryPart: Part = {
  summary: 'memory of api and worker after 500 sessions; memory and start of `npm start`',
  run: async (bench) => {
    const figures = new Figures('memory');
    await useProduction(bench, figures);
    await bench.startAfresh();
    for (let round = 1; round <= bench.options.rounds; round += 1) await startDemo(bench, figures);
    return figures.all;
  },
};

/** Sessions of earlier parts count, too. */
async function useProduction(bench: Bench, figures: Figures): Promise<void> {
  const { options, say } = bench;
  const { world, children } = await bench.installation('split');
  const missing = (options.sessions ?? (options.quick ? 40 : 500)) - world.captures;
  say(`${Math.max(0, missing)} sessions`);
  await load(missing, AT_ONCE, () => wholeSession(world, newPhone()));
  const goals: Record<string, string> = { api: '<= 130', worker: '<= 250' };
  for (const child of children) {
    const memoryMb = await memoryMbOf(await processesOf(child));
    figures.add(`${child.name}, after ${world.captures} sessions`, 'MB', memoryMb, goals[child.name]);
  }
}

/** As `npm start` does it, with the simulator inside; built before, as after a first start. */
async function startDemo({ ground, options, say }: Bench, figures: Figures): Promise<void> {
  const folder = ground.newFolder('demo');
  const env = {
    ...plainEnvironment(),
    DATA_DIR: folder,
    PORT: String(await choosePort(0)),
    TEMPORAL_CLI_PATH: ground.temporalCli,
  };
  for (const when of ['empty DATA_DIR', 'after a restart']) {
    say(`npm start, ${when}`);
    const startedMs = performance.now();
    const app = await ground.start({
      name: 'app',
      folder: ground.folder,
      program: process.execPath,
      args: ['--enable-source-maps', 'scripts/start.mjs', 'start'],
      cwd: ROOT,
      env,
      readyWords: 'is ready',
    });
    const readyMs = performance.now() - startedMs;
    const goal = when === 'empty DATA_DIR' ? '< 5' : undefined;
    figures.add(`npm start, ${when}: until it serves`, 's', readyMs / 1_000, goal);
    await sleep(options.quick ? 3_000 : 15_000);
    const [own = 0, ...others] = await processesOf(app);
    const add = (what: string, memoryMb: number, most?: string): void =>
      figures.add(`npm start, ${when}: idle, ${what}`, 'MB', memoryMb, most);
    add('our process', await memoryMbOf([own]), '<= 350');
    add('Temporal server and its supervisor', await memoryMbOf(others));
    await app.stop();
  }
}
