// Owns: opening the database this process uses, PostgreSQL or the embedded PGlite, with its stores.
import {
  admitKeys,
  compareKeys,
  createPersonalDataCipher,
  createStores,
  migrate,
  openPostgresPool,
  pendingMigrations,
  referencePartner,
  type KeyMismatch,
  type PersonalDataCipher,
  type PersonalDataKey as StoreKey,
} from '../adapters/store/index.ts';
import type { PersonalDataKey } from '../config/formats.ts';
import type { Config } from '../config/config.ts';
import { openPglite } from '../embedded/pglite.ts';
import type { Stores } from '../ports/stores.ts';

export interface OpenDatabase {
  stores: Stores;
  /** applies what is missing of the schema; names of the migrations applied */
  migrate(): Promise<string[]>;
  /** names of the migrations that `migrate` would apply */
  pendingMigrations(): Promise<string[]>;
  /** how our personal data keys differ from those the database is written with; changes nothing */
  compareKeys(): Promise<KeyMismatch>;
  /** the same, and when they fit records that ours are used; nothing may be written before */
  admitKeys(): Promise<Pick<KeyMismatch, 'missing' | 'changed'>>;
  close(): Promise<void>;
}

/**
 * Opens the database. Throws `LockHeldError` when another process uses the embedded one. Without `keys` nothing that is
 * personal can be read or written. `waits`: whether somebody waits for the answers, see `openPostgresPool`.
 */
export async function openDatabase(
  config: Config,
  keys: readonly PersonalDataKey[],
  report: (line: string) => void,
  waits: 'serving' | 'unhurried' = 'unhurried',
): Promise<OpenDatabase> {
  const { databaseUrl } = config;
  const embedded = databaseUrl === null ? await openPglite({ dataDir: config.dataDir, report }) : null;
  const pool = embedded ? embedded.createPool() : openPostgresPool(databaseUrl ?? '', { waits });
  const ourKeys = keys.map(storeKey);
  const stores = createStores({ pool, cipher: cipherOf(ourKeys), limits: config.limits.texts });
  return {
    stores,
    migrate: async () =>
      databaseUrl === null ? (await migrate(stores.db)).applied : await migrateUnhurried(databaseUrl),
    pendingMigrations: () => pendingMigrations(stores.db),
    compareKeys: () => compareKeys(stores.db, ourKeys),
    admitKeys: () => admitKeys(stores.db, ourKeys),
    close: async () => {
      await stores.close();
      await embedded?.close();
    },
  };
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

/** The partner of the reference flow, so that a first start has something to try. */
export async function seedReferencePartner(stores: Stores): Promise<void> {
  await stores.settings.addPartner(referencePartner('paycore'));
}
