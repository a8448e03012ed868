// `npm run bench -- [part ...] [--quick] [--rounds N] [--json FILE] [--markdown]`: what sms2pay costs, beside what Temporal alone
// would. The table goes to standard output, progress to standard error. Exit code 1 when a part fails, 130 after a Ctrl-C.
import { readFile, writeFile } from 'node:fs/promises';
import { performance } from 'node:perf_hooks';
import { Bench } from './part.ts';
import { PARTS } from './parts.ts';
import { Ground } from './ground.ts';
import { describeMachine } from './machine.ts';
import { readOptions, USAGE } from './options.ts';
import { markdownOf, withReport, type Report } from './report.ts';

const DOCUMENT = new URL('../docs/performance.md', import.meta.url);
const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function main(args: string[], interrupted: Promise<never>): Promise<void> {
  if (args.includes('--help')) return void process.stdout.write(`${USAGE}\n`);
  const options = readOptions(args);
  const { given } = options;
  const report: Report = { machine: await describeMachine(), options: given, figures: [], seconds: {} };
  const ground = await prepare(options.profiles, interrupted);
  let failure: Error | null = null;
  try {
    const bench = new Bench(ground, options, say);
    for (const name of options.parts) {
      const startedMs = performance.now();
      say(`\n== ${name}`);
      const work = PARTS[name].run(bench);
      report.figures.push(...(await Promise.race([work, interrupted])));
      report.seconds[name] = Math.round((performance.now() - startedMs) / 1_000);
    }
  } catch (error) {
    failure = error instanceof Error ? error : new Error(String(error));
  }
  const keepsLogs = failure !== null && !(failure instanceof Interruption);
  await ground.stop({ keepsLogs });
  if (keepsLogs) say(`The logs are in ${ground.folder}`);
  // What earlier parts have found is not lost by the failure of a later one.
  process.stdout.write(`${markdownOf(report)}\n`);
  if (options.json !== null) await writeFile(options.json, `${JSON.stringify(report, null, 1)}\n`);
  if (failure !== null) throw failure;
  if (options.markdown) await writeFile(DOCUMENT, withReport(await readFile(DOCUMENT, 'utf8'), report));
}

/** An interruption leaves nothing of what was being built. */
async function prepare(profiles: string | null, interrupted: Promise<never>): Promise<Ground> {
  const preparing = Ground.prepare(say, profiles);
  try {
    return await Promise.race([preparing, interrupted]);
  } catch (error) {
    await (await preparing).stop();
    throw error;
  }
}

const interrupted = new Promise<never>((_, stop) => {
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop(new Interruption(name)));
});
// It may come before anybody waits for it.
interrupted.catch(() => {});

class Interruption extends Error {}

try {
  await main(process.argv.slice(2), interrupted);
  process.exit(0);
} catch (error) {
  if (!(error instanceof Interruption))
    say(error instanceof Error ? (error.stack ?? error.message) : String(error));
  process.exit(error instanceof Interruption ? 130 : 1);
}
