// The command line beside a running sms2pay, as a person uses it: each command in a process of its own.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { runCli } from '../support/cli-process.ts';
import { linkIn } from '../support/customer.ts';
import { Installation } from '../e2e/installation.ts';
import { descendantsOf, isAlive } from '../support/processes.ts';
import { setUp } from '../e2e/set-up.ts';

const TEST_LIMIT_MS = 120_000;
const STOP_LIMIT_MS = 10_000;

describe('beside a running sms2pay', { timeout: TEST_LIMIT_MS }, () => {
  let installation: Installation;
  const cli = (...args: string[]) => runCli(args, installation.settings);
  const ok = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await cli(...args);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    return stdout;
  };

  setUp(
    async () => {
      installation = await Installation.create();
      await installation.start();
    },
    () => installation?.end(),
    TEST_LIMIT_MS,
  );

  test('the start names its addresses, and they answer', async () => {
    // They are said once everything is up, which is a moment after the API answers.
    const addresses = await vi.waitFor(() => {
      const said = installation.app.process.stdout.match(/http:\S+/g) ?? [];
      expect(said).toHaveLength(3);
      return said;
    });
    for (const address of addresses.slice(0, 2)) expect((await fetch(address)).status).toBe(200);
    expect((await fetch(addresses[2] ?? '', { method: 'POST' })).status).toBe(401);
    const ready = await fetch(`${installation.client.url}/readyz`);
    expect(await ready.json()).toMatchObject({
      status: 'ready',
      parts: { database: 'ok', temporal: 'ok', worker: 'ok' },
    });
  });

  test('doctor finds everything in order, once the webhook is registered', async () => {
    const diagnosis = async (): Promise<string> => (await cli('doctor')).stdout;
    await vi.waitFor(async () => expect(await diagnosis()).not.toMatch(/^(WARNING|FAILED)/m), {
      timeout: 30_000,
      interval: 500,
    });
    const lines = await ok('doctor');
    expect(lines).toContain(`answers at ${installation.client.url}`);
    for (const name of [
      'database',
      'Temporal',
      'worker',
      'paycore credentials',
      'vipps credentials',
      'vipps webhook',
    ])
      expect(lines).toMatch(new RegExp(`^ok +${name} `, 'm'));
  });

  test('sim does the reference flow by hand', async () => {
    const customer = installation.newCustomer();
    const { msisdn } = customer;
    await ok('sim', 'send', 'CHARGE', '--from', msisdn);
    const link = linkIn(await customer.nextText(), '/p/');
    expect(await ok('sim', 'inbox', msisdn)).toContain(link);
    expect((await installation.client.page(link)).status).toBe(200);
    expect(await ok('sim', 'approve')).toMatch(/^approve: payment \S+\n$/);
    await customer.waitForPage(link, 'You have started');
    expect(await ok('sim', 'later', '1h')).toMatch(/^It is \d{4}-\S+Z now; 1 running \w+ moved along\.\n$/);
    await ok('sim', 'send', 'end', 'charge', '--from', msisdn);
    expect(await customer.nextText()).toContain('You have been charged 1 NOK');

    const payments = z.object({ items: z.array(z.record(z.string(), z.unknown())) });
    expect(payments.parse(JSON.parse(await ok('sim', 'payments', '--json'))).items).toMatchObject([
      { status: 'captured', requestedMinor: 500, capturedMinor: 100, currency: 'NOK' },
    ]);
    expect(await ok('sim', 'events')).toContain('/capture?amount=1.00  200');
  });

  test('sim send --print-curl prints the very request of the gateway, ready to be pasted', async () => {
    const customer = installation.newCustomer();
    const text = `HELP 'med' "fnutter" $HOME \\ æøå`;
    const printed = await ok('sim', 'send', text, '--from', customer.msisdn, '--print-curl');
    const request = await pasted(printed);
    const send = (headers: Record<string, string>) =>
      fetch(request.url, {
        method: request.method,
        headers: { ...request.headers, ...headers },
        body: request.body,
      });

    expect((await send({ authorization: `Basic ${btoa('link:wrong')}` })).status).toBe(401);
    expect(await customer.inbox()).toEqual([]);
    const taken = await send({});
    expect([taken.status, await taken.text()]).toEqual([200, 'OK']);
    expect(await customer.nextText()).toContain('Send CHARGE for å starte');
    expect(JSON.parse(request.body)).toMatchObject({ source: customer.msisdn, content: { userData: text } });
  });

  test('partner set changes the receipt switch and text of the running process; a bad text changes nothing', async () => {
    const text = 'Takk! {{amount}} kr: {{receiptPageUrl}}';
    expect(await ok('partner', 'set', 'reference', '--receipt', 'off')).toContain('receipt text off: ');
    expect(await ok('partner', 'set', 'reference', '--receipt', 'on', '--receipt-text', text)).toContain(
      `receipt text on: ${text}`,
    );
    const bad = await cli(
      'partner',
      'set',
      'reference',
      '--receipt',
      'off',
      '--receipt-text',
      'Du betalte {{sum}} {',
    );
    expect(bad.code).toBe(2);
    expect(bad.stderr).toContain('{{sum}} is not known');
    expect(bad.stderr).toContain('A brace stands alone');
    expect(await ok('partner', 'show')).toContain(`receipt text on: ${text}`);
  });

  test('a second start on the same DATA_DIR is refused in one sentence, and the first goes on', async () => {
    const { code, stdout, stderr } = await cli('start');
    expect(code).toBe(1);
    expect(stdout).not.toContain('ready');
    expect(stderr).toBe(
      `sms2pay stopped: Another sms2pay (pid ${installation.app.process.pid}) is using ${installation.dataDir}: ` +
        'stop it, or set another DATA_DIR, or a DATABASE_URL.\n',
    );
    expect((await fetch(`${installation.client.url}/readyz`)).status).toBe(200);
  });

  test('Ctrl-C, also in the middle of a call to a vendor, stops everything cleanly in under ten seconds', async () => {
    const { client } = installation;
    const customer = installation.newCustomer();
    await customer.reserve();
    await client.later({ hours: 1 });
    await client.addFault({ operation: 'capture', kind: 'delay', ms: 600_000 });
    await customer.send('ENDCHARGE');
    await vi.waitFor(async () => expect((await client.faults())[0]?.fired).toBe(1), { timeout: 20_000 });
    const started = await descendantsOf(installation.app.process.pid);

    const beforeMs = performance.now();
    // As npm does: the terminal signals the whole group, and npm passes it on once more.
    installation.app.process.signalGroup('SIGINT');
    installation.app.process.signal('SIGINT');
    const { code, signal, stdout, stderr } = await installation.app.process.ended;
    expect(performance.now() - beforeMs).toBeLessThan(STOP_LIMIT_MS);
    expect([code, signal]).toEqual([0, null]);
    expect(stdout).toMatch(/\nStopping \.\.\.\nStopped\.\n$/);
    expect(stderr).not.toContain('did not stop cleanly');
    expect(started.length).toBeGreaterThan(1);
    await vi.waitFor(() => expect(started.filter(isAlive)).toEqual([]), { timeout: 5_000 });
    expect(await installation.temporalPids()).toEqual([]);
  });

  test('without a running process, partner asks the database itself', async () => {
    expect(await ok('partner', 'set', 'reference', '--receipt', 'off', '--json')).toContain(
      '"receiptSmsOn": false',
    );
    expect(await ok('partner', 'show', 'reference')).toContain('receipt text off: Takk!');
  });
});

/** What a shell makes of a printed curl command: the quoting is the shell's to read, not ours. */
async function pasted(command: string) {
  const script = `curl() { printf '%s\\0' "$@"; }\n${command}`;
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', script]);
  const words = stdout.split('\0');
  const after = (option: string): string[] => words.filter((_, index) => words[index - 1] === option);
  const headers = after('-H').map((line): [string, string] => {
    const [name = '', ...value] = line.split(': ');
    return [name.toLowerCase(), value.join(': ')];
  });
  const [credentials = ''] = after('-u');
  return {
    method: after('-X')[0] ?? 'GET',
    url: words.find((word) => word.startsWith('http')) ?? '',
    headers: {
      ...Object.fromEntries(headers),
      authorization: `Basic ${Buffer.from(credentials).toString('base64')}`,
    },
    body: after('-d')[0] ?? '',
  };
}
