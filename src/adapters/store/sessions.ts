/** Stores the projections of sessions that their workflows write, and finds sessions. */
import type { InboxId, SessionId } from '../../domain/ids.ts';
import { pick } from '../../domain/pick.ts';
import { sql } from 'kysely';
import { InvariantError } from '../../domain/assert.ts';
import type { RaisedReason } from '../../domain/attention.ts';
import type { Instant } from '../../domain/instant.ts';
import { endedByText } from '../../domain/text-assignment.ts';
import { SESSION_FIGURES } from '../../domain/session/view.ts';
import type { SessionProjection, SessionRecord, SessionStore } from '../../ports/session-store.ts';
import type { PersonalDataCipher } from './cipher.ts';
import type { Database } from './database.ts';
import { decryptText } from './inbox/assignment.ts';
import { markingHandled } from './inbox/handled.ts';
import { endRoutesOfServices, routesOfNumber } from './inbox/number-routes.ts';
import {
  attentionOfSession,
  clearingReasons,
  openReasons,
  raisingReasons,
  sessionReasons,
} from './attention.ts';
import { statement } from './statement.ts';
import { findSubject } from './session-subject.ts';
import { readMsisdn } from './subscribers.ts';

interface SessionDeps {
  database: Database;
  cipher: PersonalDataCipher;
}

const PROJECTION_COLUMNS = [
  'revision',
  ...SESSION_FIGURES,
  'paymentPageUrl',
  'paymentPageExpiresAt',
] as const satisfies readonly (keyof SessionProjection)[];
/** The original system's names of the columns. */
const USE_COLUMNS = ['startChargeUtc as startedAt', 'endChargeUtc as endedAt'] as const;

const RECORD_COLUMNS = [
  'sessionId',
  'partnerId',
  'serviceId',
  'subscriberId',
  'gateway',
  'shortNumber',
  'language',
  'terms',
  'serviceReference',
  'linkToken',
  'createdAt',
  'refundedMinor',
  'runId',
  ...PROJECTION_COLUMNS,
] as const satisfies readonly (keyof SessionRecord)[];

export function createSessionStore(deps: SessionDeps): SessionStore {
  const { database, cipher } = deps;
  return {
    record: (projection, at, handledInboxIds = []) => record(database, projection, { at, handledInboxIds }),
    find: (sessionId) => findBy(database, 'sessionId', sessionId),
    findByLinkToken: (token) => findBy(database, 'linkToken', token),
    findSubject: (sessionId) => findSubject(deps, sessionId),
    findLateEnd: (inboxId) => findLateEnd(deps, inboxId),
    list: ({ limit, partnerId, attention = false }) =>
      database
        .selectFrom('chargeSession')
        .select(RECORD_COLUMNS)
        .select(USE_COLUMNS)
        .select(openReasons.as('attention'))
        .$if(partnerId !== undefined, (query) => query.where('partnerId', '=', partnerId ?? ''))
        .$if(attention, (query) =>
          query.where((eb) => eb.exists(attentionOfSession(eb).where('attention.clearedAt', 'is', null))),
        )
        .orderBy('createdAt', 'desc')
        .orderBy('sessionId')
        .limit(limit)
        .execute(),
    msisdnOf: (subscriberId) => readMsisdn(database, cipher, subscriberId),
  };
}

const selectBy = {
  sessionId: statement(selectingBy('sessionId')),
  linkToken: statement(selectingBy('linkToken')),
};

function selectingBy(column: 'sessionId' | 'linkToken') {
  return (database: Database, { value }: { value: string }) =>
    database
      .selectFrom('chargeSession')
      .select(RECORD_COLUMNS)
      .select(USE_COLUMNS)
      .select(openReasons.as('attention'))
      .where(column, '=', value);
}

async function findBy(
  database: Database,
  column: 'sessionId' | 'linkToken',
  value: string,
): Promise<SessionRecord | null> {
  const [row] = await selectBy[column](database, { value });
  return row ?? null;
}

async function findLateEnd(
  { database, cipher }: SessionDeps,
  inboxId: InboxId,
): ReturnType<SessionStore['findLateEnd']> {
  const message = await database
    .selectFrom('inboundMessage')
    .select(['inboxId', 'subscriberId', 'gateway', 'shortNumber', 'sentAt'])
    .select(['textEncrypted', 'textKeyId'])
    .where('inboxId', '=', inboxId)
    .executeTakeFirst();
  if (!message || message.textEncrypted === null) return null;
  const { subscriberId, sentAt } = message;
  const inUse = await database
    .selectFrom('chargeSession')
    .select(['sessionId', 'serviceId', 'terms', 'reservedMinor'])
    .select(USE_COLUMNS)
    .where('subscriberId', '=', subscriberId)
    .where('startChargeUtc', '<=', sentAt)
    .where((eb) => eb.or([eb('endChargeUtc', '>', sentAt), eb('endChargeUtc', 'is', null)]))
    .orderBy('startChargeUtc', 'desc')
    .$narrowType<{ startedAt: Instant }>()
    .execute();
  const routes = [
    ...(await routesOfNumber(database, message)),
    ...(await endRoutesOfServices(database, inUse)),
  ];
  const meant = endedByText(decryptText(cipher, message), routes, inUse);
  if (!meant || meant.endedAt === null) return null;
  const { sessionId, terms, reservedMinor, startedAt, endedAt } = meant;
  return { sessionId, terms, reservedMinor, startedAt, endedAt, lateEndAt: sentAt };
}

/** One statement: nobody sees the row without its entries, and it costs one round trip. */
const recording = statement(
  (
    database,
    {
      sessionId,
      at,
      raised,
      cleared,
      handledInboxIds,
      ...columns
    }: ReturnType<typeof columnsOf> & {
      sessionId: SessionId;
      at: Instant;
      raised: RaisedReason[];
      cleared: RaisedReason[];
      handledInboxIds: readonly InboxId[];
    },
  ) =>
    database
      .with('recorded', (db) =>
        db
          .updateTable('chargeSession')
          .set({ ...columns, updatedAt: at })
          .where('sessionId', '=', sessionId)
          .where('revision', '<', columns.revision)
          .returning('sessionId'),
      )
      .with('cleared', () => sql`(${clearingReasons('recorded', cleared, at)})`)
      .with('raised', () => sql`(${raisingReasons('recorded', raised, at)})`)
      .with('handled', () => sql`(${markingHandled(handledInboxIds, at, sessionId)})`)
      .selectFrom('chargeSession')
      .select(['revision', 'runId', 'state', 'nextDueAt'])
      .where('sessionId', '=', sessionId),
);

async function record(
  database: Database,
  projection: SessionProjection,
  { at, handledInboxIds }: { at: Instant; handledInboxIds: readonly InboxId[] },
): ReturnType<SessionStore['record']> {
  const { sessionId, attention } = projection;
  const reasons = sessionReasons(attention);
  const given = { ...columnsOf(projection), sessionId, at, ...reasons, handledInboxIds };
  const [known] = await recording(database, given);
  if (!known) throw new InvariantError(`session ${sessionId} has no row to record in`);
  return known;
}

function columnsOf(projection: SessionProjection) {
  const { startedAt: startChargeUtc, endedAt: endChargeUtc, runId = null } = projection;
  return { ...pick(projection, PROJECTION_COLUMNS), startChargeUtc, endChargeUtc, runId };
}
