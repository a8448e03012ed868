import type { SessionId } from '../../domain/ids.ts';
import { sql, type UpdateObject } from 'kysely';
import { admitAction, effectOfAction, movesMoney, type ActionKind } from '../../domain/action.ts';
import { isSessionReason, SESSION_AND_ACTION_REASONS } from '../../domain/attention.ts';
import { InvariantError, invariant } from '../../domain/assert.ts';
import type { Instant } from '../../domain/instant.ts';
import { assertAmountMinor } from '../../domain/money.ts';
import { writeOffAfterEnd } from '../../domain/reconciliation/comparison.ts';
import {
  MAX_RESUME_WAIT_MS,
  type ActionEnd,
  type ActionRecord,
  type ActionRequest,
  type ActionRequested,
  type ActionStore,
} from '../../ports/action-store.ts';
import { clearReasons, raiseForSession } from './attention.ts';
import { anyOf } from './by-session.ts';
import type { PersonalDataCipher } from './cipher.ts';
import { inTransaction, type Database, type Trx } from './database.ts';
import type { Schema } from './schema.ts';

const COLUMNS = [
  'actionId',
  'sessionId',
  'kind',
  'paymentNumber',
  'amountMinor',
  'operationId',
  'actor',
  'state',
  'refundedBeforeMinor',
  'createdAt',
  'finishedAt',
  'detail',
] as const satisfies readonly (keyof ActionRecord)[];

type Identity = Pick<ActionRecord, 'sessionId' | 'actionId'>;

const reasonContext = ({ sessionId, actionId }: Identity): string => `action.reason:${sessionId}:${actionId}`;

/** Actions over the database; reasons are encrypted with `cipher`. */
export function createActionStore(deps: { database: Database; cipher: PersonalDataCipher }): ActionStore {
  const { database, cipher } = deps;
  return {
    request: (request, at) => inTransaction(database, (trx) => requestAction(trx, cipher, request, at)),
    find: (sessionId, actionId) => findAction(database, { sessionId, actionId }),
    listForSession: (sessionId) =>
      database
        .selectFrom('action')
        .select(COLUMNS)
        .where('sessionId', '=', sessionId)
        .orderBy('createdAt')
        .orderBy('actionId')
        .execute(),
    takeOpen: (at) => inTransaction(database, (trx) => takeOpen(trx, at)),
    reasonOf: async (sessionId, actionId) => {
      const row = await database
        .selectFrom('action')
        .select(['reasonEncrypted', 'reasonKeyId'])
        .where('sessionId', '=', sessionId)
        .where('actionId', '=', actionId)
        .executeTakeFirst();
      if (!row?.reasonEncrypted || row.reasonKeyId === null) return null;
      const encrypted = { keyId: row.reasonKeyId, data: row.reasonEncrypted };
      return cipher.decrypt(encrypted, reasonContext({ sessionId, actionId }));
    },
    setRefundedBefore: (sessionId, actionId, refundedMinor) =>
      setRefundedBefore(database, { sessionId, actionId, refundedMinor }),
    finish: (end, at) => inTransaction(database, (trx) => finish(trx, end, at)),
    writeOff: (action, at) => inTransaction(database, (trx) => writeOff(trx, action, at)),
  };
}

async function findAction(
  database: Database | Trx,
  { sessionId, actionId }: Identity,
): Promise<ActionRecord | null> {
  const row = await database
    .selectFrom('action')
    .select(COLUMNS)
    .where('sessionId', '=', sessionId)
    .where('actionId', '=', actionId)
    .executeTakeFirst();
  return row ?? null;
}

async function takeOpen(trx: Trx, at: Instant): Promise<ActionRecord | null> {
  const due = await trx
    .selectFrom('action')
    .select(COLUMNS)
    .where('state', '=', 'requested')
    .where('resumeAt', '<=', at)
    .orderBy('resumeAt')
    .orderBy('createdAt')
    .limit(1)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst();
  if (!due) return null;
  const waitMs = sql`least(1000 * 2 ^ least(resumes, 20), ${sql.lit(MAX_RESUME_WAIT_MS)})`;
  await trx
    .updateTable('action')
    .set({
      resumes: sql`resumes + 1`,
      resumeAt: sql`${at}::timestamptz + ${waitMs} * interval '1 millisecond'`,
    })
    .where('sessionId', '=', due.sessionId)
    .where('actionId', '=', due.actionId)
    .execute();
  return due;
}

async function knownAction(database: Database | Trx, action: Identity): Promise<ActionRecord> {
  const known = await findAction(database, action);
  invariant(known !== null, 'an action is requested before it ends');
  return known;
}

/** The holder of the session's row lock alone decides about its actions, and about what they change in the projection. */
async function lockSession(trx: Trx, sessionId: SessionId) {
  const session = await trx
    .selectFrom('chargeSession')
    .select(['state', 'nextDueAt'])
    .select(['reservedMinor', 'capturedMinor', 'refundedMinor'])
    .where('sessionId', '=', sessionId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!session) throw new InvariantError(`session ${sessionId} has no row to act on`);
  // A statement of its own: one that waits for the lock reads other tables as they were before the wait.
  const open = await trx
    .selectFrom('attention')
    .select('reason')
    .where('sessionId', '=', sessionId)
    .where('clearedAt', 'is', null)
    .execute();
  return { ...session, attention: open.map(({ reason }) => reason) };
}

