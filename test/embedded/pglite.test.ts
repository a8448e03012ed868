import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { type EmbeddedDatabase, openPglite } from '../../src/embedded/pglite.ts';
import { startChild } from './children.ts';

describe('the embedded database in memory', () => {
  let database: EmbeddedDatabase;
  let pool: pg.Pool;
  beforeAll(async () => {
    database = await openPglite({ memory: true });
    pool = database.createPool();
    await pool.query('create table note (id bigint primary key, text text not null)');
  });
  afterAll(() => database.close());

  const count = async (): Promise<unknown> =>
    (await pool.query('select count(*)::integer as n from note')).rows[0];

  it('answers every query of its own caller, also when many of them fail in between', async () => {
    const results = await Promise.allSettled(
      Array.from({ length: 400 }, (_, index) =>
        index % 3 === 0
          ? pool.query('insert into note values ($1, null)', [index])
          : pool.query('select $1::integer as n', [index]),
      ),
    );
    results.forEach((result, index) => {
      if (index % 3 === 0) expect(result).toMatchObject({ status: 'rejected', reason: { code: '23502' } });
      else expect(result).toMatchObject({ status: 'fulfilled', value: { rows: [{ n: index }] } });
    });
  });

  it('ends the transaction of a client that was dropped inside it', async () => {
    const client = await pool.connect();
    await client.query('begin');
    await client.query("insert into note values (1, 'never committed')");
    client.release(true);
    expect(await count()).toEqual({ n: 0 });
    await pool.query("insert into note values (2, 'kept')");
    expect(await count()).toEqual({ n: 1 });
  });

  it('refuses a second pool: their transactions would run into each other', () => {
    expect(() => database.createPool()).toThrow('one session');
  });
});

it('closes right after a statement that failed, although part of what was sent with it is in line still', async () => {
  const database = await openPglite({ memory: true });
  await expect(database.createPool().query('select $1::integer from missing', [1])).rejects.toMatchObject({
    code: '42P01',
  });
  await database.close();
});

describe('the embedded database on disk', () => {
  let dataDir: string;
  beforeAll(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'sms2pay-database-'));
  });
  afterAll(() => rm(dataDir, { recursive: true, force: true }));

  const exists = (path: string) =>
    stat(join(dataDir, path)).then(
      () => true,
      () => false,
    );

  it('killed with -9 while it is made, is used by one process and loses nothing acknowledged when that is killed too', async () => {
    const first = startChild('database-child', { dataDir });
    expect(await first.line()).toBe('Making the embedded database (once) ...');
    await vi.waitFor(async () => expect(await exists('postgres.draft/PG_VERSION')).toBe(true), {
      timeout: 60_000,
      interval: 20,
    });
    await first.kill('SIGKILL');
    expect(await exists('postgres')).toBe(false);

    const second = startChild('database-child', { dataDir });
    expect(await second.line()).toBe('Making the embedded database (once) ...');
    expect(await second.line()).toBe('open');
    await expect(openPglite({ dataDir, report: () => {} })).rejects.toThrow(
      `Another sms2pay (pid ${second.pid}) is using ${dataDir}: stop it, or set another DATA_DIR, or a DATABASE_URL.`,
    );
    let acknowledged = -1;
    while (acknowledged < 150) acknowledged = Number(await second.line());
    await second.kill('SIGKILL');

    const database = await openPglite({ dataDir, report: () => {} });
    const pool = database.createPool();
    const { rows } = await pool.query(
      'select number, count(*)::integer as halves from pair group by number order by number',
    );
    expect(rows.length).toBeGreaterThan(acknowledged);
    rows.forEach((row, index) => expect(row).toEqual({ number: index, halves: 2 }));
    await database.close();
    expect(() => database.createPool()).toThrow('closed');
  }, 90_000);
});
