// Owns: the quiet after the last kill: every session comes to its end, or watches a payment nobody approved.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Watch } from './watch.ts';

const LOOK_EVERY_MS = 500;

/**
 * What still moves: texts not handled, sessions before their end, money calls to be made, texts begun. A session that has
 * told its end and only watches an unapproved payment does not count: it does so for minutes, and the auditor looks at it.
 */
const MOVING = `select
  (select count(*) from inbound_message where state <> 'handled')::int as texts,
  (select count(*) from outbound_message where state in ('prepared', 'sending'))::int as sends,
  (select count(*) from charge_session where state in ('awaitingApproval', 'active', 'capturing')
    or (next_due_at is not null and next_due_at < now() + interval '35 seconds'))::int as sessions,
  (select count(*) from charge_session s where s.captured_minor > 0
    and not exists (select 1 from receipt r where r.session_id = s.session_id))::int as receipts`;

export interface Moving {
  texts: number;
  sends: number;
  sessions: number;
  receipts: number;
  workflows: number;
}

/** What is left when nothing moves any more, or the limit has passed. */
export async function waitUntilQuiet(
  watch: Watch,
  openWorkflows: () => Promise<number | null>,
  limitMs: number,
  onLook: (moving: Moving) => void,
): Promise<Moving> {
  for (const deadline = Date.now() + limitMs; ; await sleep(LOOK_EVERY_MS)) {
    const [row] = await watch.rowsInTheEnd<Omit<Moving, 'workflows'>>(MOVING);
    const watching = await watch.rowsInTheEnd<{ n: number }>(WATCHING);
    const open = await openWorkflows();
    if (!row || open === null) continue;
    const moving = { ...row, workflows: Math.max(0, open - (watching[0]?.n ?? 0)) };
    onLook(moving);
    const isQuiet = Object.values(moving).every((count) => count === 0);
    if (isQuiet || Date.now() > deadline) return moving;
  }
}

const WATCHING = `select count(*)::int as n from charge_session
  where state in ('declined', 'expired', 'cancelled') and next_due_at >= now() + interval '35 seconds'`;
