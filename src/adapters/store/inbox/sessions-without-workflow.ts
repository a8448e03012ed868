/**
 * Sessions that cannot be ended by a text: open ones that lost their slot because their workflow is gone,
 * and running ones that this database, restored from an older backup, does not know.
 */
import type { SessionId, SubscriberId } from '../../../domain/ids.ts';
import { sql, type Expression, type ExpressionBuilder } from 'kysely';
import type { Instant } from '../../../domain/instant.ts';
import { WEB_GATEWAY, type NotedEnd } from '../../../ports/inbox-store.ts';
import { anyOf } from '../by-session.ts';
import type { Database, Trx } from '../database.ts';
import type { Schema } from '../schema.ts';
import { SLOT_STATES } from '../../../domain/session/charge-state.ts';

/** Of these subscribers, all of a service. */
export function sessionsWithoutWorkflow(database: Database | Trx, subscriberIds: readonly SubscriberId[]) {
  return (
    database
      .selectFrom('chargeSession')
      .select(['chargeSession.subscriberId', 'chargeSession.serviceId', 'chargeSession.sessionId'])
      .select((eb) =>
        eb
          .exists(
            eb
              .selectFrom('inboundMessage')
              .select('inboundMessage.inboxId')
              .where((end) => endsSession(end, end.ref('chargeSession.sessionId'))),
          )
          .as('isEndNoted'),
      )
      .select('chargeSession.createdAt')
      .where('chargeSession.subscriberId', 'in', subscriberIds)
      .where('chargeSession.state', 'in', SLOT_STATES)
      // One that lost its workflow before that recorded anything never began.
      .where('chargeSession.revision', '>', 0)
      .where((eb) =>
        eb.not(
          eb.exists(
            eb
              .selectFrom('sessionSlot')
              .select('sessionSlot.sessionId')
              .whereRef('sessionSlot.sessionId', '=', 'chargeSession.sessionId'),
          ),
        ),
      )
  );
}

/**
 * Non-null while workflows run whose sessions are not recorded: any customer may have one of them. `noted`: the first end
 * that this customer has texted meanwhile.
 */
export async function findEndOfMissingSession(
  database: Database | Trx,
  subscriberId: SubscriberId,
): Promise<{ noted: NotedEnd | null } | null> {
  const { since } = await database
    .selectFrom('attention')
    .select(({ fn }) => fn.min('raisedAt').as('since'))
    .where('reason', '=', 'sessionMissing')
    .where('clearedAt', 'is', null)
    .where(sql<string>`details ->> 'workflow'`, '=', 'running')
    .executeTakeFirstOrThrow();
  if (since === null) return null;
  const noted = await database
    .selectFrom('inboundMessage')
    .select(['inboxId', sql<Instant>`least(sent_at, received_at)`.as('endedAt')])
    .where('subscriberId', '=', subscriberId)
    .where('replyKind', '=', 'endNoted')
    .where('sessionId', 'is', null)
    .where('receivedAt', '>=', since)
    .orderBy('sequence')
    .executeTakeFirst();
  return { noted: noted ?? null };
}

/** See `InboxStore.endRequestedAt`. */
export async function readEndRequestedAt(
  database: Database | Trx,
  sessionId: SessionId,
): Promise<Instant | null> {
  return (await readEndsRequestedAt(database, [sessionId])).get(sessionId) ?? null;
}

export async function readEndsRequestedAt(
  database: Database | Trx,
  sessionIds: readonly SessionId[],
): Promise<Map<SessionId, Instant>> {
  const rows = await database
    .selectFrom('chargeSession')
    .innerJoinLateral(
      (eb) =>
        eb
          .selectFrom('inboundMessage')
          .select(sql<Instant | null>`min(least(sent_at, received_at))`.as('endRequestedAt'))
          .where((text) => endsSession(text, text.ref('chargeSession.sessionId')))
          .as('ends'),
      (join) => join.onTrue(),
    )
    .select(['chargeSession.sessionId', 'endRequestedAt'])
    .where('chargeSession.sessionId', '=', anyOf(sessionIds))
    .where('chargeSession.endChargeUtc', 'is', null)
    .execute();
  return new Map(
    rows.flatMap(({ sessionId, endRequestedAt }) =>
      endRequestedAt === null ? [] : [[sessionId, endRequestedAt]],
    ),
  );
}

/** Of an inbound message in a query: it ended this session, which no workflow ran any more. */
function endsSession(eb: ExpressionBuilder<Schema, 'inboundMessage'>, sessionId: Expression<string>) {
  return eb.or([
    eb.and([eb('inboundMessage.sessionId', '=', sessionId), eb('inboundMessage.replyKind', '=', 'endNoted')]),
    // A Stop request names its session, and no number to answer.
    eb.and([
      eb('inboundMessage.gateway', '=', WEB_GATEWAY),
      eb('inboundMessage.messageId', '=', sessionId),
      eb('inboundMessage.assignmentKind', '=', 'unroutable'),
    ]),
  ]);
}
