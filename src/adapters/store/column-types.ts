import pg from 'pg';

/** Money and sequences are `bigint` in the database and safe integers here; an unsafe one is refused, never rounded. */
export function parseSafeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || text.trim() === '')
    throw new RangeError('a bigint column holds a number beyond the safe integers');
  return value;
}

function parseInstant(text: string): string {
  const date: unknown = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ)(text);
  if (!(date instanceof Date)) throw new Error('a timestamptz column holds no instant');
  return date.toISOString();
}

/** How columns arrive, by type: `bigint` as a safe integer, `timestamptz` as an `Instant`; others as `pg` has them. */
export const COLUMN_PARSERS: readonly [oid: number, parse: (text: string) => unknown][] = [
  [pg.types.builtins.INT8, parseSafeInteger],
  [pg.types.builtins.TIMESTAMPTZ, parseInstant],
];
