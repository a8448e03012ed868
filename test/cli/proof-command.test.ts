// What an operator sees of our ledger beside the provider's: through the running process, with real stores and a provider
// that behaves.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createApp } from '../../src/api/app.ts';
import { proofRoutes } from '../../src/api/rest/proofs.ts';
import { parseConfig, type Config } from '../../src/config/config.ts';
import { listen } from '../../src/main/http-server.ts';
import { proofCommand, reconcileCommand, tasksCommand } from '../../src/cli/proof-command.ts';
import { noteRunning } from '../../src/main/running-file.ts';
import type { PaymentProvider } from '../../src/ports/payment-provider.ts';
import { ActivityBench, NO_PAGE, NOW } from '../activities/activity-bench.ts';
import { aSale, EVERYTHING, sendLinkOf, type Sale } from '../activities/sale-bench.ts';
import { apiFixture } from '../api/api-fixture.ts';

const PROVIDER = { ...EVERYTHING, eventLog: true };
const DAY = '2026-11-23';

let dataDir: string;
let bench: ActivityBench;
let server: Awaited<ReturnType<typeof listen>>;
let config: Config;
let sale: Sale;
const providers: Record<string, PaymentProvider> = {};

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'sms2pay-proof-'));
  config = parseConfig({ DATA_DIR: dataDir });
  bench = await ActivityBench.open();
  const { stores } = bench;
  const routes = proofRoutes({ stores, providers, clock: { now: () => bench.now }, adminToken: 'the-token' });
  const app = createApp({ ...apiFixture().deps, extraRoutes: routes });
  server = await listen({ ...config.http, port: 0 }, (request) => app.fetch(request));
  await noteRunning(dataDir, { url: server.url, adminToken: 'the-token' });
});
beforeEach(async () => {
  sale = await aSale(bench, 100, { provider: PROVIDER });
  // A sale of the bench has captured; its rest is given back as the session would do it.
  const { charge } = sale;
  await charge.customer.run('releasePayment', charge.releaseInput(400));
  const session = charge.capturedView({
    capturedMinor: 100,
    computedMinor: 100,
    releasedMinor: 400,
    releaseSource: 'call',
    transactionId: charge.truth().providerReference,
  });
  await charge.customer.run('recordSession', {
    projection: { ...session, revision: 10, handledInboxIds: [], ...NO_PAGE, sinceRevision: 0 },
  });
  const { sessionId } = sale;
  await charge.customer.run('freeSlot', { sessionId, handledInboxIds: [], lastEndChargeAt: null });
  Object.assign(providers, charge.customer.deps.providers);
});
afterAll(async () => {
  await server.close();
  await bench.close();
  await rm(dataDir, { recursive: true, force: true });
});

type Command = typeof proofCommand | typeof tasksCommand;

async function run(command: Command, ...args: string[]): Promise<{ printed: string; sound: boolean | void }> {
  const lines: string[] = [];
  const sound = await command(args, config, (line) => lines.push(line));
  return { printed: lines.join('\n'), sound };
}

const partnerOf = async () => (await sale.record()).partnerId;

