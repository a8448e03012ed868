// Owns: gathering the evidence: the simulator over its API, the database by SQL, the workflows by Temporal's client.
import { createReadStream } from 'node:fs';
import { Client, Connection } from '@temporalio/client';
import pg from 'pg';
import type { Evidence, SimulatedPayment, SimulatedText, Terms, WorkflowRun } from './evidence.ts';

export interface Sources {
  databaseUrl: string;
  simulatorUrl: string;
  temporalAddress: string;
  /** what the processes have written */
  logFiles: readonly string[];
  /** digits of every phone that took part */
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
    reserved_minor::int as "reservedMinor", computed_minor::int as "computedMinor",
    captured_minor::int as "capturedMinor", released_minor::int as "releasedMinor",
    release_source as "releaseSource", shortfall_minor::int as "shortfallMinor",
    attention_reason as "attentionReason", next_due_at as "nextDueAt" from charge_session`,
  attempts: `select payment_reference as "paymentReference", session_id as "sessionId", attempt, provider, phase,
    authorized_minor::int as "authorizedMinor", captured_minor::int as "capturedMinor",
    released_minor::int as "releasedMinor" from payment_attempt`,
  operations: `select operation_id as "operationId", session_id as "sessionId", operation,
    amount_minor::int as "amountMinor", state, tries, finished_at as "finishedAt" from money_operation`,
  outbound: `select outbound_id as "outboundId", session_id as "sessionId", inbox_id as "inboxId",
    subscriber_id as "subscriberId", kind, state, tries, gateway_message_id as "gatewayMessageId"
    from outbound_message order by sequence`,
  receipts: `select partner_id as "partnerId", session_id as "sessionId", kind, number::int, token,
    (data->>'netMinor')::int as "netMinor", (data->>'vatMinor')::int as "vatMinor",
    (data->>'grossMinor')::int as "grossMinor", (data->>'capturedMinor')::int as "capturedMinor" from receipt`,
  tasks: `select session_id as "sessionId", reason from operator_task`,
  counters: `select partner_id as "partnerId", last_number::int as "lastNumber" from partner_receipt_counter`,
} as const;

export async function collectEvidence(sources: Sources): Promise<Evidence> {
  const at = new Date().toISOString();
  const [books, rows, workflows, leaks] = await Promise.all([
    fromSimulator(sources),
    fromDatabase(sources.databaseUrl),
    fromTemporal(sources),
    leaksInLogs(sources),
  ]);
  return {
    at,
    terms: sources.terms,
    texts: books.texts,
    payments: books.payments,
    ...rows,
    workflows: workflows.runs,
    continuedRuns: workflows.continued,
    pageViews: sources.pageViews,
    leaks: [...leaks, ...books.leaks, ...workflows.leaks],
  };
}

async function fromSimulator({ simulatorUrl, phones }: Sources) {
  const items = async <T>(path: string): Promise<T[]> => {
    const response = await fetch(`${simulatorUrl}/api${path}`);
    if (!response.ok) throw new Error(`the simulator answers ${response.status} to ${path}`);
    return ((await response.json()) as { items: T[] }).items;
  };
  const texts = await items<SimulatedText>('/sms');
  const payments = await items<SimulatedPayment>('/payments');
  // The newest ten thousand calls between us and the vendors: no phone number in an address.
  const exchanges = await items<{ url: string }>('/events');
  const isPhone = phoneFinder(phones);
  const leaks = exchanges.some(({ url }) => isPhone(decodeURIComponent(url))) ? ['an address of a call'] : [];
  return { texts, payments, leaks };
}

type FromDatabase = Pick<
  Evidence,
  'inbound' | 'sessions' | 'attempts' | 'operations' | 'outbound' | 'receipts' | 'receiptCounters' | 'tasks'
>;

async function fromDatabase(databaseUrl: string): Promise<FromDatabase> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    const all = async <Row>(sql: string): Promise<Row[]> => {
      const { rows } = await client.query<Record<string, unknown>>(sql);
      return rows.map((row) => plain(row) as Row);
    };
    // One picture: whatever still moves does not make the parts disagree.
    await client.query('begin isolation level repeatable read read only');
    const counters = await all<{ partnerId: string; lastNumber: number }>(QUERIES.counters);
    return {
      inbound: await all(QUERIES.inbound),
      sessions: await all(QUERIES.sessions),
      attempts: await all(QUERIES.attempts),
      operations: await all(QUERIES.operations),
      outbound: await all(QUERIES.outbound),
      receipts: await all(QUERIES.receipts),
      tasks: await all(QUERIES.tasks),
      receiptCounters: Object.fromEntries(
        counters.map(({ partnerId, lastNumber }) => [partnerId, lastNumber]),
      ),
    };
  } finally {
    await client.end();
  }
}

function plain(row: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, value instanceof Date ? value.toISOString() : value]),
  );
}

const HISTORIES_LOOKED_AT = 40;
const AT_ONCE = 20;

async function fromTemporal({ temporalAddress, phones }: Sources) {
  const connection = await Connection.connect({ address: temporalAddress });
  try {
    const { workflow } = new Client({ connection });
    const listed: { workflowId: string; status: string }[] = [];
    let continued = 0;
    for await (const { workflowId, status } of workflow.list({ pageSize: 1_000 }))
      if (status.name === 'CONTINUED_AS_NEW') continued += 1;
      else listed.push({ workflowId, status: status.name });
    const isPhone = phoneFinder(phones);
    const leaks = listed.some(({ workflowId }) => isPhone(workflowId)) ? ['a workflow id'] : [];
    const every = Math.max(1, Math.floor(listed.length / HISTORIES_LOOKED_AT));
    const runs = await mapSome(listed, async ({ workflowId, status }, index): Promise<WorkflowRun> => {
      const handle = workflow.getHandle(workflowId);
      if (index % every === 0 && isPhone(textIn(await handle.fetchHistory())))
        leaks.push(`the history of ${workflowId}`);
      const hasResult = status === 'COMPLETED' && workflowId.startsWith('charge-session-');
      const result = hasResult ? ((await handle.result()) as WorkflowRun['result']) : null;
      return { workflowId, status, result };
    });
    return { runs, continued, leaks };
  } finally {
    await connection.close();
  }
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

async function leaksInLogs({ logFiles, phones }: Sources): Promise<string[]> {
  const isPhone = phoneFinder(phones);
  const leaks: string[] = [];
  for (const file of logFiles) {
    let rest = '';
    for await (const chunk of createReadStream(file, 'utf8') as AsyncIterable<string>) {
      const text = rest + chunk;
      if (isPhone(text)) {
        leaks.push(file.split('/').at(-1) ?? file);
        break;
      }
      rest = text.slice(-20);
    }
  }
  return leaks;
}

/** Tells whether a text holds one of the phones: all are of one length, so runs of digits are looked at in windows. */
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
