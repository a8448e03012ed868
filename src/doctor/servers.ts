// Whether the database and the Temporal server of a larger installation can be used.
import type { Client } from '@temporalio/client';
import type { Config } from '../config/config.ts';
import type { PersonalDataKey } from '../config/formats.ts';
import { openDatabase, type OpenDatabase } from '../main/database.ts';
import { databaseTrouble, type Trouble } from '../main/trouble.ts';
import { keyTrouble, modeTrouble, providerTroubles } from '../main/installation.ts';
import { namespaceTrouble, connectClient, missingSearchAttributes } from '../main/temporal.ts';
import { type Check, failed, type Finding } from './finding.ts';

const CALL_MS = 10_000;

/** Opens the database for `work`; errors come without the credentials of its address. */
export async function withDatabase<T>(
  config: Config,
  keys: readonly PersonalDataKey[],
  work: (database: OpenDatabase) => Promise<T>,
): Promise<T> {
  const database = await openDatabase(config, keys, () => {});
  try {
    return await work(database);
  } catch (error) {
    throw databaseTrouble(error, config.databaseUrl);
  } finally {
    await database.close();
  }
}

export function databaseCheck(config: Config, keys: readonly PersonalDataKey[]): Check {
  return {
    name: 'database',
    run: () =>
      withDatabase(config, keys, async (database): Promise<Finding> => {
        await database.stores.ping();
        const pending = await database.pendingMigrations();
        if (pending.length > 0)
          return failed(`its schema lacks ${pending.join(', ')}`, 'run: sms2pay migrate');
        const ofOtherMode = modeTrouble(config, await database.mode());
        if (ofOtherMode) return { state: 'failed', ...ofOtherMode };
        const unfit = keys.length > 0 && keyTrouble(config, keys, await database.unfitKeys());
        if (unfit) return { state: 'failed', ...unfit };
        const [unserved] = providerTroubles(config, await database.stores.ledger.providersInUse());
        if (unserved) return { state: 'failed', ...unserved };
        const fits = keys.length > 0 ? ', our personal data keys fit' : '';
        return { state: 'ok', what: `answers, its schema is up to date${fits}` };
      }),
  };
}

export function temporalCheck(config: Config, address: string): Check {
  return {
    name: 'Temporal',
    run: async () => {
      try {
        return await checkTemporal(config, address);
      } catch (error) {
        const { what, advice } = temporalTrouble(error);
        return failed(`${address} ${what}`, advice);
      }
    },
  };
}

async function checkTemporal(config: Config, address: string): Promise<Finding> {
  const { namespace } = config.temporal;
  const client = await connectClient(config, { address, namespace });
  try {
    const missing = await missingSearchAttributes(client);
    const foreign = await foreignNamespace(config, client);
    if (foreign) return { state: 'failed', ...foreign };
    if (missing.length === 0)
      return { state: 'ok', what: `${address} answers, namespace "${namespace}" has our search attributes` };
    return failed(`search attributes missing: ${missing.join(', ')}`, 'run: sms2pay migrate');
  } finally {
    await client.connection.close();
  }
}

/** Whose it is can be known with a database that answers; one that does not has a check of its own. */
async function foreignNamespace(config: Config, client: Client): Promise<Trouble | null> {
  if (config.databaseUrl === null) return null;
  const ours = await withDatabase(config, [], ({ stores }) => stores.ledger.installationId()).catch(
    () => null,
  );
  if (ours === null) return null;
  return await client.withDeadline(Date.now() + CALL_MS, () => namespaceTrouble(client, ours));
}

const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;

/** By gRPC's code. Its text is not shown: it may repeat what was sent. */
function temporalTrouble(error: unknown): Trouble {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  if (code === NOT_FOUND)
    return { what: 'knows no such namespace', advice: 'check TEMPORAL_NAMESPACE, or make it there' };
  if (code === PERMISSION_DENIED || code === UNAUTHENTICATED)
    return {
      what: 'refuses us',
      advice: 'check TEMPORAL_API_KEY, or the certificate, and TEMPORAL_NAMESPACE',
    };
  if (typeof code === 'string')
    return {
      what: `was not called: a file cannot be read (${code})`,
      advice: 'check the paths in TEMPORAL_TLS_*',
    };
  return {
    what: 'does not answer',
    advice: 'check TEMPORAL_ADDRESS and TEMPORAL_TLS, the network, and that the server runs',
  };
}
