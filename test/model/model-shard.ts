/** One share of the model test: each test file is a worker of its own, so that a full run keeps every core busy. */
import { expect, it } from 'vitest';
import { scaled } from '../support/scale.ts';
import { coverageGaps } from './expected-coverage.ts';
import { pasteable, runModel } from './run-model.ts';

const SHARDS = 2;
/** Of each file; `npm test` plays the first alone. Fewer may miss the rarest answers of a provider: `rest` has fixed seeds in .ci/run. */
const RUNS = scaled({ sample: 10_000, rest: 8_000, full: 250_000 });
/** The run takes seconds, or minutes in full; a machine that others use may take long over it. */
const TIMEOUT_MS = scaled({ sample: 240_000, full: 2_400_000 });

export function playShard(shard: number): void {
  it(
    `keeps every promise at every step, whatever happens (share ${shard} of ${SHARDS})`,
    // Never repeated: another seed would hide what was found.
    { timeout: TIMEOUT_MS, retry: 0 },
    () => {
      const seed = seedOf(shard);
      const startedMs = performance.now();
      const cpu = process.cpuUsage();
      const { coverage, failure } = runModel({ seed, runs: RUNS });
      if (failure) throw new Error(report(seed, failure), { cause: failure.error });
      const { user, system } = process.cpuUsage(cpu);
      const cpuSeconds = (user + system) / 1e6;
      const seconds = (performance.now() - startedMs) / 1_000;
      console.log(
        `${coverage.table()}\nmodel, share ${shard} of ${SHARDS}: ${RUNS} sequences, MODEL_SEED=${seed}, ` +
          `${seconds.toFixed(1)} s (${cpuSeconds.toFixed(1)} s of a core, ${(RUNS / cpuSeconds).toFixed(0)} a second)`,
      );
      expect(coverageGaps(coverage), 'the sequences reach everything there is').toEqual([]);
    },
  );
}

/** `MODEL_SEED=7` for all shares, `MODEL_SEED=7,8` for each its own; otherwise by chance, so that every run sees others. */
function seedOf(shard: number): number {
  const given = process.env['MODEL_SEED']?.split(',') ?? [];
  const own = given[shard - 1] ?? given[0];
  return own === undefined ? Math.trunc(Math.random() * 2 ** 31) : Number(own);
}

function report(
  seed: number,
  { error, sequence, failedAt }: NonNullable<ReturnType<typeof runModel>['failure']>,
): string {
  return [
    `broken: ${error instanceof Error ? error.message : String(error)}`,
    `sequence ${failedAt}, MODEL_SEED=${seed}, ${sequence.actions.length} actions when shrunk.`,
    'Paste into test/model/kept-failures.test.ts:',
    pasteable(sequence),
  ].join('\n');
}
