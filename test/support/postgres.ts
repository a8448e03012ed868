import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';

/** False when this machine has none (the run says so at its start): `describe.skipIf(!hasPostgres())`. */
export function hasPostgres(): boolean {
  return inject('postgresUrl') !== null;
}

export interface TestDatabase {
  /** connection string of an empty database of one's own */
  url: string;
  /** Drops it; whoever is still connected is cut off. */
  drop(): Promise<void>;
}

/** One per test file, so that files can run at the same time. */
export async function createTestDatabase(): Promise<TestDatabase> {
  const serverUrl = inject('postgresUrl');
  if (serverUrl === null) throw new Error('There is no PostgreSQL; see the start of the run.');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await execute(serverUrl, `create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  return { url: url.href, drop: () => execute(serverUrl, `drop database if exists ${name} with (force)`) };
}

async function execute(url: string, sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
