// `npm run chaos -- --sessions N`: sessions under load in separate processes that are killed, then quiet, then an audit.
// Exit code: 0 when nothing is lost, doubled, wrong or stuck; 1 otherwise; 130 after a Ctrl-C.
import { join } from 'node:path';
import { writeFile } from 'node:fs/promises';
import { readOptions, USAGE } from './options.ts';
import { describeOutcome, isClean } from './report.ts';
import { forget, runChaos } from './run.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<number> {
  const interruption = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.once(name, () => {
      say('Stopping ...');
      interruption.abort();
    });
  if (process.argv.includes('--help')) {
    say(USAGE);
    return 0;
  }
  const options = readOptions(process.argv.slice(2));
  try {
    const outcome = await runChaos(options, say, interruption.signal);
    say(describeOutcome(options, outcome));
    const clean = isClean(outcome);
    if (clean && !options.keep) await forget(outcome.folder);
    else {
      const { kills, faults, verdict } = outcome;
      const account = { options, kills, faults: Object.fromEntries(faults), findings: verdict.findings };
      await writeFile(join(outcome.folder, 'account.json'), JSON.stringify(account, null, 2));
      say(`\nEvidence, logs and an account of the kills: ${outcome.folder}`);
    }
    return clean ? 0 : 1;
  } catch (error) {
    if (interruption.signal.aborted) return 130;
    throw error;
  }
}

process.exit(await main());
