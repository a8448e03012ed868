import { sql } from 'kysely';
import { InvariantError, invariant } from '../../domain/assert.ts';
import type { Instant } from '../../domain/instant.ts';
import { assertAmountMinor } from '../../domain/money.ts';
import type {
  SessionActionEnd,
  SessionActionRecord,
  SessionActionRequest,
  SessionActionRequested,
  SessionActionStore,
} from '../../ports/session-action-store.ts';
import type { PersonalDataCipher } from './cipher.ts';
import { inTransaction, type Database, type Trx } from './database.ts';

interface SessionActionDeps {
  database: Database;
  cipher: PersonalDataCipher;
}

const COLUMNS = [
  'actionId',
  'sessionId',
  'kind',
  'attempt',
  'amountMinor',
  'operationId',
  'actor',
  'state',
  'refundedBeforeMinor',
  'createdAt',
  'finishedAt',
  'detail',
] as const satisfies readonly (keyof SessionActionRecord)[];

/** Reasons for a person to look that an action which came about takes away. */
const SETTLED_BY_RELEASE = ['releaseRefused', 'releaseDeadlinePassed', 'releaseNotCallable'];
const SETTLED_BY_REFUND = ['refundNotMade'];

const reasonContext = (sessionId: string, actionId: string): string =>
  `session_action.reason:${sessionId}:${actionId}`;

export function createSessionActionStore({ database, cipher }: SessionActionDeps): SessionActionStore {
  return {
    request: (request, at) => inTransaction(database, (trx) => requestAction(trx, cipher, request, at)),
    find: (sessionId, actionId) => findAction(database, sessionId, actionId),
    listForSession: (sessionId) =>
      database
        .selectFrom('sessionAction')
        .select(COLUMNS)
        .where('sessionId', '=', sessionId)
        .orderBy('createdAt')
        .orderBy('actionId')
        .execute(),
    listOpen: (limit) =>
      database
        .selectFrom('sessionAction')
        .select(COLUMNS)
        .where('state', '=', 'requested')
        .orderBy('createdAt')
        .orderBy('sessionId')
        .limit(limit)
        .execute(),
    reasonOf: async (sessionId, actionId) => {
      const row = await database
        .selectFrom('sessionAction')
        .select(['reasonEncrypted', 'reasonKeyId'])
        .where('sessionId', '=', sessionId)
        .where('actionId', '=', actionId)
        .executeTakeFirst();
      if (!row?.reasonEncrypted || row.reasonKeyId === null) return null;
      const encrypted = { keyId: row.reasonKeyId, data: row.reasonEncrypted };
      return cipher.decrypt(encrypted, reasonContext(sessionId, actionId));
    },
    setRefundedBefore: (sessionId, actionId, refundedMinor) =>
      setRefundedBefore(database, { sessionId, actionId, refundedMinor }),
    finish: (end, at) => inTransaction(database, (trx) => finish(trx, end, at)),
  };
}

async function findAction(
  database: Database | Trx,
  sessionId: string,
  actionId: string,
): Promise<SessionActionRecord | null> {
  const row = await database
    .selectFrom('sessionAction')
    .select(COLUMNS)
    .where('sessionId', '=', sessionId)
    .where('actionId', '=', actionId)
    .executeTakeFirst();
  return row ?? null;
}

/** Whoever holds the session's row decides alone about its actions, and about what they leave in the projection. */
async function lockSession(trx: Trx, sessionId: string) {
  const session = await trx
    .selectFrom('chargeSession')
    .select(['reservedMinor', 'capturedMinor', 'refundedMinor', 'attentionReason'])
    .where('sessionId', '=', sessionId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!session) throw new InvariantError(`session ${sessionId} has no row to act on`);
  return session;
}

