// The tests that only read files: no set-up, no servers.
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  root: fileURLToPath(new URL('..', import.meta.url)),
  test: {
    include: ['test/architecture/**/*.test.ts', 'test/config/**/*.test.ts'],
    // Makes a whole build.
    exclude: ['test/architecture/build.test.ts'],
    testTimeout: 30_000,
  },
});
