// Temporal and the database hang or are killed under a running process: gateways and customers are answered in time and
// truthfully, nothing that was answered 2xx is lost, and everything goes on without a restart of ours.
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import type { Customer } from '../support/customer.ts';
import { eventually } from '../support/eventually.ts';
import { hasPostgres } from '../support/postgres.ts';
import { startPostgresCluster, type PostgresCluster } from '../support/postgres-cluster.ts';
import { TemporalProcess } from '../support/temporal-process.ts';
import { Installation } from '../e2e/installation.ts';
import { setUp } from '../e2e/set-up.ts';

const TEST_LIMIT_MS = 280_000;
/** What LINK's gate waits for an answer. */
const GATEWAY_LIMIT_MS = 2_000;
const PAGE_LIMIT_MS = 5_000;
const RECOVERY_LIMIT_MS = 60_000;
/** How old a shared answer may be, and how long the next one may take. */
const READINESS_LIMIT_MS = 4_000;
/** A worker that has lost its server asks again with growing pauses, and the activities of a busy machine are slow. */
const SESSION_LIMIT_MS = 150_000;
const MANY = 60;
const AT_ONCE = 5;

interface Answer {
  status: number;
  afterMs: number;
  retryAfter: string | null;
  contentType: string;
  body: string;
}

describe.skipIf(!hasPostgres())('an outage', { timeout: TEST_LIMIT_MS }, () => {
  let cluster: PostgresCluster;
  let temporal: TemporalProcess;
  let installation: Installation;
  let database: pg.Client;
  let authorization: string;
  let link: string;

  async function begin(): Promise<void> {
    [cluster, temporal] = await Promise.all([
      startPostgresCluster(process.env, { survivesCrash: true }),
      TemporalProcess.start(),
    ]);
    installation = await Installation.create({
      DATABASE_URL: cluster.url,
      SIMULATOR: 'on',
      TEMPORAL_ADDRESS: temporal.address,
    });
    await installation.start();
    authorization = await installation.gatewayCredentials();
    database = await connected(cluster.url);
    link = (await installation.newCustomer().charge()).link;
  }
  async function end(): Promise<void> {
    temporal?.resume();
    await cluster?.resume().catch(() => undefined);
    await database?.end().catch(() => undefined);
    await installation?.end();
    await temporal?.end();
    await cluster?.stop();
  }
  setUp(begin, end, TEST_LIMIT_MS);

  async function ask(path: string, init: RequestInit = {}): Promise<Answer> {
    const startedMs = performance.now();
    const url = path.startsWith('http') ? path : `${installation.client.url}${path}`;
    const response = await fetch(url, { ...init, signal: AbortSignal.timeout(20_000) });
    const body = await response.text();
    return {
      status: response.status,
      afterMs: performance.now() - startedMs,
      retryAfter: response.headers.get('retry-after'),
      contentType: response.headers.get('content-type') ?? '',
      body,
    };
  }

  const push = (message: { id: string; from: string; text: string }) =>
    ask('/webhooks/sms/link', {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization },
      body: JSON.stringify({
        messageId: message.id,
        source: message.from,
        destination: 'NO-27222',
        content: { userData: message.text },
      }),
    });
  const textOf = (customer: Customer, text: string, id: string = crypto.randomUUID()) =>
    push({ id, from: customer.msisdn, text });
  /** As a gateway does: what is answered 503 (on a busy machine also for want of time) is sent again. */
  const repeated = async (n: number): Promise<Answer> => {
    const message = { id: crypto.randomUUID(), from: `479${10_000_000 + n}`, text: 'HELP' };
    for (let tries = 1; ; tries += 1) {
      const answer = await push(message);
      if (answer.status !== 503 || tries === 5) return answer;
    }
  };
  const stateOfSessionBegunBy = async (messageId: string): Promise<string | null> => {
    const { rows } = await database.query<{ state: string }>(
      `select session.state from charge_session session join inbound_message message using (inbox_id)
       where message.message_id = $1`,
      [messageId],
    );
    return rows[0]?.state ?? null;
  };
  const ready = () =>
    eventually('all parts', async () => ((await ask('/readyz')).status === 200 ? true : null), 60_000);
  /** An answer is shared for a moment with all who ask: the one from before the outage may still be given. */
  const notReady = () =>
    eventually(
      '/readyz to fail',
      async () => {
        const { status, body } = await ask('/readyz');
        return status === 503 ? (JSON.parse(body) as { parts: Record<string, string> }).parts : null;
      },
      READINESS_LIMIT_MS,
    );
  const waiting = async () =>
    Number(
      (
        await database.query(
          `select count(*) from inbound_message where dispatched_at is null or state = 'stored'`,
        )
      ).rows[0].count,
    );
  const allDispatched = () =>
    eventually('the dispatch', async () => ((await waiting()) === 0 ? true : null), RECOVERY_LIMIT_MS);

  describe.each([
    ['hangs', () => temporal.pause(), async () => temporal.resume()],
    ['is killed', () => temporal.kill(), () => temporal.restart()],
  ] as const)('Temporal %s:', (what, breakIt, mendIt) => {
    test('texts are answered OK in time, and dispatched in order when it is back', async () => {
      await ready();
      const customer = installation.newCustomer();
      await breakIt();
      const chargeId = crypto.randomUUID();
      const inOrder = [await textOf(customer, 'CHARGE', chargeId), await textOf(customer, 'ENDCHARGE')];
      const others: Answer[] = [];
      for (let n = 0; n < MANY; n += AT_ONCE)
        others.push(...(await Promise.all(Array.from({ length: AT_ONCE }, (_, k) => repeated(n + k)))));
      const parts = await notReady();
      const left = await waiting();
      await mendIt();

      expect(inOrder.map(({ status, body }) => [status, body])).toEqual([
        [200, 'OK'],
        [200, 'OK'],
      ]);
      for (const { afterMs } of inOrder) expect(afterMs).toBeLessThan(GATEWAY_LIMIT_MS);
      for (const { status, afterMs } of others) {
        expect(status).toBe(200);
        expect(afterMs).toBeLessThan(GATEWAY_LIMIT_MS);
      }
      expect(parts).toMatchObject({ database: 'ok', temporal: 'unavailable' });
      expect(left).toBeGreaterThanOrEqual(MANY);

      const mendedMs = performance.now();
      await allDispatched();
      console.log(
        `Temporal ${what}: ${MANY + 2} texts, slowest answer ${Math.round(Math.max(...others.map(({ afterMs }) => afterMs)))} ms; dispatched ${Math.round(performance.now() - mendedMs)} ms after it was back`,
      );
      // Had the ENDCHARGE overtaken the CHARGE, it would have been answered with "nothing is running".
      await eventually(
        'the end of the session',
        async () => ((await stateOfSessionBegunBy(chargeId)) === 'cancelled' ? true : null),
        SESSION_LIMIT_MS,
      );
    });
  });

  describe.each([
    ['hangs', () => cluster.pause(), () => cluster.resume()],
    ['is killed', () => cluster.crash(), () => cluster.restart()],
  ] as const)('the database %s:', (what, breakIt, mendIt) => {
    test('webhooks and pages say 503 in time, nothing is half-stored, and all goes on when it is back', async () => {
      await ready();
      const customer = installation.newCustomer();
      const id = crypto.randomUUID();
      await database.end().catch(() => undefined);
      await breakIt();
      const webhooks = await Promise.all([
        textOf(customer, 'CHARGE', id),
        ask(`/webhooks/sms/link/delivery?refId=x&id=1&operator=1&resultCode=1001&messageId=m1`, {
          headers: { authorization },
        }),
        ...Array.from({ length: 30 }, () => textOf(installation.newCustomer(), 'HELP')),
      ]);
      const pages = await Promise.all([
        ask(link, { headers: { accept: 'text/html', 'accept-language': 'en' } }),
        ask('/r/abcdefghijklmnopqrstuv', { headers: { accept: 'text/html', 'accept-language': 'en' } }),
      ]);
      const parts = await notReady();
      await mendIt();
      const mendedMs = performance.now();

      for (const { status, retryAfter, contentType, afterMs } of webhooks) {
        expect([status, retryAfter, contentType]).toEqual([503, '5', 'application/problem+json']);
        expect(afterMs).toBeLessThan(GATEWAY_LIMIT_MS);
      }
      for (const { status, retryAfter, contentType, body, afterMs } of pages) {
        expect([status, retryAfter]).toEqual([503, '5']);
        expect(contentType).toMatch(/^text\/html/);
        expect(body).toContain('Try again in a moment');
        expect(afterMs).toBeLessThan(PAGE_LIMIT_MS);
      }
      expect(parts).toMatchObject({ database: 'unavailable', temporal: 'ok' });

      await eventually(
        'the gateway repeats until it is taken',
        async () => ((await textOf(customer, 'CHARGE', id)).status === 200 ? true : null),
        RECOVERY_LIMIT_MS,
      );
      const recoveredMs = performance.now() - mendedMs;
      expect((await textOf(customer, 'CHARGE', id)).status).toBe(200);
      database = await connected(cluster.url);
      const rows = await database.query('select state from inbound_message where message_id = $1', [id]);
      expect(rows.rows).toHaveLength(1);
      await eventually('the link', async () => ((await customer.inbox()).length > 0 ? true : null), 60_000);
      expect(await customer.inbox()).toHaveLength(1);
      expect((await ask(link)).status).toBe(200);
      console.log(
        `database ${what}: slowest webhook ${Math.round(Math.max(...webhooks.map(({ afterMs }) => afterMs)))} ms, slowest page ${Math.round(Math.max(...pages.map(({ afterMs }) => afterMs)))} ms; texts taken ${Math.round(recoveredMs)} ms after it was back`,
      );
    });
  });
});

async function connected(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}
