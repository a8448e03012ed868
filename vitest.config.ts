import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongFirst } from './test/support/long-first.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.{ts,tsx}'],
    // `npm run test:full`: what takes minutes by itself, and the second half of the model test.
    exclude: ['test/full/**', 'test/model/lifecycle-2.test.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    // Processes, not threads: the Temporal SDK and PGlite are native or large, and some tests send signals.
    pool: 'forks',
    // A process runs many files, and loads what they share once: to load it anew for each took a fourth of the run.
    isolate: false,
    // Most tests wait for a server more than they compute: with one for each core the cores were idle half of the time.
    maxWorkers: availableParallelism() + 1,
    sequence: { sequencer: LongFirst },
    // For a machine that is slow and busy: beside the crash test 20 s were not enough for fifty hours of tries.
    testTimeout: 60_000,
    hookTimeout: 90_000,
    teardownTimeout: 30_000,
    env: { TZ: 'UTC' },
  },
});
