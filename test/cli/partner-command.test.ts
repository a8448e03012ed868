// `sms2pay partner ...`: with a database of its own, and beside a running process that holds it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { partnerRoutes } from '../../src/api/rest/partners.ts';
import { type Config, parseConfig, UsageError } from '../../src/config/config.ts';
import { listen } from '../../src/main/http-server.ts';
import { migrateDatabase } from '../../src/main/installation.ts';
import { partnerCommand } from '../../src/cli/partner-command.ts';
import { noteRunning } from '../../src/main/running-file.ts';
import { PROJECT_ROOT, readProjectFile } from '../architecture/project-files.ts';
import { MemorySettings } from '../support/memory-settings.ts';
import { createTestDatabase, hasPostgres } from '../support/postgres.ts';

const EXAMPLE = join(PROJECT_ROOT, 'docs/examples/partner.json');
const ADDED =
  'fjord-bikes: Fjord Bikes AS (999 888 777), vipps, Europe/Oslo, nb\n' +
  '  receipt text on: Takk for turen! Du er trukket {{amount}} kr. Kvittering: {{receiptPageUrl}}';

async function aFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sms2pay-partner-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

/** An installation with an empty PostgreSQL; the vendors are the simulator's, which need not run for this. */
async function ownDatabase(): Promise<Config> {
  const database = await createTestDatabase();
  onTestFinished(() => database.drop());
  const schema = parseConfig({ DATABASE_URL: database.url }, { vendors: false });
  await migrateDatabase(schema, () => {});
  return parseConfig({ DATABASE_URL: database.url, SIMULATOR: 'on', DATA_DIR: await aFolder() });
}

/** A process that holds the embedded database alone, as far as the command line knows it. */
async function runningProcess(): Promise<Config> {
  const dataDir = await aFolder();
  const config = parseConfig({ DATA_DIR: dataDir, PORT: '0' });
  const offer = { capabilities: { currencies: ['NOK' as const], minimumCaptureMinor: 100 } };
  const routes = partnerRoutes({
    settings: new MemorySettings(),
    providers: { paycore: offer, vipps: offer },
    gateways: { link: null },
    adminToken: 'token',
  });
  const server = await listen(config.http, (request) => routes.fetch(request));
  onTestFinished(() => server.close());
  await noteRunning(dataDir, { url: server.url, adminToken: 'token' });
  return config;
}

async function run(config: Config, ...args: string[]): Promise<string> {
  const lines: string[] = [];
  await partnerCommand(args, config, (line) => lines.push(line));
  return lines.join('\n');
}

async function refusal(config: Config, ...args: string[]): Promise<string> {
  const error: unknown = await run(config, ...args).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UsageError);
  return error instanceof Error ? error.message : '';
}

/** The example with one of its texts replaced, as a file. */
async function exampleWith(from: string, to: string): Promise<string> {
  const file = join(await aFolder(), 'partner.json');
  const text = readProjectFile('docs/examples/partner.json');
  expect(text).toContain(from);
  await writeFile(file, text.replaceAll(from, to));
  return file;
}

const places: [string, () => Promise<Config>][] = [
  ['beside a running process', runningProcess],
  ...(hasPostgres()
    ? [['with a database of its own', ownDatabase] satisfies [string, () => Promise<Config>]]
    : []),
];

describe.each(places)('%s', (_where, aPlace) => {
  test('the partner of the documents is added from its file, and is there', async () => {
    const config = await aPlace();
    expect(await refusal(config, 'show')).toContain('sms2pay partner add FILE.json');
    expect(await run(config, 'add', EXAMPLE)).toBe(ADDED);
    expect(await run(config, 'show', 'fjord-bikes')).toBe(ADDED);
    expect(await refusal(config, 'add', EXAMPLE)).toContain(
      '- partner.partnerId: there is a partner "fjord-bikes" already',
    );
  });

  test('a partner with mistakes is refused with all of them, line by line', async () => {
    const config = await aPlace();
    const file = await exampleWith('"vipps"', '"klarna", "colour": "red"');
    expect(await refusal(config, 'add', file)).toBe(
      [
        'The partner cannot be saved like this.',
        '- partner: Unrecognized key: "colour"',
        '- partner.provider: there is no provider "klarna" here; there are: paycore, vipps',
      ].join('\n'),
    );
    expect(await refusal(config, 'show')).toContain('There is no partner yet');
  });

  test('a tariff that the provider does not always take is saved with a warning, also when the provider changes', async () => {
    const config = await aPlace();
    const file = await exampleWith('"priceMinorPerUnit": 3000', '"priceMinorPerUnit": 150');
    const warning =
      'Warning: A use of service fjord-bikes-hire can cost NOK 0.75, but vipps captures nothing below';
    expect(await run(config, 'add', file)).toContain(warning);
    expect(await run(config, 'set', 'fjord-bikes', '--receipt', 'off')).not.toContain('Warning');
    const changed = await run(config, 'set', 'fjord-bikes', '--provider', 'paycore');
    expect(changed).toContain('(999 888 777), paycore,');
    expect(changed).toContain(warning.replace('vipps', 'paycore'));
    const shown = JSON.parse(
      await run(config, 'set', 'fjord-bikes', '--provider', 'vipps', '--json'),
    ) as unknown;
    expect(shown).toMatchObject({
      items: [{ provider: 'vipps', receiptSmsOn: false }],
      warnings: [expect.stringContaining('NOK 0.75')],
    });
  });

  test('a provider that is not here, and a partner that is not there, are refused', async () => {
    const config = await aPlace();
    await run(config, 'add', EXAMPLE);
    expect(await refusal(config, 'set', 'fjord-bikes', '--provider', 'klarna')).toContain(
      '- provider: there is no provider "klarna" here; there are: paycore, vipps',
    );
    expect(await refusal(config, 'set', 'nobody', '--receipt', 'off')).toBe('There is no such partner.');
    expect(await run(config, 'show')).toBe(ADDED);
  });
});

test.each([
  [['add'], 'Use: sms2pay partner show [ID] | partner add FILE.json'],
  [['add', 'nowhere.json'], 'nowhere.json cannot be read.'],
  [['add', join(PROJECT_ROOT, 'LICENSE')], 'LICENSE is not JSON:'],
  [['set', 'x'], 'Say what to set:'],
  [['set', 'x', '--providr', 'vipps'], "Unknown option '--providr'."],
  [['set', 'x', '--receipt', 'perhaps'], '--receipt takes on or off'],
])('partner %j is a mistake of the caller, told before anything is asked', async (args, says) => {
  const config = parseConfig({ DATA_DIR: join(tmpdir(), 'sms2pay-nowhere') });
  expect(await refusal(config, ...args)).toContain(says);
});
