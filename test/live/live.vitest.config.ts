import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: { include: ['test/live/*.live.ts'], pool: 'forks', testTimeout: 60_000, env: { TZ: 'UTC' } },
});
