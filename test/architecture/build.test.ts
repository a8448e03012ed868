// The build is what the container runs, and nothing else runs it before a release: so it is made and tried here.
import { execFile, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { aLiveEnvironment, A_VIPPS_ACCOUNT } from '../config/live-environment.ts';
import { createTestDatabase, hasPostgres } from '../support/postgres.ts';
import { clientOfOwnNamespace, openTemporalEnv } from '../support/temporal-env.ts';
import { PROJECT_ROOT, projectFiles, readProjectFile } from './project-files.ts';

const run = promisify(execFile);
/** More than this and each worker start gets slow; the code of our own is a tenth of it. */
const BUNDLE_LIMIT_BYTES = 4 * 1024 * 1024;
const BUILDING = 'Building sms2pay (once per change of its sources) ...';

describe('npm run build', () => {
  const root = mkdtempSync(join(tmpdir(), 'sms2pay-build-'));
  const dist = join(root, 'dist');

  beforeAll(async () => {
    // As in the container: the compiled code, package.json and the packages of `npm ci --omit=dev`, no sources.
    cpSync(join(PROJECT_ROOT, 'package.json'), join(root, 'package.json'));
    linkProductionPackages(root);
    await run(process.execPath, [join(PROJECT_ROOT, 'scripts/build.mjs'), dist]);
  }, 120_000);

  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test('needs neither tsx nor what only tests use', () => {
    for (const name of ['tsx', 'esbuild', '@temporalio/testing', 'vitest', 'typescript'])
      expect(existsSync(join(root, 'node_modules', name)), name).toBe(false);
    expect(existsSync(join(root, 'node_modules/@temporalio/worker'))).toBe(true);
  });

  test.skipIf(!hasPostgres())(
    'migrates and serves with the packages of the image alone: api, worker, demo',
    async () => {
      const [live, demo] = await Promise.all([createTestDatabase(), createTestDatabase()]);
      onTestFinished(async () => void (await Promise.all([live.drop(), demo.drop()])));
      const env = await openTemporalEnv();
      onTestFinished(() => env.close());
      const placeOf = async (databaseUrl: string) => ({
        DATABASE_URL: databaseUrl,
        TEMPORAL_ADDRESS: env.address,
        TEMPORAL_NAMESPACE: (await clientOfOwnNamespace(env)).options.namespace,
        DATA_DIR: mkdtempSync(join(root, 'data-')),
        PORT: '0',
      });
      const ofLive = aLiveEnvironment({ ...A_VIPPS_ACCOUNT, ...(await placeOf(live.url)) });
      const ofDemo = { ...(await placeOf(demo.url)), SIMULATOR: 'on' };
      const { stdout } = await run(join(dist, 'cli/cli.js'), ['migrate'], { env: inImage(ofLive) });
      expect(stdout).toContain('Applied: 0001-baseline');
      for (const [command, settings] of [
        ['api', ofLive],
        ['worker', ofLive],
        ['start', ofDemo],
      ] as const)
        expect(await readyLineOf(join(dist, 'cli/cli.js'), command, inImage(settings))).toContain(
          `sms2pay is ready (${command}, `,
        );
    },
    180_000,
  );

  test('makes a command that runs on plain Node and can be executed', async () => {
    const cli = join(dist, 'cli/cli.js');
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
    const main = readFileSync(join(dist, 'cli/cli.js'), 'utf8');
    expect(main).toMatch(/from '\.\.?\/.*\.js'/);
    expect(main).not.toMatch(/from '.*\.tsx?'/);
  });
});

describe('npm start', () => {
  test('runs the sources as they are, and builds only when they have changed', async () => {
    const root = mkdtempSync(join(tmpdir(), 'sms2pay-start-'));
    onTestFinished(() => rmSync(root, { recursive: true, force: true }));
    for (const name of ['package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'])
      cpSync(join(PROJECT_ROOT, name), join(root, name));
    for (const name of ['scripts', 'src'])
      cpSync(join(PROJECT_ROOT, name), join(root, name), { recursive: true });
    symlinkSync(join(PROJECT_ROOT, 'node_modules'), join(root, 'node_modules'), 'dir');
    const help = async () =>
      (await run(process.execPath, [join(root, 'scripts/start.mjs'), '--help'])).stdout.split('\n');

    expect((await help()).slice(0, 2)).toEqual([BUILDING, 'sms2pay: pay for what you used, by text message']);
    expect((await help())[0]).toBe('sms2pay: pay for what you used, by text message');
    const program = join(root, 'src/cli/cli.ts');
    writeFileSync(program, readFileSync(program, 'utf8').replace('pay for what you used', 'changed'));
    expect((await help()).slice(0, 2)).toEqual([BUILDING, 'sms2pay: changed, by text message']);
    expect(readdirSync(root).filter((name) => name.startsWith('dist'))).toEqual(['dist']);
  }, 120_000);
});

/** Linked, not copied; with `inImage` a package finds no other ones than these, either. */
function linkProductionPackages(root: string): void {
  const lock = JSON.parse(readProjectFile('package-lock.json')) as {
    packages: Record<string, { dev?: boolean }>;
  };
  for (const [path, { dev = false }] of Object.entries(lock.packages)) {
    const isOnTop = /^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path);
    if (!isOnTop || dev || !existsSync(join(PROJECT_ROOT, path))) continue;
    mkdirSync(dirname(join(root, path)), { recursive: true });
    symlinkSync(join(PROJECT_ROOT, path), join(root, path), 'dir');
  }
}

function inImage(settings: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv {
  return { ...settings, PATH: process.env['PATH'], NODE_OPTIONS: '--preserve-symlinks' };
}

/** The line that says that it serves, or all that it said when it ended before. */
async function readyLineOf(cli: string, command: string, env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(process.execPath, [cli, command], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  const ended = new Promise<void>((resolve) => void child.on('close', () => resolve()));
  const ready = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (bytes: Buffer) => {
        said += bytes.toString();
        if (said.includes('Stop it with')) resolve();
      });
  });
  await Promise.race([ready, ended]);
  child.kill('SIGTERM');
  await ended;
  return said;
}
