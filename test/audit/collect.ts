// Owns: gathering the evidence: the simulator over its API, the database by SQL, the workflows by Temporal's client.
// Whoever audits hands in what it has of each: addresses, or connections that are open already.
import { createReadStream } from 'node:fs';
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import pg from 'pg';
import type { Evidence, SimulatedPayment, SimulatedText, Terms, WorkflowRun } from './evidence.ts';

/** Runs one statement and returns its rows. */
export type Query = (sql: string) => Promise<Record<string, unknown>[]>;

export interface Log {
  name: string;
  chunks: AsyncIterable<string> | Iterable<string>;
}

export interface Sources {
  simulatorUrl: string;
  workflows: Client['workflow'];
  /** true: the server runs nothing but what is audited; false: only the workflows that the database names are read */
  ownsServer: boolean;
  /** what the processes have written */
  logs: readonly Log[];
  /** digits of every phone that took part, all of one length */
  phones: readonly string[];
  terms: Terms;
  pageViews: number;
}

const QUERIES = {
  inbound: `select inbox_id as "inboxId", sequence::int, message_id as "messageId", subscriber_id as "subscriberId",
    sent_at as "sentAt", received_at as "receivedAt", dispatched_at as "dispatchedAt", state, assignment_kind as "assignmentKind", signal,
    reply_kind as "replyKind", session_id as "sessionId" from inbound_message order by sequence`,
  sessions: `select session_id as "sessionId", partner_id as "partnerId", subscriber_id as "subscriberId",
    inbox_id as "inboxId", link_token as "linkToken", created_at as "createdAt", state,
    transaction_id as "transactionId", start_charge_utc as "startedAt", end_charge_utc as "endedAt",
    reserved_minor::int as "reservedMinor", refunded_minor::int as "refundedMinor", computed_minor::int as "computedMinor",
    captured_minor::int as "capturedMinor", released_minor::int as "releasedMinor",
    release_source as "releaseSource", shortfall_minor::int as "shortfallMinor",
    (select min(reason) from attention where attention.session_id = charge_session.session_id and cleared_at is null
      and reason ~ '^(capture|reservation|release|refund|payment)') as "attentionReason", next_due_at as "nextDueAt" from charge_session`,
  attempts: `select payment_reference as "paymentReference", session_id as "sessionId", payment_number as "paymentNumber", provider, phase,
    authorized_minor::int as "authorizedMinor", captured_minor::int as "capturedMinor",
    released_minor::int as "releasedMinor", refunded_minor::int as "refundedMinor" from payment`,
  operations: `select operation_id as "operationId", session_id as "sessionId", operation,
    amount_minor::int as "amountMinor", state, tries, finished_at as "finishedAt" from money_operation`,
  actions: `select session_id as "sessionId", kind, state, amount_minor::int as "amountMinor" from action
    where operation_id is not null`,
  slots: `select session_id as "sessionId" from session_slot`,
  outbound: `select outbound_id as "outboundId", session_id as "sessionId", inbox_id as "inboxId",
    subscriber_id as "subscriberId", kind, state, tries, gateway_message_id as "gatewayMessageId"
    from outbound_message order by sequence`,
  receipts: `select partner_id as "partnerId", session_id as "sessionId", kind, number::int, token,
    (data->>'netMinor')::int as "netMinor", (data->>'vatMinor')::int as "vatMinor",
    (data->>'grossMinor')::int as "grossMinor", (data->>'capturedMinor')::int as "capturedMinor" from receipt`,
  tasks: `select session_id as "sessionId", reason from attention`,
  counters: `select partner_id as "partnerId", last_number::int as "lastNumber" from partner_receipt_counter`,
} as const;

/** Everything at once, with one snapshot of the database. */
export async function collectEvidence(sources: Sources, query: Query): Promise<Evidence> {
  const [ledger, rows, leaks] = await Promise.all([
    readSimulator(sources),
    readDatabase(query),
    leaksInLogs(sources),
  ]);
  const workflows = await readWorkflows(sources, rows);
  return evidenceFrom(sources, { ledger, rows, workflows, leaks });
}

