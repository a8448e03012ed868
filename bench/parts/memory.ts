// What the processes keep in memory: `npm start` before its first session, on an empty DATA_DIR and again, with the time until it
// serves; and the production processes after many sessions.
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
  summary: 'memory and start of `npm start`; memory of api and worker after 500 sessions',
  run: async (bench) => {
    const figures = new Figures('memory');
    for (let round = 1; round <= (bench.options.quick ? 1 : 3); round += 1) await startDemo(bench, figures);
    await useProduction(bench, figures);
    return figures.all;
  },
};

/** As `npm start` does it: from the sources, with the simulator inside. */
async function startDemo({ ground, options, say }: Bench, figures: Figures): Promise<void> {
  const folder = ground.newFolder('demo');
  const port = String(await choosePort(0));
  const env = {
    ...plainEnvironment(),
    DATA_DIR: folder,
    PORT: port,
    TEMPORAL_CLI_PATH: ground.temporalCli,
  };
  for (const when of ['empty DATA_DIR', 'after a restart']) {
    say(`npm start, ${when}`);
    const startedMs = performance.now();
    const app = await ground.start({
      name: 'app',
      folder: ground.folder,
      program: process.execPath,
      args: ['--import', 'tsx', '--enable-source-maps', 'src/cli/cli.ts', 'start'],
      cwd: ROOT,
      env,
      readyWords: 'is ready',
    });
    const readyMs = performance.now() - startedMs;
    const goal = when === 'empty DATA_DIR' ? '< 5' : undefined;
    figures.add(`npm start, ${when}: until it serves`, 's', readyMs / 1_000, goal);
    await sleep(options.quick ? 5_000 : 60_000);
    const [own = 0, ...others] = await processesOf(app);
    figures.add(`npm start, ${when}: idle, our process`, 'MB', await memoryMbOf([own]), '<= 350');
    figures.add(
      `npm start, ${when}: idle, Temporal server and its supervisor`,
      'MB',
      await memoryMbOf(others),
    );
    await app.stop();
  }
}

async function useProduction(bench: Bench, figures: Figures): Promise<void> {
  const { options, say } = bench;
  const sessions = options.sessions ?? (options.quick ? 40 : 500);
  const split = await bench.installation('split');
  const add = async (when: string, goals: Record<string, string>): Promise<void> => {
    for (const child of split.children)
      figures.add(
        `${child.name}, ${when}`,
        'MB',
        await memoryMbOf(await processesOf(child)),
        goals[child.name],
      );
  };
  if (!options.quick) await add('before the first session', {});
  say(`${sessions} sessions`);
  await load(sessions, AT_ONCE, () => wholeSession(split.world, newPhone()));
  await add(`after ${sessions} sessions`, { api: '<= 130', worker: '<= 250' });
}
