// What a whole session costs: CPU of our code, of the Temporal server and of the database; its history; its statements. Beside it
// the bare workflow and an empty workflow of the shape a session aims at. Each round runs all of them, one after the other.
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Bare } from '../bare/bare.ts';
import type { BareName } from '../bare/contract.ts';
import { wholeSession } from '../customer.ts';
import { actionsSoFar, historyCounts, untilQuiet, type Engine, type HistoryCounts } from '../engine.ts';
import { Figures } from '../figures.ts';
import type { Installation, Role, Shape } from '../installation.ts';
import { load, newPhone } from '../load.ts';
import type { Bench, Part } from '../part.ts';
import { Statements } from '../statements.ts';
import { median, quantile } from '../statistics.ts';
import { cpuMsOf } from '../usage.ts';

const AT_ONCE = 20;
const MANY_AT_ONCE = 50;
const ALONE = 3;
const HOUR_MS = 3_600_000;

interface Sessions {
  seconds: number;
  /** how long each text waited for its acknowledgement; of a bare workflow, its start */
  answersMs: number[];
}

/** Something that carries sessions out and can be measured meanwhile. */
interface Subject {
  name: Shape | BareName;
  isOurs: boolean;
  engine: Engine;
  workflowType: string;
  pids: () => Promise<Record<Role, number[]>>;
  sessions: (count: number, atOnce: number) => Promise<Sessions>;
  statements: Statements | null;
}

/** What has been spent so far, or of something in between: CPU in ms by role, actions, statements, transactions. */
type Spent = Readonly<Record<string, number>>;

const LABELS: readonly (readonly [key: string, label: string, unit: string, goal?: string])[] = [
  ['app', 'CPU per session, app', 'ms'],
  ['engine', 'CPU per session, engine', 'ms'],
  ['database', 'CPU per session, database', 'ms'],
  ['actions', 'Temporal actions per session', ''],
  ['statements', 'SQL statements per session', '', '<= 40'],
  ['transactions', 'SQL transactions per session', ''],
];

const RATIO_GOALS: Partial<Record<Subject['name'], string>> = { embedded: '<= 2.5', split: '<= 2' };

export const costPart: Part = {
  summary: 'CPU, history and statements of a session, beside a bare workflow',
  run: async (bench) => {
    const { options } = bench;
    const sessions = options.sessions ?? (options.quick ? 30 : 80);
    const figures = new Figures('cost');
    const subjects = await openSubjects(bench);
    for (const subject of subjects) await addHistory(figures, subject);
    const idle = await idlePerSecond(figures, subjects, options.quick ? 3_000 : 15_000);
    for (let round = 1; round <= options.rounds; round += 1) {
      await oneRound(bench, figures, subjects, { round, sessions, idle });
      // Fewer sessions than places would show no speed.
      for (const subject of sessions < MANY_AT_ONCE ? [] : subjects)
        addSpeed(figures, subject, MANY_AT_ONCE, await measure(subject, sessions, MANY_AT_ONCE));
    }
    for (const { statements } of subjects) await statements?.close();
    return figures.all;
  },
};

async function openSubjects(bench: Bench): Promise<Subject[]> {
  const bare = await bench.bare();
  return [
    await productSubject(await bench.installation('embedded')),
    bareSubject(bare, 'bareSession'),
    await productSubject(await bench.installation('split')),
    bareSubject(bare, 'shapedSession'),
  ];
}

async function productSubject(installation: Installation): Promise<Subject> {
  const { shape, world, databaseUrl } = installation;
  return {
    name: shape,
    isOurs: true,
    engine: installation,
    workflowType: 'ChargeSession',
    pids: () => installation.pids(),
    sessions: async (count, atOnce) => {
      const first = world.acknowledgementsMs.length;
      const { seconds } = await load(count, atOnce, () => wholeSession(world, newPhone()));
      return { seconds, answersMs: world.acknowledgementsMs.slice(first) };
    },
    statements: databaseUrl === null ? null : await Statements.open(databaseUrl),
  };
}

function bareSubject(bare: Bare, workflow: BareName): Subject {
  return {
    name: workflow,
    isOurs: false,
    engine: bare,
    workflowType: workflow,
    pids: () => bare.pids(),
    sessions: async (count, atOnce) => {
      const { seconds, startsMs } = await bare.run({ workflow, sessions: count, atOnce });
      return { seconds, answersMs: startsMs };
    },
    statements: null,
  };
}

/** Sessions one after the other: what runs at the same time changes how events are spread over tasks. */
async function addHistory(figures: Figures, { name, isOurs, ...subject }: Subject): Promise<void> {
  const { engine, workflowType } = subject;
  const startedAt = new Date().toISOString();
  await subject.sessions(ALONE, 1);
  await untilQuiet(engine, workflowType, startedAt);
  const counts: HistoryCounts[] = [];
  const query = `WorkflowType = '${workflowType}' and StartTime >= '${startedAt}'`;
  for await (const { workflowId } of engine.client.workflow.list({ query }))
    counts.push(await historyCounts(engine, workflowId));
  if (counts.length !== ALONE) throw new Error(`${counts.length} of ${ALONE} sessions have a history`);
  for (const [label, key, goal] of [
    ['history events', 'events', '<= 75'],
    ['activities', 'activities', '<= 8'],
    ['workflow tasks', 'workflowTasks', '<= 12'],
  ] as const)
    figures.add(
      `${name}: ${label}`,
      '',
      median(counts.map((count) => count[key])),
      isOurs ? goal : undefined,
    );
}

