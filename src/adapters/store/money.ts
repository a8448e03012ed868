/** Stores payments and money operations, each recorded before its call under a fencing token (cases 9, 10, 12). */
import type { SessionId } from '../../domain/ids.ts';
import { sql } from 'kysely';
import { InvariantError, invariant } from '../../domain/assert.ts';
import type { Instant } from '../../domain/instant.ts';
import { assertAmountMinor } from '../../domain/money.ts';
import type { PaymentSnapshot } from '../../domain/payment.ts';
import {
  TOKENS_PER_STEP,
  type MoneyOperation,
  type MoneyStore,
  type PaymentRecord,
} from '../../ports/money-store.ts';
import { inTransaction, type Database, type Trx } from './database.ts';

/** A workflow's history ends long before its money steps come this far. */
const MAX_WORKFLOW_STEP = 1_000_000;

const PAYMENT_COLUMNS = [
  'sessionId',
  'paymentNumber',
  'paymentReference',
  'provider',
  'providerReference',
  'redirectUrl',
  'requestedMinor',
  'currency',
  'expiresAt',
  'createdAt',
] as const satisfies readonly (keyof PaymentRecord)[];

export function createMoneyStore(database: Database): MoneyStore {
  return {
    addPayment: (record) => addPayment(database, record),
    setReservation: async (paymentReference, { providerReference, redirectUrl }) => {
      const updated = await database
        .updateTable('payment')
        .set({
          providerReference: sql<string | null>`coalesce(${providerReference}::text, provider_reference)`,
          redirectUrl,
        })
        .where('paymentReference', '=', paymentReference)
        .executeTakeFirst();
      invariant(updated.numUpdatedRows === 1n, `payment ${paymentReference} was never opened`);
    },
    recordSnapshot: (snapshot, at) => recordSnapshot(database, snapshot, at),
    findPayment: (sessionId, paymentNumber) => findPayment(database, sessionId, paymentNumber),
    listPayments: (sessionId) =>
      database
        .selectFrom('payment')
        .select(PAYMENT_COLUMNS)
        .select(['phase', 'authorizedMinor', 'capturedMinor', 'releasedMinor', 'refundedMinor'])
        .where('sessionId', '=', sessionId)
        .orderBy('paymentNumber')
        .execute(),
    findSessionOfPayment: async ({ paymentReference, providerReference }) =>
      (await findSession(database, 'paymentReference', paymentReference)) ??
      (await findSession(database, 'providerReference', providerReference)),
    nextStepNumber: (sessionId) => nextStepNumber(database, sessionId),
    startOperation: (operation, at) => startOperation(database, operation, at),
    finishOperation: async (operationId, state, detail, at) => {
      const updated = await database
        .updateTable('moneyOperation')
        .set({
          // A try that was given up and comes back late does not undo what a later one has proven.
          state: sql`case when state = 'succeeded' then state else ${state}::text end`,
          detail: sql`case when state = 'succeeded' then detail else ${detail}::text end`,
          finishedAt: sql`case when state = 'succeeded' then finished_at else ${at}::timestamptz end`,
        })
        .where('operationId', '=', operationId)
        .executeTakeFirst();
      invariant(updated.numUpdatedRows === 1n, `money operation ${operationId} was never started`);
    },
    listOperations: (sessionId) =>
      database
        .selectFrom('moneyOperation')
        .select(['operationId', 'sessionId', 'paymentNumber', 'operation', 'amountMinor', 'fencingToken'])
        .select(['state', 'tries', 'startedAt', 'lastTriedAt', 'detail'])
        .where('sessionId', '=', sessionId)
        .orderBy('startedAt')
        .orderBy('operationId')
        .execute(),
  };
}

async function addPayment(
  database: Database,
  record: Parameters<MoneyStore['addPayment']>[0],
): Promise<PaymentRecord> {
  assertAmountMinor(record.requestedMinor, 'requestedMinor');
  await database
    .insertInto('payment')
    .values(record)
    // Any conflict: of two calls at once the database may notice either of the two unique indexes first.
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const opened = await findPayment(database, record.sessionId, record.paymentNumber);
  invariant(opened !== null, 'an added payment has a row');
  return opened;
}

async function findPayment(
  database: Database,
  sessionId: SessionId,
  paymentNumber: number,
): Promise<PaymentRecord | null> {
  const row = await database
    .selectFrom('payment')
    .select(PAYMENT_COLUMNS)
    .where('sessionId', '=', sessionId)
    .where('paymentNumber', '=', paymentNumber)
    .executeTakeFirst();
  return row ?? null;
}

