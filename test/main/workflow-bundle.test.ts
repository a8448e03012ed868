import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sourceHash, sourceMapOf, workflowBundle } from '../../src/main/workflow-bundle.ts';

describe('the workflow bundle', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sms2pay-bundle-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test('is made once per version of its sources, and leaves no draft and no old bundle behind', async () => {
    const old = join(folder, 'workflow-bundle-0123456789abcdef.js');
    await writeFile(old, 'old');
    await utimes(old, new Date('2026-01-01'), new Date('2026-01-01'));

    const made = await workflowBundle(folder, process.env);
    if (!('codePath' in made)) throw new Error('a bundle is kept');
    expect(await readdir(folder)).toEqual([made.codePath.slice(folder.length + 1)]);
    const { mtimeMs } = await stat(made.codePath);
    expect(await workflowBundle(folder, process.env)).toEqual(made);
    expect((await stat(made.codePath)).mtimeMs).toBe(mtimeMs);
  }, 60_000);

  test('names our files in its map, holds no sources, and is made again where it was cut short', async () => {
    const made = await workflowBundle(folder, process.env);
    if (!('codePath' in made)) throw new Error('a bundle is kept');
    const whole = await readFile(made.codePath, 'utf8');
    expect(whole).toContain('ChargeSession');
    const { map } = sourceMapOf(whole) as { map: { sources: string[]; sourcesContent?: string[] } };
    expect(map.sources.some((source) => source.endsWith('src/workflows/charge-session.ts'))).toBe(true);
    expect(map.sourcesContent).toBeUndefined();

    await writeFile(made.codePath, whole.slice(0, -1_000));
    expect(await workflowBundle(folder, process.env)).toEqual(made);
    expect(await readFile(made.codePath, 'utf8')).toBe(whole);
  }, 120_000);

  test('is made all the same where the cache cannot be written', async () => {
    const file = join(folder, 'not-a-folder');
    await writeFile(file, '');
    expect(await workflowBundle(join(file, 'cache'), process.env)).toHaveProperty('code');
  }, 60_000);

  test('is made again for a changed, renamed or added file', async () => {
    const hashes = new Set<string>();
    const note = async () => hashes.add(await sourceHash([folder]));
    await writeFile(join(folder, 'a.ts'), 'one');
    await note();
    await writeFile(join(folder, 'a.ts'), 'two');
    await note();
    await rm(join(folder, 'a.ts'));
    await writeFile(join(folder, 'b.ts'), 'two');
    await note();
    await writeFile(join(folder, 'c.ts'), '');
    await note();
    expect(hashes.size).toBe(4);
  });
});
