// Before an installation serves anybody: what `migrate` needs, what it says when it fails, and who waits for it.
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseConfig, type Config } from '../../src/config/config.ts';
import { start } from '../../src/main/start.ts';
import { openMigratedDatabase, migrateDatabase } from '../../src/main/installation.ts';
import { partnerCommand } from '../../src/cli/partner-command.ts';
import { sessionCommand } from '../../src/cli/session-command.ts';
import { tasksCommand } from '../../src/cli/proof-command.ts';
import { aLiveEnvironment } from '../config/live-environment.ts';
import { createTestDatabase, hasPostgres } from '../support/postgres.ts';
import { acceptOne } from '../support/accept-one.ts';

const onlyDatabase = (url: string): Config => parseConfig({ DATABASE_URL: url }, { vendors: false });

async function failureOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'it did not fail',
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );
}

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => {
    server.close(resolve);
  });
  return port;
}

test('a server that is not there is told as that, without the credentials', async () => {
  const place = `127.0.0.1:${await closedPort()}`;
  const config = onlyDatabase(`postgres://somebody:hemmelig@${place}/sms2pay`);
  const told = `The database at ${place} refuses the connection: does it run, and is this its address?`;
  expect(await failureOf(migrateDatabase(config, () => {}))).toBe(told);
  expect(await failureOf(openMigratedDatabase(config, () => {}))).toBe(told);
});

describe.skipIf(!hasPostgres())('on PostgreSQL', () => {
  async function anEmptyDatabase(): Promise<string> {
    const database = await createTestDatabase();
    onTestFinished(() => database.drop());
    return database.url;
  }

  test('a part of an installation refuses an empty schema with what to do, and opens a migrated one', async () => {
    const config = onlyDatabase(await anEmptyDatabase());
    expect(await failureOf(openMigratedDatabase(config, () => {}))).toMatch(
      /^The schema of the database lacks 0001-baseline; run: sms2pay migrate$/,
    );
    const lines: string[] = [];
    await migrateDatabase(config, (line) => lines.push(line));
    await migrateDatabase(config, (line) => lines.push(line));
    expect(lines).toEqual([expect.stringMatching(/^Applied: 0001-baseline/), 'The schema was up to date.']);
    const database = await openMigratedDatabase(config, () => {});
    onTestFinished(() => database.close());
    expect(await database.pendingMigrations()).toEqual([]);
    expect(await database.stores.settings.listPartners()).toEqual([]);
  });

  test.each(['api', 'worker'] as const)('%s does not start before that', async (command) => {
    const config = parseConfig(aLiveEnvironment({ DATABASE_URL: await anEmptyDatabase() }));
    const log = { info() {}, warn() {}, error() {} };
    const report = (): void => {};
    const started = start(command, { config, env: {}, log, report, onFatal: report, provider: null });
    expect(await failureOf(started)).toContain('run: sms2pay migrate');
  });

  test.each([
    ['session list', sessionCommand, ['list']],
    ['partner show', partnerCommand, ['show']],
    ['tasks', tasksCommand, []],
  ])('sms2pay %s says so too, and not which table it missed', async (_command, command, args) => {
    const config = parseConfig(aLiveEnvironment({ DATABASE_URL: await anEmptyDatabase() }));
    expect(await failureOf(command([...args], config, () => {}))).toContain('run: sms2pay migrate');
  });

  test('without its keys a process can touch no personal data, rather than write some that nobody can read', async () => {
    const config = onlyDatabase(await anEmptyDatabase());
    await migrateDatabase(config, () => {});
    const database = await openMigratedDatabase(config, () => {});
    onTestFinished(() => database.close());
    const text = {
      messageId: 'm1',
      msisdn: '4790000001',
      shortNumber: '27222',
      text: 'CHARGE',
      sentAt: null,
    };
    const told = await failureOf(acceptOne(database.stores.inbox, 'link', text, '2026-11-23T10:00:00.000Z'));
    expect(told).toContain('PERSONAL_DATA_KEYS is not set');
  });

  test('a database of another name is told as that', async () => {
    const url = new URL(await anEmptyDatabase());
    url.pathname = '/nowhere';
    expect(await failureOf(migrateDatabase(onlyDatabase(url.href), () => {}))).toContain(
      'knows no database of that name',
    );
  });
});
