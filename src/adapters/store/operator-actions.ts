import { sql } from 'kysely';
import { invariant, InvariantError } from '../../domain/assert.ts';
import type { Instant } from '../../domain/instant.ts';
import { writtenOffState } from '../../domain/reconciliation/standing.ts';
import type { OperatorActionRecord, OperatorActionStore } from '../../ports/operator-action-store.ts';
import type { PersonalDataCipher } from './cipher.ts';
import { inTransaction, type Database, type Trx } from './database.ts';

const COLUMNS = [
  'sessionId',
  'actionId',
  'kind',
  'actor',
  'state',
  'detail',
  'createdAt',
  'finishedAt',
] as const satisfies readonly (keyof OperatorActionRecord)[];

type Identity = Pick<OperatorActionRecord, 'sessionId' | 'actionId'>;

const reasonContext = ({ sessionId, actionId }: Identity): string =>
  `operator_action.reason:${sessionId}:${actionId}`;

export function createOperatorActionStore(deps: {
  database: Database;
  cipher: PersonalDataCipher;
}): OperatorActionStore {
  const { database, cipher } = deps;
  return {
    request: async ({ reason, ...action }, at) => {
      const encrypted = cipher.encrypt(reason, reasonContext(action));
      await database
        .insertInto('operatorAction')
        .values({
          ...action,
          reasonEncrypted: encrypted.data,
          reasonKeyId: encrypted.keyId,
          state: 'requested',
          createdAt: at,
        })
        .onConflict((conflict) => conflict.columns(['sessionId', 'actionId']).doNothing())
        .execute();
      return await knownAction(database, action);
    },
    find: (sessionId, actionId) => findAction(database, { sessionId, actionId }),
    finish: ({ state, detail, ...action }, at) => finish(database, action, { state, detail, at }),
    closeMatter: (action, at) => inTransaction(database, (trx) => closeMatter(trx, action, at)),
    listForSession: (sessionId) =>
      database
        .selectFrom('operatorAction')
        .select(COLUMNS)
        .where('sessionId', '=', sessionId)
        .orderBy('createdAt')
        .orderBy('actionId')
        .execute(),
  };
}

async function findAction(
  database: Database | Trx,
  { sessionId, actionId }: Identity,
): Promise<OperatorActionRecord | null> {
  const row = await database
    .selectFrom('operatorAction')
    .select(COLUMNS)
    .where('sessionId', '=', sessionId)
    .where('actionId', '=', actionId)
    .executeTakeFirst();
  return row ?? null;
}

async function knownAction(database: Database | Trx, action: Identity): Promise<OperatorActionRecord> {
  const known = await findAction(database, action);
  invariant(known !== null, 'an operator action is requested before it is answered');
  return known;
}

async function finish(
  database: Database | Trx,
  action: Identity,
  end: { state: 'succeeded' | 'refused'; detail: string | null; at: Instant },
): Promise<OperatorActionRecord> {
  const { state, detail, at } = end;
  await database
    .updateTable('operatorAction')
    .set({ state, detail, finishedAt: at })
    .where('sessionId', '=', action.sessionId)
    .where('actionId', '=', action.actionId)
    .where('state', '=', 'requested')
    .execute();
  return await knownAction(database, action);
}

async function closeMatter(trx: Trx, action: Identity, at: Instant): Promise<OperatorActionRecord> {
  const { sessionId } = action;
  const session = await trx
    .selectFrom('chargeSession')
    .select(['state', 'needsAttention', 'nextDueAt'])
    .where('sessionId', '=', sessionId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  if (!session) throw new InvariantError(`session ${sessionId} has no row to close the matter of`);
  const known = await knownAction(trx, action);
  if (known.state !== 'requested') return known;
  const end = writtenOffState(session.state);
  if (end === session.state && session.nextDueAt === null && !session.needsAttention) {
    const detail = `nothing is open: the session is ${session.state}`;
    return await finish(trx, action, { state: 'refused', detail, at });
  }
  await trx
    .updateTable('chargeSession')
    .set({
      state: end,
      nextDueAt: null,
      needsAttention: false,
      attentionReason: null,
      paymentPageUrl: null,
      paymentPageExpiresAt: null,
      // What the session's ended workflow had still to write, if anything, is older than this.
      revision: sql`revision + 1`,
      updatedAt: at,
    })
    .where('sessionId', '=', sessionId)
    .execute();
  return await finish(trx, action, { state: 'succeeded', detail: null, at });
}
