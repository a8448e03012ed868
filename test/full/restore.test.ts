// The restore page of the runbook, tried: PostgreSQL is restored from a dump that Temporal has left behind. Commands are
// read from the page itself.
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { runCli } from '../support/cli-process.ts';
import type { Customer } from '../support/customer.ts';
import { eventually } from '../support/eventually.ts';
import { Installation } from '../e2e/installation.ts';
import { setUp } from '../e2e/set-up.ts';
import { shared } from '../support/on-demand.ts';
import { hasPostgres } from '../support/postgres.ts';
import {
  findPostgresServer,
  startPostgresCluster,
  type PostgresCluster,
} from '../support/postgres-cluster.ts';
import { TemporalProcess } from '../support/temporal-process.ts';

const TEST_LIMIT_MS = 180_000;
/** The watch compares once a minute, and first at the start. */
const TASK_LIMIT_MS = 60_000;
const RUNBOOK = new URL('../../docs/runbook.md', import.meta.url);

const sessionsSchema = z.array(z.object({ sessionId: z.string(), state: z.string() }));

describe.skipIf(!hasPostgres())('a restore of an older database', { timeout: TEST_LIMIT_MS }, () => {
  let cluster: PostgresCluster;
  let temporal: TemporalProcess;
  let installation: Installation;
  let folder: string;

  async function begin(): Promise<void> {
    folder = await mkdtemp(join(tmpdir(), 'sms2pay-restore-'));
    [cluster, temporal] = await Promise.all([startPostgresCluster(process.env), TemporalProcess.start()]);
    installation = await Installation.create({
      DATABASE_URL: cluster.url,
      SIMULATOR: 'on',
      TEMPORAL_ADDRESS: temporal.address,
    });
    await installation.start();
  }
  async function end(): Promise<void> {
    await installation?.end();
    await temporal?.end();
    await cluster?.stop();
    if (folder) await rm(folder, { recursive: true, force: true });
  }
  setUp(begin, end, TEST_LIMIT_MS);

  const cli = (...args: string[]) => runCli(args, installation.settings);

  async function shell(command: string): Promise<void> {
    const bin = await findPostgresServer(process.env);
    await promisify(execFile)('/bin/sh', ['-c', command], {
      cwd: folder,
      env: { PATH: `${bin}:${process.env['PATH']}`, DATABASE_URL: cluster.url },
    });
  }

  async function query<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    const client = new pg.Client({ connectionString: cluster.url });
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }

  async function sessionOf(link: string): Promise<string> {
    const [row] = await query<{ session_id: string }>(
      'select session_id from charge_session where link_token = $1',
      [new URL(link).pathname.split('/').at(-1)],
    );
    return row?.session_id ?? '';
  }

  async function ends(customer: Customer, paymentId: string): Promise<void> {
    await customer.send('ENDCHARGE');
    await customer.waitForCapture(paymentId);
    await eventually('the receipt', async () =>
      (await customer.inbox()).some((text) => text.includes('/r/')) ? true : null,
    );
  }

  const taskText = (words: readonly string[]) =>
    eventually(
      `the tasks ${words.join(', ')}`,
      async () => {
        const { stdout } = await cli('tasks');
        return words.every((word) => stdout.includes(word)) ? stdout : null;
      },
      TASK_LIMIT_MS,
    );

  test('issues no number twice, keeps every end, captures nothing twice, and the page says how to go on', async () => {
    const [dump = '', restore = ''] = await commandsOfThePage();
    const [running, ended, late] = [1, 2, 3].map(() => installation.newCustomer());
    if (!running || !ended || !late) throw new Error('three customers');
    const a = await running.reserve();
    const c = await ended.reserve();
    await installation.client.later({ hours: 1 });
    const [sessionA, sessionC] = [await sessionOf(a.link), await sessionOf(c.link)];
    await shell(dump);
    await ends(ended, c.paymentId);
    const numbers = () => query('select number from receipt order by number');
    expect(await numbers()).toEqual([{ number: '1' }]);
    const b = await late.reserve();
    const sessionB = await sessionOf(b.link);
    await installation.app.stop();
    await shell(restore);
    await installation.start();

    // At once: what is known of Temporal was compared before the first text was taken.
    const answersTo = async (word: string, count: number): Promise<string[]> => {
      await late.send(word);
      return await eventually(`${count} answers`, async () => {
        const texts = (await late.inbox()).slice(1);
        return texts.length >= count ? texts : null;
      });
    };
    await answersTo('STATUS', 1);
    const answers = await answersTo('ENDCHARGE', 2);
    for (const answer of answers) expect(answer).not.toMatch(/ingenting i gang|nothing running/);
    expect(answers.at(-1)).toMatch(/Vi har notert at du avsluttet kl\. \d\d:\d\d/);
    const tasks = await taskText([`workflowMissing  ${sessionC}`, `sessionMissing  ${sessionB}`]);
    expect(tasks).not.toContain(sessionA);
    const noted = await taskText(['endWithoutSession', 'serviceId: charge']);

    await ends(running, a.paymentId);
    expect(await numbers()).toEqual([{ number: '2' }]);
    await taskText(['receiptCounterBehind', 'skippedFrom: 1', 'skippedTo: 1']);
    const payments = await installation.client.payments();
    expect(payments.map(({ id, capturedMinor }) => [id, capturedMinor])).toEqual([
      [a.paymentId, 100],
      [c.paymentId, 100],
      [b.paymentId, 0],
    ]);

    // What the page says of each.
    const proof = await cli('proof', '--session', sessionC);
    expect(proof.stdout).toMatch(/^✗ the session has an end +it is active and no workflow runs it$/m);
    expect((await cli('session', 'write-off', sessionC, '--reason', 'restored')).code).toBe(0);
    await shell(
      `${(await shared('temporalCli')).path} workflow terminate --workflow-id charge-session-${sessionB} --address ${temporal.address}`,
    );
    const [, endId = ''] = /^endWithoutSession +(\S+)/m.exec(noted) ?? [];
    for (const task of [`${sessionB} sessionMissing`, `${endId} endWithoutSession`])
      expect((await cli('tasks', 'close', ...task.split(' '), '--actor', 'kari')).stdout).toContain('Closed');
    const { stdout } = await cli('session', 'list', '--json');
    expect(sessionsSchema.parse(JSON.parse(stdout))).toEqual([
      { sessionId: sessionC, state: 'writtenOff' },
      { sessionId: sessionA, state: 'captured' },
    ]);
    expect(await installation.client.payments()).toEqual(payments);
  });
});

/** The lines of the shell block under the page's heading, without their comments. */
async function commandsOfThePage(): Promise<string[]> {
  const page = await readFile(RUNBOOK, 'utf8');
  const [, block = ''] = /## After a restore of the database\n[\s\S]*?```sh\n([\s\S]*?)```/.exec(page) ?? [];
  return block.split('\n').map((line) => line.replace(/#.*/, '').trim());
}
