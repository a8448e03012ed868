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

  async function bundled(): Promise<string> {
    const bundle = await workflowBundle(folder);
    if (!('codePath' in bundle)) throw new Error('the bundle is not a file');
    return bundle.codePath;
  }

  test('is made once per version of its sources, and leaves no draft and no old bundle behind', async () => {
    const old = join(folder, 'workflow-bundle-0123456789abcdef.js');
    await writeFile(old, 'old');
    await utimes(old, new Date('2026-01-01'), new Date('2026-01-01'));

    const first = await bundled();
    expect(await readFile(first, 'utf8')).toContain('ChargeSession');
    expect(await readdir(folder)).toEqual([first.slice(folder.length + 1)]);

    const { mtimeMs } = await stat(first);
    expect(await bundled()).toBe(first);
    expect((await stat(first)).mtimeMs).toBe(mtimeMs);
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
