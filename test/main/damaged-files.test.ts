// A damaged or missing file of DATA_DIR is named, with what to do.
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { userCacheDir } from '../../src/embedded/cli-download.ts';
import { openPglite } from '../../src/embedded/pglite.ts';
import { demoSecrets, knownDemoSecrets } from '../../src/main/demo/demo-secrets.ts';
import { doctor } from '../../src/doctor/doctor.ts';
import { findRunning } from '../../src/main/running-file.ts';
import { aDataDir } from '../doctor/doctor-bench.ts';

const DAMAGED = ['{x', '', '[]', '{"personalData":1}'];

describe('demo-secrets.json', () => {
  test.each(DAMAGED)('holding %j is named and left as it is', async (text) => {
    const dataDir = await aDataDir();
    const file = join(dataDir, 'demo-secrets.json');
    await writeFile(file, text);
    await expect(demoSecrets(dataDir)).rejects.toThrow(
      `${file} is damaged. Restore it from a copy, or remove ${dataDir} to start with an empty demo.`,
    );
    expect(await readdir(dataDir)).toEqual(['demo-secrets.json']);
  });

  test('that is gone beside a database is not made again', async () => {
    const dataDir = await aDataDir();
    await mkdir(join(dataDir, 'postgres'));
    await expect(demoSecrets(dataDir)).rejects.toThrow(
      `${join(dataDir, 'demo-secrets.json')} is missing, and ${join(dataDir, 'postgres')} was written with its keys.`,
    );
    expect(await readdir(dataDir)).toEqual(['postgres']);
    expect(await knownDemoSecrets(dataDir)).toBeNull();
  });

  test('is named by the doctor too', async () => {
    const dataDir = await aDataDir();
    await writeFile(join(dataDir, 'demo-secrets.json'), '{x');
    const lines: string[] = [];
    expect(await doctor({ DATA_DIR: dataDir }, (line) => lines.push(line))).toBe(false);
    expect(lines.join('\n')).toMatch(/^FAILED +demo secrets .*demo-secrets\.json is damaged\./m);
  });
});

test.each(['{x', '', '{}'])('running.json holding %j is named', async (text) => {
  const dataDir = await aDataDir();
  const file = join(dataDir, 'running.json');
  await writeFile(file, text);
  await expect(findRunning(dataDir)).rejects.toThrow(`${file} is damaged. Remove it`);
});

describe('the embedded database', () => {
  const report = (): void => {};

  test('that was emptied is no new one', async () => {
    const dataDir = await aDataDir();
    const cluster = join(dataDir, 'postgres');
    await mkdir(cluster);
    await expect(openPglite({ dataDir, report })).rejects.toThrow(
      `${cluster} is not a database any more (its PG_VERSION is missing). Restore it from a copy`,
    );
    expect(await readdir(cluster)).toEqual([]);
  });

  test('that PGlite cannot open is named, with no word of its compiler', async () => {
    const dataDir = await aDataDir();
    // The kept empty database: this test is not about making one.
    await (await openPglite({ dataDir, report, cacheDir: userCacheDir(process.env) })).close();
    await writeFile(join(dataDir, 'postgres/global/pg_control'), 'nothing');
    const refusal = openPglite({ dataDir, report });
    await expect(refusal).rejects.toThrow(`${join(dataDir, 'postgres')} cannot be opened.`);
    await expect(refusal).rejects.not.toThrow(/ASSERTIONS/);
  }, 60_000);
});
