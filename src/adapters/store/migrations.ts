import { Kysely, Migrator, sql, type Migration } from 'kysely';
import type pg from 'pg';
import { openDatabase, type Database } from './database.ts';
import { INITIAL_SCHEMA } from './initial-schema.ts';
import { OPERATOR_ACTIONS_SCHEMA } from './operator-actions-schema.ts';
import { INSTALLATION_SCHEMA } from './installation-schema.ts';
import { OPERATOR_TASKS_SCHEMA } from './operator-tasks-schema.ts';
import { PAYMENT_PAGE_SCHEMA } from './payment-page-schema.ts';
import { PROVIDER_WEBHOOKS_SCHEMA } from './provider-webhooks-schema.ts';
import { REFUSED_FOR_NOW_SCHEMA } from './refused-for-now-schema.ts';
import { SESSION_ACTIONS_SCHEMA } from './session-actions-schema.ts';
import { SESSION_BEGIN_SCHEMA } from './session-begin-schema.ts';
import { TEXT_LIMITS_SCHEMA } from './text-limits-schema.ts';

// Names sort in the order of applying and are never renamed: the database remembers them.
const MIGRATIONS: Record<string, Migration> = {
  '0001-initial': applying(INITIAL_SCHEMA),
  '0002-session-actions': applying(SESSION_ACTIONS_SCHEMA),
  '0003-provider-webhooks': applying(PROVIDER_WEBHOOKS_SCHEMA),
  '0004-operator-tasks': applying(OPERATOR_TASKS_SCHEMA),
  '0005-operator-actions': applying(OPERATOR_ACTIONS_SCHEMA),
  '0006-text-limits': applying(TEXT_LIMITS_SCHEMA),
  '0007-installation': applying(INSTALLATION_SCHEMA),
  '0008-session-begin': applying(SESSION_BEGIN_SCHEMA),
  '0009-payment-page': applying(PAYMENT_PAGE_SCHEMA),
  '0010-refused-for-now': applying(REFUSED_FOR_NOW_SCHEMA),
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
