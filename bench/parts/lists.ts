// What operators and watches ask of a database with very many sessions. With --explain the plan of each statement above 20 ms is
// printed.
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type pg from 'pg';
import { createPersonalDataCipher, createStores, openPostgresPool } from '../../src/adapters/store/index.ts';
import { proveDay } from '../../src/app/proofs.ts';
import { listSessions } from '../../src/app/sessions/session-description.ts';
import { wholeSession } from '../customer.ts';
import { untilQuiet } from '../engine.ts';
import { Figures } from '../figures.ts';
import { newPhone } from '../load.ts';
import { fillDatabase } from '../many-rows.ts';
import type { Part } from '../part.ts';

const REPEATS = 5;
const DAY_MS = 86_400_000;
const EXPLAINED_MS = 20;
/** The filling takes minutes. */
const UNHURRIED = { waits: 'unhurried' } as const;

const SESSIONS_OF_NUMBER = `select s.session_id from charge_session s join subscriber using (subscriber_id)
  where msisdn_lookup = sha256($1::bytea) order by s.created_at desc limit 50`;
const SESSION_OF_RECEIPT = `select session_id from receipt where partner_id = 'reference' and number = $1`;

export const listsPart: Part = {
  summary: 'lists, searches and the day proof with 1,000,000 sessions in PostgreSQL',
  run: async (bench) => {
    const { options, say } = bench;
    const count = options.sessions ?? (options.quick ? 20_000 : 1_000_000);
    const split = await bench.installation('split');
    const startedAt = new Date().toISOString();
    await wholeSession(split.world, newPhone());
    await untilQuiet(split, 'ChargeSession', startedAt);
    for (const child of split.restartable) await child.stop();
    const databaseUrl = split.databaseUrl ?? '';
    const pool = openPostgresPool(databaseUrl, UNHURRIED);
    const asking = options.explain ? explaining(databaseUrl, say) : pool;
    try {
      await fillDatabase(pool, count, say);
      return await ask(asking, count);
    } finally {
      await pool.end();
      if (asking !== pool) await asking.end();
    }
  },
};

/** Each of its connections reports the plans of slow statements. */
function explaining(databaseUrl: string, say: (line: string) => void): pg.Pool {
  const settings = [
    'session_preload_libraries=auto_explain',
    `auto_explain.log_min_duration=${EXPLAINED_MS}`,
    'auto_explain.log_analyze=on',
    'client_min_messages=log',
  ];
  const options = settings.map((setting) => `-c ${setting}`).join(' ');
  const pool = openPostgresPool(`${databaseUrl}?options=${encodeURIComponent(options)}`, UNHURRIED);
  pool.on('connect', (client) => client.on('notice', ({ message }) => say(message ?? '')));
  return pool;
}

async function ask(pool: pg.Pool, count: number): Promise<Figures['all']> {
  const figures = new Figures('lists');
  const key = { id: 'bench', encryptionKey: randomBytes(32), lookupKey: randomBytes(32) };
  const stores = createStores({ pool, cipher: createPersonalDataCipher({ keys: [key] }) });
  const now = new Date().toISOString();
  const before = (days: number): string => new Date(Date.now() - days * DAY_MS).toISOString();
  const deps = { stores, providers: {}, clock: { now: () => now } };
  const day = before(30).slice(0, 10);
  const anyNumber = (): number => 1 + Math.floor(Math.random() * count);
  const questions: [string, () => Promise<unknown>][] = [
    ['session list, newest 50', () => listSessions(stores, { limit: 50 })],
    ['session list of a partner', () => listSessions(stores, { limit: 50, partnerId: 'reference' })],
    ['session list, those that need attention', () => listSessions(stores, { limit: 50, attention: true })],
    ['attention list, 1,000 entries', () => stores.attention.list({ limit: 1_000 })],
    [
      'sessions of a phone number, by its hash',
      () => pool.query(SESSIONS_OF_NUMBER, [`customer${anyNumber() % (count / 5)}`]),
    ],
    ['session of a receipt number', () => pool.query(SESSION_OF_RECEIPT, [anyNumber()])],
    ['watch: overdue sessions', () => stores.ledger.listOverdue({ before: now, limit: 100 })],
    ['watch: open sessions', () => stores.ledger.listOpen({ before: now, limit: 100 })],
    ['watch: start words without a session', () => stores.ledger.listNotBegun({ before: now, limit: 100 })],
    [
      'reconciliation: its first page',
      () =>
        stores.ledger.listToReconcile({
          endedSince: before(7),
          openSince: before(180),
          after: null,
          limit: 100,
        }),
    ],
    ['receipt numbers of a partner, gaps included', () => stores.ledger.receiptNumbers('reference')],
    [
      `day proof, ${Math.round(count / 365)} sessions, ours alone`,
      () => proveDay(deps, { day, partnerId: 'reference' }),
    ],
  ];
  for (let repeat = 0; repeat < REPEATS; repeat += 1)
    for (const [name, question] of questions) {
      const startedMs = performance.now();
      await question();
      figures.add(`${count} sessions: ${name}`, 'ms', performance.now() - startedMs);
    }
  const { rows } = await pool.query<{ bytes: string }>(
    'select pg_database_size(current_database()) as bytes',
  );
  figures.add('disk of a session, indexes included', 'KB', Number(rows[0]?.bytes) / 1_024 / count);
  return figures.all;
}
