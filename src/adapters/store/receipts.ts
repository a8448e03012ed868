/** Issues receipts and credit notes: one for each operation, in numbers without gaps. */
import { sql } from 'kysely';
import type { Receipt, ReceiptStore } from '../../ports/receipt-store.ts';
import { inTransaction, type Database } from './database.ts';

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
    findByToken: async (token) => {
      const row = await database
        .selectFrom('receipt')
        .selectAll()
        .where('token', '=', token)
        .executeTakeFirst();
      return row ?? null;
    },
    listForSession: (sessionId) =>
      database
        .selectFrom('receipt')
        .selectAll()
        .where('sessionId', '=', sessionId)
        .orderBy('number')
        .execute(),
  };
}

async function issue(
  { database, newId, newToken }: ReceiptDeps,
  input: Parameters<ReceiptStore['issue']>[0],
): Promise<Receipt> {
  const { partnerId, sessionId, operationId, kind, issuedAt, data } = input;
  return inTransaction(database, async (trx) => {
    await trx
      .insertInto('partnerReceiptCounter')
      .values({ partnerId, lastNumber: 0 })
      .onConflict((conflict) => conflict.column('partnerId').doNothing())
      .execute();
    const { lastNumber } = await trx
      .selectFrom('partnerReceiptCounter')
      .select('lastNumber')
      .where('partnerId', '=', partnerId)
      .forUpdate()
      .executeTakeFirstOrThrow();
    // Read under the counter's lock: only a call that certainly inserts uses a number.
    const issued = await trx
      .selectFrom('receipt')
      .selectAll()
      .where('operationId', '=', operationId)
      .executeTakeFirst();
    if (issued) return issued;

    const number = lastNumber + 1;
    await trx
      .updateTable('partnerReceiptCounter')
      .set({ lastNumber: number })
      .where('partnerId', '=', partnerId)
      .execute();
    return trx
      .insertInto('receipt')
      .values({
        receiptId: newId(),
        partnerId,
        sessionId,
        operationId,
        kind,
        number,
        token: newToken(),
        issuedAt,
        data: JSON.stringify(data),
      })
      .returningAll()
      .executeTakeFirstOrThrow();
  });
}
