/** Issues receipts and credit notes: one for each operation, in numbers without gaps. */
import { sql } from 'kysely';
import type { Receipt, ReceiptStore } from '../../ports/receipt-store.ts';
import { InvariantError } from '../../domain/assert.ts';
import type { Database } from './database.ts';

interface ReceiptDeps {
  database: Database;
  newId: () => string;
  newToken: () => string;
}

export function createReceiptStore(deps: ReceiptDeps): ReceiptStore {
  const { database } = deps;
  return {
    issue: (input) => issue(deps, input),
    lastNumber: async (partnerId) => {
      const counter = await database
        .selectFrom('partnerReceiptCounter')
        .select('lastNumber')
        .where('partnerId', '=', partnerId)
        .executeTakeFirst();
      return counter?.lastNumber ?? 0;
    },
    raiseCounter: async (partnerId, atLeast) => {
      await database
        .insertInto('partnerReceiptCounter')
        .values({ partnerId, lastNumber: atLeast })
        .onConflict((conflict) =>
          conflict.column('partnerId').doUpdateSet({
            lastNumber: sql<number>`greatest(partner_receipt_counter.last_number, ${atLeast}::bigint)`,
          }),
        )
        .execute();
    },
    findByToken: (token) => findBy(database, 'token', token),
    listForSession: (sessionId) =>
      database
        .selectFrom('receipt')
        .selectAll()
        .where('sessionId', '=', sessionId)
        .orderBy('number')
        .execute(),
  };
}

/**
 * One statement, which issues nothing where the operation has a receipt. Of two calls at once for one operation the later waits for
 * the counter and then fails on the operation's index, its number given back with it.
 */
async function issue(
  { database, newId, newToken }: ReceiptDeps,
  input: Parameters<ReceiptStore['issue']>[0],
): Promise<Receipt> {
  const { partnerId, sessionId, operationId, kind, issuedAt, data } = input;
  const issuing = sql<Receipt>`
    with counter as (
      insert into partner_receipt_counter (partner_id, last_number)
      select ${partnerId}, 1 where not exists (select from receipt where operation_id = ${operationId})
      on conflict (partner_id) do update set last_number = partner_receipt_counter.last_number + 1
      returning last_number
    )
    insert into receipt (receipt_id, partner_id, session_id, operation_id, kind, number, token, issued_at, data)
    select ${newId()}, ${partnerId}, ${sessionId}, ${operationId}, ${kind}, last_number, ${newToken()},
      ${issuedAt}::timestamptz, ${JSON.stringify(data)}::jsonb
    from counter
    returning *`;
  const { rows } = await issuing.execute(database).catch(async (error: unknown) => {
    const issued = await findBy(database, 'operationId', operationId);
    if (!issued) throw error;
    return { rows: [issued] };
  });
  const receipt = rows[0] ?? (await findBy(database, 'operationId', operationId));
  if (!receipt) throw new InvariantError(`the operation ${operationId} has no receipt after its issue`);
  return receipt;
}

async function findBy(
  database: Database,
  column: 'token' | 'operationId',
  value: string,
): Promise<Receipt | null> {
  const row = await database.selectFrom('receipt').selectAll().where(column, '=', value).executeTakeFirst();
  return row ?? null;
}
