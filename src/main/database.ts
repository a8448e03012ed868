// Opening the database this process uses, PostgreSQL or the embedded PGlite, with its stores.
import {
  admitKeys,
  claimMode,
  compareKeys,
  createPersonalDataCipher,
  createStores,
  migrate,
  openPostgresPool,
  pendingMigrations,
  readMode,
  referencePartner,
  unfitKeys,
  type InstallationMode,
  type PersonalDataCipher,
  type PersonalDataKey as StoreKey,
} from '../adapters/store/index.ts';
import type { PersonalDataKey } from '../config/formats.ts';
import type { Config } from '../config/config.ts';
import { paymentRules } from '../config/vendors.ts';
import type { OnDisk } from '../embedded/pglite.ts';
import type { Stores } from '../ports/stores.ts';

type Embedding = Pick<OnDisk, 'cacheDir' | 'onLocked'>;

export type OpenDatabase = Awaited<ReturnType<typeof openDatabase>>;

/**
 * Opens the database. Throws `LockHeldError` when another process uses the embedded one. Without `keys` nothing that is
 * personal can be read or written. `waits`: whether somebody waits for the answers, see `openPostgresPool`. `embedding`: of the
 * embedded database, see `openPglite`.
 */
export async function openDatabase(
  config: Config,
  keys: readonly PersonalDataKey[],
  report: (line: string) => void,
  waits: 'serving' | 'unhurried' = 'unhurried',
  embedding: Embedding = {},
) {
  const { databaseUrl } = config;
  const embedded = databaseUrl === null ? await openEmbedded(config.dataDir, report, embedding) : null;
  const pool = embedded
    ? embedded.createPool()
    : openPostgresPool(databaseUrl ?? '', { waits, max: config.databaseConnections });
  const ourKeys = keys.map(storeKey);
  const stores = createStores({
    pool,
    cipher: cipherOf(ourKeys),
    limits: config.limits.texts,
    paymentRules,
  });
  return {
    stores,
    /** applies what is missing of the schema; names of the migrations applied */
    migrate: async (): Promise<string[]> =>
      databaseUrl === null ? (await migrate(stores.db)).applied : await migrateUnhurried(databaseUrl),
    /** names of the migrations that `migrate` would apply */
    pendingMigrations: () => pendingMigrations(stores.db),
    /** how our personal data keys differ from those the database is written with; changes nothing */
    compareKeys: () => compareKeys(stores.db, ourKeys),
    /** those of our keys, or the database's, with which no process may start; changes nothing */
    unfitKeys: () => unfitKeys(stores.db, ourKeys),
    /**
     * The same, and when they fit records that ours are used; nothing may be written before. A command in a shell that a
     * rotation left out must not forget what the processes that serve are about to use.
     */
    admitKeys: () => admitKeys(stores.db, ourKeys, { forgets: waits === 'serving' }),
    /** null: never started, or not migrated yet */
    mode: () => readMode(stores.db),
    /** marks the database unless it is marked already; the mode in force comes back */
    claimMode: (mode: InstallationMode) => claimMode(stores.db, mode),
    close: async (): Promise<void> => {
      await stores.close();
      await embedded?.close();
    },
  };
}

/** PGlite is loaded only where it is used. */
async function openEmbedded(dataDir: string, report: (line: string) => void, embedding: Embedding) {
  const { openPglite } = await import('../embedded/pglite.ts');
  return await openPglite({ dataDir, report, ...embedding });
}

/** Apart from the pool that serves: a migration may take longer than anything that serves may. */
async function migrateUnhurried(databaseUrl: string): Promise<string[]> {
  const pool = openPostgresPool(databaseUrl, { waits: 'unhurried' });
  try {
    return (await migrate(pool)).applied;
  } finally {
    await pool.end();
  }
}

function storeKey({ id, encryptionKeyBase64, lookupKeyBase64 }: PersonalDataKey): StoreKey {
  return {
    id,
    encryptionKey: Buffer.from(encryptionKeyBase64, 'base64'),
    lookupKey: Buffer.from(lookupKeyBase64, 'base64'),
  };
}

function cipherOf(keys: readonly StoreKey[]): PersonalDataCipher {
  if (keys.length === 0) return { encrypt: refuse, decrypt: refuse, lookup: refuse, messageDigests: refuse };
  return createPersonalDataCipher({ keys });
}

function refuse(): never {
  throw new Error('PERSONAL_DATA_KEYS is not set: personal data can neither be read nor written');
}

/** The partner of the reference flow, so that a first start has something to try. Throws when another has its words. */
export async function seedReferencePartner({ settings }: Pick<Stores, 'settings'>): Promise<void> {
  const seed = referencePartner('paycore');
  if (await settings.findPartner(seed.partner.partnerId)) return;
  for (const route of seed.routes) {
    const other = (await settings.listRoutes(route)).find(({ keyword }) => keyword === route.keyword);
    if (other)
      throw new Error(
        `The demo's partner cannot be added: ${route.keyword} on ${route.shortNumber} belongs to the service ${other.serviceId}. Start the demo with another DATA_DIR or DATABASE_URL.`,
      );
  }
  await settings.addPartner(seed);
}
