// How long a gateway waits for the acknowledgement of a text when so many customers text at the same moment. Each burst is worked
// off before the next one: what is measured is the moment, not a growing backlog. Beside it, with the same bursts, one INSERT
// behind the same HTTP server and pool, and one signalWithStart.
import { startOrders } from '../bare/orders.ts';
import { Figures } from '../figures.ts';
import type { Installation } from '../installation.ts';
import { newPhone, timedPost } from '../load.ts';
import type { Part } from '../part.ts';
import { quantile } from '../statistics.ts';

/** customers at once, and bursts in a round of a full run: some 200 texts each */
const LEVELS = [
  { atOnce: 1, bursts: 50 },
  { atOnce: 20, bursts: 10 },
  { atOnce: 50, bursts: 4 },
  { atOnce: 200, bursts: 1 },
];
const QUICK_LEVELS = [
  { atOnce: 1, bursts: 5 },
  { atOnce: 20, bursts: 1 },
  { atOnce: 50, bursts: 1 },
];
/** of a burst: the last link text has left */
const DRAIN_LIMIT_MS = 120_000;

type Burst = (atOnce: number) => Promise<{ status: number; ms: number }[]>;

export const ackPart: Part = {
  summary: 'acknowledgement of a webhook, beside a bare INSERT and a bare signalWithStart',
  run: async (bench) => {
    const { ground, options, say } = bench;
    const figures = new Figures('ack');
    const split = await bench.installation('split');
    const embedded = await bench.installation('embedded');
    const bare = await bench.bare();
    const script = new URL('../bare/insert-child.ts', import.meta.url);
    const { url: insertUrl } = await startOrders(ground, ground.folder, script, [split.databaseUrl ?? '']);
    const subjects: [string, Burst][] = [
      ['webhook, split', (atOnce) => burstOfTexts(split, atOnce)],
      ['webhook, embedded', (atOnce) => burstOfTexts(embedded, atOnce)],
      ['bare INSERT', (atOnce) => together(atOnce, () => timedPost(insertUrl, '{"text":"CHARGE"}'))],
      [
        'bare signalWithStart',
        async (atOnce) => {
          const order = { workflow: 'bareSession', sessions: atOnce, atOnce, startOnly: true } as const;
          return (await bare.run(order)).startsMs.map((ms) => ({ status: 200, ms }));
        },
      ],
    ];
    for (const [name, burst] of subjects) {
      say(`${name}: warming up`);
      await burst(20);
    }
    const rounds = options.quick ? 1 : Math.min(options.rounds, 3);
    for (let round = 1; round <= rounds; round += 1)
      for (const { atOnce, bursts } of options.quick ? QUICK_LEVELS : LEVELS)
        for (const [name, burst] of subjects) {
          const answers: { status: number; ms: number }[] = [];
          for (let n = 0; n < bursts; n += 1) answers.push(...(await burst(atOnce)));
          addLevel(figures, `${name}, ${atOnce} at once`, answers);
          say(`round ${round}, ${name}, ${atOnce} at once: ${summary(answers)}`);
        }
    return figures.all;
  },
};

/** A text of each of so many customers, and their links: a text that was refused is sent again by its gateway, later. */
async function burstOfTexts({ world }: Installation, atOnce: number) {
  const phones = Array.from({ length: atOnce }, newPhone);
  const answers = await Promise.all(
    phones.map(async (phone) => ({ phone, ...(await world.callWebhook(phone, 'CHARGE')) })),
  );
  const accepted = answers.filter(({ status }) => status === 200);
  await Promise.all(accepted.map(({ phone }) => world.news.next(`text ${phone}`, DRAIN_LIMIT_MS)));
  return answers;
}

function together<Result>(count: number, work: () => Promise<Result>): Promise<Result[]> {
  return Promise.all(Array.from({ length: count }, work));
}

function addLevel(figures: Figures, name: string, answers: readonly { status: number; ms: number }[]): void {
  const timesMs = answers.map(({ ms }) => ms);
  figures.add(`${name}: p50`, 'ms', quantile(timesMs, 0.5));
  figures.add(`${name}: p99`, 'ms', quantile(timesMs, 0.99), goalOf(name));
  const refused = answers.filter(({ status }) => status !== 200).length;
  if (refused > 0) figures.add(`${name}: refused, to be repeated`, '', refused);
}

function goalOf(name: string): string | undefined {
  if (!name.startsWith('webhook')) return undefined;
  if (name.endsWith(', 20 at once')) return '<= 1.5 x bare start';
  return name.endsWith(', 50 at once') ? '<= 250' : undefined;
}

function summary(answers: readonly { status: number; ms: number }[]): string {
  const timesMs = answers.map(({ ms }) => ms);
  return `p50 ${quantile(timesMs, 0.5).toFixed(0)} ms, p99 ${quantile(timesMs, 0.99).toFixed(0)} ms`;
}
