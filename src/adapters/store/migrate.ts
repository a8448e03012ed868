import { Kysely, Migrator, sql, type Migration } from 'kysely';
import type pg from 'pg';
import { openDatabase, type Database } from './database.ts';
import { BASELINE } from './migrations/0001-baseline.ts';

// Names sort in the order of applying and are never renamed: the database remembers them.
const MIGRATIONS: Record<string, Migration> = {
  '0001-baseline': applying(BASELINE),
};

function applying(statements: readonly string[]): Migration {
  return {
    up: async (db: Kysely<unknown>) => {
      for (const statement of statements) await sql.raw(statement).execute(db);
    },
  };
}

/**
 * Brings the database to today's schema; the names applied by this call come back. All in one transaction under an
 * advisory lock: a failure leaves the schema as it was, and of several processes at once one applies, the others wait.
 */
export async function migrate(target: pg.Pool | Database): Promise<{ applied: string[] }> {
  const { error, results } = await migratorOf(target).migrateToLatest();
  if (error !== undefined) throw new Error('the database could not be migrated', { cause: error });
  return {
    applied: (results ?? [])
      .filter((result) => result.status === 'Success')
      .map((result) => result.migrationName),
  };
}

/** Names of what `migrate` would apply, in order; empty when the schema is today's. Changes nothing. */
export async function pendingMigrations(target: pg.Pool | Database): Promise<string[]> {
  const migrations = await migratorOf(target).getMigrations();
  return migrations.filter(({ executedAt }) => executedAt === undefined).map(({ name }) => name);
}

function migratorOf(target: pg.Pool | Database): Migrator {
  const database = target instanceof Kysely ? target : openDatabase(target);
  return new Migrator({
    db: database.withoutPlugins(),
    provider: { getMigrations: async () => MIGRATIONS },
  });
}
