import type { Config } from '../config/config.ts';
import { openDatabase, seedReferencePartner } from './database.ts';
import { secretsInForce } from './demo/demo-secrets.ts';
import { assertOurMode, claimOurMode } from './installation.ts';
import { connectClient, ensureSearchAttributes } from './temporal.ts';
import { databaseTrouble } from './trouble.ts';

/**
 * Brings the schema up to date, and registers the search attributes where TEMPORAL_ADDRESS names a server. Needs no vendor
 * account and no keys for personal data: it touches none.
 */
export async function migrateDatabase(config: Config, report: (line: string) => void): Promise<void> {
  const { keys } = await secretsInForce(config);
  const database = await openDatabase(config, keys, report);
  const inWords = (error: unknown): never => {
    throw databaseTrouble(error, config.databaseUrl);
  };
  try {
    // With the address of the database alone it is not known which mode its processes have.
    if (config.simulator.on) await assertOurMode(config, { mode: () => database.mode().catch(inWords) });
    const applied = await database.migrate().catch(inWords);
    report(applied.length === 0 ? 'The schema was up to date.' : `Applied: ${applied.join(', ')}`);
    if (config.simulator.on) {
      await claimOurMode(config, database);
      await seedReferencePartner(database.stores);
    }
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