async function findSession(
  database: Database,
  column: 'paymentReference' | 'providerReference',
  reference: string | null,
): Promise<string | null> {
  if (reference === null) return null;
  const row = await database
    .selectFrom('payment')
    .select('sessionId')
    .where(column, '=', reference)
    .orderBy('createdAt', 'desc')
    .executeTakeFirst();
  return row?.sessionId ?? null;
}

/** An older read that arrives after a newer one changes nothing. */
async function recordSnapshot(database: Database, snapshot: PaymentSnapshot, at: Instant): Promise<void> {
  const { paymentReference, providerReference, phase } = snapshot;
  const { authorizedMinor, capturedMinor, releasedMinor, refundedMinor } = snapshot;
  const updated = await database
    .updateTable('payment')
    .set({
      phase,
      // A read after a partial capture may show no more than the captured amount (Paycore): what was seen before stays.
      authorizedMinor: sql`greatest(authorized_minor, ${authorizedMinor}::bigint)`,
      capturedMinor,
      releasedMinor,
      refundedMinor,
      providerReference: sql<string | null>`coalesce(${providerReference}::text, provider_reference)`,
      readAt: at,
    })
    .where('paymentReference', '=', paymentReference)
    .where((eb) => eb.or([eb('readAt', 'is', null), eb('readAt', '<=', at)]))
    .executeTakeFirst();
  if (updated.numUpdatedRows > 0n) return;
  if ((await findSession(database, 'paymentReference', paymentReference)) === null)
    throw new InvariantError(`payment ${paymentReference} was never opened`);
}

async function nextStepNumber(database: Database, sessionId: SessionId): Promise<number> {
  const step = sql.lit(TOKENS_PER_STEP);
  const last = sql.lit(MAX_WORKFLOW_STEP);
  const updated = await database
    .updateTable('chargeSession')
    .set({ fencingToken: sql`(greatest(fencing_token / ${step}, ${last}) + 1) * ${step}` })
    .where('sessionId', '=', sessionId)
    .returning('fencingToken')
    .executeTakeFirst();
  invariant(updated !== undefined, `session ${sessionId} has no row for the fencing token of money calls`);
  return updated.fencingToken / TOKENS_PER_STEP;
}

async function startOperation(
  database: Database,
  operation: MoneyOperation,
  at: Instant,
): Promise<'stale' | 'succeeded' | { tries: number }> {
  assertAmountMinor(operation.amountMinor, 'amountMinor');
  return inTransaction(database, async (trx) => {
    if (!(await takeToken(trx, operation))) return 'stale';
    const started = await trx
      .insertInto('moneyOperation')
      .values({ ...operation, state: 'started', tries: 1, startedAt: at, lastTriedAt: at })
      .onConflict((conflict) =>
        conflict
          .column('operationId')
          .doUpdateSet({
            fencingToken: operation.fencingToken,
            state: 'started',
            tries: sql`money_operation.tries + 1`,
            lastTriedAt: at,
            finishedAt: null,
            detail: null,
          })
          .where('moneyOperation.sessionId', '=', operation.sessionId)
          .where('moneyOperation.paymentNumber', '=', operation.paymentNumber)
          .where('moneyOperation.operation', '=', operation.operation)
          .where('moneyOperation.amountMinor', '=', operation.amountMinor)
          .where('moneyOperation.state', '<>', 'succeeded'),
      )
      .returning('tries')
      .executeTakeFirst();
    return started ? { tries: started.tries } : await succeededBefore(trx, operation);
  });
}

/** Same key, same body: a provider that knows the key would answer for another effect than the one meant now. */
async function succeededBefore(
  trx: Trx,
  { operationId, sessionId, paymentNumber, operation, amountMinor }: MoneyOperation,
): Promise<'succeeded'> {
  const same = await trx
    .selectFrom('moneyOperation')
    .select('state')
    .where('operationId', '=', operationId)
    .where('sessionId', '=', sessionId)
    .where('paymentNumber', '=', paymentNumber)
    .where('operation', '=', operation)
    .where('amountMinor', '=', amountMinor)
    .executeTakeFirst();
  if (!same) throw new InvariantError(`money operation ${operationId} was started before as another one`);
  return 'succeeded';
}

/** Also the lock under which the operation is written: until the transaction ends no other try passes. */
async function takeToken(trx: Trx, { sessionId, fencingToken }: MoneyOperation): Promise<boolean> {
  const updated = await trx
    .updateTable('chargeSession')
    .set({ fencingToken })
    .where('sessionId', '=', sessionId)
    .where('fencingToken', '<=', fencingToken)
    .executeTakeFirst();
  if (updated.numUpdatedRows > 0n) return true;
  const session = await trx
    .selectFrom('chargeSession')
    .select('sessionId')
    .where('sessionId', '=', sessionId)
    .executeTakeFirst();
  if (!session)
    throw new InvariantError(`session ${sessionId} has no row for the fencing token of money calls`);
  return false;
}
