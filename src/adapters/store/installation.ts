import { type Database, type Trx, inTransaction } from './database.ts';
import { sql } from 'kysely';

/** Of the vendors: real ones, or the simulator. */
export type InstallationMode = 'live' | 'demo';

/** Minted once per database by the migration; eight hex digits. */
async function readInstallationId(database: Database | Trx): Promise<string> {
  const { installationId } = await database
    .selectFrom('installation')
    .select('installationId')
    .executeTakeFirstOrThrow();
  return installationId;
}

/** Reads it once: it never changes. */
export function installationIdOnce(): (database: Database | Trx) => Promise<string> {
  let known: string | null = null;
  return async (database) => (known ??= await readInstallationId(database));
}

/** Null: never started, or not migrated yet. */
export async function readMode(database: Database): Promise<InstallationMode | null> {
  const { rows } = await sql<{ isThere: boolean }>`
    select to_regclass('installation') is not null as is_there`.execute(database);
  if (!rows[0]?.isThere) return null;
  const { mode } = await database.selectFrom('installation').select('mode').executeTakeFirstOrThrow();
  return mode;
}

/** Marks a database that has no mode yet; the mode in force comes back. */
export async function claimMode(database: Database, mode: InstallationMode): Promise<InstallationMode> {
  const known = await readMode(database);
  if (known !== null) return known;
  await database.updateTable('installation').set({ mode }).where('mode', 'is', null).execute();
  return (await readMode(database)) ?? mode;
}

/** A session's id begins with the installation's, so that its payments can be distinguished from others' at the vendors. */
export function sessionIdOf(installationId: string, newId: string): string {
  return `${installationId}${newId.slice(installationId.length)}`;
}

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
