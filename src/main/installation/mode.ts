// Owns: the refusal to mix the simulator and real vendors in one database: the one would act on the other's sessions.
import type { InstallationMode } from '../../adapters/store/index.ts';
import type { Config } from '../../config/config.ts';
import type { OpenDatabase } from '../database.ts';

/** Marks the database at the first start. Throws a sentence with what to do when it is of the other mode. */
export async function claimOurMode(config: Config, database: Pick<OpenDatabase, 'claimMode'>): Promise<void> {
  refuse(modeTrouble(config, await database.claimMode(ourMode(config))));
}

/** The same without a mark, for a database that may not be migrated yet. */
export async function assertOurMode(config: Config, database: Pick<OpenDatabase, 'mode'>): Promise<void> {
  refuse(modeTrouble(config, await database.mode()));
}

/** Null: we may use it. */
export function modeTrouble(
  config: Config,
  mode: InstallationMode | null,
): { what: string; advice: string } | null {
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

function refuse(trouble: { what: string; advice: string } | null): void {
  if (trouble !== null) throw new Error(`${trouble.what}. ${trouble.advice}.`);
}
