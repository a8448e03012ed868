// Owns: which personal data keys a database is written with, and the proof that a configured key is one of them.
import { sql } from 'kysely';
import { keyCheckValue, type PersonalDataKey } from './cipher.ts';
import { inTransaction, type Database, type Trx } from './database.ts';

/** Ids only. All empty: the configured keys fit. */
export interface KeyMismatch {
  /** ids the database is written with that are not configured */
  missing: string[];
  /** configured under an id that the database knows with another key */
  changed: string[];
  /** the key that writes, when it is not recorded, so that no other process can know that it is needed */
  unrecorded: string[];
}

/** What no process may work with. `missing`: keys that values were written with, or that another process is about to use. */
export type UnfitKeys = Pick<KeyMismatch, 'missing' | 'changed'>;

/** Every column that says which key a value was written with. */
const KEY_ID_COLUMNS = [
  ['subscriber', 'msisdn_key_id'],
  ['subscriber', 'lookup_key_id'],
  ['inbound_message', 'text_key_id'],
  ['outbound_message', 'text_key_id'],
  ['action', 'reason_key_id'],
  ['provider_webhook', 'secret_key_id'],
] as const;

/** Compares the recorded keys with `keys`, the writing one first. Reads one small table and changes nothing. */
export async function compareKeys(
  database: Database | Trx,
  keys: readonly PersonalDataKey[],
): Promise<KeyMismatch> {
  const recorded = await database.selectFrom('personalDataKey').selectAll().orderBy('keyId').execute();
  const configured = new Map(keys.map((key) => [key.id, key]));
  const ids = new Set(recorded.map(({ keyId }) => keyId));
  return {
    missing: recorded.filter(({ keyId }) => !configured.has(keyId)).map(({ keyId }) => keyId),
    changed: recorded.flatMap(({ keyId, checkValue }) => {
      const key = configured.get(keyId);
      return key && !keyCheckValue(key).equals(checkValue) ? [keyId] : [];
    }),
    unrecorded: keys.slice(0, 1).flatMap(({ id }) => (ids.has(id) ? [] : [id])),
  };
}

/** Both empty: a process may start with `keys`. Changes nothing; may read whole tables. */
export async function unfitKeys(database: Database, keys: readonly PersonalDataKey[]): Promise<UnfitKeys> {
  return inTransaction(database, async (trx) => {
    const { missing, changed } = await compareKeys(trx, keys);
    return { missing: await neededOf(trx, missing, keys), changed };
  });
}

/**
 * Finds what `unfitKeys` does and, when nothing is unfit, records the writing key. With `forgets`, a recorded key that is not
 * configured and that no value was written with any more is forgotten where one of ours is recorded: so ends a rotation.
 */
export async function admitKeys(
  database: Database,
  keys: readonly PersonalDataKey[],
  { forgets = true }: { forgets?: boolean } = {},
): Promise<UnfitKeys> {
  return inTransaction(database, async (trx) => {
    await sql`lock table personal_data_key in share row exclusive mode`.execute(trx);
    const { missing: absent, changed } = await compareKeys(trx, keys);
    const missing = await neededOf(trx, absent, keys);
    const [current] = keys;
    if (missing.length > 0 || changed.length > 0 || !current) return { missing, changed };
    if (forgets && absent.length > 0)
      await trx.deleteFrom('personalDataKey').where('keyId', 'in', absent).execute();
    await trx
      .insertInto('personalDataKey')
      .values({ keyId: current.id, checkValue: keyCheckValue(current) })
      .onConflict((conflict) => conflict.column('keyId').doNothing())
      .execute();
    return { missing, changed };
  });
}

async function neededOf(
  trx: Trx,
  absent: readonly string[],
  keys: readonly PersonalDataKey[],
): Promise<string[]> {
  if (absent.length === 0) return [];
  const recorded = await trx.selectFrom('personalDataKey').select('keyId').execute();
  const isOursRecorded = recorded.some(({ keyId }) => keys.some(({ id }) => id === keyId));
  // Recorded by others alone: one of them may have started just now, on a new database, and write in a moment.
  if (!isOursRecorded) return [...absent];
  // Only a key that no value has any more takes a whole reading of the tables.
  await sql`set local statement_timeout = '10min'`.execute(trx);
  const used: string[] = [];
  for (const keyId of absent) if (await isUsed(trx, keyId)) used.push(keyId);
  return used;
}

async function isUsed(trx: Trx, keyId: string): Promise<boolean> {
  for (const [table, column] of KEY_ID_COLUMNS) {
    const { rows } = await sql<{ used: boolean }>`
      select exists (select 1 from ${sql.table(table)} where ${sql.ref(column)} = ${keyId}) as used`.execute(
      trx,
    );
    if (rows[0]?.used) return true;
  }
  return false;
}
