// Whether this process belongs to the installation whose database it opens: schema (and bringing it up to date), mode, personal
// data keys, payment providers, and the proof of it to others.
import { join } from 'node:path';
import { createHmac, hkdfSync } from 'node:crypto';
import type { Config } from '../config/config.ts';
import type { PersonalDataKey } from '../config/formats.ts';
import { openDatabase, seedReferencePartner, type OpenDatabase } from './database.ts';
import { connectClient, ensureSearchAttributes } from './temporal.ts';
import { databaseTrouble, refuse, type Trouble } from './trouble.ts';
import type { InstallationMode } from '../adapters/store/index.ts';
import { PAYMENT_PROVIDERS, type PaymentVendor, requiredNames } from '../config/vendors.ts';
import type { ProviderInUse } from '../ports/ledger-store.ts';
import type { Stores } from '../ports/stores.ts';

/** Opens the database for a process that serves or a command, or throws as `assertFits` does. */
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
    await assertFits(config, database, keys);
    return database;
  } catch (error) {
    await database.close();
    throw error;
  }
}

/**
 * Marks the database with our mode at the first start. Throws a sentence with what to do when it does not answer, lacks a
 * migration (without its tables nothing can be served), is of the other mode, or was written with other personal data keys
 * (every customer would become a second one; without keys nothing personal can be read or written).
 */
async function assertFits(
  config: Config,
  database: OpenDatabase,
  keys: readonly PersonalDataKey[],
): Promise<void> {
  const pending = await database.pendingMigrations().catch((error: unknown) => {
    throw databaseTrouble(error, config.databaseUrl);
  });
  if (pending.length > 0)
    throw new Error(`The schema of the database lacks ${pending.join(', ')}; run: sms2pay migrate`);
  await claimOurMode(config, database);
  if (keys.length > 0) refuse(keyTrouble(config, keys, await database.admitKeys()));
}

/** Simulator and real vendors never share a database: the one would act on the other's sessions. */
async function claimOurMode(config: Config, database: Pick<OpenDatabase, 'claimMode'>): Promise<void> {
  refuse(modeTrouble(config, await database.claimMode(ourMode(config))));
}

/** The demo and the embedded database are migrated here; any other installation by `sms2pay migrate`. */
export async function prepareDatabase(
  config: Config,
  database: OpenDatabase,
  keys: readonly PersonalDataKey[],
  report: (line: string) => void,
): Promise<void> {
  if (config.databaseUrl === null || config.simulator.on) {
    refuse(modeTrouble(config, await database.mode()));
    const applied = await database.migrate();
    if (applied.length > 0) report(`Database schema is up to date (${applied.join(', ')})`);
  }
  await assertFits(config, database, keys);
  await assertProvidersSetUp(config, database.stores);
  if (config.simulator.on) await seedReferencePartner(database.stores);
}

/**
 * Brings the schema up to date, and registers the search attributes where TEMPORAL_ADDRESS names a server. Needs no vendor
 * account and no keys for personal data: it touches none.
 */
export async function migrateDatabase(config: Config, report: (line: string) => void): Promise<void> {
  const { secretsInForce } = await import('./demo/demo-secrets.ts');
  const { keys } = await secretsInForce(config);
  const database = await openDatabase(config, keys, report);
  const inWords = (error: unknown): never => {
    throw databaseTrouble(error, config.databaseUrl);
  };
  try {
    // With the address of the database alone it is not known which mode its processes have.
    if (config.simulator.on) refuse(modeTrouble(config, await database.mode().catch(inWords)));
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
  const client = await connectClient(config, { address, namespace }).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`Temporal at ${address} does not answer: ${reason}`, { cause: error });
  });
  try {
    const added = await ensureSearchAttributes(client);
    report(added.length === 0 ? 'Temporal has all search attributes.' : `Registered: ${added.join(', ')}`);
  } finally {
    await client.connection.close();
  }
}

/** Null: we may use it. */
export function modeTrouble(config: Config, mode: InstallationMode | null): Trouble | null {
  if (mode === null || mode === ourMode(config)) return null;
  const place = config.databaseUrl === null ? 'DATA_DIR' : 'DATABASE_URL';
  if (mode === 'live')
    return {
      what: 'The database is marked live, and the simulator is on: it would act on sessions with real money',
      advice: `Set SIMULATOR=off, or another ${place} for the demo`,
    };
  return {
    what: 'The database is marked demo: the simulator filled it, and now it is off',
    advice: `Set another ${place} for real vendors, or SIMULATOR=on`,
  };
}

