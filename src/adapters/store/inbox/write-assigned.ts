/** Writes what an assignment has decided; the caller holds the locks of its subscribers. */
import { ExpressionWrapper, sql } from 'kysely';
import type { Trx } from '../database.ts';
import type { Assigned, ChangedSlot } from './assignment.ts';
import type { NewSession } from './new-session.ts';
import type { InboundRow } from './subscriber-texts.ts';

/** `added`: texts that are not stored yet; the others were put back. */
export async function writeAssigned(
  trx: Trx,
  { texts, sessions, slots }: Assigned,
  added: readonly InboundRow[] = [],
): Promise<void> {
  await insertTogether(trx, { sessions, slots, added });
  // Seldom one, never many.
  for (const row of texts) if (!added.includes(row)) await update(trx, row);
}

/** One statement: it costs one round trip. Foreign keys are checked at its end. */
async function insertTogether(
  trx: Trx,
  rows: { sessions: readonly NewSession[]; slots: readonly ChangedSlot[]; added: readonly InboundRow[] },
): Promise<void> {
  const { sessions, slots, added } = rows;
  const inserts = [
    ...(sessions.length > 0 ? [trx.insertInto('chargeSession').values(sessions)] : []),
    ...(slots.length > 0 ? [savingSlots(trx, slots)] : []),
    ...(added.length > 0 ? [trx.insertInto('inboundMessage').values(added.map(columnsOf))] : []),
  ];
  if (inserts.length === 0) return;
  const parts = inserts.map(
    (insert, index) =>
      sql`${sql.ref(`insert_${index}`)} as (${new ExpressionWrapper(insert.toOperationNode())})`,
  );
  await sql`with ${sql.join(parts)} select`.execute(trx);
}

function savingSlots(trx: Trx, slots: readonly ChangedSlot[]) {
  return trx
    .insertInto('sessionSlot')
    .values(slots)
    .onConflict((conflict) =>
      conflict.columns(['subscriberId', 'serviceId']).doUpdateSet((eb) => ({
        sessionId: eb.ref('excluded.sessionId'),
        lastEndChargeAt: eb.ref('excluded.lastEndChargeAt'),
      })),
    );
}

function columnsOf(row: InboundRow): Omit<InboundRow, 'terms'> {
  const columns = { ...row };
  delete columns.terms;
  return columns;
}

async function update(trx: Trx, { inboxId, ...row }: InboundRow): Promise<void> {
  const { state, assignmentKind, signal, replyKind, limitReason, sessionId, serviceId } = row;
  const { sentAt, stampFault, dispatchedAt, handledAt } = row;
  await trx
    .updateTable('inboundMessage')
    .set({ state, assignmentKind, signal, replyKind, limitReason, sessionId, serviceId })
    .set({ sentAt, stampFault, dispatchedAt, handledAt, nextDispatchAt: row.receivedAt })
    .where('inboxId', '=', inboxId)
    .execute();
}
