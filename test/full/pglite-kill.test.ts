import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openPglite } from '../../src/embedded/pglite.ts';
import { startChild } from '../embedded/children.ts';

describe('the embedded database on disk', () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'sms2pay-database-'));
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  const exists = (path: string) =>
    stat(join(dataDir, path)).then(
      () => true,
      () => false,
    );
  const draft = async () =>
    (await readdir(dataDir)).find((name) => name.startsWith('postgres.draft-')) ?? 'none';

  it('killed with -9 while it is made, is used by one process and loses nothing acknowledged when that is killed too', async () => {
    const first = startChild('database-child', { dataDir });
    expect(await first.line()).toBe('Making the embedded database (once) ...');
    await vi.waitFor(async () => expect(await exists(join(await draft(), 'PG_VERSION'))).toBe(true), {
      timeout: 60_000,
      interval: 20,
    });
    await first.kill('SIGKILL');
    expect(await exists('postgres')).toBe(false);

    const second = startChild('database-child', { dataDir });
    expect(await second.line()).toBe('Making the embedded database (once) ...');
    expect(await second.line()).toBe('open');
    await expect(openPglite({ dataDir, report: () => {} })).rejects.toThrow(
      `Another sms2pay (pid ${second.pid}) is using ${dataDir}: stop it, or set another DATA_DIR, or a DATABASE_URL.`,
    );
    let acknowledged = -1;
    while (acknowledged < 150) acknowledged = Number(await second.line());
    await second.kill('SIGKILL');

    const database = await openPglite({ dataDir, report: () => {} });
    const pool = database.createPool();
    const { rows } = await pool.query(
      'select number, count(*)::integer as halves from pair group by number order by number',
    );
    expect(rows.length).toBeGreaterThan(acknowledged);
    rows.forEach((row, index) => expect(row).toEqual({ number: index, halves: 2 }));
    await database.close();
    expect(() => database.createPool()).toThrow('closed');
  }, 90_000);
});
