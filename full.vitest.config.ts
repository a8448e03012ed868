import { defineConfig } from 'vitest/config';
import config from './vitest.config.ts';

const CRASHES = 'test/chaos/chaos.test.ts';

const part = (name: string, groupOrder: number, include: string[], exclude: string[]) => ({
  test: {
    ...config.test,
    name,
    include,
    exclude,
    sequence: { ...config.test?.sequence, groupOrder },
    testTimeout: 1_200_000,
    hookTimeout: 300_000,
    env: { TZ: 'UTC', TEST_SCALE: 'full' },
  },
});

/**
 * `npm run test:full`: what `npm test` runs as a sample, in full, and what takes minutes by itself. The crash test comes first
 * and alone: it is about processes that are killed, not about a machine that has no time for them.
 */
export default defineConfig({
  test: {
    sequence: config.test?.sequence,
    maxWorkers: config.test?.maxWorkers,
    projects: [
      part('crashes', 0, [CRASHES], []),
      part(
        'all',
        1,
        [
          ...['full', 'model', 'matrix', 'chaos', 'e2e', 'browser'].map(
            (folder) => `test/${folder}/**/*.test.ts`,
          ),
          'test/workflows/long-session.test.ts',
        ],
        [CRASHES],
      ),
    ],
  },
});
