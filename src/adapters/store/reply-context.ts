import { InvariantError } from '../../domain/assert.ts';
import { GENERAL_END_WORDS } from '../../domain/routing.ts';
import type { ReplyContext } from '../../ports/inbox-store.ts';
import type { Database } from './database.ts';
import { readEndAskedAt } from './gone-session.ts';

/** The state a session is in until its workflow has written its row. */
export const FIRST_SESSION_STATE = 'awaitingApproval';

/** Texts that need no end word of the partner's own end the session with this one. */
const END_WORD_OF_ALL = GENERAL_END_WORDS[0] ?? 'STOP';

/** See `InboxStore.replyContext`. Throws when the message is not answered by a reply, or its number is no longer ours. */
export async function readReplyContext(database: Database, inboxId: string): Promise<ReplyContext> {
  const message = await database
    .selectFrom('inboundMessage')
    .select(['subscriberId', 'gateway', 'shortNumber', 'messageId', 'replyKind', 'sessionId', 'sentAt'])
    .where('inboxId', '=', inboxId)
    .executeTakeFirst();
  if (!message || message.replyKind === null)
    throw new InvariantError(`message ${inboxId} is not answered by a reply`);
  const routes = await database
    .selectFrom('keywordRoute')
    .innerJoin('service', 'service.serviceId', 'keywordRoute.serviceId')
    .select(['keyword', 'action', 'service.serviceId', 'service.partnerId', 'service.name as serviceName'])
    .where('gateway', '=', message.gateway)
    .where('shortNumber', '=', message.shortNumber)
    .orderBy('position')
    .execute();
  const [first] = routes;
  if (!first) throw new InvariantError(`the number that message ${inboxId} was sent to has no route`);

  const serviceIds = [...new Set(routes.map((route) => route.serviceId))];
  const endWordOf = (serviceId: string): string =>
    routes.find((route) => route.serviceId === serviceId && route.action === 'end')?.keyword ??
    END_WORD_OF_ALL;
  const openSessions = await readOpenSessions(database, message.subscriberId, serviceIds);
  const { sessionId: endedId, sentAt, ...answered } = message;
  return {
    ...answered,
    replyKind: message.replyKind,
    endNotedAt: endedId === null ? null : ((await readEndAskedAt(database, endedId)) ?? sentAt),
    partnerId: first.partnerId,
    words: routes
      .filter(
        (route, index) =>
          route.action === 'start' &&
          routes.findIndex((other) => other.serviceId === route.serviceId && other.action === 'start') ===
            index,
      )
      .map(({ serviceId, serviceName, keyword }) => ({
        serviceId,
        serviceName,
        startWord: keyword,
        endWord: endWordOf(serviceId),
      })),
    openSessions: openSessions.map(({ serviceId, sessionId, ...session }) => ({
      ...session,
      sessionId,
      endWord: endWordOf(serviceId),
      state: session.state ?? FIRST_SESSION_STATE,
    })),
  };
}

async function readOpenSessions(database: Database, subscriberId: string, serviceIds: readonly string[]) {
  return database
    .selectFrom('sessionSlot')
    .innerJoin('service', 'service.serviceId', 'sessionSlot.serviceId')
    .leftJoin('chargeSession', 'chargeSession.sessionId', 'sessionSlot.sessionId')
    .select([
      'sessionSlot.sessionId',
      'sessionSlot.serviceId',
      'service.name as serviceName',
      'chargeSession.startChargeUtc as startedAt',
      'chargeSession.state',
    ])
    .where('sessionSlot.subscriberId', '=', subscriberId)
    .where('sessionSlot.serviceId', 'in', serviceIds)
    .where('sessionSlot.sessionId', 'is not', null)
    .orderBy('sessionSlot.serviceId')
    .$narrowType<{ sessionId: string }>()
    .execute();
}
