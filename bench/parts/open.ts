// Many sessions in use at once, on `sms2pay start`: memory of each process, what a text of one of them waits for, and a restart with
// all of them open. The oldest sessions are asked: their workflows left the worker's cache long ago and must be replayed.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { beginSession, endSession, type OpenSession } from '../customer.ts';
import { Figures } from '../figures.ts';
import type { Installation } from '../installation.ts';
import { load, newPhone } from '../load.ts';
import type { BenchOptions } from '../options.ts';
import type { Bench, Part } from '../part.ts';
import { slope } from '../statistics.ts';
import { memoryMbOf } from '../usage.ts';

const LEVELS = [1_000, 3_000, 10_000];
/** of a run that names no other */
const MOST = 3_000;
const QUICK_MOST = 60;
const AT_ONCE = 20;
/** After the last approval, so that memory is that of a use and not of its beginning. */
const SETTLE_MS = 10_000;
const LIMIT_MS = 60_000;
const MEMORY_GOALS = { app: '<= 100', engine: '<= 210' } as const;
const ROLES = ['app', 'engine'] as const;

export const openPart: Part = {
  summary: 'many open sessions: memory, texts, restart; --sessions 10000: so many, instead of 3,000',
  run: async (bench) => {
    const { options, say } = bench;
    const figures = new Figures('open');
    const installation = await bench.installation(options.shape);
    const open: OpenSession[] = [];
    const openUpTo = async (level: number): Promise<void> => {
      const work = (): Promise<OpenSession> => beginSession(installation.world, newPhone());
      const { results, seconds } = await load(level - open.length, AT_ONCE, work);
      say(`${level} sessions are open: ${(results.length / seconds).toFixed(1)} begun in a second`);
      open.push(...results);
    };
    const points: Record<(typeof ROLES)[number], { x: number; y: number }[]> = { app: [], engine: [] };
    const measure = async (): Promise<void> => {
      await sleep(SETTLE_MS);
      const pids = await installation.pids();
      for (const role of ROLES) {
        const y = await memoryMbOf(pids[role]);
        points[role].push({ x: open.length / 1_000, y });
        figures.add(`${open.length} open: memory, ${role}`, 'MB', y);
      }
    };
    // What the first sessions need once belongs to none of them; and of a few more one would see garbage, no slope.
    await openUpTo(AT_ONCE);
    if (!options.quick) await measure();
    for (const level of levelsOf(options)) {
      await openUpTo(level);
      if (!options.quick) await measure();
      await ask(bench, installation, open, `${level} open`, figures);
    }
    if (!options.quick)
      for (const role of ROLES)
        figures.add(`memory per 1,000 open sessions, ${role}`, 'MB', slope(points[role]), MEMORY_GOALS[role]);
    await restart(bench, installation, open, figures);
    await bench.startAfresh();
    return figures.all;
  },
};

function levelsOf({ quick, sessions }: BenchOptions): number[] {
  const most = sessions ?? (quick ? QUICK_MOST : MOST);
  return [...LEVELS.filter((level) => level < most), most];
}

/** STATUS of the oldest, then ENDCHARGE of as many; they are no longer open. */
async function ask(
  { options }: Bench,
  installation: Installation,
  open: OpenSession[],
  name: string,
  figures: Figures,
): Promise<void> {
  for (const session of open.splice(0, options.quick ? 5 : 10)) {
    figures.add(`${name}: STATUS to its answer`, 'ms', await statusMs(installation, session));
    const { captureMs } = await endSession(installation.world, session);
    figures.add(`${name}: ENDCHARGE to captured`, 'ms', captureMs);
  }
}

async function statusMs({ world }: Installation, { msisdn }: OpenSession): Promise<number> {
  const startedMs = performance.now();
  await Promise.all([world.news.next(`text ${msisdn}`, LIMIT_MS), world.sendText(msisdn, 'STATUS')]);
  return performance.now() - startedMs;
}

async function restart(
  bench: Bench,
  installation: Installation,
  open: OpenSession[],
  figures: Figures,
): Promise<void> {
  const name = `restart with ${open.length} open`;
  bench.say(name);
  for (const child of installation.restartable) await child.stop();
  const startedMs = performance.now();
  await Promise.all(installation.restartable.map((child) => bench.ground.restart(child)));
  figures.add(`${name}: ready`, 's', (performance.now() - startedMs) / 1_000, '< 10');
  const [first] = open;
  if (first === undefined) throw new Error('no session is open');
  figures.add(`${name}: the first STATUS after it`, 'ms', await statusMs(installation, first), '< 1000');
  await ask(bench, installation, open, name, figures);
  const pids = await installation.pids();
  for (const role of ROLES) figures.add(`${name}: memory, ${role}`, 'MB', await memoryMbOf(pids[role]));
}