function ourMode(config: Config): InstallationMode {
  return config.simulator.on ? 'demo' : 'live';
}

type Mismatch = Awaited<ReturnType<OpenDatabase['admitKeys']>>;

/** Null: the keys fit. No key is in the answer, ids only. */
export function keyTrouble(
  config: Config,
  keys: readonly PersonalDataKey[],
  { missing, changed }: Mismatch,
): Trouble | null {
  const file = join(config.dataDir, 'demo-secrets.json');
  const source = config.personalData === null ? file : 'PERSONAL_DATA_KEYS';
  const restore =
    config.personalData === null
      ? `Restore ${file} from a copy, or remove ${config.dataDir} to start with an empty demo`
      : null;
  if (changed.length > 0)
    return {
      what: `${source} holds another key under the id ${changed.join(', ')} than the database was written with`,
      advice: restore ?? 'Restore the key of that id; give a new key an id of its own',
    };
  if (missing.length > 0)
    return {
      what: `The database was written with the personal data keys ${missing.join(', ')}, but ${source} has only ${keys.map(({ id }) => id).join(', ')}`,
      advice: restore ?? 'Add the missing keys at the end of PERSONAL_DATA_KEYS',
    };
  return null;
}

/** Throws a sentence with what to do when partners or open sessions use a provider that is not set up here: their customers would get no answer. */
export async function assertProvidersSetUp(config: Config, stores: Pick<Stores, 'ledger'>): Promise<void> {
  const troubles = providerTroubles(config, await stores.ledger.providersInUse());
  if (troubles.length > 0)
    throw new Error(troubles.map(({ what, advice }) => `${what}. ${advice}.`).join('\n'));
}

export function providerTroubles(config: Config, inUse: readonly ProviderInUse[]): Trouble[] {
  return inUse
    .filter(({ provider }) => !isSetUp(config, provider))
    .map(({ provider, partners, openSessions }) => {
      const users = [
        ...(partners > 0 ? [counted(partners, 'partner')] : []),
        ...(openSessions > 0 ? [counted(openSessions, 'open session')] : []),
      ].join(' and ');
      const use = `but ${users} ${partners + openSessions === 1 ? 'uses' : 'use'} it`;
      if (!isKnown(provider))
        return {
          what: `The payment provider ${provider} is not known to this version, ${use}`,
          advice: `Move its partners to another provider (sms2pay partner set ID --provider NAME): ${Object.keys(PAYMENT_PROVIDERS).join(' or ')}`,
        };
      return {
        what: `The payment provider ${provider} is not set up here, ${use}`,
        advice: `Set ${requiredNames(PAYMENT_PROVIDERS[provider].settings).join(', ')}, or move its partners to another provider (sms2pay partner set ID --provider NAME): open sessions keep theirs until they are over`,
      };
    });
}

/** By the environment, or by a stand-in of the simulator. */
function isSetUp(config: Config, provider: string): boolean {
  if (!isKnown(provider)) return false;
  const { simulated }: PaymentVendor = PAYMENT_PROVIDERS[provider];
  return (config.simulator.on && simulated) || config[provider] !== null;
}

function isKnown(provider: string): provider is keyof typeof PAYMENT_PROVIDERS {
  return Object.hasOwn(PAYMENT_PROVIDERS, provider);
}

function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

const KEY_BYTES = 32;
const PURPOSE = 'sms2pay installation proof';

/**
 * Answers a challenge once per key of PERSONAL_DATA_KEYS, which every process of an installation has and nobody else.
 * With keys derived for this alone, an answer reveals nothing of the data the keys protect. While keys are rotated two
 * processes have at least one in common.
 */
export function installationProofs(
  keys: readonly Pick<PersonalDataKey, 'lookupKeyBase64'>[],
): (challenge: string) => string[] {
  const derived = keys.map(({ lookupKeyBase64 }) =>
    Buffer.from(hkdfSync('sha256', Buffer.from(lookupKeyBase64, 'base64'), '', PURPOSE, KEY_BYTES)),
  );
  return (challenge) => derived.map((key) => createHmac('sha256', key).update(challenge).digest('hex'));
}
