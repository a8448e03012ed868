/** A statement is built once for all its values: each use must send its own, and a build that depends on one is a mistake. */
import { sql } from 'kysely';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../src/adapters/store/database.ts';
import { statement } from '../../src/adapters/store/statement.ts';
import { openPglite, type EmbeddedDatabase } from '../../src/embedded/pglite.ts';

let embedded: EmbeddedDatabase;
let database: Database;
beforeAll(async () => {
  embedded = await openPglite({ memory: true });
  database = openDatabase(embedded.createPool());
});
afterAll(async () => {
  await database.destroy();
  await embedded.close();
});

interface Given {
  words: readonly string[];
  amountMinor: number | null;
}

describe('a statement', () => {
  it('is built at its first use, and sends the values of each use', async () => {
    let builds = 0;
    const select = statement((db, { words, amountMinor }: Given) => {
      builds += 1;
      return db
        .selectNoFrom([
          sql<string[]>`${words}::text[]`.as('theseWords'),
          sql<number | null>`${amountMinor}::int`.as('amountMinor'),
          sql<string>`'fixed'`.as('fixed'),
        ])
        .where(sql<boolean>`${amountMinor}::int is null or ${amountMinor}::int > 0`);
    });
    const uses = [
      { words: ['CHARGE'], amountMinor: 100 },
      { words: [], amountMinor: null },
      { words: ['a', "b' or true"], amountMinor: 7 },
    ];
    const rows = await Promise.all(uses.map((given) => select(database, given)));
    expect(rows).toEqual(
      uses.map(({ words, amountMinor }) => [{ theseWords: words, amountMinor, fixed: 'fixed' }]),
    );
    expect(await select(database, { words: [], amountMinor: 0 })).toEqual([]);
    expect(builds).toBe(1);
  });

  it('fails at its first use when its text depends on a value', async () => {
    const select = statement((db, { words, amountMinor }: Given) =>
      db.selectNoFrom([sql`${words}::text[]`.as('words')]).limit(Number(amountMinor)),
    );
    await expect(select(database, { words: [], amountMinor: 1 })).rejects.toThrow(
      'the value of amountMinor is not known while its statement is built',
    );
    const insert = statement((db, { words }: Given) =>
      db.selectNoFrom([sql`${JSON.stringify(words)}::jsonb`.as('words')]),
    );
    await expect(insert(database, { words: [], amountMinor: 1 })).rejects.toThrow(
      'the value of words is not known while its statement is built',
    );
  });

  it('is not sent without one of its values: null would be written for it', async () => {
    const select = statement((db, { amountMinor }: { amountMinor?: number | null }) =>
      db.selectNoFrom([sql`${amountMinor}::int`.as('amountMinor')]),
    );
    await expect(select(database, {})).rejects.toThrow('a statement is built without a value');
    expect(await select(database, { amountMinor: null })).toEqual([{ amountMinor: null }]);
    for (const given of [{}, { amountMinor: undefined }])
      await expect(select(database, given)).rejects.toThrow('a statement has no value for amountMinor');
  });
});
