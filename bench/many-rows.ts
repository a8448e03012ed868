// A database with very many sessions: copies of one that was really carried out, spread over the year before today.
import type pg from 'pg';
import { inParallel } from '../src/app/waiting.ts';

/** Open entries, as a bad day leaves them; cleared ones, as a year does. */
const OPEN_ENTRIES = 1_000;
const CLEARED_ENTRIES = 10_000;
const SESSIONS_PER_CUSTOMER = 5;
const YEAR_SECONDS = 365 * 86_400;
const TABLES_AT_ONCE = 2;

/** By table: the columns in which copy `n` of a row `t` differs from it. The rest stays; texts are encrypted for one id, so they go. */
const DIFFERENCES: readonly (readonly [table: string, columns: Readonly<Record<string, string>>])[] = [
  [
    'charge_session',
    {
      session_id: 'md5(t.session_id || n)',
      subscriber_id: `md5('customer' || n / ${SESSIONS_PER_CUSTOMER})`,
      inbox_id: 'md5(t.inbox_id || n)',
      link_token: 'md5(t.link_token || n)',
      transaction_id: 'md5(t.transaction_id || n)',
      created_at: 'now() - n * $2::interval',
      updated_at: 'now() - n * $2::interval',
    },
  ],
  [
    'inbound_message',
    {
      inbox_id: 'md5(t.inbox_id || n)',
      session_id: 'md5(t.session_id || n)',
      sequence: 't.sequence + 100 * n',
      message_id: 'md5(t.message_id || n)',
      subscriber_id: `md5('customer' || n / ${SESSIONS_PER_CUSTOMER})`,
      received_at: 'now() - n * $2::interval',
      sent_at: 'now() - n * $2::interval',
    },
  ],
  [
    'payment',
    {
      session_id: 'md5(t.session_id || n)',
      payment_reference: 'md5(t.payment_reference || n)',
      provider_reference: 'md5(t.provider_reference || n)',
    },
  ],
  ['money_operation', { session_id: 'md5(t.session_id || n)', operation_id: 'md5(t.operation_id || n)' }],
  [
    'outbound_message',
    {
      outbound_id: 'md5(t.outbound_id || n)',
      sequence: 't.sequence + 100 * n',
      session_id: 'md5(t.session_id || n)',
      subscriber_id: `md5('customer' || n / ${SESSIONS_PER_CUSTOMER})`,
      gateway_message_id: 'md5(t.gateway_message_id || n)',
      text_encrypted: 'null',
      text_key_id: 'null',
      sent_at: 'now() - n * $2::interval',
    },
  ],
  [
    'receipt',
    {
      receipt_id: 'md5(t.receipt_id || n)',
      session_id: 'md5(t.session_id || n)',
      operation_id: 'md5(t.operation_id || n)',
      token: 'md5(t.token || n)',
      number: 't.number + n',
    },
  ],
];

/** Indexes that no constraint needs: they are built anew when the rows are there, which takes a third of the time. */
const INDEXES = `select indexrelid::regclass::text as name, pg_get_indexdef(indexrelid) as definition
  from pg_index where indrelid = $1::regclass and not exists (select from pg_constraint where conindid = indexrelid)`;

const COLUMNS = `select quote_ident(attname) as column
  from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped and attgenerated = ''`;

/** Into a database that is only there to be asked. The newest session becomes `count` more; the pool's user is a superuser. */
export async function fillDatabase(pool: pg.Pool, count: number, say: (line: string) => void): Promise<void> {
  // Nobody needs these rows after a crash.
  for (const setting of [`max_wal_size = '8GB'`, 'full_page_writes = off', `maintenance_work_mem = '256MB'`])
    await pool.query(`alter system set ${setting}`);
  await pool.query('select pg_reload_conf()');
  const { rows } = await pool.query<{ id: string }>(
    'select session_id as id from charge_session order by created_at desc limit 1',
  );
  await pool.query(
    `insert into subscriber (subscriber_id, msisdn_encrypted, msisdn_key_id, msisdn_lookup, lookup_key_id)
     select md5('customer' || n), t.msisdn_encrypted, t.msisdn_key_id, sha256(('customer' || n)::bytea), t.lookup_key_id
     from (select * from subscriber limit 1) as t, generate_series(0, $1::int) as n`,
    [Math.floor(count / SESSIONS_PER_CUSTOMER)],
  );
  await inParallel(DIFFERENCES, TABLES_AT_ONCE, async ([table, columns]) => {
    say(`${count} copies of each row of ${table}`);
    const client = await pool.connect();
    const copying = copyRows(client, table, columns, [count, `${YEAR_SECONDS / count} seconds`, rows[0]?.id]);
    // Not to be used again: it checks no references.
    await copying.finally(() => client.release(true));
  });
  await pool.query(
    `insert into attention (subject, reason, session_id, details, raised_at, last_seen_at, cleared_at, cleared_by)
     select session_id, 'captureRetrying', session_id, '{}', created_at, created_at,
       case when row_number() over () > $1 then created_at end, case when row_number() over () > $1 then 'system' end
     from (select session_id, created_at from charge_session order by session_id limit $2) as few`,
    [OPEN_ENTRIES, OPEN_ENTRIES + CLEARED_ENTRIES],
  );
  say('vacuum analyze');
  await pool.query('vacuum analyze');
}

/** `values`: how many, the time between two, the session whose rows are copied. */
async function copyRows(
  client: pg.ClientBase,
  table: string,
  columns: Readonly<Record<string, string>>,
  values: readonly unknown[],
): Promise<void> {
  // Copies of rows that refer to each other rightly do so, too: no reference is checked, which takes half of the time.
  await client.query('set session_replication_role = replica');
  const indexes = await client.query<{ name: string; definition: string }>(INDEXES, [table]);
  for (const { name } of indexes.rows) await client.query(`drop index ${name}`);
  const { rows } = await client.query<{ column: string }>(COLUMNS, [table]);
  const names = rows.map(({ column }) => column);
  // A parameter that a table does not need must be named nevertheless.
  await client.query(
    `insert into ${table} (${names.join(', ')}) overriding system value
     select ${names.map((name) => columns[name] ?? `t.${name}`).join(', ')}
     from ${table} as t, generate_series(1, $1::int) as n
     where t.session_id = $3 and $2::interval is not null`,
    [...values],
  );
  for (const { definition } of indexes.rows) await client.query(definition);
}
