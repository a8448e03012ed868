import { execFile } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startProcess } from '../embedded/children.ts';
import { ServerBench } from '../embedded/server-bench.ts';

let bench: ServerBench;
beforeEach(async () => {
  bench = await ServerBench.create();
});
afterEach(() => bench.end());

describe('compiled for a release', () => {
  it('starts and stops its server with plain Node, without tsx', async () => {
    const root = join(import.meta.dirname, '../..');
    const config = join(bench.dataDir, 'tsconfig.json');
    await writeFile(
      config,
      JSON.stringify({
        extends: join(root, 'tsconfig.json'),
        compilerOptions: {
          noEmit: false,
          outDir: join(bench.dataDir, 'dist'),
          rootDir: root,
          typeRoots: [join(root, 'node_modules/@types')],
        },
        include: [join(root, 'src/embedded'), join(root, 'test/embedded/app-child.ts')],
      }),
    );
    await writeFile(join(bench.dataDir, 'package.json'), '{"type":"module"}');
    await symlink(join(root, 'node_modules'), join(bench.dataDir, 'node_modules'));
    await promisify(execFile)(join(root, 'node_modules/.bin/tsc'), ['-p', config]);
    const script = join(bench.dataDir, 'dist/test/embedded/app-child.js');
    const app = startProcess(process.execPath, [
      script,
      JSON.stringify({ dataDir: bench.dataDir, cliPath: bench.cliPath }),
    ]);
    expect(await app.line()).toMatch(/^at 127\.0\.0\.1:\d+$/);
    app.tell('stop');
    expect(await app.line()).toBe('stopped');
    expect(await bench.servers()).toEqual([]);
  });
});
