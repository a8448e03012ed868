// How long a gateway waits for the acknowledgement of a text when so many customers text at the same moment. Each burst is worked
// off before the next one: what is measured is the moment, not a growing backlog. Beside it, with the same bursts, one INSERT
// behind the same HTTP server and pool, and one signalWithStart.
import { startOrders } from '../bare/orders.ts';
import { Figures } from '../figures.ts';
import type { Installation } from '../installation.ts';
import { newPhone, timedPost } from '../load.ts';
import type { Part } from '../part.ts';
import { quantile } from '../statistics.ts';

/** customers at once, and bursts in a round */
const LEVELS = [
  { atOnce: 1, bursts: 30 },
  { atOnce: 20, bursts: 5 },
  { atOnce: 50, bursts: 2 },
  { atOnce: 200, bursts: 1 },
];
const QUICK_LEVELS = [
  { atOnce: 1, bursts: 5 },
  { atOnce: 20, bursts: 1 },
  { atOnce: 50, bursts: 1 },
];
/** of a burst: the last link text has left */
const DRAIN_LIMIT_MS = 120_000;

interface Answer {
  status: number;
  ms: number;
}

interface Subject {
  name: string;
  isOurs: boolean;
  burst: (atOnce: number) => Promise<Answer[]>;
}

export const ackPart: Part = {
  summary: 'acknowledgement of a webhook, beside a bare INSERT and a bare signalWithStart',
  run: async (bench) => {
    const { ground, options, say } = bench;
    const figures = new Figures('ack');
    const embedded = await bench.installation('embedded');
    const split = await bench.installation('split');
    const bare = await bench.bare();
    const script = new URL('../bare/insert-child.ts', import.meta.url);
    const { url } = await startOrders(ground, ground.folder, script, [split.databaseUrl ?? '']);
    const insert = (): Promise<Answer> => timedPost(url, '{"text":"CHARGE"}');
    await together(20, insert);
    const start = async (atOnce: number): Promise<Answer[]> => {
      const order = { workflow: 'bareSession', sessions: atOnce, atOnce, startOnly: true };
      return (await bare.run(order)).startsMs.map((ms) => ({ status: 200, ms }));
    };
    // The bare start comes first: the others are compared with it.
    const subjects: Subject[] = [
      { name: 'bare signalWithStart', isOurs: false, burst: start },
      { name: 'bare INSERT', isOurs: false, burst: (atOnce) => together(atOnce, insert) },
      { name: 'webhook, embedded', isOurs: true, burst: (atOnce) => burstOfTexts(embedded, atOnce) },
      { name: 'webhook, split', isOurs: true, burst: (atOnce) => burstOfTexts(split, atOnce) },
    ];
    for (let round = 1; round <= options.rounds; round += 1)
      for (const level of options.quick ? QUICK_LEVELS : LEVELS) {
        say(`round ${round}, ${level.atOnce} at once`);
        let startMs: number | null = null;
        for (const subject of subjects) startMs = await addLevel(figures, subject, level, startMs);
      }
    // Its sessions are still open.
    await bench.startAfresh();
    return figures.all;
  },
};

/** `startMs`: p99 of the bare start, which is returned; null: this is it. */
async function addLevel(
  figures: Figures,
  { name, isOurs, burst }: Subject,
  { atOnce, bursts }: (typeof LEVELS)[number],
  startMs: number | null,
): Promise<number> {
  const answers: Answer[] = [];
  for (let n = 0; n < bursts; n += 1) answers.push(...(await burst(atOnce)));
  const timesMs = answers.map(({ ms }) => ms);
  const p99 = quantile(timesMs, 0.99);
  const add = (what: string, unit: string, value: number, goals: Record<number, string> = {}): void =>
    figures.add(`${name}, ${atOnce} at once: ${what}`, unit, value, goals[atOnce]);
  add('p50', 'ms', quantile(timesMs, 0.5));
  add('p99', 'ms', p99, isOurs ? { 50: '<= 250' } : {});
  if (startMs === null) return p99;
  if (isOurs) {
    add('p99 beside the bare start', 'x', p99 / startMs, { 20: '<= 1.5' });
    add('refused, to be repeated', '', answers.filter(({ status }) => status !== 200).length);
  }
  return startMs;
}

/** A text of each of so many customers, and their links: a text that was refused is sent again by its gateway, later. */
async function burstOfTexts({ world }: Installation, atOnce: number): Promise<Answer[]> {
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
