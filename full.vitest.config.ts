import { defineConfig } from 'vitest/config';
import config from './vitest.config.ts';

/** `npm run test:full`: what `npm test` runs as a sample, in full, and what takes minutes by itself. */
export default defineConfig({
  ...config,
  test: {
    ...config.test,
    include: [
      'test/full/**/*.test.ts',
      'test/model/**/*.test.ts',
      'test/matrix/**/*.test.ts',
      'test/chaos/**/*.test.ts',
      'test/e2e/**/*.test.ts',
    ],
    exclude: [],
    testTimeout: 1_200_000,
    hookTimeout: 300_000,
    env: { TZ: 'UTC', TEST_SCALE: 'full' },
  },
});
