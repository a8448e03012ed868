// Owns: how PostgreSQL values become JavaScript values, the same on PGlite and on a PostgreSQL server.
import pg from 'pg';

const INT8 = pg.types.builtins.INT8;

/** bigint columns hold minor units and counters; one that a `number` cannot hold exactly is an error, never rounded. */
export function parseSafeInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || text.trim() === '')
    throw new RangeError('A bigint from the database is not a safe integer.');
  return value;
}

/** For `new pg.Pool({ types: pgTypes })`: per pool, so that no other user of `pg` in the process is touched. */
export const pgTypes: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) => {
    if (oid === INT8 && format !== 'binary') return parseSafeInt8;
    return pg.types.getTypeParser(oid, format);
  },
};
