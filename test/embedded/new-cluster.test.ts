import { mkdir, mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeCluster } from '../../src/embedded/new-cluster.ts';
import { openPglite } from '../../src/embedded/pglite.ts';

const LIMIT_MS = 120_000;

describe('a new embedded database', () => {
  let folder: string;
  let cacheDir: string;
  let dataDir: string;
  let made = 0;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sms2pay-cluster-'));
    cacheDir = join(folder, 'cache');
  });
  beforeEach(async () => {
    dataDir = join(folder, `data-${(made += 1)}`);
    await mkdir(dataDir);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const kept = async (): Promise<string[]> =>
    (await readdir(cacheDir)).filter((name) => name.startsWith('pglite-'));
  const answers = async (): Promise<unknown> => {
    const database = await openPglite({ dataDir, report: () => {}, cacheDir });
    const { rows } = await database.createPool().query('select 1::integer as n');
    await database.close();
    return rows;
  };

  it(
    'is made and kept, and the next one is a copy of it',
    async () => {
      await makeCluster(join(dataDir, 'postgres'), cacheDir);
      const [name = 'none', ...others] = await kept();
      expect(others).toEqual([]);
      await makeCluster(join(dataDir, 'other'), cacheDir);
      expect(await kept()).toEqual([name]);
      const files = async (path: string) => (await readdir(path, { recursive: true })).toSorted();
      expect(await files(join(dataDir, 'other'))).toEqual(await files(join(cacheDir, name)));
      expect(await answers()).toEqual([{ n: 1 }]);
      expect((await readdir(dataDir)).filter((entry) => entry.includes('draft'))).toEqual([]);
      // What a database in use has written is not in the kept one.
      await makeCluster(join(dataDir, 'third'), cacheDir);
      expect(await kept()).toEqual([name]);
    },
    LIMIT_MS,
  );

  it(
    'is made again where the kept one is damaged',
    async () => {
      const [name = 'none'] = await kept();
      await truncate(join(cacheDir, name, 'global/pg_control'), 10);
      expect(await answers()).toEqual([{ n: 1 }]);
    },
    LIMIT_MS,
  );

  it(
    'is made all the same where the cache cannot be written, and no draft is left',
    async () => {
      const file = join(folder, 'no-folder');
      await writeFile(file, '');
      await mkdir(join(dataDir, 'postgres.draft-of-a-killed-start'));
      await makeCluster(join(dataDir, 'postgres'), join(file, 'cache'));
      expect(await readdir(dataDir)).toEqual(['postgres']);
      expect(await answers()).toEqual([{ n: 1 }]);
    },
    LIMIT_MS,
  );
});
