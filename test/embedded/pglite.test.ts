import type pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EmbeddedDatabase, openPglite } from '../../src/embedded/pglite.ts';

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

  it('lets the event loop have its turns while many statements are in line', async () => {
    const loop = { turns: 0, isOver: false };
    const turn = (): void => {
      loop.turns += 1;
      if (!loop.isOver) setImmediate(turn);
    };
    setImmediate(turn);
    await Promise.all(Array.from({ length: 200 }, (_, n) => pool.query('select $1::integer', [n])));
    loop.isOver = true;
    expect(loop.turns).toBeGreaterThan(150);
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
