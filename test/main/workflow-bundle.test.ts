import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sourceHash, workflowBundle } from '../../src/main/workflow-bundle.ts';

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

    const made = await workflowBundle(folder);
    if (!('code' in made)) throw new Error('a first bundle is made');
    const kept = await workflowBundle(folder);
    if (!('codePath' in kept)) throw new Error('a second bundle is the kept one');
    expect(made.code).toContain('ChargeSession');
    expect(await readFile(kept.codePath, 'utf8')).toBe(made.code);
    expect(await readdir(folder)).toEqual([kept.codePath.slice(folder.length + 1)]);

    const { mtimeMs } = await stat(kept.codePath);
    expect(await workflowBundle(folder)).toEqual(kept);
    expect((await stat(kept.codePath)).mtimeMs).toBe(mtimeMs);
  }, 60_000);

  test('is made all the same where the cache cannot be written', async () => {
    const file = join(folder, 'not-a-folder');
    await writeFile(file, '');
    expect(await workflowBundle(join(file, 'cache'))).toHaveProperty('code');
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
