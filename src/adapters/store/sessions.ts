/** Stores sessions with the terms agreed at their start, and the projections that their workflows write. */
import type { InboxId, ServiceId } from '../../domain/ids.ts';
import { pick } from '../../domain/pick.ts';
import { sql, type Selectable } from 'kysely';
import { InvariantError, invariant } from '../../domain/assert.ts';
import type { Instant } from '../../domain/instant.ts';
import type { PaymentRules } from '../../domain/payment.ts';
import { routeWord, endedByText } from '../../domain/text-assignment.ts';
import { agreeTerms, storableReference, type SessionTerms } from '../../domain/session-terms.ts';
import { SESSION_FIGURES } from '../../domain/session/view.ts';
import type { SessionProjection, SessionRecord, SessionStore } from '../../ports/session-store.ts';
import type { PersonalDataCipher } from './cipher.ts';
import type { Database } from './database.ts';
import { decryptText } from './inbox/assignment.ts';
import { markingHandled } from './inbox/handled.ts';
import { endRoutesOfServices, routesOfNumber } from './inbox/number-routes.ts';
import { attentionOfSession, clearingOtherReasons, openReasons, raisingReasons } from './attention.ts';
import { FIRST_SESSION_STATE } from './inbox/reply-context.ts';
import type { Schema } from './schema.ts';
import { readMsisdn } from './subscribers.ts';

interface SessionDeps {
  database: Database;
  cipher: PersonalDataCipher;
  newToken: () => string;
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
  ...PROJECTION_COLUMNS,
] as const satisfies readonly (keyof SessionRecord)[];

const NOTHING_HAPPENED_YET = {
  revision: 0,
  state: FIRST_SESSION_STATE,
  reservedMinor: 0,
  capturedMinor: 0,
  releasedMinor: 0,
  shortfallMinor: 0,
} as const;

export function createSessionStore(deps: SessionDeps): SessionStore {
  const { database, cipher } = deps;
  return {
    create: (input) => begin(deps, input),
    record: (projection, at, handledInboxIds = []) => record(database, projection, { at, handledInboxIds }),
    find: (sessionId) => findBy(database, 'sessionId', sessionId),
    findByLinkToken: (token) => findBy(database, 'linkToken', token),
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

async function findBy(
  database: Database,
  column: 'sessionId' | 'linkToken',
  value: string,
): Promise<SessionRecord | null> {
  const row = await database
    .selectFrom('chargeSession')
    .select(RECORD_COLUMNS)
    .select(USE_COLUMNS)
    .select(openReasons.as('attention'))
    .where(column, '=', value)
    .executeTakeFirst();
  return row ?? null;
}

async function begin(
  deps: SessionDeps,
  input: Parameters<SessionStore['create']>[0],
): Promise<{ session: SessionRecord; requestedAt: Instant }> {
  const { database } = deps;
  const { sessionId, inboxId, paymentRules, at } = input;
  const message = await database
    .selectFrom('inboundMessage')
    .select(['inboxId', 'subscriberId', 'serviceId', 'gateway', 'shortNumber', 'sentAt'])
    .select(['textEncrypted', 'textKeyId'])
    .where('inboxId', '=', inboxId)
    .where('assignmentKind', '=', 'startSession')
    .where('sessionId', '=', sessionId)
    .executeTakeFirst();
  if (!message || message.serviceId === null)
    throw new InvariantError(`session ${sessionId} was not started by message ${inboxId}`);
  const requestedAt = message.sentAt;
  const known = await findBy(database, 'sessionId', sessionId);
  if (known) return { session: known, requestedAt };

  const { serviceId, subscriberId, gateway, shortNumber } = message;
  const { language, terms } = await termsOf(database, serviceId, paymentRules);
  const word = routeWord(await routesOfNumber(database, message), decryptText(deps.cipher, message));

  // Of two calls at once the first inserts, and both return its row. Any conflict: which unique index notices the other
  // call first is up to the database.
  await database
    .insertInto('chargeSession')
    .values({
      ...NOTHING_HAPPENED_YET,
      sessionId,
      partnerId: terms.partnerId,
      serviceId,
      subscriberId,
      inboxId,
      gateway,
      shortNumber,
      language,
      terms: JSON.stringify(terms),
      serviceReference: word.word === 'start' ? storableReference(word.serviceReference) : null,
      linkToken: deps.newToken(),
      createdAt: at,
      updatedAt: at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  const session = await findBy(database, 'sessionId', sessionId);
  invariant(session !== null, 'a begun session has a row');
  return { session, requestedAt };
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

async function termsOf(
  database: Database,
  serviceId: ServiceId,
  paymentRules: (provider: string) => PaymentRules,
): Promise<{ terms: SessionTerms; language: Selectable<Schema['partner']>['language'] }> {
  const { language, ...agreed } = await database
    .selectFrom('service')
    .innerJoin('partner', 'partner.partnerId', 'service.partnerId')
    .select(['service.partnerId', 'service.serviceId', 'partner.provider', 'partner.language'])
    .select(['currency', 'reservationMinor', 'tariff', 'vatBasisPoints'])
    .select(['linkLifeMs', 'sessionLimitMs', 'warningBeforeLimitMs', 'whenUsedUp'])
    .where('service.serviceId', '=', serviceId)
    .executeTakeFirstOrThrow();
  const found = agreeTerms(agreed, paymentRules(agreed.provider));
  if ('problems' in found)
    throw new Error(`The tariff of the service ${serviceId} cannot be used: ${found.problems.join(' ')}`);
  return { language, terms: found.terms };
}

/** One statement: nobody sees the row without its entries, and it costs one round trip. */
async function record(
  database: Database,
  projection: SessionProjection,
  { at, handledInboxIds }: { at: Instant; handledInboxIds: readonly InboxId[] },
): Promise<void> {
  const { sessionId, revision, attention, startedAt: startChargeUtc, endedAt: endChargeUtc } = projection;
  const known = await database
    .with('recorded', (db) =>
      db
        .updateTable('chargeSession')
        .set({ ...pick(projection, PROJECTION_COLUMNS), startChargeUtc, endChargeUtc, updatedAt: at })
        .where('sessionId', '=', sessionId)
        .where('revision', '<', revision)
        .returning('sessionId'),
    )
    .with('cleared', () => sql`(${clearingOtherReasons('recorded', attention, at)})`)
    .with('raised', () => sql`(${raisingReasons('recorded', attention, at)})`)
    .with('handled', () => sql`(${markingHandled(handledInboxIds, at, sessionId)})`)
    .selectFrom('chargeSession')
    .select('sessionId')
    .where('sessionId', '=', sessionId)
    .executeTakeFirst();
  if (!known) throw new InvariantError(`session ${sessionId} has no row to record in`);
}
