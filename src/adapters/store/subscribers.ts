import type { SubscriberId } from '../../domain/ids.ts';
import { sql } from 'kysely';
import { InvariantError } from '../../domain/assert.ts';
import type { PersonalDataCipher } from './cipher.ts';
import type { Database, Trx } from './database.ts';

/** Digests of each number by all keys, the current one first. */
type Lookups = ReadonlyMap<string, ReturnType<PersonalDataCipher['lookup']>>;

const msisdnContext = (subscriberId: SubscriberId): string => `subscriber.msisdn:${subscriberId}`;

/**
 * The subscriber lock: its holder decides alone about all slots and messages of this customer. One lock instead
 * of one per slot, so that a text that concerns several slots can neither deadlock nor see half of a change. (No key
 * update: inserts that only refer to the subscriber are not held back.)
 */
export async function lockSubscriber(trx: Trx, subscriberId: SubscriberId): Promise<void> {
  await trx
    .selectFrom('subscriber')
    .select('subscriberId')
    .where('subscriberId', '=', subscriberId)
    .forNoKeyUpdate()
    .executeTakeFirstOrThrow();
}

/** Finds or adds the subscribers of these numbers and takes their locks, in one order for all processes; ids by number. */
export async function lockOrAddSubscribers(
  trx: Trx,
  cipher: PersonalDataCipher,
  input: { msisdns: readonly string[]; newId: () => string },
): Promise<ReadonlyMap<string, SubscriberId>> {
  const lookups = new Map(input.msisdns.map((msisdn) => [msisdn, cipher.lookup(msisdn)]));
  const isOne = lookups.size === 1;
  const found = await findAndLock(trx, lookups, isOne ? 'wait' : 'skip');
  for (const msisdn of found.keys()) lookups.delete(msisdn);
  if (lookups.size === 0) return found;

  // While keys are rotated, two processes may write under different keys, where no unique index would stop both from
  // adding the subscriber. They share at least one key, hence one of these locks.
  const keys = [...lookups.values()].flat().map((lookup) => lookup.digest.readBigInt64BE(0));
  const sorted = keys.toSorted(ascending).map(String);
  await sql`select pg_advisory_xact_lock(key) from unnest(${sorted}::bigint[]) as key`.execute(trx);
  const addedMeanwhile = await findAndLock(trx, lookups, isOne ? 'wait' : 'readOnly');
  // Among many nobody waits for one: the caller accepts each by itself.
  if (!isOne && addedMeanwhile.size > 0) throw new Error('one of several customers is locked');
  for (const msisdn of addedMeanwhile.keys()) lookups.delete(msisdn);
  const added = await addSubscribers(trx, cipher, { lookups, newId: input.newId });
  return new Map([...found, ...addedMeanwhile, ...added]);
}

async function addSubscribers(
  trx: Trx,
  cipher: PersonalDataCipher,
  { lookups, newId }: { lookups: Lookups; newId: () => string },
): Promise<[msisdn: string, SubscriberId][]> {
  if (lookups.size === 0) return [];
  const added = [...lookups].map(([msisdn, [current]]) => ({ msisdn, current, subscriberId: newId() }));
  await trx
    .insertInto('subscriber')
    .values(
      added.map(({ msisdn, current, subscriberId }) => {
        const encrypted = cipher.encrypt(msisdn, msisdnContext(subscriberId));
        return {
          subscriberId,
          msisdnEncrypted: encrypted.data,
          msisdnKeyId: encrypted.keyId,
          msisdnLookup: current.digest,
          lookupKeyId: current.keyId,
        };
      }),
    )
    .execute();
  return added.map(({ msisdn, subscriberId }) => [msisdn, subscriberId]);
}

/** The number of a subscriber, digits only. Throws when the subscriber is unknown or erased. */
export async function readMsisdn(
  database: Database,
  cipher: PersonalDataCipher,
  subscriberId: SubscriberId,
): Promise<string> {
  const row = await database
    .selectFrom('subscriber')
    .select(['msisdnEncrypted', 'msisdnKeyId'])
    .where('subscriberId', '=', subscriberId)
    .executeTakeFirst();
  if (!row?.msisdnEncrypted || row.msisdnKeyId === null)
    throw new InvariantError(`subscriber ${subscriberId} is unknown or erased`);
  return cipher.decrypt({ keyId: row.msisdnKeyId, data: row.msisdnEncrypted }, msisdnContext(subscriberId));
}

/** Every process takes the same row, whatever the order of its keys, should two of them match. */
async function findAndLock(
  trx: Trx,
  lookups: Lookups,
  locked: 'wait' | 'skip' | 'readOnly',
): Promise<Map<string, SubscriberId>> {
  const rows = await trx
    .selectFrom('subscriber')
    .select(['subscriberId', 'msisdnLookup'])
    .where(
      'msisdnLookup',
      'in',
      [...lookups.values()].flat().map((lookup) => lookup.digest),
    )
    .orderBy('subscriberId')
    .$if(locked !== 'readOnly', (query) => query.forNoKeyUpdate())
    .$if(locked === 'skip', (query) => query.skipLocked())
    .execute();
  const found = new Map<string, SubscriberId>();
  for (const [msisdn, digests] of lookups) {
    const row = rows.find(({ msisdnLookup }) => digests.some(({ digest }) => msisdnLookup?.equals(digest)));
    if (row) found.set(msisdn, row.subscriberId);
  }
  return found;
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : 1;
}
