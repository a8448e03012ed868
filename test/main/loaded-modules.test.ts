// What a process of a larger installation loads. The names come from the engine itself (its coverage report).
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { PROJECT_ROOT } from '../architecture/project-files.ts';

interface Coverage {
  result: { url: string }[];
}

/** Addresses of every module that a process loads for `code`. */
async function modulesOf(code: string): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'sms2pay-modules-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const args = ['--import', 'tsx', '--input-type=module', '--eval', code];
  const env = { ...process.env, NODE_V8_COVERAGE: folder };
  await promisify(execFile)(process.execPath, args, { cwd: PROJECT_ROOT, env });
  const reports = await Promise.all(
    (await readdir(folder)).map(
      async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')) as Coverage,
    ),
  );
  return reports.flatMap(({ result }) => result.map(({ url }) => url));
}

const DEMO_ONLY = [/\/src\/simulator\//, /\/src\/main\/demo\//, /\/embedded\/pglite\.ts/, /@electric-sql/];

test('`sms2pay api` and `sms2pay worker` load neither the simulator nor PGlite', async () => {
  // The database is opened, as the command does it; nothing listens at the address.
  const urls = await modulesOf(`
    await import('./src/main/start.ts');
    const { openDatabase } = await import('./src/main/database.ts');
    const { parseConfig } = await import('./src/config/config.ts');
    const config = parseConfig({ DATABASE_URL: 'postgres://127.0.0.1:1/none' }, { vendors: false });
    await (await openDatabase(config, [], () => {})).close();
  `);
  expect(urls.some((url) => url.endsWith(`/src/main/start.ts`))).toBe(true);
  expect(urls.filter((url) => DEMO_ONLY.some((pattern) => pattern.test(url)))).toEqual([]);
  // What both load is also what `api` loads: the SDK's worker comes with a command that runs one.
  expect(urls.filter((url) => /@temporalio\/(worker|core-bridge)\//.test(url))).toEqual([]);
}, 60_000);

test('the demo loads all of them, so that the report shows what is loaded', async () => {
  const urls = await modulesOf(`
    await import('./src/main/demo/demo.ts');
    await import('./src/embedded/pglite.ts');
    await import('./src/main/worker-process.ts');
  `);
  expect(urls.some((url) => url.includes('@temporalio/worker/'))).toBe(true);
  for (const pattern of DEMO_ONLY)
    expect(
      urls.some((url) => pattern.test(url)),
      String(pattern),
    ).toBe(true);
}, 60_000);
