import { afterAll, beforeAll } from 'vitest';

/** As many as .ci/run gives a test (`--retry=1`); vitest repeats tests, not what is set up for them. */
const TRIES = process.env['CI'] === 'true' ? 2 : 1;

/** `beforeAll` and `afterAll`. `end` must undo whatever `begin` had done when it failed. */
export function setUp(begin: () => Promise<void>, end: () => Promise<void>, limitMs: number): void {
  beforeAll(async () => {
    for (let tries = 1; ; tries += 1)
      try {
        await begin();
        return;
      } catch (error) {
        if (tries === TRIES) throw error;
        console.log(
          `The set-up failed and is tried again: ${error instanceof Error ? error.stack : String(error)}`,
        );
        await end();
      }
  }, TRIES * limitMs);
  afterAll(end, limitMs);
}
