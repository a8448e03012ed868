import { sql } from 'kysely';
import type { Database, Trx } from './database.ts';

/** Of the vendors: real ones, or the simulator. */
export type InstallationMode = 'live' | 'demo';

/** Minted once per database by the migration; eight hex digits. */
export async function readInstallationId(database: Database | Trx): Promise<string> {
  const { installationId } = await database
    .selectFrom('installation')
    .select('installationId')
    .executeTakeFirstOrThrow();
  return installationId;
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

/** A session's id begins with the installation's, so that its payments can be told from others' at the vendors. */
export function sessionIdOf(installationId: string, newId: string): string {
  return `${installationId}${newId.slice(installationId.length)}`;
}