/** Puts together what was read, at once or one after another. */
export function evidenceFrom(
  { terms, pageViews }: Pick<Sources, 'terms' | 'pageViews'>,
  read: { ledger: Ledger; rows: Rows; workflows: Workflows; leaks: readonly string[] },
): Evidence {
  const { ledger, rows, workflows, leaks } = read;
  return {
    at: ledger.at,
    terms,
    texts: ledger.texts,
    payments: ledger.payments,
    ...rows,
    workflows: workflows.runs,
    continuedRuns: workflows.continued,
    pageViews,
    leaks: [...leaks, ...ledger.leaks, ...workflows.leaks],
  };
}

type Ledger = Pick<Evidence, 'at' | 'texts' | 'payments' | 'leaks'>;

/** The stand-ins' truth, and their clock: the one that the product goes by. */
export async function readSimulator({
  simulatorUrl,
  phones,
}: Pick<Sources, 'simulatorUrl' | 'phones'>): Promise<Ledger> {
  const get = async <T>(path: string): Promise<T> => {
    const response = await fetch(`${simulatorUrl}/api${path}`);
    if (!response.ok) throw new Error(`the simulator answers ${response.status} to ${path}`);
    return (await response.json()) as T;
  };
  const items = async <T>(path: string): Promise<T[]> => (await get<{ items: T[] }>(path)).items;
  const { now: at } = await get<{ now: string }>('/clock');
  const texts = await items<SimulatedText>('/sms');
  const payments = await items<SimulatedPayment>('/payments');
  // The newest ten thousand calls between us and the vendors: no phone number in an address.
  const exchanges = await items<{ url: string }>('/events');
  const isPhone = phoneFinder(phones);
  const leaks = exchanges.some(({ url }) => isPhone(decodeURIComponent(url))) ? ['an address of a call'] : [];
  return { at, texts, payments, leaks };
}

type Rows = Omit<
  Evidence,
  'at' | 'terms' | 'texts' | 'payments' | 'workflows' | 'continuedRuns' | 'pageViews' | 'leaks'
>;

/** Every table the auditor knows, in the order of `QUERIES`. */
export async function readDatabase(query: Query): Promise<Rows> {
  const all = async <Row>(sql: string): Promise<Row[]> => (await query(sql)).map((row) => plain(row) as Row);
  const counters = await all<{ partnerId: string; lastNumber: number }>(QUERIES.counters);
  return {
    inbound: await all(QUERIES.inbound),
    sessions: await all(QUERIES.sessions),
    attempts: await all(QUERIES.attempts),
    operations: await all(QUERIES.operations),
    actions: await all(QUERIES.actions),
    slots: await all(QUERIES.slots),
    outbound: await all(QUERIES.outbound),
    receipts: await all(QUERIES.receipts),
    tasks: await all(QUERIES.tasks),
    receiptCounters: Object.fromEntries(counters.map(({ partnerId, lastNumber }) => [partnerId, lastNumber])),
  };
}

/** On a connection of its own, in one snapshot: what still moves does not make the parts disagree. */
export async function withPostgres<T>(databaseUrl: string, work: (query: Query) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('begin isolation level repeatable read read only');
    return await work(async (sql) => (await client.query<Record<string, unknown>>(sql)).rows);
  } finally {
    await client.end();
  }
}

function plain(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value instanceof Date ? value.toISOString() : value]),
  );
}

const HISTORIES_READ = 40;
const AT_ONCE = 20;

export async function withTemporal<T>(
  address: string,
  work: (workflows: Client['workflow']) => Promise<T>,
): Promise<T> {
  const connection = await Connection.connect({ address });
  try {
    return await work(new Client({ connection }).workflow);
  } finally {
    await connection.close();
  }
}

interface Workflows {
  runs: WorkflowRun[];
  /** runs of sessions that went on as a new one */
  continued: number;
  leaks: string[];
}

