// Owns: a PostgreSQL cluster that survives kill -9 of its postmaster: commits reach the kernel before they are
// acknowledged. (Not the disk: only a loss of power would show the difference, and nothing here causes one.)
import { execFile } from 'node:child_process';
import { chmod, chown, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findPostgresServer } from '../support/postgres-cluster.ts';

const run = promisify(execFile);

const SETTINGS = `
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
fsync = off
synchronous_commit = on
full_page_writes = on
max_connections = 100
shared_buffers = 128MB
max_wal_size = 512MB
`;

export interface PostgresPlace {
  program: string;
  args: string[];
  owner: { uid: number; gid: number } | null;
  folder: string;
}

export async function makeCluster(folder: string, port: number): Promise<PostgresPlace> {
  const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', HOME: folder };
  const bin = await findPostgresServer(env);
  if (bin === null)
    throw new Error('No PostgreSQL server is installed (Debian: apt-get install postgresql).');
  const owner = await unprivilegedUser();
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o755);
  if (owner !== null) await chown(folder, owner.uid, owner.gid);
  const data = join(folder, 'data');
  const quick = ['--no-sync', '--no-instructions', '--auth=trust', '--encoding=UTF8', '--no-locale'];
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', ...quick], { ...owner, cwd: folder, env });
  await writeFile(join(data, 'postgresql.auto.conf'), SETTINGS);
  return { program: join(bin, 'postgres'), args: ['-D', data, '-p', String(port)], owner, folder };
}

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
