import { defineConfig } from 'vitest/config';
import { IS_REST } from './test/support/scale.ts';
import config from './vitest.config.ts';

const CRASHES = 'test/chaos/chaos.test.ts';

const part = (name: string, groupOrder: number, include: string[]) => ({
  test: {
    ...config.test,
    name,
    include,
    exclude: [],
    sequence: { ...config.test?.sequence, groupOrder },
    testTimeout: 1_200_000,
    hookTimeout: 300_000,
    env: { TZ: 'UTC', TEST_SCALE: IS_REST ? 'rest' : 'full' },
  },
});

/** Files that take a sample in `npm test`, and those that are in no other run. */
const LONG = [
  'test/full/**/*.test.ts',
  'test/model/lifecycle-*.test.ts',
  'test/matrix/{paycore,vipps}.test.ts',
  'test/e2e/**/*.test.ts',
  'test/browser/**/*.test.ts',
];
/** A share of it would take as long as its sample in `npm test` does. */
const LONG_IN_FULL = ['test/workflows/long-session.test.ts'];

/**
 * `npm run test:full`: what `npm test` runs as a sample, in full, and what takes minutes by itself. The crash test comes first
 * and alone: it is about processes that are killed, not about a machine that has no time for them.
 */
export default defineConfig({
  test: {
    sequence: config.test?.sequence,
    maxWorkers: config.test?.maxWorkers,
    // A share of the crash test is what `npm test` runs.
    projects: IS_REST
      ? [part('all', 0, LONG)]
      : [part('crashes', 0, [CRASHES]), part('all', 1, [...LONG, ...LONG_IN_FULL])],
  },
});
