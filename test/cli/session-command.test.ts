// The command line as an operator meets it: through the running process, or with the database and Temporal themselves.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createStores, migrate, openPostgresPool, referencePartner } from '../../src/adapters/store/index.ts';
import { createApp } from '../../src/api/app.ts';
import { sessionRoutes } from '../../src/api/rest/sessions.ts';
import { parseConfig, type Config } from '../../src/config/config.ts';
import { listen } from '../../src/main/http-server.ts';
import { claimNamespace } from '../../src/main/temporal.ts';
import { forgetRunning, noteRunning } from '../../src/main/running-file.ts';
import { sessionCommand } from '../../src/cli/session-command.ts';
import { ActivityBench } from '../activities/activity-bench.ts';
import { aSale, type Sale } from '../activities/sale-bench.ts';
import { apiFixture } from '../api/api-fixture.ts';
import { beginSession, testCipher, textIn, paymentRules } from '../contract/stores.fixture.ts';
import { clientOfOwnNamespace, openTemporalEnv } from '../support/temporal-env.ts';
import { createTestDatabase, hasPostgres } from '../support/postgres.ts';

let dataDir: string;
beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sms2pay-session-'));
});
afterAll(() => rm(dataDir, { recursive: true, force: true }));

/** What the command prints; what it refuses is thrown. */
async function run(config: Config, ...args: string[]): Promise<string> {
  const lines: string[] = [];
  await sessionCommand(args, config, (line) => lines.push(line));
  return lines.join('\n');
}