async function requestAction(
  trx: Trx,
  cipher: PersonalDataCipher,
  { reason, ...request }: ActionRequest,
  at: Instant,
): Promise<ActionRequested> {
  const { sessionId, kind, amountMinor } = request;
  if (amountMinor !== null) assertAmountMinor(amountMinor, 'the amount of an action');
  const session = await lockSession(trx, sessionId);
  const known = await findAction(trx, request);
  if (known) return { outcome: 'known', action: known };
  const openActionId = await openMoneyActionOf(trx, sessionId);
  const admission = admitAction(request, { ...session, openActionId });
  if (admission.outcome !== 'admitted') return admission;

  const encrypted = cipher.encrypt(reason, reasonContext(request));
  const action = await trx
    .insertInto('action')
    .values({
      ...request,
      operationId: movesMoney(kind) ? await nextOperationId(trx, sessionId, kind) : null,
      reasonEncrypted: encrypted.data,
      reasonKeyId: encrypted.keyId,
      state: 'requested',
      createdAt: at,
    })
    .returning(COLUMNS)
    .executeTakeFirstOrThrow();
  return { outcome: 'requested', action };
}

/** The session's refund or release that has not ended. */
export async function openMoneyActionOf(
  database: Database | Trx,
  sessionId: SessionId,
): Promise<string | null> {
  return (await openMoneyActionsOf(database, [sessionId])).get(sessionId) ?? null;
}

export async function openMoneyActionsOf(
  database: Database | Trx,
  sessionIds: readonly SessionId[],
): Promise<Map<SessionId, string>> {
  const rows = await database
    .selectFrom('action')
    .select(['sessionId', 'actionId'])
    .where('sessionId', '=', anyOf(sessionIds))
    .where('state', '=', 'requested')
    .where('operationId', 'is not', null)
    .execute();
  return new Map(rows.map(({ sessionId, actionId }) => [sessionId, actionId]));
}

/** After every operation of this name: the session's workflow and earlier actions took numbers, called or not. */
async function nextOperationId(trx: Trx, sessionId: SessionId, kind: ActionKind): Promise<string> {
  const { rows } = await sql<{ last: number }>`
    select coalesce(max(substring(operation_id from '[0-9]+$')::bigint), 0) as last
    from (
      select operation_id from money_operation where session_id = ${sessionId} and operation = ${kind}
      union all
      select operation_id from action where session_id = ${sessionId} and kind = ${kind}
    ) as used`.execute(trx);
  return `${sessionId}-${kind}-${(rows[0]?.last ?? 0) + 1}`;
}

async function setRefundedBefore(
  database: Database,
  input: Identity & { refundedMinor: number },
): Promise<number> {
  const { sessionId, actionId, refundedMinor } = input;
  assertAmountMinor(refundedMinor, 'a refunded amount');
  await database
    .updateTable('action')
    .set({
      refundedBeforeMinor: sql<number>`greatest(${refundedMinor}::bigint,
        (select refunded_minor from charge_session where session_id = ${sessionId}))`,
    })
    .where('sessionId', '=', sessionId)
    .where('actionId', '=', actionId)
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom('moneyOperation')
            .select('moneyOperation.operationId')
            .whereRef('moneyOperation.operationId', '=', 'action.operationId'),
        ),
      ),
    )
    .execute();
  const action = await findAction(database, input);
  invariant(
    action !== null && action.refundedBeforeMinor !== null,
    'a refund was requested before it is made',
  );
  return action.refundedBeforeMinor;
}

async function finish(trx: Trx, end: ActionEnd, at: Instant): Promise<ActionRecord> {
  const session = await lockSession(trx, end.sessionId);
  const known = await knownAction(trx, end);
  if (known.state !== 'requested') return known;
  const { amounts, clears } = effectOfAction(session, known, end);
  const { sessionId, attention } = end;
  // The row of a running session is its workflow's alone.
  if (movesMoney(known.kind)) await changeSession(trx, sessionId, amounts, at);
  await clearReasons(trx, { sessionId, reasons: clears, clearedBy: known.actor }, at);
  if (attention !== undefined) await raiseForSession(trx, { sessionId, reason: attention }, at);
  return await endAction(trx, end, at);
}

async function writeOff(trx: Trx, action: Identity, at: Instant): Promise<ActionRecord> {
  const session = await lockSession(trx, action.sessionId);
  const known = await knownAction(trx, action);
  if (known.state !== 'requested') return known;
  const needsAttention = session.attention.some(isSessionReason);
  const decided = writeOffAfterEnd({ ...session, needsAttention });
  if (decided.outcome === 'refused')
    return await endAction(trx, { ...action, state: 'refused', detail: decided.detail }, at);
  const closed = { nextDueAt: null, paymentPageUrl: null, paymentPageExpiresAt: null };
  const { sessionId } = action;
  await changeSession(trx, sessionId, { state: decided.state, ...closed }, at);
  await clearReasons(trx, { sessionId, reasons: SESSION_AND_ACTION_REASONS, clearedBy: known.actor }, at);
  return await endAction(trx, { ...action, state: 'succeeded', detail: null }, at);
}

/** The revision rises above whatever the session's ended workflow has still to write. */
async function changeSession(
  trx: Trx,
  sessionId: SessionId,
  change: UpdateObject<Schema, 'chargeSession'>,
  at: Instant,
): Promise<void> {
  await trx
    .updateTable('chargeSession')
    .set({ ...change, revision: sql`revision + 1`, updatedAt: at })
    .where('sessionId', '=', sessionId)
    .execute();
}

async function endAction(
  trx: Trx,
  { sessionId, actionId, state, detail }: Omit<ActionEnd, 'releasedMinor' | 'attention'>,
  at: Instant,
): Promise<ActionRecord> {
  return await trx
    .updateTable('action')
    .set({ state, detail, finishedAt: at })
    .where('sessionId', '=', sessionId)
    .where('actionId', '=', actionId)
    .returning(COLUMNS)
    .executeTakeFirstOrThrow();
}
