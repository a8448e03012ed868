// Owns: whether what serving needs is there, part by part.
import type { Config } from '../config/config.ts';
import { within } from '../ports/bounded.ts';
import type { OpenDatabase } from './database.ts';
import { isSetUp } from './providers-in-use.ts';

const PROBE_MS = 1_500;

/** The part of a Temporal connection that is asked. */
interface Probed {
  withDeadline(deadline: number, ask: () => Promise<unknown>): Promise<unknown>;
  readonly workflowService: { getSystemInfo(request: object): Promise<unknown> };
}

/**
 * Asks the database and Temporal, and whether each provider of a partner is set up here; a part that does not answer, or
 * cannot write, says so and hides no other.
 */
export async function readiness(
  config: Config,
  database: Pick<OpenDatabase, 'compareKeys' | 'stores'>,
  client: { readonly connection: Probed },
): Promise<{ database: string; temporal: string; providers: string }> {
  const { connection } = client;
  const [databaseState, temporal, providers] = await Promise.all([
    state(async () => {
      await assertKeysStillFit(database);
      await database.stores.proveWritable();
    }),
    state(() =>
      connection.withDeadline(Date.now() + PROBE_MS, () => connection.workflowService.getSystemInfo({})),
    ),
    state(() => assertPartnersServed(config, database)),
  ]);
  return { database: databaseState, temporal, providers };
}

/** Another process may have moved a partner to a provider that only it has. The start counts the open sessions too. */
async function assertPartnersServed(config: Config, { stores }: Pick<OpenDatabase, 'stores'>): Promise<void> {
  const partners = await stores.settings.listPartners();
  const missing = new Set(
    partners.map(({ provider }) => provider).filter((provider) => !isSetUp(config, provider)),
  );
  if (missing.size > 0) throw new Error(`${[...missing].join(', ')} is not set up: run sms2pay doctor`);
}

/** Another process may have begun to write with a key that this one lacks: its customers would not be recognised here. */
async function assertKeysStillFit(database: Pick<OpenDatabase, 'compareKeys'>): Promise<void> {
  const differing = Object.values(await database.compareKeys()).flat();
  if (differing.length > 0) throw new Error('the personal data keys do not fit: run sms2pay doctor');
}

async function state(probe: () => Promise<unknown>): Promise<string> {
  try {
    const answer = await within(probe(), PROBE_MS);
    return answer.late ? 'no answer in time' : 'ok';
  } catch (error) {
    return error instanceof Error ? error.message : 'failed';
  }
}