describe('beside a running process', () => {
  let bench: ActivityBench;
  let sale: Sale;
  let server: Awaited<ReturnType<typeof listen>>;
  let state: 'succeeded' | 'refused' | 'requested' = 'succeeded';
  let isRunning = false;
  let config: Config;
  const tokens: (string | null)[] = [];

  beforeAll(async () => {
    bench = await ActivityBench.open();
    config = parseConfig({ DATA_DIR: dataDir });
    const routes = sessionRoutes({
      stores: bench.stores,
      clock: { now: () => bench.now },
      workflows: {
        isRunning: () => Promise.resolve(isRunning),
        operatorAction: async (sessionId, { actionId }) => {
          if (!isRunning) return 'notRunning';
          const answer = { sessionId, actionId, state: 'succeeded', detail: null } as const;
          await bench.stores.actions.finish(answer, bench.now);
          return 'accepted';
        },
      },
      actionWorkflows: {
        run: async (input) => {
          const end = { ...input, detail: state === 'refused' ? '6220' : null };
          if (state === 'requested') return 'running';
          await bench.stores.actions.finish({ ...end, state }, bench.now);
          return 'ended';
        },
      },
      capabilitiesOf: () => ({ refund: true, release: 'call' }),
      adminToken: 'token-of-the-note',
      publicUrl: () => 'https://pay.example',
      log: { info: () => {}, warn: () => {}, error: () => {} },
    });
    const app = createApp({ ...apiFixture().deps, extraRoutes: routes });
    server = await listen({ ...config.http, port: 0 }, (request) => {
      tokens.push(request.headers.get('authorization'));
      return app.fetch(request);
    });
    await noteRunning(dataDir, { url: server.url, adminToken: 'token-of-the-note' });
  });
  beforeEach(async () => {
    state = 'succeeded';
    isRunning = false;
    sale = await aSale(bench);
  });
  afterAll(async () => {
    await forgetRunning(dataDir);
    await server.close();
    await bench.close();
  });

  test('refund: the amount is in major units, and the token is that of the note', async () => {
    const done = await run(config, 'refund', sale.sessionId, '--amount', '0.50', '--reason', 'Charged twice');
    expect(done).toBe(`The refund of 0.50 is done. See: sms2pay session show ${sale.sessionId}`);
    expect(tokens.at(-1)).toBe('Bearer token-of-the-note');
    const [action] = await bench.stores.actions.listForSession(sale.sessionId);
    expect(action).toMatchObject({ kind: 'refund', amountMinor: 50, actor: 'command-line' });
    expect(await bench.stores.actions.reasonOf(sale.sessionId, action?.actionId ?? '')).toBe('Charged twice');
  });

  test.each([
    ['1.15', 115],
    ['2', 200],
    ['0.07', 7],
  ])('an amount of %s is %d øre, by its text alone', async (text, amountMinor) => {
    const big = await aSale(bench, 300);
    await run(config, 'refund', big.sessionId, '--amount', text, '--reason', 'x');
    expect(await bench.stores.actions.listForSession(big.sessionId)).toMatchObject([{ amountMinor }]);
  });

  test('release and --actor, --json', async () => {
    const args = ['release', sale.sessionId, '--reason', 'held too long', '--actor', 'kari', '--json'];
    const printed = await run(config, ...args);
    expect(JSON.parse(printed)).toMatchObject({
      kind: 'release',
      amountMinor: 400,
      actor: 'kari',
      state: 'succeeded',
    });
  });

  test.each([
    ['end-now', 'endNow'],
    ['retry-capture', 'retryCapture'],
    ['write-off', 'writeOff'],
    ['waive', 'waive'],
  ])('%s asks the running session, and shows who did', async (verb, kind) => {
    isRunning = true;
    const done = await run(config, verb, sale.sessionId, '--reason', 'asked by mail', '--actor', 'kari');
    expect(done).toBe(`The requested action (${kind}) is done. See: sms2pay session show ${sale.sessionId}`);
    expect(await run(config, 'show', sale.sessionId)).toContain(`kari: ${kind}, succeeded`);
  });

  test('end-now of an ended session fails with the reason, and no verb but refund takes an amount', async () => {
    const late = run(config, 'end-now', sale.sessionId, '--reason', 'x');
    await expect(late).rejects.toThrow(
      'The requested action (endNow) was not done: refused (the session has ended).',
    );
    const amount = run(config, 'end-now', sale.sessionId, '--reason', 'x', '--amount', '1');
    await expect(amount).rejects.toThrow('Only a refund takes an --amount');
  });

  test('the same --action-id twice is one action', async () => {
    const args = ['refund', sale.sessionId, '--amount', '0.50', '--reason', 'x'];
    const nonce = ['--action-id', '0f8fad5b-d9cb-469f-a165-70867728950e'];
    await run(config, ...args, ...nonce);
    await run(config, ...args, ...nonce);
    expect(await bench.stores.actions.listForSession(sale.sessionId)).toHaveLength(1);
  });

  test('says when it is under way, and fails when it was not made', async () => {
    const args = ['refund', sale.sessionId, '--amount', '0.50', '--reason', 'x'];
    state = 'refused';
    await expect(run(config, ...args)).rejects.toThrow('The refund of 0.50 was not made: refused (6220).');
    state = 'requested';
    expect(await run(config, ...args)).toContain('is under way');
  });

  test('passes the sentence of a refusal on, without advice to repeat it', async () => {
    const requested = run(config, 'refund', sale.sessionId, '--amount', '5', '--reason', 'x');
    await expect(requested).rejects.toThrow(/^At most 1\.00 NOK can still be refunded\.$/);
    await expect(run(config, 'show', 'none')).rejects.toThrow('There is no such session.');
  });

  test('show: amounts, documents with addresses, and what was done', async () => {
    await sale.refunded(50);
    const { charge } = sale;
    bench.gateway.failNext(`${sale.sessionId}-receipt`, 'rejected', { code: '106000' });
    await charge.customer.run('sendText', charge.textInput('receipt', charge.capturedView()));
    const shown = await run(config, 'show', sale.sessionId);
    for (const words of [
      `Session ${sale.sessionId}: captured`,
      'Charged   1.00 NOK',
      'Refunded  0.50 NOK',
      'Receipt 1: 1.00 NOK, https://pay.example/r/',
      'Credit note 2: 0.50 NOK, https://pay.example/r/',
      'operator-1: refund 0.50 NOK, succeeded',
      'Text receipt by link: rejected (106000)',
    ])
      expect(shown).toContain(words);
    expect(JSON.parse(await run(config, 'show', sale.sessionId, '--json'))).toMatchObject({
      refundedMinor: 50,
    });
  });

  test.each([
    [['refund'], /^Use: /],
    [['undo', 'session'], /^Use: /],
    [['refund', 's', '--amount', '1'], /--reason/],
    [['refund', 's', '--reason', 'x'], /--amount/],
    [['refund', 's', '--amount', '0,50', '--reason', 'x'], /such as 0\.50, not "0,50"/],
    [['refund', 's', '--amount', '0.505', '--reason', 'x'], /such as 0\.50/],
    [['refund', 's', '--amount', '0', '--reason', 'x'], /more than 0/],
    [['refund', 's', '--amount', '1', '--reason', 'x', '--actor', '+47 90000001'], /actor/],
    [['refund', 's', '--amount', '1', '--reason', 'x', '--action-id', '1'], /UUID/],
    [['release', 's', '--amount', '1', '--reason', 'x'], /Only a refund takes an --amount/],
  ])('%j is refused before anything is requested', async (args, message) => {
    const requested = tokens.length;
    await expect(run(config, ...args)).rejects.toThrow(message);
    expect(tokens).toHaveLength(requested);
  });

  test('a process that is gone is said to be, with how to ask for the same action again', async () => {
    const gone = await mkdtemp(join(tmpdir(), 'sms2pay-gone-'));
    await noteRunning(gone, { url: 'http://127.0.0.1:9', adminToken: 'x' });
    const requested = run(parseConfig({ DATA_DIR: gone }), 'refund', 's', '--amount', '1', '--reason', 'x');
    await expect(requested).rejects.toThrow(/does not answer[^]*--action-id [0-9a-f-]{36}$/);
    await rm(gone, { recursive: true });
  });
});