/** Of each workflow its last run. `rows` name the workflows where the server has others, too. */
export async function readWorkflows(
  { workflows, ownsServer, phones }: Pick<Sources, 'workflows' | 'ownsServer' | 'phones'>,
  rows: Pick<Rows, 'sessions' | 'inbound'>,
): Promise<Workflows> {
  const { ids, continued } = ownsServer ? await listedIds(workflows) : { ids: namedIds(rows), continued: 0 };
  const isPhone = phoneFinder(phones);
  const leaks = ids.some(isPhone) ? ['a workflow id'] : [];
  const every = Math.max(1, Math.floor(ids.length / HISTORIES_READ));
  const runs = await mapSome(ids, async (workflowId, index): Promise<WorkflowRun[]> => {
    const handle = workflows.getHandle(workflowId);
    const described = await handle.describe().catch(ifNotFound);
    if (described === null) return [];
    if (isPhone(textIn(described.raw))) leaks.push(`what Temporal shows of ${workflowId}`);
    if (index % every === 0 && isPhone(textIn(await handle.fetchHistory())))
      leaks.push(`the history of ${workflowId}`);
    const status = described.status.name;
    const hasResult = status === 'COMPLETED' && workflowId.startsWith('charge-session-');
    const result = hasResult ? ((await handle.result()) as WorkflowRun['result']) : null;
    return [{ workflowId, status, result }];
  });
  return { runs: runs.flat(), continued, leaks };
}

async function listedIds(workflows: Client['workflow']): Promise<{ ids: string[]; continued: number }> {
  const ids = new Set<string>();
  let continued = 0;
  for await (const { workflowId, status } of workflows.list({ pageSize: 1_000 })) {
    ids.add(workflowId);
    if (status.name === 'CONTINUED_AS_NEW') continued += 1;
  }
  return { ids: [...ids], continued };
}

function namedIds({ sessions, inbound }: Pick<Rows, 'sessions' | 'inbound'>): string[] {
  const replies = inbound.filter(({ assignmentKind }) => assignmentKind === 'reply');
  return [
    ...sessions.map(({ sessionId }) => `charge-session-${sessionId}`),
    ...replies.map(({ inboxId }) => `reply-${inboxId}`),
  ];
}

function ifNotFound(error: unknown): null {
  if (error instanceof WorkflowNotFoundError) return null;
  throw error;
}

async function mapSome<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let from = 0; from < items.length; from += AT_ONCE)
    results.push(
      ...(await Promise.all(items.slice(from, from + AT_ONCE).map((item, i) => work(item, from + i)))),
    );
  return results;
}

/** All text inside a value, however deep; bytes are read as UTF-8. */
function textIn(value: unknown): string {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('utf8');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.values(value).map(textIn).join('\n');
}

/** A log file as it grows. */
export function logFile(path: string): Log {
  const name = path.split('/').at(-1) ?? path;
  return { name, chunks: createReadStream(path, 'utf8') as AsyncIterable<string> };
}

/** Longer than any number, so that one that two chunks share is found. */
const OVERLAP = 20;

export async function leaksInLogs({ logs, phones }: Pick<Sources, 'logs' | 'phones'>): Promise<string[]> {
  const isPhone = phoneFinder(phones);
  const leaks: string[] = [];
  for (const { name, chunks } of logs) {
    let rest = '';
    for await (const chunk of chunks) {
      const text = rest + chunk;
      if (isPhone(text)) {
        leaks.push(name);
        break;
      }
      rest = text.slice(-OVERLAP);
    }
  }
  return leaks;
}

/** Tells whether a text holds one of the phones: all are of one length, so runs of digits are searched in windows. */
function phoneFinder(phones: readonly string[]): (text: string) => boolean {
  const known = new Set(phones);
  const length = phones[0]?.length ?? 0;
  return (text) => {
    if (length === 0) return false;
    for (const [digits] of text.matchAll(/\d{8,}/g))
      for (let at = 0; at + length <= digits.length; at += 1)
        if (known.has(digits.slice(at, at + length))) return true;
    return false;
  };
}
