import type { SubscriberId } from '../../domain/ids.ts';
import { sql } from 'kysely';
import { InvariantError } from '../../domain/assert.ts';
import type { LookupDigest, PersonalDataCipher } from './cipher.ts';
import type { Database, Trx } from './database.ts';

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

/** Finds or adds the subscriber of a number and takes the subscriber lock; the id comes back. */
export async function lockOrAddSubscriber(
  trx: Trx,
  cipher: PersonalDataCipher,
  input: { msisdn: string; newId: () => string },
): Promise<string> {
  const lookups = cipher.lookup(input.msisdn);
  const known = await findAndLock(trx, lookups);
  if (known !== null) return known;

  // While keys are rotated, two processes may write under different keys, where no unique index would stop both from
  // adding the subscriber. They share at least one key, hence one of these locks.
  for (const key of lookups.map((lookup) => lookup.digest.readBigInt64BE(0)).toSorted(ascending))
    await sql`select pg_advisory_xact_lock(${key})`.execute(trx);
  const addedMeanwhile = await findAndLock(trx, lookups);
  if (addedMeanwhile !== null) return addedMeanwhile;

  const subscriberId = input.newId();
  const encrypted = cipher.encrypt(input.msisdn, msisdnContext(subscriberId));
  await trx
    .insertInto('subscriber')
    .values({
      subscriberId,
      msisdnEncrypted: encrypted.data,
      msisdnKeyId: encrypted.keyId,
      msisdnLookup: lookups[0].digest,
      lookupKeyId: lookups[0].keyId,
    })
    .execute();
  return subscriberId;
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
async function findAndLock(trx: Trx, lookups: readonly LookupDigest[]): Promise<string | null> {
  const row = await trx
    .selectFrom('subscriber')
    .select('subscriberId')
    .where(
      'msisdnLookup',
      'in',
      lookups.map((lookup) => lookup.digest),
    )
    .orderBy('subscriberId')
    .limit(1)
    .forNoKeyUpdate()
    .executeTakeFirst();
  return row?.subscriberId ?? null;
}

function ascending(a: bigint, b: bigint): number {
  return a < b ? -1 : 1;
}
