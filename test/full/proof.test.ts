// The whole of sms2pay in one process, with the stand-ins of both providers: what the proof says of days that went well,
// and what happens to a session whose workflow a person ends.
import { Client, Connection } from '@temporalio/client';
import { describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { runCli } from '../support/cli-process.ts';
import type { Customer } from '../support/customer.ts';
import { chargeSessionWorkflowId, RECONCILIATION_ID } from '../../src/workflows/contract.ts';
import { Installation } from '../e2e/installation.ts';
import { setUp } from '../e2e/set-up.ts';

const TEST_LIMIT_MS = 180_000;

const sessionsSchema = z.array(
  z.object({
    sessionId: z.string(),
    state: z.string(),
    provider: z.string(),
    needsAttention: z.boolean(),
    createdAt: z.string(),
    attention: z.array(z.object({ reason: z.string() })),
  }),
);

describe('our ledger beside the providers', { timeout: TEST_LIMIT_MS }, () => {
  let installation: Installation;
  let temporal: Connection;
  setUp(
    async () => {
      installation = await Installation.create();
      await installation.start();
      temporal = await Connection.connect({ address: await installation.temporalAddress() });
    },
    async () => {
      await temporal?.close();
      await installation?.end();
    },
    TEST_LIMIT_MS,
  );

  const cli = (...args: string[]) => runCli(args, installation.settings);

  async function sessions(...options: string[]) {
    const { stdout } = await cli('session', 'list', '--json', ...options);
    return sessionsSchema.parse(JSON.parse(stdout));
  }

  async function newestSession() {
    const [session] = await sessions();
    if (!session) throw new Error('there is a session');
    return session;
  }

  async function running(): Promise<Customer> {
    const customer = installation.newCustomer();
    await customer.reserve();
    return customer;
  }

  test('are equal for an hour at each provider, and no number of a customer is told', async () => {
    for (const provider of ['paycore', 'vipps']) {
      await cli('partner', 'set', 'reference', '--provider', provider);
      const customer = await running();
      await installation.client.later({ hours: 1 });
      await customer.send('ENDCHARGE');
      await vi.waitFor(
        async () => {
          const [payment] = (await installation.client.payments()).toReversed();
          expect(payment?.capturedMinor).toBe(100);
          expect((await customer.inbox()).at(-1)).toContain('/r/');
        },
        { timeout: 30_000, interval: 200 },
      );
    }
    const { createdAt } = await newestSession();
    const days = [createdAt, new Date(Date.parse(createdAt) + 3_600_000).toISOString()].map((at) =>
      at.slice(0, 10),
    );
    const report = await cli('reconcile', '--from', days[0] ?? '', '--to', days[1] ?? '');
    expect(report.stdout).toMatch(/2 sessions, 2 payments/);
    expect(report.stdout).toContain('No difference.');
    expect(report.code).toBe(0);
    for (const { sessionId, provider } of await sessions()) {
      const proof = await vi.waitFor(
        async () => {
          const shown = await cli('proof', '--session', sessionId);
          expect(shown.stdout).toContain('2 received, 2 handled');
          expect(shown.stdout).toMatch(/^✓ captured|^~ captured \+ released/m);
          return shown;
        },
        { timeout: 60_000, interval: 500 },
      );
      expect(proof.code).toBe(0);
      expect(proof.stdout).toMatch(provider === 'vipps' ? /^✓ captured \+/m : /^~ captured \+.*assumed$/m);
      for (const { msisdn } of installation.customers)
        expect(proof.stdout + report.stdout).not.toContain(msisdn.slice(1));
    }
  });

  test('show a workflow that was ended by hand, and nobody touches the money of a use', async () => {
    await running();
    const { sessionId } = await newestSession();
    const before = await installation.client.payments();
    const client = new Client({ connection: temporal });
    await client.workflow.getHandle(chargeSessionWorkflowId(sessionId)).terminate('by hand');
    await client.schedule.getHandle(RECONCILIATION_ID).trigger();
    await vi.waitFor(
      async () => {
        const [session] = await sessions('--attention');
        expect(session).toMatchObject({
          sessionId,
          needsAttention: true,
          attention: [{ reason: 'workflowMissing' }],
        });
      },
      { timeout: 60_000, interval: 500 },
    );
    const tasks = await cli('tasks');
    expect(tasks.stdout).toContain(`workflowMissing  ${sessionId}`);
    const proof = await cli('proof', '--session', sessionId);
    expect(proof.stdout).toMatch(/^✗ the session has an end +it is active and no workflow runs it$/m);
    expect(proof.code).toBe(1);
    expect(await installation.client.payments()).toEqual(before);
    const closed = await cli('tasks', 'close', sessionId, 'workflowMissing', '--actor', 'kari');
    expect(closed.stdout).toContain('Closed');
  });
});
