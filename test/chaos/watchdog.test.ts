import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { isAlive } from '../support/processes.ts';

const CHILD = fileURLToPath(new URL('watchdog-child.ts', import.meta.url));

test('a run that is killed itself leaves nothing running', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'sms2pay-watchdog-'));
  const child = spawn(process.execPath, ['--import', 'tsx', CHILD, join(folder, 'running')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const line = await new Promise<string>((done) =>
    child.stdout.setEncoding('utf8').once('data', (text: string) => done(text)),
  );
  const pid = Number(line);
  expect(isAlive(pid)).toBe(true);
  child.kill('SIGKILL');
  await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 10_000 });
  await rm(folder, { recursive: true, force: true });
});
