// `sms2pay sim ...` against a simulator over HTTP: what a tester reads must be what happened.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parseConfig, UsageError } from '../../src/config/config.ts';
import { noteRunning } from '../../src/main/running-file.ts';
import { simCommand } from '../../src/cli/sim-command.ts';
import { aBench, aPayment, anAuthorizedPayment, type Bench } from '../simulator/harness.ts';

const FROM = ['--from', '+4790000001'];

/** The command line beside the running `bench`; gives what was printed. */
async function commandLine(bench: Bench): Promise<(...args: string[]) => Promise<string>> {
  const dataDir = await mkdtemp(join(tmpdir(), 'sms2pay-sim-'));
  onTestFinished(() => rm(dataDir, { recursive: true }));
  await noteRunning(dataDir, { url: new URL(bench.baseUrl).origin, adminToken: '' });
  return async (...args) => {
    const lines: string[] = [];
    await simCommand(args, parseConfig({ DATA_DIR: dataDir }), (line) => lines.push(line));
    return lines.join('\n');
  };
}

describe('sim send', () => {
  test('tells that the webhook took the text', async () => {
    const bench = await aBench({ served: true });
    const sim = await commandLine(bench);
    expect(await sim('send', 'END', 'CHARGE', ...FROM)).toBe('Sent, and accepted by the webhook (1 try).');
    expect(bench.receiver.at('/mo').map(({ body }) => body)).toEqual([expect.stringContaining('END CHARGE')]);
  });

  test('tells that the webhook refused it, instead of calling that sent', async () => {
    const bench = await aBench({ served: true });
    bench.receiver.answers = [{ status: 401, body: 'no' }];
    const sim = await commandLine(bench);
    expect(await sim('send', 'CHARGE', ...FROM)).toBe(
      'Sent, but the webhook has not accepted it (1 try so far; it is tried again). See: sim events',
    );
  });

  test('tells that a fault of the simulator lost it', async () => {
    const bench = await aBench({ served: true });
    await bench.post('/api/faults', { operation: 'mo', kind: 'drop' });
    const sim = await commandLine(bench);
    expect(await sim('send', 'CHARGE', ...FROM)).toContain('lost on the way');
    expect(bench.receiver.received).toEqual([]);
  });

  test.each([
    [['send', ...FROM], 'Say what to send'],
    [['send', 'CHARGE'], 'Say --from +47...'],
    [['send', 'CHARGE', '--form', '+4790000001'], "Unknown option '--form'."],
    [['send', 'CHARGE', '--from'], "Option '--from <value>' argument missing."],
    [['later', '0s'], 'Say how much later'],
    [['frobnicate'], 'Use: sim send'],
    [[], 'Use: sim send'],
  ])('%j is a mistake of the caller, who is told how it goes, and nothing is sent', async (args, reason) => {
    const bench = await aBench({ served: true });
    const sim = await commandLine(bench);
    const refused: unknown = await sim(...args).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(UsageError);
    expect(String(refused)).toContain(reason);
    if (args[0] !== 'later') expect(String(refused)).toContain('sim send TEXT --from +47...');
    expect(await bench.events()).toEqual([]);
  });

  // A CHARGE stamped by the wall clock is "too late" after `sim later`, and an ENDCHARGE lies before its session.
  test('--print-curl stamps the request with the clock of the simulator, and sends nothing', async () => {
    const bench = await aBench({ served: true, advanceWorkflows: async () => ({ fastForwarded: 0 }) });
    const sim = await commandLine(bench);
    await sim('later', '1h');
    const printed = await sim('send', 'CHARGE', ...FROM, '--print-curl');
    const { timestamp } = JSON.parse(/-d '(.*)'$/.exec(printed)?.[1] ?? '') as { timestamp: string };
    expect(timestamp).toBe('2026-11-23T11:00:00.000Z');
    expect(bench.receiver.received).toEqual([]);
  });
});

describe('sim payments', () => {
  test('shows amounts as people write them: requested, charged and released', async () => {
    const bench = await aBench({ served: true, paycoreReleasesRest: true });
    const sim = await commandLine(bench);
    await aPayment(bench);
    const id = await anAuthorizedPayment(bench, { referenceId: 's2pfedcba9876543210fedcba9876543210' });
    await bench.paycore('PUT', `/paycore/api/transactions/4711/${id}/capture?amount=1.05`);
    const [waiting, captured] = (await sim('payments')).split('\n');
    expect(waiting).toMatch(/ pending +5\.00 NOK requested, 0\.00 NOK charged, 0\.00 NOK released$/);
    expect(captured).toMatch(/ captured +5\.00 NOK requested, 1\.05 NOK charged, 3\.95 NOK released$/);
  });
});

describe('sim later', () => {
  test.each([
    [0, '0 running sessions'],
    [1, '1 running session'],
    [2, '2 running sessions'],
  ])('counts %i as sessions', async (count, words) => {
    const bench = await aBench({ served: true, advanceWorkflows: async () => ({ fastForwarded: count }) });
    const sim = await commandLine(bench);
    expect(await sim('later', '90m')).toBe(`It is 2026-11-23T11:30:00.000Z now; ${words} moved along.`);
  });
});
