// Many sessions in use at once, on `sms2pay start`: memory of each process, what a text of one of them waits for, and a restart with
// all of them open. The oldest sessions are asked: their workflows left the worker's cache long ago and must be replayed.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { beginSession, endSession, type OpenSession } from '../customer.ts';
import { Figures } from '../figures.ts';
import type { Installation } from '../installation.ts';
import { load, newPhone } from '../load.ts';
import type { Bench, Part } from '../part.ts';
import { slope } from '../statistics.ts';
import { memoryMbOf } from '../usage.ts';

const LEVELS = [1_000, 3_000, 10_000];
const QUICK_LEVELS = [50, 100];
const AT_ONCE = 20;
/** Sessions that are asked at each level. */
const ASKED = 10;
/** After the last approval, so that memory is that of a use and not of its beginning. */
const SETTLE_MS = 10_000;
const LIMIT_MS = 60_000;

export const openPart: Part = {
  summary: 'up to 10,000 open sessions: memory, texts, restart',
  run: async (bench) => {
    const { options, say } = bench;
    const figures = new Figures('open');
    const installation = await bench.installation(options.shape);
    const levels = options.sessions === null ? (options.quick ? QUICK_LEVELS : LEVELS) : [options.sessions];
    const open: OpenSession[] = [];
    const points: Record<'app' | 'engine', { x: number; y: number }[]> = { app: [], engine: [] };
    const measure = async (): Promise<void> => {
      await sleep(options.quick ? 1_000 : SETTLE_MS);
      const pids = await installation.pids();
      for (const role of ['app', 'engine'] as const) {
        const y = await memoryMbOf(pids[role]);
        points[role].push({ x: open.length / 1_000, y });
        figures.add(`${open.length} open: memory, ${role}`, 'MB', y);
      }
    };
    // What the first sessions need once belongs to none of them.
    open.push(...(await begin(installation, AT_ONCE)));
    await measure();
    for (const level of levels) {
      say(`opening ${level} sessions`);
      open.push(...(await begin(installation, level - open.length)));
      await measure();
      await ask(installation, open, `${level} open`, figures);
    }
    for (const [role, goal] of [
      ['app', '<= 100'],
      ['engine', '<= 210'],
    ] as const)
      figures.add(`memory per 1,000 open sessions, ${role}`, 'MB', slope(points[role]), goal);
    await restart(bench, installation, open, figures);
    return figures.all;
  },
};

async function begin({ world }: Installation, count: number): Promise<OpenSession[]> {
  return (await load(count, AT_ONCE, () => beginSession(world, newPhone()))).results;
}

/** STATUS of the oldest, then ENDCHARGE of as many; they are no longer open. */
async function ask(
  installation: Installation,
  open: OpenSession[],
  name: string,
  figures: Figures,
): Promise<void> {
  for (const session of open.splice(0, ASKED)) {
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
  { ground, say }: Bench,
  installation: Installation,
  open: OpenSession[],
  figures: Figures,
): Promise<void> {
  const name = `restart with ${open.length} open`;
  say(name);
  for (const child of installation.restartable) await child.stop();
  const startedMs = performance.now();
  await Promise.all(installation.restartable.map((child) => ground.restart(child)));
  figures.add(`${name}: ready`, 's', (performance.now() - startedMs) / 1_000, '< 10');
  const [first] = open;
  if (first === undefined) throw new Error('no session is open');
  figures.add(`${name}: the first STATUS after it`, 'ms', await statusMs(installation, first), '< 1000');
  await ask(installation, open, name, figures);
  const pids = await installation.pids();
  for (const role of ['app', 'engine'] as const)
    figures.add(`${name}: memory, ${role}`, 'MB', await memoryMbOf(pids[role]));
}