type Idle = ReadonlyMap<Subject['name'], Spent>;

/** What is spent each second without any session, which no session is to blame for; of all at the same time. */
async function idlePerSecond(
  figures: Figures,
  subjects: readonly Subject[],
  measuredMs: number,
): Promise<Idle> {
  // The Temporal server works on for a while after its last session.
  await sleep(measuredMs);
  const before = await Promise.all(subjects.map(spentSoFar));
  await sleep(measuredMs);
  const idle = new Map<Subject['name'], Spent>();
  for (const [index, subject] of subjects.entries()) {
    const spent = difference(await spentSoFar(subject), before[index], measuredMs / 1_000);
    idle.set(subject.name, spent);
    for (const role of ['app', 'engine'])
      figures.add(`${subject.name}: CPU per second without a session, ${role}`, 'ms', spent[role] ?? 0);
  }
  return idle;
}

async function oneRound(
  { options, say }: Bench,
  figures: Figures,
  subjects: readonly Subject[],
  { round, sessions, idle }: { round: number; sessions: number; idle: Idle },
): Promise<void> {
  const costs = new Map<Subject['name'], number>();
  for (const subject of subjects) {
    const { name, statements } = subject;
    if (options.explain) await statements?.forget();
    const measured = await measure(subject, sessions, AT_ONCE, idle.get(name));
    if (options.explain) (await statements?.each(sessions))?.forEach(say);
    const { spent, perSecond } = measured;
    const { app = 0, engine = 0, database = 0 } = spent;
    say(
      `round ${round}, ${name}: app ${app.toFixed(0)} ms, engine ${engine.toFixed(0)} ms, ${perSecond.toFixed(1)}/s`,
    );
    for (const [key, label, unit, goal] of LABELS)
      if (spent[key] !== undefined) figures.add(`${name}: ${label}`, unit, spent[key], goal);
    addSpeed(figures, subject, AT_ONCE, measured);
    if (subject.isOurs)
      figures.add(
        `${name}: sessions per hour and core, if all of it were used`,
        '',
        HOUR_MS / (app + engine + database),
      );
    costs.set(name, app + engine);
  }
  const bare = costs.get('bareSession') ?? 0;
  for (const [name, cost] of costs)
    if (name !== 'bareSession')
      figures.add(`${name}: app + engine, beside the bare workflow`, 'x', cost / bare, RATIO_GOALS[name]);
}

interface Measured {
  /** by one session */
  spent: Spent;
  perSecond: number;
  answersMs: number[];
}

async function measure(
  subject: Subject,
  sessions: number,
  atOnce: number,
  idle: Spent = {},
): Promise<Measured> {
  const before = await spentSoFar(subject);
  const startedAt = new Date().toISOString();
  const startedMs = performance.now();
  const { seconds, answersMs } = await subject.sessions(sessions, atOnce);
  await untilQuiet(subject.engine, subject.workflowType, startedAt);
  const all = difference(await spentSoFar(subject), before, sessions);
  const secondsBySession = (performance.now() - startedMs) / 1_000 / sessions;
  const ofIdle = Object.entries(idle).map(([key, value]) => [key, value * secondsBySession]);
  return {
    spent: difference(all, Object.fromEntries(ofIdle), 1),
    perSecond: sessions / seconds,
    answersMs,
  };
}

function addSpeed(
  figures: Figures,
  { name, isOurs }: Subject,
  atOnce: number,
  { perSecond, answersMs }: Measured,
): void {
  const what = isOurs ? 'a text acknowledged' : 'started';
  const goal = name === 'embedded' && atOnce === AT_ONCE ? '>= 10' : undefined;
  figures.add(`${name}: sessions per second, ${atOnce} at once`, '', perSecond, goal);
  for (const share of [0.5, 0.99])
    figures.add(
      `${name}: ${what}, p${share * 100}, ${atOnce} sessions at once`,
      'ms',
      quantile(answersMs, share),
    );
}

async function spentSoFar({ engine, pids, statements }: Subject): Promise<Spent> {
  const running = await pids();
  return {
    app: await cpuMsOf(running.app),
    engine: await cpuMsOf(running.engine),
    ...(running.database.length === 0 ? {} : { database: await cpuMsOf(running.database) }),
    actions: await actionsSoFar(engine),
    ...(await statements?.soFar()),
  };
}

/** Of what was spent after and before, by one of `count`. */
function difference(after: Spent, before: Spent | undefined, count: number): Spent {
  return Object.fromEntries(
    Object.entries(after).map(([key, value]) => [key, (value - (before?.[key] ?? 0)) / count]),
  );
}
