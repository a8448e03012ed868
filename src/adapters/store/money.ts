/** Stores payments and money operations, each recorded before its call under a fencing token (cases 9, 10, 12). */
import type { SessionId } from '../../domain/ids.ts';
import { sql } from 'kysely';
import { InvariantError, invariant } from '../../domain/assert.ts';
import type { Instant } from '../../domain/instant.ts';
import { assertAmountMinor } from '../../domain/money.ts';
import { pick } from '../../domain/pick.ts';
import { OPEN_STATES } from '../../domain/session/charge-state.ts';
import type { PaymentSnapshot } from '../../domain/payment.ts';
import {
  TOKENS_PER_STEP,
  type MoneyOperation,
  type MoneyOperationState,
  type MoneyStore,
  type PaymentOwner,
  type PaymentRecord,
  type RecordedOperation,
} from '../../ports/money-store.ts';
import type { Database } from './database.ts';
import { statement } from './statement.ts';

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

const OPERATION_COLUMNS = [
  'operationId',
  'sessionId',
  'paymentNumber',
  'operation',
  'amountMinor',
  'fencingToken',
  'state',
  'tries',
  'startedAt',
  'lastTriedAt',
  'detail',
] as const satisfies readonly (keyof RecordedOperation)[];

/** Those that its payment does not have. */
const OWN_OPERATION_COLUMNS = OPERATION_COLUMNS.filter(
  (column) => column !== 'sessionId' && column !== 'paymentNumber',
);

export function createMoneyStore(database: Database): MoneyStore {
  return {
    addPayment: (record) => addPayment(database, record),
    recordReservation: (paymentReference, reservation, at) =>
      recordReservation(database, { paymentReference, ...reservation }, at),
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
      (await findOwner(database, 'paymentReference', paymentReference)) ??
      (await findOwner(database, 'providerReference', providerReference)),
    findPaymentOwner: (sessionId) => findOwner(database, 'sessionId', sessionId),
    nextStepNumber: (sessionId) => nextStepNumber(database, sessionId),
    startOperation: (operation, at) => startOperation(database, operation, at),
    finishOperation: async (operationId, state, detail, at, ofToken) => {
      const updated = await finishing(database, { state, detail, at, ofToken })
        .where('operationId', '=', operationId)
        .executeTakeFirst();
      invariant(updated.numUpdatedRows === 1n, `money operation ${operationId} was never started`);
    },
    listOperations: (sessionId) =>
      database
        .selectFrom('moneyOperation')
        .select(OPERATION_COLUMNS)
        .where('sessionId', '=', sessionId)
        .orderBy('startedAt')
        .orderBy('operationId')
        .execute(),
  };
}

/** A row for each operation of the payment; one without an operation when there is none. */
const addingPayment = statement((database, record: Parameters<MoneyStore['addPayment']>[0]) =>
  database
    .with('added', (db) =>
      db
        .insertInto('payment')
        .values(record)
        // Any conflict: of two calls at once the database may notice either of the two unique indexes first.
        .onConflict((conflict) => conflict.doNothing())
        .returning(PAYMENT_COLUMNS),
    )
    .with('opened', (db) =>
      db
        .selectFrom('added')
        .select(PAYMENT_COLUMNS)
        .unionAll(
          db
            .selectFrom('payment')
            .select(PAYMENT_COLUMNS)
            .where('sessionId', '=', record.sessionId)
            .where('paymentNumber', '=', record.paymentNumber),
        ),
    )
    .selectFrom('opened')
    .leftJoin('moneyOperation', (join) =>
      join
        .onRef('moneyOperation.sessionId', '=', 'opened.sessionId')
        .onRef('moneyOperation.paymentNumber', '=', 'opened.paymentNumber'),
    )
    .selectAll('opened')
    .select(OWN_OPERATION_COLUMNS.map((column) => `moneyOperation.${column}` as const))
    .orderBy('startedAt')
    .orderBy('operationId'),
);

