import type { Config } from '../config/config.ts';
import { demoSecrets } from './demo-secrets.ts';
import { openDatabase, seedReferencePartner } from './database.ts';
import { databaseTrouble } from './database-trouble.ts';
import { connectClient, ensureSearchAttributes } from './temporal.ts';

/**
 * Brings the schema up to date, and registers the search attributes where TEMPORAL_ADDRESS names a server. Needs no vendor
 * account and no keys for personal data: it touches none.
 */
export async function migrateDatabase(config: Config, report: (line: string) => void): Promise<void> {
  const demo = config.simulator.on ? await demoSecrets(config.dataDir) : null;
  const database = await openDatabase(
    config,
    config.personalData?.keys ?? (demo ? [demo.personalData] : []),
    report,
  );
  try {
    const applied = await database.migrate().catch((error: unknown) => {
      throw databaseTrouble(error, config.databaseUrl);
    });
    report(applied.length === 0 ? 'The schema was up to date.' : `Applied: ${applied.join(', ')}`);
    if (config.simulator.on) await seedReferencePartner(database.stores);
  } finally {
    await database.close();
  }
  const { address, namespace } = config.temporal;
  if (address === null) return;
  const stop = (): Promise<void> => Promise.resolve();
  const client = await connectClient(config, { address, namespace, uiUrl: null, stop }).catch(
    (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`Temporal at ${address} does not answer: ${reason}`, { cause: error });
    },
  );
  try {
    const added = await ensureSearchAttributes(client);
    report(added.length === 0 ? 'Temporal has all search attributes.' : `Registered: ${added.join(', ')}`);
  } finally {
    await client.connection.close();
  }
}
