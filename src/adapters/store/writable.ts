import { sql } from 'kysely';
import { type Database, inTransaction } from './database.ts';

/**
 * Resolves when the database can write, throws when it cannot, e.g. on a full disk or as a read-only replica. Changes
 * nothing. A few milliseconds and about 1 MB of temporary file, so callers share one answer.
 *
 * Updating one row is not enough: on a full disk it still finds room in its page and in the log files made in advance
 * (measured with PGlite). A sort that does not fit into its memory needs new blocks on the disk, and leaves none behind.
 */
export function proveWritable(database: Database): Promise<void> {
  return inTransaction(database, async (trx) => {
    await sql`update installation set installation_id = installation_id`.execute(trx);
    await sql`set local work_mem = '64kB'`.execute(trx);
    await sql`select count(distinct repeat(n::text, 200) collate "C") from generate_series(1, 1000) as n`.execute(
      trx,
    );
  });
}
