import type { InboxId, ServiceId, SessionId, SubscriberId } from '../../../domain/ids.ts';
import { InvariantError } from '../../../domain/assert.ts';
import { earliest, type Instant } from '../../../domain/instant.ts';
import { ownEndWord, serviceWords, openSlotsOf } from '../../../domain/text-assignment.ts';
import type { NotedEnd, ReplyContext } from '../../../ports/inbox-store.ts';
import type { Database } from '../database.ts';
import { readOpenSessionsOf } from './open-sessions.ts';
import { findEndOfMissingSession, readEndRequestedAt } from './sessions-without-workflow.ts';
import { endRoutesOfServices } from './number-routes.ts';

/**
 * See `InboxStore.replyContext`. Throws when the message is not answered by a reply, or when neither its number nor an
 * open session says whose it is.
 */
export async function readReplyContext(database: Database, inboxId: InboxId): Promise<ReplyContext> {
  const message = await database
    .selectFrom('inboundMessage')
    .select(['subscriberId', 'gateway', 'shortNumber', 'messageId', 'replyKind'])
    .select(['serviceId', 'sessionId', 'sentAt', 'receivedAt'])
    .where('inboxId', '=', inboxId)
    .executeTakeFirst();
  if (!message || message.replyKind === null)
    throw new InvariantError(`message ${inboxId} is not answered by a reply`);
  const routes = await readRoutes(database, message);
  const openSessions = await readOpenSessions(database, message.subscriberId);
  const endRoutes = await endRoutesOfServices(database, openSessions);
  const meant = message.serviceId === null ? undefined : await readService(database, message.serviceId);
  const answering = meant ?? openSessions[0] ?? routes[0];
  if (!answering) throw new InvariantError(`the number that message ${inboxId} was sent to has no route`);
  const { replyKind, subscriberId, gateway, shortNumber, messageId } = message;

  return {
    subscriberId,
    gateway,
    shortNumber,
    messageId,
    serviceId: message.serviceId,
    replyKind,
    notedEnd: replyKind === 'endNoted' ? await readNotedEnd(database, { ...message, inboxId }) : null,
    partnerId: answering.partnerId,
    meantServiceName: meant?.serviceName ?? null,
    words: serviceWords(routes, endRoutes),
    openSessions: openSessions.map((session) => ({
      sessionId: session.sessionId,
      serviceId: session.serviceId,
      serviceName: session.serviceName,
      timeZone: session.timeZone,
      startedAt: session.startedAt,
      endWord: ownEndWord(session.serviceId, [...routes, ...endRoutes], openSessions),
      state: session.state,
    })),
  };
}

async function readNotedEnd(
  database: Database,
  message: {
    inboxId: InboxId;
    sessionId: SessionId | null;
    subscriberId: SubscriberId;
    sentAt: Instant;
    receivedAt: Instant;
  },
): Promise<NotedEnd & { isRecorded: boolean }> {
  const { inboxId, sessionId, subscriberId, sentAt, receivedAt } = message;
  const own = { inboxId, endedAt: earliest(sentAt, receivedAt) };
  if (sessionId === null) {
    const missingSession = await findEndOfMissingSession(database, subscriberId);
    return { ...(missingSession?.noted ?? own), isRecorded: false };
  }
  const endedAt = (await readEndRequestedAt(database, sessionId)) ?? own.endedAt;
  return { inboxId, endedAt, isRecorded: true };
}

async function readRoutes(database: Database, number: { gateway: string; shortNumber: string }) {
  return database
    .selectFrom('keywordRoute')
    .innerJoin('service', 'service.serviceId', 'keywordRoute.serviceId')
    .innerJoin('partner', 'partner.partnerId', 'service.partnerId')
    .select(['keyword', 'action', 'service.serviceId', 'service.partnerId'])
    .select(['service.name as serviceName', 'partner.name as merchantName'])
    .where('gateway', '=', number.gateway)
    .where('shortNumber', '=', number.shortNumber)
    .orderBy('position')
    .execute();
}

async function readService(database: Database, serviceId: ServiceId) {
  return database
    .selectFrom('service')
    .select(['partnerId', 'name as serviceName'])
    .where('serviceId', '=', serviceId)
    .executeTakeFirst();
}

async function readOpenSessions(database: Database, subscriberId: SubscriberId) {
  const slots = openSlotsOf(await readOpenSessionsOf(database, subscriberId));
  if (slots.length === 0) return [];
  return await database
    .selectFrom('chargeSession')
    .innerJoin('service', 'service.serviceId', 'chargeSession.serviceId')
    .innerJoin('partner', 'partner.partnerId', 'service.partnerId')
    .select(['sessionId', 'startChargeUtc as startedAt', 'state'])
    .select(['service.serviceId', 'service.partnerId', 'timeZone', 'service.name as serviceName'])
    .where(
      'sessionId',
      'in',
      slots.map(({ sessionId }) => sessionId),
    )
    .orderBy('service.serviceId')
    .execute();
}
