import { existsSync } from 'node:fs';
import { describe, expect, test, vi } from 'vitest';
import { processesOf, startChaos } from '../chaos/chaos-run.ts';
import { hasPostgres } from '../support/postgres.ts';

describe.skipIf(!hasPostgres())('npm run chaos', { timeout: 480_000 }, () => {
  test('leaves no process behind after a Ctrl-C', async () => {
    const run = await startChaos('--sessions', '1000');
    await vi.waitFor(() => expect(run.output()).toContain('everything is up'), {
      timeout: 200_000,
      interval: 200,
    });
    expect((await processesOf(run)).length).toBeGreaterThanOrEqual(5);
    run.child.kill('SIGINT');
    expect(await run.ended).toBe(130);
    expect(await processesOf(run)).toEqual([]);
    expect(existsSync(run.folder())).toBe(false);
  });
});
