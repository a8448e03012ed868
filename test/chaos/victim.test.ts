// What is killed must count as up again when it is, however it came down: otherwise it is never killed again, and the run is tamer
// than it says.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Victim } from './victim.ts';

let folder: string;
let victim: Victim;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'victim-'));
  const serving = `console.log('serving'); setInterval(() => {}, 1000); process.on('SIGUSR2', () => process.exit(1));`;
  victim = new Victim(
    {
      name: 'api',
      program: process.execPath,
      args: ['-e', serving],
      env: {},
      cwd: folder,
      owner: null,
      logFile: join(folder, 'log'),
      readyWords: 'serving',
    },
    () => {},
  );
});
afterEach(async () => {
  await victim.stop();
  rmSync(folder, { recursive: true });
});

it('is up again after a kill and a start', async () => {
  await victim.start();
  expect(victim.isUp).toBe(true);
  await victim.kill();
  expect(victim.isUp).toBe(false);
  await victim.start();
  expect(victim).toMatchObject({ isUp: true, kills: 1, ownEnds: 0, crashes: 0 });
});

it('is up again after it has ended by itself, which is told', async () => {
  await victim.start();
  const { pid } = victim;
  victim.signal('SIGUSR2');
  await vi.waitFor(() => expect([null, pid]).not.toContain(victim.pid), { timeout: 10_000 });
  await vi.waitFor(() => expect(victim.isUp).toBe(true), { timeout: 10_000 });
  expect(victim).toMatchObject({ kills: 0, ownEnds: 1, crashes: 1 });
});
