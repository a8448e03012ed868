// A throw-away PostgreSQL cluster on a free loopback port: fast, not durable, gone at the end.
import { type ChildProcess, execFile, spawn, type SpawnOptions } from 'node:child_process';
import { access, chmod, chown, constants, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { choosePort } from '../../src/embedded/dev-server.ts';
import type { Environment } from '../../src/embedded/child-process.ts';
import { descendantsOf, signalEach } from './processes.ts';

const run = promisify(execFile);
const DEBIAN_ROOT = '/usr/lib/postgresql';

export interface PostgresCluster {
  url: string;
  /** SIGSTOP and SIGCONT to the server and all its connections: it hangs, and goes on */
  pause(): Promise<void>;
  resume(): Promise<void>;
  /** kill -9 of the server; whoever connects is refused */
  crash(): Promise<void>;
  /** the same data on the same port */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** The newest installed `postgres` program's folder, or null. */
export async function findPostgresServer(env: Environment): Promise<string | null> {
  const versions = await readdir(DEBIAN_ROOT).catch(() => []);
  const newestFirst = versions
    .map(Number)
    .filter(Number.isFinite)
    .toSorted((a, b) => b - a);
  const folders = newestFirst.map((version) => join(DEBIAN_ROOT, String(version), 'bin'));
  for (const folder of [...folders, ...(env['PATH'] ?? '').split(delimiter)]) {
    const found = await Promise.all(
      ['postgres', 'initdb'].map((name) =>
        access(join(folder, name), constants.X_OK).then(
          () => true,
          () => false,
        ),
      ),
    );
    if (folder !== '' && found.every(Boolean)) return folder;
  }
  return null;
}

/** `survivesCrash`: what was committed is there after `crash`; slower. */
export async function startPostgresCluster(
  env: Environment,
  { survivesCrash = false }: { survivesCrash?: boolean } = {},
): Promise<PostgresCluster> {
  const bin = await findPostgresServer(env);
  if (bin === null) throw new Error('No PostgreSQL server is installed.');
  const owner = await unprivilegedUser();
  const folder = await mkdtemp(join(tmpdir(), 'sms2pay-postgres-'));
  await chmod(folder, 0o755);
  if (owner !== null) await chown(folder, owner.uid, owner.gid);
  const as = owner === null ? {} : { uid: owner.uid, gid: owner.gid };
  const data = join(folder, 'data');
  const options = { ...as, cwd: folder, env: { PATH: env['PATH'] ?? '', LC_ALL: 'C', HOME: folder } };
  await run(
    join(bin, 'initdb'),
    [
      '-D',
      data,
      '-U',
      'postgres',
      '--auth=trust',
      '--encoding=UTF8',
      '--no-locale',
      '--no-sync',
      '--no-instructions',
    ],
    options,
  );
  const port = await choosePort(0);
  await writeFile(join(data, 'postgresql.auto.conf'), survivesCrash ? SETTINGS + CRASH_SAFE : SETTINGS);
  const launch = async (): Promise<RunningServer> => {
    const server = launchServer([join(bin, 'postgres'), '-D', data, '-p', String(port)], options);
    await waitUntilAnswers(url, server.process, server.log);
    return server;
  };
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  let server = await launch();
  const postmaster = async (): Promise<number> =>
    Number((await readFile(join(data, 'postmaster.pid'), 'utf8')).split('\n')[0]);
  // The server first: once it stands still it makes no new process that would not be on the list.
  const signal = async (name: 'SIGSTOP' | 'SIGCONT'): Promise<void> => {
    const pid = await postmaster();
    process.kill(pid, name);
    signalEach(await descendantsOf(pid), name);
  };
  return {
    url,
    pause: () => signal('SIGSTOP'),
    resume: () => signal('SIGCONT'),
    crash: async () => {
      const pid = await postmaster();
      signalEach([pid, ...(await descendantsOf(pid))], 'SIGKILL');
      await server.end();
    },
    restart: async () => {
      server = await launch();
    },
    stop: async () => {
      await server.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface RunningServer {
  process: ChildProcess;
  log: () => string;
  end(): Promise<void>;
}

/** The shell waits on our pipe and ends the server when we are gone, also after kill -9. */
function launchServer(command: readonly string[], options: SpawnOptions): RunningServer {
  const script = 'exec 3<&0; "$0" "$@" & server=$!; cat <&3 >/dev/null; kill -INT $server; wait $server';
  const child = spawn('/bin/sh', ['-c', script, ...command], {
    ...options,
    stdio: ['pipe', 'ignore', 'pipe'],
    detached: true,
  });
  let log = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (log = (log + text).slice(-4_000)));
  return {
    process: child,
    log: () => log,
    end: async () => {
      const ended = new Promise((done) => child.once('exit', done));
      child.stdin?.end();
      if (child.exitCode === null) await ended;
    },
  };
}

const SETTINGS = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
synchronous_commit = off
full_page_writes = off
max_connections = 100
shared_buffers = 64MB
`;

// Without fsync that is safe against the end of the processes, not of the machine.
const CRASH_SAFE = 'synchronous_commit = on\nfull_page_writes = on\n';

/** PostgreSQL refuses to run as root: then the user its package made, or nobody. */
async function unprivilegedUser(): Promise<{ uid: number; gid: number } | null> {
  if (process.getuid?.() !== 0) return null;
  const id = async (flag: string, name: string): Promise<number> =>
    Number((await run('id', [flag, name])).stdout);
  const name = await run('id', ['-u', 'postgres']).then(
    () => 'postgres',
    () => 'nobody',
  );
  return { uid: await id('-u', name), gid: await id('-g', name) };
}

async function waitUntilAnswers(url: string, server: ChildProcess, log: () => string): Promise<void> {
  for (const deadline = Date.now() + 20_000; ; await sleep(50)) {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      await client.end().catch(() => {});
      if (server.exitCode !== null || Date.now() > deadline)
        throw new Error(`PostgreSQL does not start: ${log()}`, { cause: error });
    }
  }
}
