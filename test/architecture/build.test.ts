// The build is what the container runs, and nothing else runs it before a release: so it is made and tried here.
import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROJECT_ROOT, projectFiles } from './project-files.ts';

const run = promisify(execFile);
/** More than this and each worker start gets slow; the code of our own is a tenth of it. */
const BUNDLE_LIMIT_BYTES = 4 * 1024 * 1024;

describe('npm run build', () => {
  const root = mkdtempSync(join(tmpdir(), 'sms2pay-build-'));
  const dist = join(root, 'dist');

  beforeAll(async () => {
    // As in the container: the compiled code, package.json and the packages, no sources.
    cpSync(join(PROJECT_ROOT, 'package.json'), join(root, 'package.json'));
    symlinkSync(join(PROJECT_ROOT, 'node_modules'), join(root, 'node_modules'), 'dir');
    await run(process.execPath, [join(PROJECT_ROOT, 'scripts/build.mjs'), dist]);
  }, 120_000);

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test('makes a command that runs on plain Node and can be executed', async () => {
    const cli = join(dist, 'main/cli.js');
    const { stdout } = await run(cli, ['config'], { env: { PATH: process.env['PATH'], PORT: '9123' } });
    expect(stdout).toMatch(/^PORT +9123 +environment$/m);
    expect(statSync(cli).mode & 0o111).toBe(0o111);
  });

  test('copies every asset to where the code looks for it', () => {
    const assets = projectFiles('src').filter((file) => !/\.tsx?$/.test(file));
    expect(assets.length).toBeGreaterThan(0);
    expect(assets.filter((file) => !existsSync(join(dist, file.slice('src/'.length))))).toEqual([]);
  });

  test('bundles the workflows, within a limit', () => {
    const bundle = join(dist, 'workflow-bundle.js');
    expect(readFileSync(bundle, 'utf8')).toContain('ChargeSession');
    expect(statSync(bundle).size).toBeLessThan(BUNDLE_LIMIT_BYTES);
  });

  test('leaves no import of a TypeScript file behind', () => {
    const main = readFileSync(join(dist, 'main/cli.js'), 'utf8');
    expect(main).toMatch(/from '\.\.?\/.*\.js'/);
    expect(main).not.toMatch(/from '.*\.tsx?'/);
  });
});
