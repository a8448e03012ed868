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

interface FoundSubscribers {
  /** by number */
  subscribers: ReadonlyMap<string, SubscriberId>;
  /** by this transaction */
  added: ReadonlySet<SubscriberId>;
}

/** Finds or adds the subscribers of these numbers and takes their locks, in one order for all processes. */
export async function lockOrAddSubscribers(
  trx: Trx,
  cipher: PersonalDataCipher,
  input: { msisdns: readonly string[]; newId: () => string },
): Promise<FoundSubscribers> {
  const lookups = new Map(input.msisdns.map((msisdn) => [msisdn, cipher.lookup(msisdn)]));
  const isOne = lookups.size === 1;
  const found = await findAndLock(trx, lookups, isOne ? 'wait' : 'skip');
  for (const msisdn of found.keys()) lookups.delete(msisdn);
  if (lookups.size === 0) return { subscribers: found, added: new Set() };

  // While keys are rotated, two processes may write under different keys, where no unique index would stop both from
  // adding the subscriber. They share at least one key, hence one of these locks.
  const keys = [...lookups.values()].flat().map((lookup) => lookup.digest.readBigInt64BE(0));
  const sorted = keys.toSorted(ascending).map(String);
  // A statement of its own: what follows must see what was committed under these locks.
  await sql`select pg_advisory_xact_lock(key) from unnest(${sorted}::bigint[]) as key`.execute(trx);
  const added = await addSubscribers(trx, cipher, { lookups, newId: input.newId });
  if (added.length > 0)
    return { subscribers: new Map([...found, ...added]), added: new Set(added.map(([, id]) => id)) };
  // Another process has added one meanwhile. Among many nobody waits for it: the caller accepts each by itself.
  if (!isOne) throw new Error('one of several customers is locked');
  return { subscribers: await findAndLock(trx, lookups, 'wait'), added: new Set() };
}

/** All of them, or none where one of them is there. */
async function addSubscribers(
  trx: Trx,
  cipher: PersonalDataCipher,
  { lookups, newId }: { lookups: Lookups; newId: () => string },
): Promise<[msisdn: string, SubscriberId][]> {
  const rows = [...lookups].map(([msisdn, [current]]) => {
    const subscriberId = newId();
    return { msisdn, current, subscriberId, encrypted: cipher.encrypt(msisdn, msisdnContext(subscriberId)) };
  });
  const added = await sql`
    insert into subscriber (subscriber_id, msisdn_encrypted, msisdn_key_id, msisdn_lookup, lookup_key_id)
    select * from unnest(
      ${rows.map(({ subscriberId }) => subscriberId)}::text[],
      ${rows.map(({ encrypted }) => encrypted.data)}::bytea[],
      ${rows.map(({ encrypted }) => encrypted.keyId)}::text[],
      ${rows.map(({ current }) => current.digest)}::bytea[],
      ${rows.map(({ current }) => current.keyId)}::text[]
    )
    where not exists (select from subscriber where msisdn_lookup = any(${digestsOf(lookups)}::bytea[]))`.execute(
    trx,
  );
  return added.numAffectedRows === 0n ? [] : rows.map(({ msisdn, subscriberId }) => [msisdn, subscriberId]);
}

function digestsOf(lookups: Lookups): Buffer[] {
  return [...lookups.values()].flat().map(({ digest }) => digest);
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
  return decryptMsisdn(cipher, { subscriberId, msisdnEncrypted: null, msisdnKeyId: null, ...row });
}

export function decryptMsisdn(
  cipher: PersonalDataCipher,
  row: { subscriberId: SubscriberId; msisdnEncrypted: Buffer | null; msisdnKeyId: string | null },
): string {
  const { subscriberId, msisdnEncrypted, msisdnKeyId } = row;
  if (!msisdnEncrypted || msisdnKeyId === null)
    throw new InvariantError(`subscriber ${subscriberId} is unknown or erased`);
  return cipher.decrypt({ keyId: msisdnKeyId, data: msisdnEncrypted }, msisdnContext(subscriberId));
}

/** Every process takes the same row, whatever the order of its keys, should two of them match. */
async function findAndLock(
  trx: Trx,
  lookups: Lookups,
  locked: 'wait' | 'skip',
): Promise<Map<string, SubscriberId>> {
  const rows = await trx
    .selectFrom('subscriber')
    .select(['subscriberId', 'msisdnLookup'])
    .where('msisdnLookup', 'in', digestsOf(lookups))
    .orderBy('subscriberId')
    .forNoKeyUpdate()
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
