import type { Database, Trx } from './database.ts';

/** Minted once per database by the migration; eight hex digits. */
export async function readInstallationId(database: Database | Trx): Promise<string> {
  const { installationId } = await database
    .selectFrom('installation')
    .select('installationId')
    .executeTakeFirstOrThrow();
  return installationId;
}

/** A session's id begins with the installation's, so that its payments can be told from others' at the vendors. */
export function sessionIdOf(installationId: string, newId: string): string {
  return `${installationId}${newId.slice(installationId.length)}`;
}