async function addPayment(
  database: Database,
  record: Parameters<MoneyStore['addPayment']>[0],
): ReturnType<MoneyStore['addPayment']> {
  assertAmountMinor(record.requestedMinor, 'requestedMinor');
  let rows = await addingPayment(database, record);
  // Neither part has seen what another call added meanwhile.
  if (rows.length === 0) rows = await addingPayment(database, record);
  const [first] = rows;
  invariant(first !== undefined, 'an added payment has a row');
  const operations = rows.filter(hasOperation).map((row) => pick(row, OPERATION_COLUMNS));
  return { ...pick(first, PAYMENT_COLUMNS), operations };
}

function hasOperation(
  row: Awaited<ReturnType<typeof addingPayment>>[number],
): row is PaymentRecord & RecordedOperation {
  return row.operationId !== null;
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

async function findOwner(
  database: Database,
  column: 'paymentReference' | 'providerReference' | 'sessionId',
  value: string | null,
): Promise<PaymentOwner | null> {
  if (value === null) return null;
  const row = await database
    .selectFrom('payment')
    .innerJoin('chargeSession', 'chargeSession.sessionId', 'payment.sessionId')
    .select('payment.sessionId')
    .select((eb) =>
      eb('chargeSession.state', '=', 'awaitingApproval').$castTo<boolean>().as('isApprovalAwaited'),
    )
    .select((eb) =>
      eb
        .and([
          eb('chargeSession.state', 'not in', OPEN_STATES),
          eb('reservedMinor', '>', 0),
          sql<boolean>`charge_session.captured_minor + charge_session.released_minor >= reserved_minor`,
          eb.not(
            eb.exists(
              eb
                .selectFrom('payment as other')
                .select('other.paymentNumber')
                .whereRef('other.sessionId', '=', 'payment.sessionId')
                .whereRef('other.paymentNumber', '<>', 'payment.paymentNumber'),
            ),
          ),
        ])
        .$castTo<boolean>()
        .as('isFinal'),
    )
    .where(`payment.${column}`, '=', value)
    .orderBy('payment.createdAt', 'desc')
    .orderBy('payment.paymentNumber', 'desc')
    .executeTakeFirst();
  return row ?? null;
}

async function isRecorded(database: Database, paymentReference: string): Promise<boolean> {
  const row = await database
    .selectFrom('payment')
    .select('sessionId')
    .where('paymentReference', '=', paymentReference)
    .executeTakeFirst();
  return row !== undefined;
}

async function recordReservation(
  database: Database,
  reservation: { paymentReference: string } & Parameters<MoneyStore['recordReservation']>[1],
  at: Instant,
): Promise<void> {
  const { paymentReference, operationId, providerReference, redirectUrl } = reservation;
  const updated = await database
    .with('reserved', (db) =>
      finishing(db, { state: 'succeeded', detail: null, at }).where('operationId', '=', operationId),
    )
    .updateTable('payment')
    .set({
      providerReference: sql<string | null>`coalesce(${providerReference}::text, provider_reference)`,
      redirectUrl,
    })
    .where('paymentReference', '=', paymentReference)
    .executeTakeFirst();
  invariant(updated.numUpdatedRows === 1n, `payment ${paymentReference} was never opened`);
}

/** An older read that arrives after a newer one changes nothing. */
const recordingSnapshot = statement(
  (database, { at, ...snapshot }: Omit<PaymentSnapshot, 'currency'> & { at: Instant }) => {
    const { paymentReference, providerReference, phase } = snapshot;
    const { authorizedMinor, capturedMinor, releasedMinor, refundedMinor } = snapshot;
    return database
      .with('recorded', (db) =>
        db
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
          .where((eb) => eb.or([eb('readAt', 'is', null), eb('readAt', '<=', at)])),
      )
      .selectFrom('payment')
      .innerJoin('moneyOperation', 'moneyOperation.sessionId', 'payment.sessionId')
      .select(OPERATION_COLUMNS.map((column) => `moneyOperation.${column}` as const))
      .where('payment.paymentReference', '=', paymentReference)
      .orderBy('startedAt')
      .orderBy('operationId');
  },
);

async function recordSnapshot(
  database: Database,
  snapshot: PaymentSnapshot,
  at: Instant,
): Promise<RecordedOperation[]> {
  const { paymentReference } = snapshot;
  const operations = await recordingSnapshot(database, { ...snapshot, at });
  // Before its first call a payment has none; a payment that is not there has none either.
  if (operations.length === 0 && !(await isRecorded(database, paymentReference)))
    throw new InvariantError(`payment ${paymentReference} was never opened`);
  return operations;
}

/** A try that was given up and comes back late undoes neither what is proven nor, but by a proof, that a later one has begun. */
function finishing(
  database: Pick<Database, 'updateTable'>,
  finished: {
    state: Exclude<MoneyOperationState, 'started'>;
    detail: string | null;
    at: Instant;
    ofToken?: number | undefined;
  },
) {
  const { state, detail, at, ofToken = null } = finished;
  const stays = sql`(state = 'succeeded' or (${state}::text <> 'succeeded' and fencing_token > ${ofToken}::bigint))`;
  return database.updateTable('moneyOperation').set({
    state: sql`case when ${stays} then state else ${state}::text end`,
    detail: sql`case when ${stays} then detail else ${detail}::text end`,
    finishedAt: sql`case when ${stays} then finished_at else ${at}::timestamptz end`,
  });
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

/** One statement: the row of the session stays locked until the operation is written, and no other try passes meanwhile. */
async function startOperation(
  database: Database,
  operation: MoneyOperation,
  at: Instant,
): ReturnType<MoneyStore['startOperation']> {
  const { sessionId, paymentNumber, operationId, amountMinor, fencingToken } = operation;
  assertAmountMinor(amountMinor, 'amountMinor');
  const { rows } = await sql<RecordedOperation>`
    with token as (
      update charge_session set fencing_token = ${fencingToken}
      where session_id = ${sessionId} and fencing_token <= ${fencingToken}
      returning session_id
    ), started as (
      insert into money_operation
        (operation_id, session_id, payment_number, operation, amount_minor, fencing_token, state, tries, started_at, last_tried_at)
      select ${operationId}, session_id, ${paymentNumber}::int, ${operation.operation}, ${amountMinor}::bigint,
        ${fencingToken}::bigint, 'started', 1, ${at}::timestamptz, ${at}::timestamptz
      from token
      on conflict (operation_id) do update
        set fencing_token = excluded.fencing_token, state = 'started', tries = money_operation.tries + 1,
          last_tried_at = excluded.last_tried_at, finished_at = null, detail = null
        where money_operation.session_id = excluded.session_id
          and money_operation.payment_number = excluded.payment_number
          and money_operation.operation = excluded.operation
          and money_operation.amount_minor = excluded.amount_minor
          and money_operation.state not in ('succeeded', 'refused')
      returning ${sql.join(OPERATION_COLUMNS.map((column) => sql.ref(column)))}
    )
    select * from started`.execute(database);
  return rows[0] ?? (await notStarted(database, operation));
}

/** Why it was not: a later call of the session has the token, or this one was answered before. */
async function notStarted(
  database: Database,
  started: MoneyOperation,
): ReturnType<MoneyStore['startOperation']> {
  const { sessionId, paymentNumber, operationId, operation, amountMinor, fencingToken } = started;
  const session = await database
    .selectFrom('chargeSession')
    .select('fencingToken')
    .where('sessionId', '=', sessionId)
    .executeTakeFirst();
  if (!session)
    throw new InvariantError(`session ${sessionId} has no row for the fencing token of money calls`);
  if (session.fencingToken > fencingToken) return 'stale';
  // Same key, same body: a provider that knows the key would answer for another effect than the one meant now.
  const same = await database
    .selectFrom('moneyOperation')
    .select(OPERATION_COLUMNS)
    .where('operationId', '=', operationId)
    .where('sessionId', '=', sessionId)
    .where('paymentNumber', '=', paymentNumber)
    .where('operation', '=', operation)
    .where('amountMinor', '=', amountMinor)
    .where('state', 'in', ['succeeded', 'refused'])
    .executeTakeFirst();
  if (!same) throw new InvariantError(`money operation ${operationId} was started before as another one`);
  return same;
}