async function requestAction(
  trx: Trx,
  cipher: PersonalDataCipher,
  { reason, ...request }: SessionActionRequest,
  at: Instant,
): Promise<SessionActionRequested> {
  const { sessionId, actionId, kind, amountMinor } = request;
  assertAmountMinor(amountMinor, 'the amount of an action');
  const { capturedMinor, refundedMinor } = await lockSession(trx, sessionId);
  const known = await findAction(trx, sessionId, actionId);
  if (known) return { outcome: 'known', action: known };
  const open = await trx
    .selectFrom('sessionAction')
    .select('actionId')
    .where('sessionId', '=', sessionId)
    .where('state', '=', 'requested')
    .executeTakeFirst();
  if (open) return { outcome: 'busy', openActionId: open.actionId };
  const leftMinor = Math.max(0, capturedMinor - refundedMinor);
  if (kind === 'refund' && amountMinor > leftMinor) return { outcome: 'tooMuch', leftMinor };

  const encrypted = cipher.encrypt(reason, reasonContext(sessionId, actionId));
  const action = await trx
    .insertInto('sessionAction')
    .values({
      ...request,
      operationId: await nextOperationId(trx, request),
      reasonEncrypted: encrypted.data,
      reasonKeyId: encrypted.keyId,
      state: 'requested',
      createdAt: at,
    })
    .returning(COLUMNS)
    .executeTakeFirstOrThrow();
  return { outcome: 'requested', action };
}

/** After every operation of this name, whether the session's workflow made it or an earlier action, called or not. */
async function nextOperationId(
  trx: Trx,
  { sessionId, kind }: Pick<SessionActionRequest, 'sessionId' | 'kind'>,
): Promise<string> {
  const { rows } = await sql<{ last: number }>`
    select coalesce(max(substring(operation_id from '[0-9]+$')::bigint), 0) as last
    from (
      select operation_id from money_operation where session_id = ${sessionId} and operation = ${kind}
      union all
      select operation_id from session_action where session_id = ${sessionId} and kind = ${kind}
    ) as taken`.execute(trx);
  return `${sessionId}-${kind}-${(rows[0]?.last ?? 0) + 1}`;
}

async function setRefundedBefore(
  database: Database,
  input: { sessionId: string; actionId: string; refundedMinor: number },
): Promise<number> {
  const { sessionId, actionId, refundedMinor } = input;
  assertAmountMinor(refundedMinor, 'a refunded amount');
  await database
    .updateTable('sessionAction')
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
            .whereRef('moneyOperation.operationId', '=', 'sessionAction.operationId'),
        ),
      ),
    )
    .execute();
  const action = await findAction(database, sessionId, actionId);
  invariant(
    action !== null && action.refundedBeforeMinor !== null,
    'a refund was requested before it is made',
  );
  return action.refundedBeforeMinor;
}

/** What is given back was reserved, also where the session ended without having seen the approval. */
function givenBack(session: { reservedMinor: number; capturedMinor: number }, releasedMinor: number) {
  const reservedMinor = Math.max(session.reservedMinor, session.capturedMinor + releasedMinor);
  return { reservedMinor, releasedMinor, releaseSource: 'provider' as const };
}

async function finish(trx: Trx, end: SessionActionEnd, at: Instant): Promise<void> {
  const { sessionId, actionId, state, detail, attention } = end;
  const session = await lockSession(trx, sessionId);
  const ended = await trx
    .updateTable('sessionAction')
    .set({ state, detail, finishedAt: at })
    .where('sessionId', '=', sessionId)
    .where('actionId', '=', actionId)
    .where('state', '=', 'requested')
    .returning(['kind', 'amountMinor'])
    .executeTakeFirst();
  if (ended === undefined) return;
  const { releasedMinor } = end;
  const isRefunded = ended.kind === 'refund' && state === 'succeeded';
  const settles = [
    ...(releasedMinor === undefined ? [] : SETTLED_BY_RELEASE),
    ...(isRefunded ? SETTLED_BY_REFUND : []),
  ];
  const settled = settles.includes(session.attentionReason ?? '')
    ? { needsAttention: false, attentionReason: null }
    : {};
  await trx
    .updateTable('chargeSession')
    .set({
      // What somebody else refunded stays a difference to the provider: it has no credit note of ours.
      ...(isRefunded ? { refundedMinor: session.refundedMinor + ended.amountMinor } : {}),
      ...(releasedMinor === undefined ? {} : givenBack(session, releasedMinor)),
      ...settled,
      ...(attention === undefined ? {} : { needsAttention: true, attentionReason: attention }),
      // What the session's ended workflow had still to write, if anything, is older than this.
      revision: sql`revision + 1`,
      updatedAt: at,
    })
    .where('sessionId', '=', sessionId)
    .execute();
}
