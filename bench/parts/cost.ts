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
    const { options, say } = bench;
    const sessions = options.sessions ?? (options.quick ? 30 : 100);
    const figures = new Figures('cost');
    const idle = new Map<Subject['name'], Spent>();
    const subjects = await openSubjects(bench);
    for (const subject of subjects) {
      say(`${subject.name}: warming up`);
      await subject.sessions(Math.min(sessions, AT_ONCE), AT_ONCE);
      await addHistory(figures, subject);
      // The Temporal server works on for a while after its last session.
      await sleep(options.quick ? 1_000 : 15_000);
      idle.set(subject.name, await idlePerSecond(subject, options.quick ? 3_000 : 15_000));
    }
    for (let round = 1; round <= options.rounds; round += 1) {
      const costs = new Map<Subject['name'], number>();
      for (const subject of subjects) {
        const { name } = subject;
        if (options.explain) await subject.statements?.forget();
        const measured = await measure(subject, sessions, AT_ONCE, idle.get(name));
        if (options.explain) (await subject.statements?.each(sessions))?.forEach(say);
        const { spent, perSecond } = measured;
        const { app = 0, engine = 0 } = spent;
        say(
          `round ${round}, ${name}: app ${app.toFixed(0)} ms, engine ${engine.toFixed(0)} ms, ${perSecond.toFixed(1)}/s`,
        );
        for (const [key, label, unit, goal] of LABELS)
          if (spent[key] !== undefined) figures.add(`${name}: ${label}`, unit, spent[key], goal);
        addSpeed(figures, name, AT_ONCE, measured);
        const cpuMs = app + engine + (spent['database'] ?? 0);
        if (subject.workflowType === 'ChargeSession')
          figures.add(`${name}: sessions per hour and core, if all of it were used`, '', HOUR_MS / cpuMs);
        costs.set(name, app + engine);
      }
      const bare = costs.get('bareSession') ?? 0;
      for (const [name, cost] of costs)
        if (name !== 'bareSession')
          figures.add(`${name}: app + engine, beside the bare workflow`, 'x', cost / bare, RATIO_GOALS[name]);
      for (const subject of subjects) {
        const many = await measure(
          subject,
          options.sessions ?? Math.max(sessions, MANY_AT_ONCE),
          MANY_AT_ONCE,
        );
        addSpeed(figures, subject.name, MANY_AT_ONCE, many);
      }
    }
    for (const [name, { app = 0, engine = 0 }] of idle) {
      figures.add(`${name}: CPU per second without a session, app`, 'ms', app);
      figures.add(`${name}: CPU per second without a session, engine`, 'ms', engine);
    }
    for (const { statements } of subjects) await statements?.close();
    return figures.all;
  },
};

async function openSubjects(bench: Bench): Promise<Subject[]> {
  const embedded = await bench.installation('embedded');
  const split = await bench.installation('split');
  const bare = await bench.bare();
  return [
    await productSubject(embedded),
    bareSubject(bare, 'bareSession'),
    await productSubject(split),
    bareSubject(bare, 'shapedSession'),
  ];
}

async function productSubject(installation: Installation): Promise<Subject> {
  const { shape, world, databaseUrl } = installation;
  return {
    name: shape,
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

interface Measured {
  /** by one session */
  spent: Spent;
  perSecond: number;
  answersMs: number[];
}

function addSpeed(figures: Figures, name: Subject['name'], atOnce: number, measured: Measured): void {
  const isOurs = name === 'embedded' || name === 'split';
  const what = isOurs ? 'a text acknowledged' : 'started';
  const goal = name === 'embedded' && atOnce === AT_ONCE ? '>= 10' : undefined;
  figures.add(`${name}: sessions per second, ${atOnce} at once`, '', measured.perSecond, goal);
  for (const [label, share] of [
    ['p50', 0.5],
    ['p99', 0.99],
  ] as const)
    figures.add(
      `${name}: ${what}, ${label}, ${atOnce} sessions at once`,
      'ms',
      quantile(measured.answersMs, share),
    );
}

/** `idle`: what is spent each second without any session, which no session is to blame for. */
async function measure(
  subject: Subject,
  sessions: number,
  atOnce: number,
  idle: Spent = {},
): Promise<Measured> {
  const before = await spentSoFar(subject);
  const startedMs = performance.now();
  const { seconds, answersMs } = await subject.sessions(sessions, atOnce);
  await untilQuiet(subject.engine, subject.workflowType);
  const after = await spentSoFar(subject);
  const measuredSeconds = (performance.now() - startedMs) / 1_000;
  const spent = each(after, (value, key) => {
    const own = value - (before[key] ?? 0) - (idle[key] ?? 0) * measuredSeconds;
    return own / sessions;
  });
  return { spent, perSecond: sessions / seconds, answersMs };
}

async function idlePerSecond(subject: Subject, measuredMs: number): Promise<Spent> {
  const before = await spentSoFar(subject);
  await sleep(measuredMs);
  return each(await spentSoFar(subject), (value, key) => ((value - (before[key] ?? 0)) * 1_000) / measuredMs);
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

function each(spent: Spent, by: (value: number, key: string) => number): Spent {
  return Object.fromEntries(Object.entries(spent).map(([key, value]) => [key, by(value, key)]));
}

/** Sessions one after the other: what runs at the same time changes how events are spread over tasks. */
async function addHistory(
  figures: Figures,
  { name, engine, workflowType, sessions }: Subject,
): Promise<void> {
  const startedAt = new Date().toISOString();
  await sessions(ALONE, 1);
  await untilQuiet(engine, workflowType);
  const counts: HistoryCounts[] = [];
  const query = `WorkflowType = '${workflowType}' and StartTime >= '${startedAt}'`;
  for await (const { workflowId } of engine.client.workflow.list({ query }))
    counts.push(await historyCounts(engine, workflowId));
  if (counts.length !== ALONE) throw new Error(`${counts.length} of ${ALONE} sessions have a history`);
  const isOurs = name === 'embedded' || name === 'split';
  const add = (label: string, key: keyof HistoryCounts, goal: string): void =>
    figures.add(
      `${name}: ${label}`,
      '',
      median(counts.map((count) => count[key])),
      isOurs ? goal : undefined,
    );
  add('history events', 'events', '<= 75');
  add('activities', 'activities', '<= 8');
  add('workflow tasks', 'workflowTasks', '<= 12');
}