describe('proof --session', () => {
  test('shows three columns and a mark for each promise, and no number of a phone', async () => {
    const { printed, sound } = await run(proofCommand, '--session', sale.sessionId);
    expect(printed).toContain(`Session ${sale.sessionId}: captured`);
    expect(printed).toMatch(/^Captured +1\.00 +1\.00/m);
    expect(printed).toMatch(/^Released +4\.00 +4\.00/m);
    expect(printed).toMatch(/^✓ captured \+ released = authorized +1\.00 \+ 4\.00 = 5\.00$/m);
    expect(printed).toMatch(/^✓ the provider's event log agrees +4 entries$/m);
    // Ten digits may stand in an id, too.
    expect(printed.replaceAll(/[0-9a-f]{32}/g, '')).not.toMatch(/\d{10}/);
    expect(sound).toBe(true);
  });

  test('of money moved by somebody else says what is broken, with both numbers', async () => {
    await sale.refundElsewhere(30);
    const { printed, sound } = await run(proofCommand, '--session', sale.sessionId);
    expect(printed).toMatch(/^✗ our amounts are the provider's +refunded 0\.00 here, 0\.30 there$/m);
    expect(printed).toMatch(/^✗ the provider's event log agrees +refunded 0\.30 by somebody else$/m);
    expect(sound).toBe(false);
  });

  test('is of one moment: where ours changes while the provider is read, both are read again', async () => {
    const { sessionId } = sale;
    const { provider } = (await sale.record()).terms;
    const entry = { subject: sessionId, sessionId, reason: 'overdue', details: {} } as const;
    let reads = 0;
    const real = providers[provider];
    if (!real) throw new Error('the sale has no provider');
    const changing: PaymentProvider = Object.assign(Object.create(real) as PaymentProvider, {
      read: async (identity: Parameters<PaymentProvider['read']>[0]) => {
        reads += 1;
        if (reads === 1) await bench.stores.attention.raise(entry, NOW);
        return await real.read(identity);
      },
    });
    providers[provider] = changing;
    const { printed } = await run(proofCommand, '--session', sessionId, '--json');
    expect(JSON.parse(printed)).toMatchObject({ attention: ['overdue'] });
    expect(reads).toBe(2);
  });

  test('of an unreadable provider claims nothing', async () => {
    sale.provider.failNext('read', 'unavailable', { times: 2, code: '503' });
    const { printed } = await run(proofCommand, '--session', sale.sessionId);
    expect(printed).toMatch(/^· our amounts are the provider's +the provider could not be read \(503\)$/m);
    expect(printed).toMatch(/^Captured +1\.00 +not shown/m);
  });

  test('shows what became of each text, and counts no receipt that was refused or not delivered', async () => {
    const { charge, sessionId } = sale;
    const { outbox } = bench.stores;
    await sendLinkOf(sale);
    await charge.customer.run('sendText', charge.textInput('receipt', charge.capturedView()));
    const report = async (kind: string, state: 'delivered' | 'failed') => {
      const outboundId = `${sessionId}-${kind}-1`;
      const of = { outboundId, gatewayMessageId: 'gw', part: 0, resultCode: '1', at: bench.now };
      await outbox.recordDelivery('link', { ...of, state });
    };
    await report('paymentLink', 'delivered');
    const sent = await run(proofCommand, '--session', sessionId);
    expect(sent.printed).toMatch(/^Requested .* paymentLink says 5\.00 \(delivered\)$/m);
    expect(sent.printed).toMatch(/^Captured .* receipt says 1\.00 \(no final report yet\)$/m);
    await report('receipt', 'failed');
    const failed = await run(proofCommand, '--session', sessionId);
    expect(failed.printed).toMatch(/^Captured .* receipt \(not delivered\)$/m);
    expect(failed.printed).toContain('1 sent, no receipt among them; receipt: not delivered');
    const day = await run(proofCommand, '--day', DAY, '--partner', await partnerOf());
    expect(day.printed).toMatch(/^Captured +1\.00 +1\.00$/m);
    expect(day.printed).toMatch(/^Texts: 1 delivered, 1 not delivered$/m);
  });

  test('--json is what was read', async () => {
    const { printed } = await run(proofCommand, '--session', sale.sessionId, '--json');
    expect(JSON.parse(printed)).toMatchObject({ state: 'captured', checks: expect.any(Array) });
    await expect(run(proofCommand, '--session', 'none')).rejects.toThrow('There is no such session.');
  });
});

describe('proof --day', () => {
  test('adds the sessions of a partner up, and names those that fail', async () => {
    const partner = await partnerOf();
    const { printed, sound } = await run(proofCommand, '--day', DAY, '--partner', partner);
    expect(printed).toContain(`${DAY} in Europe/Oslo: 1 session (1 captured)`);
    expect(printed).toMatch(/^Captured +1\.00 +1\.00/m);
    expect(printed).toContain('✓ receipt numbers of the partner without gaps: 1 to 1');
    expect(printed).toContain('Nothing is broken in 1 session.');
    expect(sound).toBe(true);
    const { sessionId } = sale;
    const task = { subject: sessionId, reason: 'overdue', sessionId } as const;
    await bench.stores.attention.raise({ ...task, details: {} }, bench.now);
    const noted = await run(proofCommand, '--day', DAY, '--partner', partner);
    expect(noted.printed).toContain(`~ ${sessionId}: captured, needs attention: overdue`);
    expect(noted.sound).toBe(true);
    await bench.stores.attention.clear({ ...task, clearedBy: 'kari' }, bench.now);
    await sale.refundElsewhere(30);
    const broken = await run(proofCommand, '--day', DAY, '--partner', partner);
    expect(broken.printed).toContain(`✗ ${sale.sessionId}: captured`);
    expect(broken.printed).toContain('1 of 1 session has something broken');
    expect(broken.sound).toBe(false);
  });

  test('shows skipped receipt numbers as a gap with its reason, and missing ones as broken', async () => {
    const partnerId = await partnerOf();
    const { receipts, attention } = bench.stores;
    const issue = async (n: number) => {
      const [first] = await receipts.listForSession(sale.sessionId);
      if (!first) throw new Error('a sale has a receipt');
      const { data } = first;
      const operationId = `${sale.sessionId}-more-${n}`;
      const { sessionId } = sale;
      await receipts.issue({ partnerId, sessionId, operationId, kind: 'sale', issuedAt: bench.now, data });
    };
    const shown = () => run(proofCommand, '--day', DAY, '--partner', partnerId);
    await receipts.raiseCounter(partnerId, 4);
    await issue(1);
    const missing = await shown();
    expect(missing.printed).toMatch(/^✗ receipt numbers of the partner are missing: 2 to 4$/m);
    expect(missing.sound).toBe(false);
    const details = { partnerId, counter: 1, skippedFrom: 2, skippedTo: 3 };
    await attention.raise(
      { subject: `${partnerId}-3`, reason: 'receiptCounterBehind', sessionId: null, details },
      bench.now,
    );
    const both = await shown();
    expect(both.printed).toMatch(/^✗ receipt numbers of the partner are missing: 4$/m);
    expect(both.printed).toMatch(/^~ receipt numbers .* receiptCounterBehind records: 2 to 3$/m);
    expect(both.printed).not.toContain('without gaps');
  });

  test('names the texts that were not acted on, also on a day without a session', async () => {
    const partnerId = await partnerOf();
    const { customer } = sale.charge;
    await customer.text('Liked “You have started”');
    const { printed, sound } = await run(proofCommand, '--day', DAY, '--partner', partnerId);
    expect(printed).toMatch(
      /^~ customers' texts to the partner's numbers: 2 received; .*ignored: 1 a reaction of the phone$/m,
    );
    expect(sound).toBe(true);
    bench.now = '2026-11-25T10:00:00.000Z';
    await customer.text('Liked “You have started”');
    bench.now = NOW;
    const quiet = await run(proofCommand, '--day', '2026-11-25', '--partner', partnerId);
    expect(quiet.printed).toMatch(/: 0 sessions\n~ customers' texts .*: 1 received; ignored: 1 a reaction/);
  });

  test('knows the day by the zone of the partner', async () => {
    const partner = await partnerOf();
    for (const day of ['2026-11-22', '2026-11-24'])
      expect((await run(proofCommand, '--day', day, '--partner', partner)).printed).toMatch(/: 0 sessions$/);
  });
});

describe('reconcile', () => {
  test('counts what is equal, and writes nothing anywhere', async () => {
    const before = await sale.record();
    const calls = sale.provider.calls.length;
    const days = ['--from', DAY, '--to', DAY, '--partner', await partnerOf()];
    const { printed, sound } = await run(reconcileCommand, ...days);
    expect(printed).toMatch(/^Reconciliation of 2026-11-23: 1 session, 1 payment\n {2}1 {2}equal$/m);
    expect(printed).toMatch(/No difference\. \(Our payments begin with s2p[0-9a-f]{8}\.\)$/);
    expect(sound).toBe(true);
    const requested = sale.provider.calls.slice(calls).map(({ operation }) => operation);
    expect(new Set(requested)).toEqual(new Set(['read', 'readEvents']));
    expect(await sale.record()).toEqual(before);
  });

  test('names each difference with both amounts, and tells that it found one', async () => {
    await sale.refundElsewhere(30);
    const days = ['--from', '2026-11-01', '--to', DAY, '--partner', await partnerOf()];
    const { printed, sound } = await run(reconcileCommand, ...days);
    expect(printed).toContain('1  DIFFERENT');
    expect(printed).toContain('    refunded: ours 0.00 NOK, theirs 0.30 NOK');
    expect(printed).toContain('    event log: refunded 0.30 NOK under a key that is not ours');
    expect(sound).toBe(false);
    const json = await run(reconcileCommand, ...days, '--json');
    expect(JSON.parse(json.printed)).toMatchObject({
      counts: { differs: 1 },
      reported: [{ kind: 'differs' }],
    });
  });

  test('tells what is still held, and payments that are none of ours', async () => {
    sale.provider.distort(sale.charge.reference, { releasedMinor: 100 });
    const foreign = { subject: 'vipps:s2pffffffff', reason: 'foreignPayment', sessionId: null } as const;
    await bench.stores.attention.raise({ ...foreign, details: { provider: 'vipps' } }, bench.now);
    const days = ['--from', DAY, '--to', DAY, '--partner', await partnerOf()];
    const { printed, sound } = await run(reconcileCommand, ...days);
    expect(printed).toContain('    released: ours 4.00 NOK, theirs 1.00 NOK');
    expect(printed).toContain('Not ours, reported and never touched:\n  vipps:s2pffffffff');
    expect(sound).toBe(false);
    await bench.stores.attention.clear({ ...foreign, clearedBy: 'kari' }, bench.now);
  });
});

describe('a payment that is ours by its digits alone', () => {
  test('is told apart from others’, and is something to look at', async () => {
    const installationId = await bench.stores.ledger.installationId();
    const reference = `s2p${installationId}${'0'.repeat(24)}`;
    const days = ['--from', '2020-01-01', '--to', '2020-01-01', '--partner', await partnerOf()];
    expect((await run(reconcileCommand, ...days)).sound).toBe(true);
    const task = { subject: reference, reason: 'foreignPayment', sessionId: null } as const;
    await bench.stores.attention.raise(
      { ...task, details: { provider: 'vipps', kind: 'recordMissing' } },
      bench.now,
    );
    const { printed, sound } = await run(reconcileCommand, ...days);
    expect(printed).toContain(`foreignPayment):\n  ${reference}, seen last`);
    expect(printed).not.toContain('Not ours');
    expect(printed).toContain('a payment without a record');
    expect(sound).toBe(false);
    await bench.stores.attention.clear({ ...task, clearedBy: 'kari' }, bench.now);
  });
});

describe('tasks', () => {
  test('are listed with amounts as people write them, and closed by a name', async () => {
    const { sessionId } = sale;
    const task = { subject: sessionId, reason: 'moneyHeld', sessionId } as const;
    await bench.stores.attention.raise(
      { ...task, details: { remainingMinor: 1250, state: 'lost' } },
      bench.now,
    );
    const { printed } = await run(tasksCommand);
    expect(printed).toContain(`moneyHeld  ${sessionId}`);
    expect(printed).toContain('    remaining: 12.50\n');
    expect(printed).toContain('    state: lost\n');
    expect((await run(tasksCommand, 'close', sessionId, 'moneyHeld', '--actor', 'kari')).printed).toBe(
      `Closed: moneyHeld of ${sessionId}.`,
    );
    const [closed] = await bench.stores.attention.list({ sessionIds: [sessionId], andCleared: true });
    expect(closed?.clearedBy).toBe('kari');
    await expect(run(tasksCommand, 'close', sessionId, 'moneyHeld', '--actor', 'kari')).rejects.toThrow(
      'No such attention entry is open.',
    );
  });
});

test.each<[Command, string[], RegExp]>([
  [proofCommand, [], /^Use: /],
  [proofCommand, ['--session', 's', '--day', DAY], /^Use: /],
  [proofCommand, ['--day', 'today'], /such as 2026-11-26/],
  [proofCommand, ['--day', '2026-02-30'], /such as 2026-11-26/],
  [proofCommand, ['--day', DAY, '--partner', 'nobody'], /no partner "nobody"/],
  [reconcileCommand, ['--from', DAY], /^Use: /],
  [reconcileCommand, ['--from', DAY, '--to', '2026-11-22'], /must not be after/],
  [reconcileCommand, ['--from', '2025-01-01', '--to', DAY], /at most 92 days/],
  [tasksCommand, ['close', 's', 'overdue'], /--actor/],
  [tasksCommand, ['close', 's', 'overdue', '--actor', '+47 90000001'], /actor/],
  [tasksCommand, ['open'], /^Use: /],
])('%o %j is refused with how it is used', async (command, args, message) => {
  await expect(run(command, ...args)).rejects.toThrow(message);
});

test('without the token nothing is told', async () => {
  for (const path of ['/proof?day=2026-11-23', `/proof/${sale.sessionId}`, '/reconciliation', '/tasks'])
    expect((await fetch(`${server.url}/api/v1${path}`)).status).toBe(401);
  expect((await fetch(`${server.url}/api/v1/tasks/close`, { method: 'POST' })).status).toBe(401);
});

test('with nothing running says how to start', async () => {
  const empty = await mkdtemp(join(tmpdir(), 'sms2pay-empty-'));
  const requested = proofCommand(['--session', 's'], parseConfig({ DATA_DIR: empty }), () => {});
  await expect(requested).rejects.toThrow(/npm start/);
  await rm(empty, { recursive: true });
});