// Skipped only on a machine without PostgreSQL, which the start of the run reports; CI has one.
describe.skipIf(!hasPostgres())('with a database of its own', () => {
  test('shows a session, and refuses through Temporal and provider as the API does', async () => {
    const database = await createTestDatabase();
    const stores = createStores({
      pool: openPostgresPool(database.url),
      cipher: testCipher(),
      paymentRules,
    });
    await migrate(stores.db);
    await stores.settings.addPartner(referencePartner('paycore'));
    const { sessionId } = await beginSession(stores, await textIn(stores, 'CHARGE'));

    const own = await mkdtemp(join(tmpdir(), 'sms2pay-own-'));
    const settings = { DATA_DIR: own, DATABASE_URL: database.url, SIMULATOR: 'on' };
    const refund = ['refund', sessionId, '--amount', '1', '--reason', 'x'];
    expect(await run(parseConfig(settings), 'show', sessionId)).toContain('awaitingApproval');
    await expect(run(parseConfig(settings), 'show', 'none')).rejects.toThrow('There is no such session.');
    await expect(run(parseConfig(settings), ...refund)).rejects.toThrow(/TEMPORAL_ADDRESS/);
    const env = await openTemporalEnv();
    const client = await clientOfOwnNamespace(env);
    const { namespace } = client.options;
    const whole = { ...settings, TEMPORAL_ADDRESS: env.address, TEMPORAL_NAMESPACE: namespace };
    // In a namespace that is not the session's its workflow would seem to be gone.
    const writeOff = ['write-off', sessionId, '--reason', 'x'];
    await expect(run(parseConfig(whole), ...writeOff)).rejects.toThrow(
      `No api or worker of this database has used the Temporal namespace "${namespace}".`,
    );
    await claimNamespace(client, stores, { everyMs: 3_600_000 });
    await expect(run(parseConfig(whole), ...refund)).rejects.toThrow(/^paycore has no call for a refund/);
    await stores.close();
    await env.close();
    await rm(own, { recursive: true, force: true });
    await database.drop();
  });
});
