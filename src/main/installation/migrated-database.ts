// Owns: opening a database whose schema somebody else keeps up to date, as the parts of a larger installation do.
import type { Config } from '../../config/config.ts';
import type { PersonalDataKey } from '../../config/formats.ts';
import { openDatabase, type OpenDatabase } from '../database.ts';
import { databaseTrouble } from '../database-trouble.ts';
import { assertKeysFit } from './fitting-keys.ts';
import { claimOurMode } from './mode.ts';
import { assertProvidersSetUp } from './providers-in-use.ts';

/**
 * Throws when the database does not answer, lacks a migration (without its tables nothing could be served), is of the other
 * mode, or was written with other personal data keys.
 */
export async function openMigratedDatabase(
  config: Config,
  report: (line: string) => void,
  {
    keys = config.personalData?.keys ?? [],
    waits = 'serving',
  }: { keys?: readonly PersonalDataKey[]; waits?: 'serving' | 'unhurried' } = {},
): Promise<OpenDatabase> {
  const database = await openDatabase(config, keys, report, waits);
  try {
    await assertMigrated(config, database);
    await claimOurMode(config, database);
    await assertKeysFit(config, database, keys);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The same for a process that serves: throws as well when a payment provider in use is not set up in it. */
export async function openServingDatabase(
  config: Config,
  report: (line: string) => void,
): Promise<OpenDatabase> {
  const database = await openMigratedDatabase(config, report, { waits: 'serving' });
  try {
    await assertProvidersSetUp(config, database.stores);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

export async function assertMigrated(
  config: Config,
  database: Pick<OpenDatabase, 'pendingMigrations'>,
): Promise<void> {
  const pending = await database.pendingMigrations().catch((error: unknown) => {
    throw databaseTrouble(error, config.databaseUrl);
  });
  if (pending.length > 0)
    throw new Error(`The schema of the database lacks ${pending.join(', ')}; run: sms2pay migrate`);
}
